"""The wording of mails, as Jinja templates beside the code (`templates/`)."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from parley.email_worker.model import Mail
from parley.onetimecodes.model import CodeRequest, mail_name

_TEMPLATES = Path(__file__).parents[1] / "templates"


class TemplateLetters:
    """Mails for one site; `host` names it in the text and in message ids."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
        )

    def code_letter(self, request: CodeRequest, generation: int, code: str) -> Mail:
        """See the port."""
        words = {"code": code, "site": self._host, "asked_from": request.asked_from, "asked_at": _time(request)}
        return Mail(
            to=request.typed,
            code=code,
            subject=f"{code} is your Parley code",
            text=self._templates.get_template("code.txt").render(words),
            html=self._templates.get_template("code.html").render(words),
            message_id=f"<{mail_name(request.id, generation)}@{_id_right(self._host)}>",
        )


def _id_right(host: str) -> str:
    # RFC 5322 section 3.6.4: a name, or an address in brackets.
    name = urlsplit(f"//{host}").hostname or "localhost"
    return f"[{name}]" if ":" in name else name


def _time(request: CodeRequest) -> str:
    asked = datetime.fromtimestamp(request.asked_ms / 1000, UTC)
    return f"{asked.day} {asked:%B %Y, %H:%M} UTC"
