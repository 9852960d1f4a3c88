"""Which errors of the driver no waiting cures."""

import ssl

import pytest
from redis import exceptions as driver

from parley.redis.refusals import NotWatchedError, refusal


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (driver.AuthenticationError("invalid username-password pair"), "user or the password"),
        (driver.AuthenticationError("HELLO must be called with the client already authenticated"), "or there is none"),
        (driver.NoPermissionError("this user has no permissions"), "grant it"),
        (driver.ResponseError("NOPERM no permissions"), "grant it"),
        (driver.MovedError("3999 127.0.0.1:6381"), "redis+cluster:"),
        (driver.ResponseError("This instance has cluster support disabled"), "none of a cluster"),
        (driver.ResponseError("DB index is out of range"), "no database"),
        (driver.ResponseError("DENIED Running in protected mode"), "its own machine only"),
        (NotWatchedError("no sentinel watches 'main'"), "no sentinel watches 'main'"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), None),
    ],
)
def test_a_refusal_is_one_sentence(error, part):
    """What will never be granted as it is configured is told as such, also when it is the cause of another error."""
    if part is None:
        error.reason, part = "WRONG_VERSION_NUMBER", "does not speak TLS"
    wrapped = driver.ConnectionError("no node answers")
    wrapped.__cause__ = error
    for found in (refusal(error), refusal(wrapped)):
        (sentence,) = found.sentences
        assert sentence.startswith("REDIS_URL: ")
        assert sentence.endswith(".")
        assert part in sentence


@pytest.mark.parametrize(
    "error",
    [
        driver.ConnectionError("Connection refused"),
        driver.TimeoutError("Timeout reading"),
        driver.BusyLoadingError("loading the dataset in memory"),
        driver.ResponseError("OOM command not allowed"),
        ConnectionRefusedError(),
        ssl.SSLEOFError(8, "EOF occurred in violation of protocol"),
    ],
)
def test_what_passes_is_none(error):
    """A server that is away, busy or restarting is waited for."""
    assert refusal(error) is None
