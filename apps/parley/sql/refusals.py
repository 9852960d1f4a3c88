"""Which errors of a driver time does not mend: whoever configured the database is told in a sentence.

The server's own words are not repeated, because they name users and hosts.
"""

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

REVISION = "SELECT version_num FROM alembic_version"
"""The revision of the schema that a database has."""

NOT_MIGRATED = "DATABASE_URL: the database lacks tables of this version; run `python -m parley migrate`."

_BY_NUMBER: Mapping[int, str] = {
    1044: "DATABASE_URL: the server says that this user may not use it.",
    1045: "DATABASE_URL: the server refuses the user or the password.",
    1049: "DATABASE_URL: the server has no such database.",
    1146: NOT_MIGRATED,
    1698: "DATABASE_URL: the server refuses the user or the password.",
    1862: "DATABASE_URL: the password has expired.",
    3118: "DATABASE_URL: the account is locked.",
}
_VERSIONS = Path(__file__).with_name("migrations") / "versions"


def refusal(error: BaseException | None) -> str | None:
    """The sentence about an error of SQLAlchemy or of a driver that will come again; None for one that may pass."""
    for one in _chain(error):
        number = one.args[0] if one.args else None
        if isinstance(number, int) and number in _BY_NUMBER:
            return _BY_NUMBER[number]
        if isinstance(one, ssl.SSLCertVerificationError):
            return "DATABASE_URL: the server's certificate is not trusted; name its authority with ssl_ca."
        if "no such table" in str(number):
            return NOT_MIGRATED
    return None


def is_behind(revision: str | None) -> bool:
    """Whether a schema is older than this code. A newer one is not: its steps only add, while old processes go on."""
    return revision is None or revision < newest_revision()


def newest_revision() -> str:
    """The revision that this code was written for."""
    return max(file.name[:4] for file in _VERSIONS.glob("[0-9]*.py"))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = getattr(error, "orig", None) or error.__cause__
