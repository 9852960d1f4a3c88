"""What the embedded process is configured by: settings of every service over its own defaults, all mistakes at once.

Its defaults are files in one folder, keys that are made there at the first start, and the well-known TURN secret.
Next: `embedded.py`, which puts the services together.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from parley.chat_service.settings import ChatSettings
from parley.configuration import ConfigurationError, Settings, collect, load
from parley.email_worker.settings import WorkerSettings
from parley.message_service.settings import MessageSettings
from parley.registration_api.settings import RegistrationSettings
from parley.rtc_service.settings import RtcSettings
from parley.telemetry.settings import TelemetrySettings
from parley.turn.ring import RingSource


class EmbeddedSettings(Settings):
    """What only the one process has."""

    parley_data_dir: Path = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "parley"
    """Where SQLite files and generated keys live; the XDG data folder, so that nothing lands in the checkout."""

    registration_api_port: int = 8082
    """The port of the page and of the whole route table; 0 takes any free one."""

    chat_service_port: int = 8083
    """The port of chat-service alone; 0 takes any free one."""

    message_service_port: int = 8084
    """The port of message-service alone; 0 takes any free one."""

    rtc_service_port: int = 8085
    """The port of rtc-service alone; 0 takes any free one."""

    parley_movable_clock: Literal["on", "off"] = "off"
    """Whether `POST /dev/clock` moves the time forward; for development, refused wherever others could use it."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The settings of each service, and the secrets of the TURN server."""

    registration: RegistrationSettings
    worker: WorkerSettings
    chat: ChatSettings
    message: MessageSettings
    rtc: RtcSettings
    ring: RingSource


def prepare(folder: Path) -> None:
    """Make the data folder. Raises ConfigurationError if it cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(f"PARLEY_DATA_DIR: cannot write to {folder} ({reason}).") from None


def origins_at(port: int) -> str:
    """The origins of the page when it is served on this port, comma-separated."""
    return f"http://localhost:{port},http://127.0.0.1:{port}"


def configure(folder: Path, port: int) -> Configuration:
    """Read every setting. Raises ConfigurationError."""
    defaults = {
        "database_url": f"sqlite+aiosqlite:///{folder / 'parley.db'}",
        "message_log_url": f"sqlite:///{folder / 'messages.db'}",
        "chat_web_origin": origins_at(port),
        "code_key": _generated_key(folder / "code.key"),
        "code_pepper": _generated_key(folder / "pepper.key"),
        "drain_seconds": 0.5,
        "chat_rtc_base_url": "",
    }
    kinds = (RegistrationSettings, WorkerSettings, ChatSettings, MessageSettings, RtcSettings, TelemetrySettings)
    ring = [lambda: load(RtcSettings, **_known(RtcSettings, defaults)).ring()]
    collect(*(lambda kind=kind: load(kind, **_known(kind, defaults)) for kind in kinds), *ring)
    return Configuration(
        registration=load(RegistrationSettings, **_known(RegistrationSettings, defaults)),
        worker=load(WorkerSettings, **_known(WorkerSettings, defaults)),
        chat=load(ChatSettings, **_known(ChatSettings, defaults)),
        message=load(MessageSettings, **_known(MessageSettings, defaults)),
        rtc=load(RtcSettings, **_known(RtcSettings, defaults)),
        ring=load(RtcSettings, **_known(RtcSettings, defaults)).ring(),
    )


def _known(kind: type[Settings], defaults: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in defaults.items() if name in kind.model_fields}


def _generated_key(file: Path) -> str:
    """A 256-bit key in hexadecimal, made at the first start and kept, readable by its owner alone."""
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_hex(32))
    return file.read_text().strip()
