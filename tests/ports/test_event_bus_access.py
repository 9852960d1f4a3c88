"""Who may use the bus over Kafka: passwords, certificates, and what is told when they are wrong."""

import logging

import pytest
from support.buses import Seen, over_kafka
from support.kafka import PASSWORD, admit, broker

from parley.bus.kafka_urls import MECHANISMS
from parley.bus.port import BusUnavailable
from parley.configuration import ConfigurationError

pytestmark = pytest.mark.engine

WRONG = "not-the-password"


@pytest.fixture(autouse=True)
def admitted():
    for mechanism in MECHANISMS:
        admit(mechanism)


def with_certificate():
    return broker().url("TLS", PASSWORD, f"?mechanism=SCRAM-SHA-256&ssl_ca={broker().certificate}")


@pytest.mark.parametrize("url", [lambda: broker().url("SCRAM", PASSWORD), with_certificate], ids=["SCRAM", "TLS"])
async def test_a_password_opens_the_bus(url):
    """Events go out and come in over SCRAM-SHA-512, and over TLS with SCRAM-SHA-256."""
    seen = Seen()
    async with over_kafka(url=url()) as bus, bus.consuming(seen):
        await bus.bus.check()
        await bus.publish(b"1")
        assert await seen.count(1) == [b"1"]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (lambda: broker().url("SCRAM", WRONG), "refuses this user or this password"),
        (lambda: broker().url("SCRAM", PASSWORD).replace("parley:", "nobody:"), "refuses this user or this password"),
        (lambda: broker().url("SCRAM", PASSWORD, "?mechanism=SCRAM-SHA-256"), "mechanism SCRAM-SHA-256"),
        (lambda: broker().url("PLAIN", PASSWORD), "asks for no password"),
        (lambda: broker().url("TLS", PASSWORD, "?mechanism=SCRAM-SHA-256"), "certificate is not trusted"),
        (lambda: with_certificate().replace("127.0.0.1", "localhost.localdomain"), None),
    ],
    ids=["password", "user", "mechanism", "no-sasl", "authority", "unknown-host"],
)
async def test_what_will_never_work_is_told(url, sentence, caplog):
    """A wrong configuration is one sentence without a secret; publishing is refused and consuming waits."""
    caplog.set_level(logging.DEBUG)
    async with over_kafka(url=url()) as bus, bus.consuming(Seen()) as task:
        with pytest.raises(ConfigurationError if sentence else BusUnavailable) as told:
            await bus.bus.check()
        with pytest.raises(BusUnavailable) as refused:
            await bus.publish(b"1")
        assert not task.done()
    assert (sentence or "") in str(told.value)
    for text in (str(told.value), str(refused.value), caplog.text):
        assert WRONG not in text
        assert PASSWORD not in text
