"""Which memory of ended calls a URL means; the adapter is imported only when it is chosen."""

from contextlib import AbstractAsyncContextManager, nullcontext

from parley.configuration import unknown_scheme
from parley.endedcalls.port import EndedCalls
from parley.redis.urls import is_redis


def open_ended_calls(url: str) -> AbstractAsyncContextManager[EndedCalls]:
    """Open `inprocess:` or what `redis/urls.py` reads. Raises ConfigurationError for what no adapter answers to."""
    match url.partition(":")[0]:
        case "inprocess":
            from parley.endedcalls.inprocess import InProcessEndedCalls

            return nullcontext(InProcessEndedCalls())
        case scheme if is_redis(scheme):
            from parley.endedcalls.redis import open_redis_ended_calls

            return open_redis_ended_calls(url)
    raise unknown_scheme("REDIS_URL", url)
