"""Which rate limits a URL means; the adapter is imported only when it is chosen."""

from contextlib import AbstractAsyncContextManager, nullcontext

from parley.configuration import unknown_scheme
from parley.ratelimits.port import RateLimits


def open_limits(url: str) -> AbstractAsyncContextManager[RateLimits]:
    """Open `inprocess:`, `redis:` or `rediss:`. Raises ConfigurationError for a scheme that no adapter answers to."""
    match url.partition(":")[0]:
        case "inprocess":
            from parley.ratelimits.inprocess import InProcessRateLimits

            return nullcontext(InProcessRateLimits())
        case "redis" | "rediss":
            from parley.ratelimits.redis import open_redis_limits

            return open_redis_limits(url)
    raise unknown_scheme("REDIS_URL", url)
