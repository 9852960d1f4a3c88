"""What TURN is configured by, for rtc-service and for whoever starts or examines a relay."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from parley.configuration import ConfigurationError, KeySettings, load
from parley.turn.ring import FileRing, FixedRing, RingSource, is_secret

DEV_SECRET = "devsecret"  # noqa: S105 -- everybody knows it, which is why nobody but the laptop may use it
"""The secret of the embedded process, whose relay listens on loopback only."""

_URL = re.compile(r"turns?:(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?(\?transport=(udp|tcp))?")


def _writable(secret: SecretStr) -> SecretStr:
    if not is_secret(secret.get_secret_value()):
        raise ValueError("it must have 1 to 127 visible ASCII characters, no quotes and no = at its beginning")
    return secret


def _turn_urls(text: str) -> str:
    for url in _csv(text):
        if not _URL.fullmatch(url):
            raise ValueError("it must be URLs like turn:turn.example.org:3478?transport=udp, comma-separated")
    return text


class TurnSettings(KeySettings):
    """The relay as clients meet it, and the secret that it shares with us."""

    turn_shared_secret: Annotated[SecretStr, AfterValidator(_writable)] = SecretStr(DEV_SECRET)
    """coturn's `static-auth-secret`. The default is for the embedded process; anywhere else the start is refused with
    it, because whoever knows the secret can relay what they like through us."""

    turn_shared_secret_file: Path | None = None
    """A file that holds TURN_SHARED_SECRET."""

    turn_secret_ring_file: Path | None = None
    """A file with several secrets, read again whenever it changes (`ring.py` says how it is written); it wins over
    TURN_SHARED_SECRET. Empty: one secret, for as long as the process lives."""

    turn_server_urls: Annotated[str, AfterValidator(_turn_urls)] = ""
    """TURN URLs for clients (RFC 7065), comma-separated. Empty: there is no relay, and calls need a direct path."""

    turn_credential_ttl: Annotated[int, Field(ge=60, le=86_400)] = 600
    """Seconds for which a credential may begin an allocation. Short, because nothing else ends a stolen one; long
    enough for a client that comes back every five minutes."""

    @property
    def urls(self) -> Sequence[str]:
        """TURN_SERVER_URLS one by one."""
        return _csv(self.turn_server_urls)

    def ring(self) -> RingSource:
        """The secrets. Raises ConfigurationError for a ring file that cannot be used."""
        if self.turn_secret_ring_file is not None:
            return FileRing(self.turn_secret_ring_file)
        return FixedRing(self.turn_shared_secret.get_secret_value())


def refuse_dev_secret() -> None:
    """For every process but the embedded one: raises ConfigurationError while the secret is the well-known one."""
    settings = load(TurnSettings)
    if settings.turn_secret_ring_file is None and settings.turn_shared_secret.get_secret_value() == DEV_SECRET:
        raise ConfigurationError(
            f"TURN_SHARED_SECRET: {DEV_SECRET} is for `parley all` on one machine only; give the secret that the TURN "
            "server has, or TURN_SECRET_RING_FILE."
        )


def _csv(text: str) -> Sequence[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
