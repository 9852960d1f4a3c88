"""Every setting of registration-api."""

from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from parley.bus.settings import BusSettings
from parley.configuration import DatabaseSettings, FanoutSettings, PageSettings
from parley.onetimecodes.model import RequestLimits
from parley.onetimecodes.settings import PepperSettings
from parley.registration_api.service import Limits
from parley.registration_api.visitors import IPNetwork


class RegistrationSettings(PepperSettings, PageSettings, DatabaseSettings, BusSettings, FanoutSettings):
    """What registration-api reads from the environment."""

    chat_web_dist: Path = Path(__file__).parents[2] / "chat-web" / "dist"
    """The built client; by default the one in the checkout."""

    chat_rtc_base_url: str = "https://webrtc.manchik.co.uk"
    """Where the page finds rtc-service: the public name in the default domain of the chart. Empty: where the page is
    served, as in the embedded process."""

    trusted_proxies: str = ""
    """Networks (CIDR, comma-separated) whose X-Forwarded-For is believed. Empty: nobody's, because anyone can write
    that header."""

    otp_loopback_per_hour: int = Field(default=200, ge=1)
    """How many codes an hour may be asked for from this machine itself, where all programs, and all the browsers of a
    developer's tests, share one address."""

    otp_network_per_hour: int = Field(default=20, ge=1)
    """How many codes an hour may be asked for from one address elsewhere, with a /64 of IPv6 as one. More where many
    share one: an office, or a cluster on the developer's own machine, to which everybody comes from the bridge."""

    otp_everyone_per_minute: int = Field(default=3_000, ge=1)
    """The breaker: so many codes a minute for everyone together, more than twice the busiest sign-in rate that we
    test (20 a second), so that a flood from many addresses ends here and not at the mail service."""

    mailgun_webhook_signing_key: SecretStr | None = None
    """Mailgun's HTTP webhook signing key, with which `POST /webhooks/mailgun` knows that a report about a mail is
    Mailgun's. Empty: there is no such route, and the page says no more than that a mail was sent. In Mailgun, let the
    webhooks delivered, temporary_fail and permanent_fail of the sending domain call it."""

    mailgun_webhook_signing_key_file: Path | None = None
    """A file that holds MAILGUN_WEBHOOK_SIGNING_KEY."""

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        _networks(text)
        return text

    @field_validator("chat_rtc_base_url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if not url:
            return url
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("it must be a URL like https://webrtc.example.org")
        return url.rstrip("/")

    @field_validator("mailgun_webhook_signing_key")
    @classmethod
    def _is_one_line(cls, key: SecretStr | None) -> SecretStr | None:
        text = key.get_secret_value() if key else ""
        if not text.isprintable() or not text.isascii():
            raise ValueError("it must be one line of ASCII")
        return key

    @property
    def webhook_key(self) -> bytes:
        """MAILGUN_WEBHOOK_SIGNING_KEY as bytes; none if it is empty."""
        key = self.mailgun_webhook_signing_key
        return key.get_secret_value().encode() if key else b""

    @property
    def proxies(self) -> Sequence[IPNetwork]:
        """TRUSTED_PROXIES as networks."""
        return _networks(self.trusted_proxies)

    @property
    def rtc_origin(self) -> str:
        """The origin of CHAT_RTC_BASE_URL, which the page may connect to; empty if that is the page's own."""
        parts = urlsplit(self.chat_rtc_base_url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    @property
    def limits(self) -> Limits:
        """How often a code may be asked for."""
        everyone = self.otp_everyone_per_minute
        return Limits(
            elsewhere=RequestLimits(everyone_per_minute=everyone, network_per_hour=self.otp_network_per_hour),
            loopback=RequestLimits(everyone_per_minute=everyone, network_per_hour=self.otp_loopback_per_hour),
        )


def _networks(text: str) -> Sequence[IPNetwork]:
    return [ip_network(part.strip()) for part in text.split(",") if part.strip()]
