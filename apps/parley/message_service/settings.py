"""Every setting of message-service."""

from typing import Literal

from parley.configuration import DatabaseSettings, FanoutSettings, MessageLogSettings, PageSettings


class MessageSettings(PageSettings, DatabaseSettings, MessageLogSettings, FanoutSettings):
    """What message-service reads from the environment."""

    parley_lobby: Literal["on", "off"] = "on"
    """Whether there is a conversation that every account is in, so that two fresh accounts can talk at once. Off where
    people who do not know each other share one installation. chat-service reads it too and must agree."""

    @property
    def has_lobby(self) -> bool:
        """PARLEY_LOBBY as a truth value."""
        return self.parley_lobby == "on"
