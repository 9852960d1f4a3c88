"""Who reaches whom in the cluster: each service its own engines, nobody another's."""

import pytest
from support.cluster import RELEASE, connects

pytestmark = pytest.mark.cluster

PORTS = {"mysql": 3306, "redis": 6379, "kafka": 9092, "cassandra": 9042, "mail": 1025}

EDGES = {
    "registration-api": {"mysql", "redis", "kafka"},
    "email-worker": {"mysql", "kafka", "mail"},
    "message-service": {"mysql", "redis", "cassandra"},
    "chat-service": {"mysql", "redis", "cassandra"},
    "rtc-service": {"mysql", "redis"},
}


@pytest.mark.parametrize("service", EDGES)
def test_a_service_reaches_its_engines_and_no_other(service):
    """The edges are those that the service's adapters need."""
    reached = {engine for engine, port in PORTS.items() if connects(service, f"{RELEASE}-{engine}", port)}
    assert reached == EDGES[service]


@pytest.mark.parametrize("service", EDGES)
def test_a_service_does_not_reach_another(service):
    """Services meet in what they store, never each other."""
    others = [it for it in EDGES if it != service]
    assert [it for it in others if connects(service, f"{RELEASE}-{it}", 80)] == []
