"""Which fan-out a URL means; the adapter is imported only when it is chosen."""

from contextlib import AbstractAsyncContextManager, nullcontext

from parley.configuration import unknown_scheme
from parley.fanout.port import Fanout


def open_fanout(url: str) -> AbstractAsyncContextManager[Fanout]:
    """Open `inprocess:`, `redis:` or `rediss:`. Raises ConfigurationError for a scheme that no adapter answers to."""
    match url.partition(":")[0]:
        case "inprocess":
            from parley.fanout.inprocess import InProcessFanout

            return nullcontext(InProcessFanout())
        case "redis" | "rediss":
            from parley.fanout.redis import open_redis_fanout

            return open_redis_fanout(url)
    raise unknown_scheme("REDIS_URL", url)
