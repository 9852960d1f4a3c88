"""Settings are read once, at the edge, and every mistake is told in one go.

A service's `settings.py` declares its variables; `load` reads several such classes and collects what is wrong with all
of them, so that nobody repairs a deployment one error at a time. `__main__` prints the sentences and exits with 2.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ConfigurationError(Exception):
    """The process cannot start as it is configured.

    `sentences` holds one line for a person per mistake; none of them repeats a secret's value.
    """

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


class Settings(BaseSettings):
    """What every settings class has in common: plain environment names, and unknown variables are left to others."""

    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore", frozen=True)


class KeySettings(Settings):
    """Settings with secrets, which may come from files.

    Wherever there is `x_file` beside `x`, a file that is named wins over the value. Where there is `x_password_file`
    beside the URL `x`, it holds only the password, which is put behind the user that the URL names.
    """

    @model_validator(mode="before")
    @classmethod
    def _read_files(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        names = [name for name in cls.model_fields if given.get(f"{name}_file")]
        values = {**given, **{name: _read(name, given[f"{name}_file"]) for name in names}}
        guarded = [name for name in cls.model_fields if given.get(f"{name}_password_file") and values.get(name)]
        return {**values, **{name: _with_password(name, values[name], given) for name in guarded}}


SCHEMES: Mapping[str, Sequence[str]] = {
    "DATABASE_URL": ("sqlite+aiosqlite:", "mysql+aiomysql:"),
    "MESSAGE_LOG_URL": ("sqlite:", "cassandra:"),
    "BUS_URL": ("inprocess:", "kafka:", "kafkas:"),
    "REDIS_URL": (
        "inprocess:",
        "redis:",
        "rediss:",
        "redis+sentinel:",
        "rediss+sentinel:",
        "redis+cluster:",
        "rediss+cluster:",
    ),
    "MAIL_URL": ("console:", "smtp:", "smtps:", "mailgun:"),
}
"""Which engines each variable may name; the adapters are matched where they are opened."""


def names_engine(variable: str) -> AfterValidator:
    """Refuses a URL whose scheme no adapter of this variable answers to, with all other mistakes at once."""

    def check(url: str) -> str:
        if f"{url.partition(':')[0]}:" not in SCHEMES[variable]:
            raise ValueError(_unknown(variable, url))
        return url

    return AfterValidator(check)


class PageSettings(Settings):
    """Which pages may talk to us. Every service that answers a browser reads these."""

    chat_web_origin: str = "http://localhost:8082"
    """Public origin(s) of the page, comma-separated; mails name the first, and cookies are Secure if it is https."""

    cors_allowed_origins: str = "http://localhost:5173,http://127.0.0.1:5173"
    """Further exact origins that may send the cookie, comma-separated; the default is the client's dev server."""

    parley_cookie_domain: str = ""
    """Empty: a `__Host-` cookie on one host. Set: the cookie is shared by the hosts under that domain."""

    @property
    def allowed_origins(self) -> frozenset[str]:
        """Every origin that may send a request with the session cookie."""
        return frozenset(_csv(self.chat_web_origin) + _csv(self.cors_allowed_origins))

    @property
    def is_https(self) -> bool:
        """Whether the page is served over TLS, which decides the cookie's name and its Secure attribute."""
        return self.chat_web_origin.startswith("https://")


class ListenSettings(Settings):
    """Where a service that runs alone listens. In a container these are 0.0.0.0 and 8080."""

    parley_host: str = "127.0.0.1"
    """Address to bind; loopback by default, because nothing in front of it would terminate TLS."""

    parley_port: int = 0
    """TCP port; 0 means the service's own default."""


class DatabaseSettings(KeySettings):
    """The one relational database."""

    database_url: Annotated[str, names_engine("DATABASE_URL")] = Field(repr=False)
    """`sqlite+aiosqlite:///file.db` or `mysql+aiomysql://user:password@host/database?ssl=true`; there is no default
    outside the embedded process, which knows a folder for it. `ssl_ca=file.pem` trusts that authority instead of the
    system's."""

    database_url_file: Path | None = None
    """A file that holds DATABASE_URL, for a URL with a password."""

    database_url_password_file: Path | None = None
    """A file that holds the password alone; DATABASE_URL then has a user and none."""


class FanoutSettings(KeySettings):
    """Live notices between replicas, presence and shared budgets."""

    redis_url: Annotated[str, names_engine("REDIS_URL")] = Field(default="inprocess:", repr=False)
    """`inprocess:` serves one process; several replicas need a server between them: `redis://user:password@host/0`,
    `redis+sentinel://host,host/service/0` or `redis+cluster://host,host`. With `rediss` in place of `redis` all speak
    TLS, and `?ssl_ca_certs=file.pem` trusts that authority instead of the system's."""

    redis_url_file: Path | None = None
    """A file that holds REDIS_URL, for a URL with a password."""

    redis_url_password_file: Path | None = None
    """A file that holds the password alone; REDIS_URL then has none, and may go without a user."""


class MessageLogSettings(KeySettings):
    """The store of entries."""

    message_log_url: Annotated[str, names_engine("MESSAGE_LOG_URL")] = Field(repr=False)
    """`sqlite:///file.db` or `cassandra://[user:password@]h1[:port],h2/keyspace?dc=name`; there is no default outside
    the embedded process. `dc` is the data centre of the nodes, needed when there are several; `replication` is how many
    copies a new keyspace gets there, at most 3 by default; `ssl=true` is TLS, `ssl_ca=file.pem` with that authority
    instead of the system's."""

    message_log_url_file: Path | None = None
    """A file that holds MESSAGE_LOG_URL, for a URL with a password."""

    message_log_url_password_file: Path | None = None
    """A file that holds the password alone; MESSAGE_LOG_URL then has a user and none."""


S = TypeVar("S", bound=Settings)


def load(kind: type[S], **defaults: Any) -> S:
    """Read one settings class from the environment; `defaults` hold for what the environment leaves out.

    Raises ConfigurationError with a sentence per variable that is wrong.
    """
    unset = {name: value for name, value in defaults.items() if not _is_set(kind, name)}
    try:
        return kind(**unset)
    except ValidationError as error:
        raise ConfigurationError(*_sentences(error)) from None


def collect(*attempts: Callable[[], object]) -> None:
    """Run each attempt and raise one ConfigurationError that holds the sentences of all that failed."""
    sentences: list[str] = []
    for attempt in attempts:
        try:
            attempt()
        except ConfigurationError as error:
            sentences.extend(error.sentences)
    if sentences:
        # Services share settings, and would tell the same mistake once each.
        raise ConfigurationError(*dict.fromkeys(sentences))


def unknown_scheme(variable: str, url: str) -> ConfigurationError:
    """The error for a URL whose scheme no adapter answers to; only the scheme is repeated, never the credentials."""
    return ConfigurationError(f"{variable}: {_unknown(variable, url)}.")


def _unknown(variable: str, url: str) -> str:
    return f"the scheme '{url.partition(':')[0]}:' is not known; use one of {', '.join(SCHEMES[variable])}"


def _is_set(kind: type[Settings], name: str) -> bool:
    wanted = _variable(kind, name)
    return any(key.upper() == wanted for key in os.environ)


def _variable(kind: type[Settings], name: str) -> str:
    alias = kind.model_fields[name].validation_alias
    return (alias if isinstance(alias, str) else name).upper()


def _sentences(error: ValidationError) -> list[str]:
    found = error.errors(include_input=False, include_url=False)
    return [f"{_place(item)}: {item['msg'].removeprefix('Value error, ')}." for item in found]


def _place(item: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in item["loc"]).upper() or "settings"


def _read(name: str, file: str | Path) -> str:
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{name.upper()}_FILE cannot be read") from None


def _with_password(name: str, url: str, given: Mapping[str, Any]) -> str:
    """The URL with the password of the file, encoded for a URL, between its user and its hosts."""
    password = _read(f"{name}_password", given[f"{name}_password_file"])
    scheme, mark, rest = url.partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    user, _, hosts = authority.rpartition("@")
    if not mark or not hosts:
        raise ValueError(f"{name.upper()} names no host that {name.upper()}_PASSWORD_FILE could be for")
    if ":" in user:
        raise ValueError(f"{name.upper()} has a password already, beside {name.upper()}_PASSWORD_FILE")
    return f"{scheme}://{user}:{quote(password, safe='')}@{hosts}{rest[len(authority) :]}"


def _csv(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
