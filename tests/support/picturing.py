"""How a picture of the running product is taken: at each size and in each theme, into build/screenshots."""

from dataclasses import dataclass

from playwright.sync_api import Page
from support.browsers import DESKTOP, PHONE, ROOT, Visitor
from support.parley_process import ParleyProcess

FOLDER = ROOT / "build" / "screenshots"
SIZES = {"360": PHONE, "1280": DESKTOP}
THEMES = ("light", "dark")


@dataclass
class Cast:
    """Who is there: `ann` is looked at, the others write."""

    parley: ParleyProcess
    people: dict[str, Visitor]

    @property
    def ann(self) -> Visitor:
        return self.people["ann"]


def take(page: Page, name: str, shows: str = "body") -> None:
    """The page as it stands, at each size and in each theme, scrolled to what it shows."""
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.wait_for_timeout(150)
            page.locator(shows).last.scroll_into_view_if_needed()
            page.screenshot(path=FOLDER / f"{name}-{size}-{theme}.png")
    page.emulate_media(color_scheme="light")
