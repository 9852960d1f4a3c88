"""What BUS_URL may say about Kafka, and that no mistake repeats a part of it."""

import pytest

from parley.bus.kafka_urls import KafkaServers, read_kafka
from parley.bus.opening import open_bus
from parley.bus.settings import BusSettings
from parley.configuration import ConfigurationError, load

WRONG = [
    "kafka://",
    "kafka:",
    "kafka://one,,two",
    "kafka://one:0",
    "kafka://one:65536",
    "kafka://one:port",
    "kafka://one two",
    "kafka://[::1",
    "kafka://hunter2@one",
    "kafka://parley:@one",
    "kafka://:hunter2@one",
    "kafka://parley:hunter2/x@one",
    "kafka://parley:hun#ter2@one",
    "kafka://one/topic",
    "kafka://one?ssl_ca=ca.pem",
    "kafka://one?mechanism=SCRAM-SHA-256",
    "kafkas://one?ssl_ca=",
    "kafkas://one?ssl_ca=a&ssl_ca=b",
    "kafkas://one?acks=0",
    "kafka://parley:hunter2@one?mechanism=PLAIN",
    "kafka://parley:hunter2@one\n",
]


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        ("kafka://one", KafkaServers(addresses=["one:9092"])),
        ("kafka://one:1,two.example.org:2,[::1]", KafkaServers(addresses=["one:1", "two.example.org:2", "[::1]:9092"])),
        ("kafkas://one", KafkaServers(addresses=["one:9092"], tls=True)),
        ("kafkas://one?ssl_ca=/ca.pem", KafkaServers(addresses=["one:9092"], tls=True, ssl_ca="/ca.pem")),
        ("kafka://u:a%3Ab%40c@one", KafkaServers(addresses=["one:9092"], user="u", password="a:b@c")),
        (
            "kafka://u:p@one?mechanism=SCRAM-SHA-256",
            KafkaServers(addresses=["one:9092"], user="u", password="p", mechanism="SCRAM-SHA-256"),
        ),
    ],
)
def test_a_url_names_a_cluster(url, servers):
    """Hosts, TLS, authority, user, password and mechanism are all in the URL; ports and mechanism have defaults."""
    assert read_kafka(url) == servers


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_url_is_told_without_repeating_it(url, monkeypatch):
    """Each mistake is one sentence under BUS_URL that holds no part of a password."""
    monkeypatch.setenv("BUS_URL", url)
    with pytest.raises(ConfigurationError) as told:
        load(BusSettings)
    (sentence,) = told.value.sentences
    assert sentence.startswith("BUS_URL: ")
    assert "hunter2" not in sentence
    assert "ter2" not in sentence


def test_no_password_is_printed():
    """Neither the settings nor what was read from them show the password."""
    url = "kafka://parley:hunter2@one"
    assert "hunter2" not in repr(read_kafka(url)) + repr(load(BusSettings, bus_url=url))


def test_a_file_may_hold_the_url(tmp_path, monkeypatch):
    """BUS_URL_FILE wins over BUS_URL, and is checked as that is."""
    file = tmp_path / "url"
    file.write_text("kafka://parley:hunter2@one\n")
    monkeypatch.setenv("BUS_URL_FILE", str(file))
    assert load(BusSettings).bus_url == "kafka://parley:hunter2@one"
    file.write_text("kafka://hunter2@one")
    with pytest.raises(ConfigurationError, match="BUS_URL"):
        load(BusSettings)


@pytest.mark.parametrize("url", ["amqp://user:hunter2@one", "kafka://hunter2@one", "kafkas://one?ssl_ca=/nowhere"])
async def test_what_cannot_be_opened_stops_the_start(url):
    """An unknown scheme, a wrong URL and an authority that cannot be read are told when the bus is opened."""
    with pytest.raises(ConfigurationError, match="BUS_URL") as told:
        async with open_bus(url):
            raise AssertionError("there is nothing to open")
    assert "hunter2" not in str(told.value)
