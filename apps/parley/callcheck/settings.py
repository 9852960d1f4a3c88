"""Where the installation under check is, as its users and as its operators reach it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from parley.configuration import Settings


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("it must be a URL like https://chat.example.org")
    return text.rstrip("/")


def _probes(text: str) -> str:
    if not all(name and url.startswith("http://") for name, url in _pairs(text)):
        raise ValueError("it must be like chat-service=http://host:port/readyz, comma-separated")
    return text


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(name.strip(), url) for name, _, url in (it.partition("=") for it in text.split(",") if it.strip())]


class CheckSettings(Settings):
    """One installation."""

    check_url: Annotated[str, AfterValidator(_url)]
    """The page's address; sign-in, REST and the socket are there as well."""

    check_rtc_url: Annotated[str, AfterValidator(lambda text: _url(text) if text else "")] = ""
    """Where rtc-service answers, if that is a host of its own."""

    check_mail_url: Annotated[str, AfterValidator(_url)]
    """The interface of the Mailpit that catches the mails."""

    check_domain: Annotated[str, Field(min_length=1)] = "example.org"
    """The part behind the @ of the two who sign in. Mails to it must get to that Mailpit."""

    check_ca_file: Path | None = None
    """A certificate to trust besides those that the system trusts."""

    check_probes: Annotated[str, AfterValidator(_probes)] = ""
    """The services' /readyz, as in chat-service=http://host:port/readyz, comma-separated; asked after a failure."""

    check_patience_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    """How long each hop may take."""

    @property
    def rtc_url(self) -> str:
        """Where rtc-service answers."""
        return self.check_rtc_url or self.check_url

    @property
    def probes(self) -> Mapping[str, str]:
        """CHECK_PROBES by service."""
        return dict(_pairs(self.check_probes))
