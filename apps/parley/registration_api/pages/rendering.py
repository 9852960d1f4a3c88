"""The wording and the markup of pages, as Jinja templates (`templates/`). No page holds inline script or style."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from parley.contracts.problems import Kind
from parley.onetimecodes.model import VALID_MS
from parley.registration_api.documents import ShownState, shown_state
from parley.registration_api.ports import WebClient
from parley.registration_api.service import Progress

_FOLDER = Path(__file__).parent
_DELIVERY: Mapping[ShownState, str] = {
    "queued": "Sending the code …",
    "sent": "Sent to the mail server",
    "delayed": "The mail server does not answer yet; we keep trying",
    "failed": "The mail could not be sent. Check the address.",
    "delivered": "The mail was delivered",
    "bounced": "Your mail provider refused the mail. Check the address.",
    "expired": "The mail took too long. Ask for a new code.",
}


class Pages:
    """Every page as HTML text."""

    def __init__(self, client: WebClient, rtc_base_url: str) -> None:
        self._client, self._rtc_base_url = client, rtc_base_url
        self.favicon = (_FOLDER / "favicon.svg").read_bytes()
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def sign_in(self, email: str = "", error: str | None = None) -> str:
        """The form for the address, with what was typed and what is wrong with it."""
        return self._render("signin.html", files=self._client.login, email=email, error=error)

    def verify(self, progress: Progress, error: str | None = None) -> str:
        """The form for the code, and how its delivery stands now."""
        request = progress.request
        return self._render(
            "verify.html",
            files=self._client.login,
            challenge=request.id,
            address=request.typed,
            expires_ms=request.code_left_ms,
            valid_ms=VALID_MS,
            resend_ms=progress.resend_ms,
            delivery=_delivery(progress),
            resend=f"Resend in {_clock(progress.resend_ms)}" if progress.resend_ms else "",
            error=error,
        )

    def chat(self) -> str:
        """The frame that the client fills."""
        return self._render("chat.html", files=self._client.chat, rtc_base_url=self._rtc_base_url)

    def problem(self, kind: Kind) -> str:
        """What one problem of the vocabulary means."""
        return self._render("problem.html", files=self._client.login, kind=kind)

    def _render(self, template: str, **words: object) -> str:
        return self._templates.get_template(template).render(words)


def _delivery(progress: Progress) -> str:
    left = progress.request.code_left_ms
    state = shown_state(progress.request)
    if left == 0 and state in ("sent", "delivered"):
        return "This code is over. Ask for a new one."
    words = _DELIVERY[state] + _moment(progress.request.delivered_ms)
    # Nobody has the code of a mail that came back or was never sent.
    return f"{words} · valid for {_clock(left)}" if left and state not in ("bounced", "failed") else words


def _moment(ms: int | None) -> str:
    # The server does not know the reader's time zone; the script does, and writes it anew.
    return "" if ms is None else f" at {datetime.fromtimestamp(ms / 1000, UTC):%H:%M} UTC"


def _clock(ms: int) -> str:
    minutes, seconds = divmod(-(-ms // 1000), 60)
    return f"{minutes}:{seconds:02d}"
