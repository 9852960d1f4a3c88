"""Which rate limits a URL means; the adapter is imported only when it is chosen."""

from contextlib import AbstractAsyncContextManager, nullcontext

from parley.clocks import MACHINE, Clocks
from parley.configuration import unknown_scheme
from parley.ratelimits.port import RateLimits
from parley.redis.urls import is_redis


def open_limits(url: str, clocks: Clocks = MACHINE) -> AbstractAsyncContextManager[RateLimits]:
    """Open `inprocess:` or what `redis/urls.py` reads. Raises ConfigurationError for what no adapter answers to.

    A server has a clock of its own in place of `clocks`.
    """
    match url.partition(":")[0]:
        case "inprocess":
            from parley.ratelimits.inprocess import InProcessRateLimits

            return nullcontext(InProcessRateLimits(clocks.steady))
        case scheme if is_redis(scheme):
            from parley.ratelimits.redis import open_redis_limits

            return open_redis_limits(url)
    raise unknown_scheme("REDIS_URL", url)
