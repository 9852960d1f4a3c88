"""Which memory of ended calls a URL means; the adapter is imported only when it is chosen."""

from contextlib import AbstractAsyncContextManager, nullcontext

from parley.clocks import MACHINE, Clocks
from parley.configuration import unknown_scheme
from parley.endedcalls.port import EndedCalls
from parley.redis.urls import is_redis


def open_ended_calls(url: str, clocks: Clocks = MACHINE) -> AbstractAsyncContextManager[EndedCalls]:
    """Open `inprocess:` or what `redis/urls.py` reads. Raises ConfigurationError for what no adapter answers to.

    A server has a clock of its own in place of `clocks`.
    """
    match url.partition(":")[0]:
        case "inprocess":
            from parley.endedcalls.inprocess import InProcessEndedCalls

            return nullcontext(InProcessEndedCalls(clocks.steady))
        case scheme if is_redis(scheme):
            from parley.endedcalls.redis import open_redis_ended_calls

            return open_redis_ended_calls(url)
    raise unknown_scheme("REDIS_URL", url)
