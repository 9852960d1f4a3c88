"""What the driver raises, and which of it no waiting cures: a wrong password, a certificate that nobody vouches for."""

import ssl
from collections.abc import Iterator

from redis.exceptions import AuthenticationError, MovedError, NoPermissionError, RedisError

from parley.configuration import ConfigurationError

AWAY = (RedisError, OSError)
"""What the driver raises when the server did not do as it was told."""


class NotWatchedError(RedisError):
    """All sentinels answer, and none of them knows the service."""


def refusal(error: BaseException) -> ConfigurationError | None:
    """The error for the start of the process, or None if the server is only away."""
    for cause in _causes(error):
        sentence = _sentence(cause)
        if sentence:
            return ConfigurationError(f"REDIS_URL: {sentence}.")
    return None


def _sentence(error: BaseException) -> str | None:
    match error:
        case ssl.SSLCertVerificationError():
            return f"the server's certificate is refused ({error.verify_message.rstrip('.')})"
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "RECORD_LAYER_FAILURE"):
            return "the server does not speak TLS"
        case AuthenticationError():
            return "the server refuses the user or the password, or there is none"
        case NoPermissionError():
            return "the user may not do what is needed; grant it every command on every key and channel"
        case MovedError():
            return "the server is one of a cluster; use redis+cluster: instead"
        case NotWatchedError():
            return str(error)
        case RedisError():
            return next((told for said, told in _SAID.items() if said in str(error)), None)
    return None


_SAID = {
    "DENIED": "the server takes connections from its own machine only, since it has no password",
    "NOPERM": "the user may not do what is needed; grant it every command on every key and channel",
    "DB index is out of range": "the server has no database of that number",
    "cluster support disabled": "the server is none of a cluster; use redis: instead",
}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
