"""Which keeper of answers a URL means; the adapter is imported only when it is chosen."""

from contextlib import AbstractAsyncContextManager, nullcontext

from parley.configuration import unknown_scheme
from parley.idempotency.port import Idempotency
from parley.redis.urls import is_redis


def open_idempotency(url: str) -> AbstractAsyncContextManager[Idempotency]:
    """Open `inprocess:` or what `redis/urls.py` reads. Raises ConfigurationError for what no adapter answers to."""
    match url.partition(":")[0]:
        case "inprocess":
            from parley.idempotency.inprocess import InProcessIdempotency

            return nullcontext(InProcessIdempotency())
        case scheme if is_redis(scheme):
            from parley.idempotency.redis import open_redis_idempotency

            return open_redis_idempotency(url)
    raise unknown_scheme("REDIS_URL", url)
