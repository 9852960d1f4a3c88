"""Who reaches whom in the cluster: each service its own engines, nobody another's."""

from concurrent.futures import ThreadPoolExecutor

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


@pytest.fixture(scope="module")
def reached():
    """By service: the components that it gets a connection to, of the engines and of the other services."""

    def by(service: str) -> set[str]:
        others = dict.fromkeys((it for it in EDGES if it != service), 80)
        hosts = connects(service, {f"{RELEASE}-{it}": port for it, port in (PORTS | others).items()})
        return {it.removeprefix(f"{RELEASE}-") for it in hosts}

    with ThreadPoolExecutor(len(EDGES)) as threads:
        return dict(zip(EDGES, threads.map(by, EDGES), strict=True))


@pytest.mark.parametrize("service", EDGES)
def test_a_service_reaches_its_engines_and_no_other(service, reached):
    """The edges are those that the service's adapters need."""
    assert reached[service] & PORTS.keys() == EDGES[service]


@pytest.mark.parametrize("service", EDGES)
def test_a_service_does_not_reach_another(service, reached):
    """Services meet in what they store, never each other."""
    assert reached[service] & EDGES.keys() == set()
