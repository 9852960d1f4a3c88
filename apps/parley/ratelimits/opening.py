"""Which rate limits a URL means; the adapter is imported only when it is chosen."""

from parley.configuration import unknown_scheme
from parley.ratelimits.port import RateLimits


def open_limits(url: str) -> RateLimits:
    """Open `inprocess:`. Raises ConfigurationError for a scheme that no adapter answers to."""
    match url.partition(":")[0]:
        case "inprocess":
            from parley.ratelimits.inprocess import InProcessRateLimits

            return InProcessRateLimits()
    raise unknown_scheme("REDIS_URL", url)
