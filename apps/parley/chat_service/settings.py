"""Every setting of chat-service."""

from typing import Annotated, Literal

from pydantic import Field

from parley.configuration import DatabaseSettings, FanoutSettings, MessageLogSettings, PageSettings


class ChatSettings(PageSettings, DatabaseSettings, MessageLogSettings, FanoutSettings):
    """What chat-service reads from the environment."""

    parley_lobby: Literal["on", "off"] = "on"
    """Whether there is a conversation that every account is in. message-service reads it too and must agree."""

    drain_seconds: Annotated[float, Field(ge=0, le=300)] = 10.0
    """Seconds over which sockets are closed after SIGTERM, so that their clients do not all come back at once."""

    call_ring_seconds: Annotated[int, Field(ge=5, le=300)] = 60
    """Seconds after which a call that was not answered is missed. Every replica should have the same."""

    @property
    def has_lobby(self) -> bool:
        """PARLEY_LOBBY as a truth value."""
        return self.parley_lobby == "on"
