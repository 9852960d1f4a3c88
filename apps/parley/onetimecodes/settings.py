"""The keys of one-time codes: 256 bits or more in hexadecimal, from the environment or from a mounted file."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from parley.configuration import KeySettings

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


class PepperSettings(KeySettings):
    """What both services that handle codes know."""

    code_pepper: HexKey
    """The key of the hashes by which codes, browsers and networks are stored; kept outside the database, so that the
    database alone tells no code. There is no default: whoever knows the key can try all codes against a hash."""

    code_pepper_file: Path | None = None
    """A file that holds CODE_PEPPER."""
