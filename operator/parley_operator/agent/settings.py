"""What an agent is configured by: variables of its container, and every mistake in them told at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parley_operator.ring.model import Role


class BadSettings(ValueError):
    """One or more variables are missing or wrong; the text says which."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`pod` and `uid` come from the downward API. A relay has `database`, `realm` and `server`; a minter has `file`."""

    role: Role
    secret: str
    pod: str
    uid: str
    probe_port: int = 8090
    database: Path = Path("/ring/turndb")
    file: Path = Path("/ring/ring.json")
    realm: str = "parley"
    server: tuple[str, int] = ("127.0.0.1", 3478)


def read(environment: Mapping[str, str]) -> Settings:
    """The settings of RING_ROLE (relay or minter), RING_SECRET, POD_NAME, POD_UID, and for all else its default:
    RING_PROBE_PORT, RING_DATABASE, RING_FILE, TURN_REALM, RING_TURN_HOST, RING_TURN_PORT. Raises BadSettings."""
    mistakes = [f"{name} is missing" for name in ("RING_SECRET", "POD_NAME", "POD_UID") if not environment.get(name)]
    if environment.get("RING_ROLE") not in set(Role):
        mistakes.append("RING_ROLE is relay or minter")
    ports = {"RING_PROBE_PORT": "8090", "RING_TURN_PORT": "3478"}
    ports = {name: environment.get(name, usual) for name, usual in ports.items()}
    mistakes += [f"{name} is no port" for name, text in ports.items() if not _is_port(text)]
    if mistakes:
        raise BadSettings("; ".join(mistakes))
    return Settings(
        role=Role(environment["RING_ROLE"]),
        secret=environment["RING_SECRET"],
        pod=environment["POD_NAME"],
        uid=environment["POD_UID"],
        probe_port=int(ports["RING_PROBE_PORT"]),
        database=Path(environment.get("RING_DATABASE", "/ring/turndb")),
        file=Path(environment.get("RING_FILE", "/ring/ring.json")),
        realm=environment.get("TURN_REALM", "parley"),
        server=(environment.get("RING_TURN_HOST", "127.0.0.1"), int(ports["RING_TURN_PORT"])),
    )


def _is_port(text: str) -> bool:
    return text.isdecimal() and 0 < int(text) < 65_536
