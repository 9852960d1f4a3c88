"""The keys of one-time codes: 256 bits or more in hexadecimal, from the environment or from a mounted file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, SecretStr, model_validator

from parley.configuration import Settings

_MIN_BYTES = 32


def _strong(key: SecretStr) -> SecretStr:
    try:
        size = len(bytes.fromhex(key.get_secret_value()))
    except ValueError:
        raise ValueError("it must be written in hexadecimal") from None
    if size < _MIN_BYTES:
        raise ValueError(f"it must have at least {_MIN_BYTES} bytes ({2 * _MIN_BYTES} hexadecimal digits)")
    return key


HexKey = Annotated[SecretStr, AfterValidator(_strong)]
"""A secret key in hexadecimal; it is never printed."""


def key_bytes(key: SecretStr) -> bytes:
    """The key itself."""
    return bytes.fromhex(key.get_secret_value())


class KeySettings(Settings):
    """Settings with keys: wherever there is `x_file` beside `x`, a file that is named wins over the value."""

    @model_validator(mode="before")
    @classmethod
    def _read_files(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        names = [name for name in cls.model_fields if given.get(f"{name}_file")]
        return {**given, **{name: _read(name, given[f"{name}_file"]) for name in names}}


class PepperSettings(KeySettings):
    """What both services that handle codes know."""

    code_pepper: HexKey
    """The key of the hashes by which codes, browsers and networks are stored; kept outside the database, so that the
    database alone tells no code. There is no default: whoever knows the key can try all codes against a hash."""

    code_pepper_file: Path | None = None
    """A file that holds CODE_PEPPER."""


def _read(name: str, file: str | Path) -> str:
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{name.upper()}_FILE cannot be read") from None
