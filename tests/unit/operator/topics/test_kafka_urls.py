"""KAFKA_URL, read into what librdkafka takes; a mistake is a sentence that repeats nothing of the URL."""

import pytest

from parley_operator.topics.kafka_urls import kafka_options


def test_plain():
    """Hosts without a port get Kafka's own."""
    assert kafka_options("kafka://one,two:9093") == {
        "bootstrap.servers": "one:9092,two:9093",
        "security.protocol": "PLAINTEXT",
    }


def test_signed_in():
    """A user signs in over TLS with a password whose special signs were escaped."""
    url = "kafkas://user:p%40ss%2F@host:9094?ssl_ca=/ca.pem&mechanism=SCRAM-SHA-256"
    assert kafka_options(url) == {
        "bootstrap.servers": "host:9094",
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": "/ca.pem",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": "user",
        "sasl.password": "p@ss/",
    }


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://s3cret",
        "kafka://",
        "kafka://user@s3cret",
        "kafka://user:s3cret/@host",
        "kafka://user:[s3cret@host",
        "kafka://host s3cret",
        "kafka://host?s3cret=1",
        "kafka://host?ssl_ca=s3cret",
        "kafka://host?mechanism=SCRAM-SHA-256",
        "kafkas://user:s3cret@host?mechanism=s3cret",
        "kafkas://host?ssl_ca=a&ssl_ca=s3cret",
    ],
)
def test_mistakes(url):
    """A URL that cannot be meant is refused without a word of it."""
    with pytest.raises(ValueError) as refused:
        kafka_options(url)
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None
