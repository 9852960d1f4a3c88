"""A real Chromium, and people who use Parley with it; whatever their console complains about fails the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright
from support.chromium import ARGUMENTS, find
from support.parley_process import ParleyProcess
from support.person import Person

ROOT = Path(__file__).parents[2]
AXE = ROOT / "apps/chat-web/node_modules/axe-core/axe.min.js"
PHONE = {"width": 360, "height": 720}
DESKTOP = {"width": 1280, "height": 800}
LOBBY_TITLE = "Lobby"

# What a browser reports by itself while the server is away is the situation under test, not a mistake of the page.
_EXPECTED = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_EMPTY_RESPONSE",
    "ERR_INTERNET_DISCONNECTED",
    "ERR_NETWORK_CHANGED",
    "WebSocket connection to",
)


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """One browser process for many tests; `more` are flags of its own."""
    # Not inside: looking for one may start Playwright itself.
    path = find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *more])
        yield browser
        browser.close()


class Visitor:
    """One browser profile with one page."""

    def __init__(self, browser: Browser, parley: ParleyProcess, expected: str | None = None, **options: Any) -> None:
        """`expected` is what this visitor's console may complain about; the other options are Playwright's."""
        self.parley = parley
        self.complaints: list[str] = []
        self._expected = (*_EXPECTED, expected) if expected else _EXPECTED
        self.context: BrowserContext = browser.new_context(**({"viewport": DESKTOP, "locale": "en-GB"} | options))
        self.context.on("console", lambda message: self._note(message.type, message.text))
        self.context.on("weberror", lambda error: self._note("error", str(error.error)))
        self.page: Page = self.context.new_page()

    def sign_in(self, address: str) -> "Visitor":
        """Through the forms, as a person does; ends on the chat page."""
        self.page.goto(self.parley.url + "/")
        self.page.get_by_label("E-mail").fill(address)
        self.page.get_by_role("button", name="Send code").click()
        field = self.page.get_by_label("6-digit code")
        field.fill(self.parley.code_for(address))
        self.page.wait_for_url("**/chat**")
        return self

    def enter(self, person: Person) -> "Visitor":
        """With the login of somebody who has signed in already; ends on the chat page, connected."""
        self.context.add_cookies(
            [{"name": name, "value": value, "url": self.parley.url} for name, value in person.http.cookies.items()]
        )
        self.page.goto(self.parley.url + "/chat")
        return self.connected()

    def connected(self) -> "Visitor":
        """Wait until the list is there and nothing is wrong with the connection."""
        expect(self.row(LOBBY_TITLE)).to_be_visible()
        expect(self.banner).to_have_text("")
        return self

    @property
    def main(self) -> Locator:
        """The page beside the list."""
        return self.page.get_by_role("main")

    @property
    def banner(self) -> Locator:
        """What is wrong with the connection; empty if nothing is."""
        return self.page.get_by_role("status")

    def row(self, title: str) -> Locator:
        """A conversation in the list."""
        return self.page.get_by_role("list", name="Conversations").get_by_role("link").filter(has_text=title)

    def open(self, title: str) -> "Visitor":
        """Open a conversation from the list by its title."""
        self.row(title).click()
        expect(self.composer).to_be_visible()
        return self

    @property
    def composer(self) -> Locator:
        """Where a message is written."""
        return self.page.get_by_role("textbox", name="Message")

    @property
    def log(self) -> Locator:
        """What was said in the open conversation."""
        return self.page.get_by_role("region", name="Messages")

    def message(self, text: str) -> Locator:
        """The entries of the open conversation that contain a text."""
        return self.log.get_by_role("listitem").filter(has_text=text)

    def say(self, text: str) -> None:
        """Write a message and send it with Enter."""
        self.composer.fill(text)
        self.composer.press("Enter")

    def axe(self) -> list[str]:
        """What axe finds wrong with the page as it stands: rule and element."""
        self.page.evaluate(AXE.read_text())
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found = self.page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags)
        return [f"{it['id']}: {node['html'][:160]}" for it in found["violations"] for node in it["nodes"]]

    def is_wider_than_its_window(self) -> bool:
        """Whether the page scrolls sideways."""
        return self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")

    def close(self) -> None:
        self.context.close()

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and not any(part in text for part in self._expected):
            self.complaints.append(text)
