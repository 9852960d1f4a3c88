"""How long a call takes between two real browsers here: from the press to the ring, from the answer to a picture.

Times are taken in the pages, by one clock. `make bench` runs it after the rest; figures depend on the machine's load.
"""

import statistics
import sys
import tempfile
from pathlib import Path

from bench.report import Report, at_most, spread
from playwright.sync_api import Browser, expect
from support.browsers import Visitor, chromium
from support.call_windows import Window
from support.chromium import FAKE_DEVICES
from support.parley_process import ParleyProcess
from support.person import Person

_CALLS = 12
_RING_MS, _FRAME_MS = 300, 1500

_WHEN_SHOWN = """() => { window.shown = new Promise(done => new MutationObserver((_, observer) => {
  if (document.querySelector('dialog.ring')) requestAnimationFrame(() => { observer.disconnect(); done(Date.now()) })
}).observe(document, { subtree: true, childList: true })) }"""

# The caller's own picture comes first; what counts is the press, not the opening of a made-up camera.
_PRESS = """label => { document.querySelector(`[aria-label="${label}"]`).click(); return Date.now() }"""

_ANSWER = """async () => {
  const begin = Date.now()
  document.querySelector('dialog.ring .yes').click()
  for (;;) {
    const video = document.querySelector('.call-tile video')
    if (video?.srcObject) return new Promise(done => video.requestVideoFrameCallback(() => done(Date.now() - begin)))
    await new Promise(requestAnimationFrame)
  }
}"""


def main() -> int:
    report = Report()
    report.title(f"{_CALLS} calls between two Chromium on this machine")
    with chromium(*FAKE_DEVICES) as browser, tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        parley = ParleyProcess(Path(folder) / "data").start()
        try:
            rings, frames = _measure(browser, parley)
        finally:
            parley.stop()
    high = statistics.quantiles(rings, n=20)[-1]
    report.line("press to ring on the other side, p95", f"{high:.0f} ms", at_most(high, _RING_MS, "ms"))
    report.line("the same, median and range", spread(rings, "ms", 0))
    middle = statistics.median(frames)
    report.line("accept to the first frame, p50", f"{middle:.0f} ms", at_most(middle, _FRAME_MS, "ms"))
    report.line("the same, median and range", spread(frames, "ms", 0))
    return 0


def _measure(browser: Browser, parley: ParleyProcess) -> tuple[list[float], list[float]]:
    ann, bob = (_person(parley, name) for name in ("Ann", "Bob"))
    ann.http.post("/api/conversations", json={"kind": "direct", "members": [bob.id]})
    caller, callee = (Window(Visitor(browser, parley).enter(one)) for one in (ann, bob))
    caller.visitor.open("Bob")
    # The first call loads what the others find loaded.
    figures = [_call(caller, callee) for _ in range(_CALLS + 1)][1:]
    return [ring for ring, _ in figures], [frame for _, frame in figures]


def _person(parley: ParleyProcess, name: str) -> Person:
    person = Person(parley, f"{name.lower()}@example.org").sign_in()
    person.http.patch("/me", json={"name": name})
    return person


def _call(caller: Window, callee: Window) -> tuple[float, float]:
    """Milliseconds to the ring and, from the answer, to the first frame."""
    callee.page.evaluate(_WHEN_SHOWN)
    pressed = caller.page.evaluate(_PRESS, "Start video call")
    shown = callee.page.evaluate("window.shown")
    frame = callee.page.evaluate(_ANSWER)
    caller.sees("Bob")
    callee.hang_up()
    for window in (caller, callee):
        expect(window.card).to_be_visible()
        window.page.keyboard.press("Escape")
    # Calls are limited to six a minute for each person, which is not what is measured.
    caller.page.wait_for_timeout(10_000)
    return shown - pressed, frame


if __name__ == "__main__":
    sys.exit(main())
