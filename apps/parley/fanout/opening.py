"""Which fan-out a URL means; the adapter is imported only when it is chosen."""

from parley.configuration import unknown_scheme
from parley.fanout.port import Fanout


def open_fanout(url: str) -> Fanout:
    """Open `inprocess:`. Raises ConfigurationError for a scheme that no adapter answers to."""
    match url.partition(":")[0]:
        case "inprocess":
            from parley.fanout.inprocess import InProcessFanout

            return InProcessFanout()
    raise unknown_scheme("REDIS_URL", url)
