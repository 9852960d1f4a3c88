"""Every setting of email-worker."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from parley.configuration import BusSettings, DatabaseSettings, PageSettings, names_engine
from parley.onetimecodes.settings import HexKey, PepperSettings


class WorkerSettings(PepperSettings, PageSettings, DatabaseSettings, BusSettings):
    """What email-worker reads from the environment."""

    code_key: HexKey
    """The key that codes are derived with, known to this service alone: neither the database nor the bus nor the
    forms can tell a code. There is no default, because codes made with a known key can be computed by anyone."""

    code_key_file: Path | None = None
    """A file that holds CODE_KEY."""

    mail_url: Annotated[str, names_engine("MAIL_URL")] = "console:"
    """Who delivers mails: `console:` prints each code on standard output, which is what a laptop wants."""

    @property
    def site(self) -> str:
        """Host and port of the page, as mails name it."""
        return urlsplit(self.chat_web_origin.partition(",")[0].strip()).netloc or "localhost"
