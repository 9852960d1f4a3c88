"""The ring: the secrets that the relay accepts, of which the first signs. Several, so that they can be replaced in use.

A ring in a file is looked at whenever somebody asks, by its time and size, and read again when they have changed. A
file that cannot be used leaves the last good ring in force, because calls must not end over a slip of the pen.
Next: `credentials.py`, what is signed with them.
"""

import json
import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from parley.configuration import ConfigurationError

_SECRET = re.compile(r"(?!=)[!#-&(-~]{1,127}")
_ORDER = ("current", "next", "previous")
_log = logging.getLogger("parley.turn")


def is_secret(text: str) -> bool:
    """Whether the relay's configuration can hold this: 1 to 127 visible ASCII characters, no quotes, no = first."""
    return _SECRET.fullmatch(text) is not None


@dataclass(frozen=True)
class Ring:
    """Secrets, the signing one first; `longest_s` is how long credentials may last by the ring's word, None for any."""

    secrets: tuple[str, ...]
    longest_s: int | None = None


class RingSource(Protocol):
    """Where the ring is had from."""

    def ring(self) -> Ring:
        """The ring as it is now; at least one secret. Never raises."""


class FixedRing:
    """One secret for as long as the process lives."""

    def __init__(self, secret: str) -> None:
        self._ring = Ring((secret,))

    def ring(self) -> Ring:
        """See RingSource."""
        return self._ring


class FileRing:
    """The ring in a file (`parse` says how it is written). Raises ConfigurationError if the first reading fails."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._told: tuple[_Mark | None, str] | None = None
        try:
            self._seen = _mark(file)
            self._ring = parse(file.read_text())
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"TURN_SECRET_RING_FILE: {_reason(error)}.") from None

    def ring(self) -> Ring:
        """See RingSource."""
        mark = None
        try:
            mark = _mark(self._file)
            if mark != self._seen:
                self._ring, self._seen, self._told = parse(self._file.read_text()), mark, None
                _log.warning("TURN_SECRET_RING_FILE was read again: it has %d secrets", len(self._ring.secrets))
        except (OSError, ValueError) as error:
            self._tell(mark, _reason(error))
        return self._ring

    def _tell(self, mark: "_Mark | None", reason: str) -> None:
        # Asked for at every credential; one line says it until the file changes again.
        if (mark, reason) != self._told:
            self._told = (mark, reason)
            _log.error("TURN_SECRET_RING_FILE: %s; the ring stays as it was", reason)


_Mark = tuple[int, int, int]


def _mark(file: Path) -> _Mark:
    status = os.stat(file)
    return status.st_mtime_ns, status.st_size, status.st_ino


def parse(text: str) -> Ring:
    """Read `{"maxCredentialTTLSeconds": 600, "keys": [{"secret": "…", "state": "current"}, …]}`; more is ignored.

    One key is `current` and signs; `next` and `previous` are accepted. Raises ValueError with a sentence that repeats
    nothing of the file.
    """
    try:
        document = json.loads(text)
    except ValueError:
        raise ValueError("the ring is not JSON") from None
    if not isinstance(document, dict):
        raise ValueError("the ring is no JSON object")
    return Ring(_secrets(document.get("keys")), _longest(document.get("maxCredentialTTLSeconds")))


def _secrets(keys: Any) -> tuple[str, ...]:
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise ValueError("`keys` of the ring is no list of objects")
    states = [key.get("state") for key in keys]
    if states.count("current") != 1 or not set(states) <= set(_ORDER):
        raise ValueError("the ring needs one `current` key, and `next` and `previous` are the other states")
    if not all(isinstance(key.get("secret"), str) and is_secret(key["secret"]) for key in keys):
        raise ValueError("a secret has 1 to 127 visible ASCII characters, no quotes and no = at its beginning")
    return tuple(key["secret"] for key in sorted(keys, key=lambda key: _ORDER.index(key["state"])))


def _longest(seconds: Any) -> int | None:
    if seconds is None:
        return None
    if type(seconds) is not int or seconds < 1:
        raise ValueError("`maxCredentialTTLSeconds` of the ring is no number of seconds")
    return seconds


def _reason(error: Exception) -> str:
    return f"cannot be read ({(error.strerror or 'no reason').lower()})" if isinstance(error, OSError) else str(error)
