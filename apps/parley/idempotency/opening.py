"""Which keeper of answers a URL means; the adapter is imported only when it is chosen."""

from contextlib import AbstractAsyncContextManager, nullcontext

from parley.clocks import MACHINE, Clocks
from parley.configuration import unknown_scheme
from parley.idempotency.port import Idempotency
from parley.redis.urls import is_redis


def open_idempotency(url: str, clocks: Clocks = MACHINE) -> AbstractAsyncContextManager[Idempotency]:
    """Open `inprocess:` or what `redis/urls.py` reads. Raises ConfigurationError for what no adapter answers to.

    A server has a clock of its own in place of `clocks`.
    """
    match url.partition(":")[0]:
        case "inprocess":
            from parley.idempotency.inprocess import InProcessIdempotency

            return nullcontext(InProcessIdempotency(clocks.steady))
        case scheme if is_redis(scheme):
            from parley.idempotency.redis import open_redis_idempotency

            return open_redis_idempotency(url)
    raise unknown_scheme("REDIS_URL", url)
