"""Which event bus a URL means; the adapter is imported only when it is chosen."""

from contextlib import AbstractAsyncContextManager, nullcontext

from parley.bus.port import EventBus
from parley.configuration import unknown_scheme


def open_bus(url: str) -> AbstractAsyncContextManager[EventBus]:
    """Open `inprocess:`, `kafka:` or `kafkas:`. Raises ConfigurationError for a scheme that no adapter answers to."""
    match url.partition(":")[0]:
        case "inprocess":
            from parley.bus.inprocess import InProcessBus

            return nullcontext(InProcessBus())
        case "kafka" | "kafkas":
            from parley.bus.kafka import open_kafka_bus

            return open_kafka_bus(url)
    raise unknown_scheme("BUS_URL", url)
