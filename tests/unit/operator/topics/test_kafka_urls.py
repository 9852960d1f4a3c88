"""KAFKA_URL, read into what librdkafka takes; a mistake is a sentence that repeats nothing of the URL."""

import pytest

from parley_operator.topics.kafka_urls import kafka_options, with_password


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


def test_a_password_may_come_from_elsewhere():
    """A password out of a file is taken as it is, whatever signs are in it."""
    options = kafka_options(with_password("kafkas://parley@one:9093,two?mechanism=SCRAM-SHA-256", "p@s:s/w%rd"))
    assert (options["sasl.username"], options["sasl.password"]) == ("parley", "p@s:s/w%rd")
    assert options["bootstrap.servers"] == "one:9093,two:9092"


@pytest.mark.parametrize("url", ["kafka://one:9092", "kafka://parley:word@one:9092", "kafka://@one:9092"])
def test_a_password_is_for_a_user_who_has_none(url):
    """A file with a password beside a URL without a user, or with a password in it, is refused without repeating it."""
    with pytest.raises(ValueError, match="names the user alone") as refused:
        with_password(url, "geheim")
    assert "geheim" not in str(refused.value)
