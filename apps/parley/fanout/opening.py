"""Which fan-out a URL means; the adapter is imported only when it is chosen."""

from contextlib import AbstractAsyncContextManager, nullcontext

from parley.configuration import unknown_scheme
from parley.fanout.port import Fanout
from parley.redis.urls import is_redis


def open_fanout(url: str) -> AbstractAsyncContextManager[Fanout]:
    """Open `inprocess:` or what `redis/urls.py` reads. Raises ConfigurationError for what no adapter answers to."""
    match url.partition(":")[0]:
        case "inprocess":
            from parley.fanout.inprocess import InProcessFanout

            return nullcontext(InProcessFanout())
        case scheme if is_redis(scheme):
            from parley.fanout.redis import open_redis_fanout

            return open_redis_fanout(url)
    raise unknown_scheme("REDIS_URL", url)
