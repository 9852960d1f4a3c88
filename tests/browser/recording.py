"""A short recording of a call, as one of the two sees it, into docs/pictures/call.webp: `make recording`.

Next: `screenshots.py`, from which the people and what they wrote come.
"""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager

from browser.screenshots import gather, running, talk
from PIL import Image
from playwright.sync_api import Page, expect
from support.browsers import ROOT, chromium
from support.call_windows import Window
from support.chromium import FAKE_DEVICES

FILE = ROOT / "docs" / "pictures" / "call.webp"
VIEW = {"width": 1120, "height": 700}
SHOWN = (800, 500)
EVERY_S = 0.25
QUALITY = 60


class Recording:
    """Pictures of one page, each with the milliseconds for which it is shown."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[tuple[Image.Image, int]] = []

    def run(self, seconds: float) -> None:
        """Record for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begun = time.monotonic()
            picture = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB").resize(SHOWN)
            self._page.wait_for_timeout(max(0.0, EVERY_S - (time.monotonic() - begun)) * 1000)
            self._frames.append((picture, round((time.monotonic() - begun) * 1000)))

    def save(self) -> None:
        """Write what was recorded; it begins anew when it has ended."""
        (first, *others), shown_ms = zip(*self._frames, strict=True)
        first.save(
            FILE, save_all=True, append_images=others, duration=list(shown_ms), loop=0, quality=QUALITY, method=6
        )


@contextmanager
def two_windows() -> Iterator[tuple[Window, Window]]:
    """Those of Ann and Bob, who have written to each other."""
    with chromium(*FAKE_DEVICES) as browser, running() as parley:
        cast = gather(browser, parley)
        talk(cast)
        ann, bob = Window(cast.ann), Window(cast.people["bob"])
        ann.page.set_viewport_size(VIEW)
        ann.page.goto(parley.url + "/chat")
        bob.page.goto(parley.url + "/chat")
        yield ann, bob


def main() -> None:
    """Ann calls Bob, he answers, she mutes herself, and after the call both see how it went."""
    expect.set_options(timeout=30_000)
    with two_windows() as (ann, bob):
        recording = Recording(ann.page)
        ann.visitor.open("Bob Keller")
        recording.run(1.5)
        ann.page.get_by_role("button", name="Start video call").click()
        expect(bob.ring).to_be_visible()
        recording.run(1.5)
        bob.answer()
        ann.sees("Bob Keller")
        recording.run(4)
        ann.press("Mute")
        recording.run(1.5)
        bob.hang_up()
        expect(ann.card).to_contain_text("ended by Bob Keller")
        recording.run(3)
        recording.save()
    print(f"{FILE.relative_to(ROOT)}: {FILE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
