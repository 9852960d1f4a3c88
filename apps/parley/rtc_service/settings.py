"""Every setting of rtc-service."""

from typing import Annotated, Literal

from pydantic import Field

from parley.configuration import DatabaseSettings, FanoutSettings, PageSettings
from parley.turn.settings import TurnSettings


class RtcSettings(TurnSettings, PageSettings, DatabaseSettings, FanoutSettings):
    """What rtc-service reads from the environment."""

    session_ttl_seconds: Annotated[int, Field(ge=60, le=86_400)] = 900
    """Seconds for which a session lasts when nobody writes to it or keeps it alive; three times as long as clients take
    between two signs of life."""

    parley_lobby: Literal["on", "off"] = "on"
    """Whether there is a conversation that every account is in. message-service reads it too and must agree."""

    @property
    def has_lobby(self) -> bool:
        """PARLEY_LOBBY as a truth value."""
        return self.parley_lobby == "on"
