"""Which event bus a URL means; the adapter is imported only when it is chosen."""

from parley.bus.port import EventBus
from parley.configuration import unknown_scheme


def open_bus(url: str) -> EventBus:
    """Open `inprocess:`. Raises ConfigurationError for a scheme that no adapter answers to."""
    match url.partition(":")[0]:
        case "inprocess":
            from parley.bus.inprocess import InProcessBus

            return InProcessBus()
    raise unknown_scheme("BUS_URL", url)
