"""The setting of the event bus, read by every service that publishes or consumes."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from parley.bus.kafka_urls import read_kafka
from parley.configuration import KeySettings, names_engine


class BusSettings(KeySettings):
    """Events between services."""

    bus_url: Annotated[str, names_engine("BUS_URL")] = Field(default="inprocess:", repr=False)
    """`inprocess:` reaches only consumers of the same process; what it cannot deliver stays in the outbox.

    `kafka://[user:password@]host[:port][,host[:port]…]` is a Kafka cluster, of which a few brokers are named (port
    9092); `kafkas://` is the same over TLS, where `?ssl_ca=file.pem` trusts that authority instead of the system's. A
    password is proven by `SCRAM-SHA-512`, or by `?mechanism=SCRAM-SHA-256`.
    """

    bus_url_file: Path | None = None
    """A file that holds BUS_URL, for a URL with a password."""

    bus_url_password_file: Path | None = None
    """A file that holds the password alone; BUS_URL then has a user and none."""

    @field_validator("bus_url")
    @classmethod
    def _is_complete(cls, url: str) -> str:
        if url.partition(":")[0] in ("kafka", "kafkas"):
            read_kafka(url)
        return url
