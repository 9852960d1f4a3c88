"""What a person does and sees in a call, in a real browser with a camera whose picture moves.

A picture counts as arriving when it is drawn twice and is neither black nor the same, and frames were decoded between.
"""

from collections.abc import Sequence

from playwright.sync_api import Locator, Page, WebSocketRoute, expect
from support.browsers import Visitor

_MOVES = """async video => {
  const [width, height] = [64, 36]
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  const context = canvas.getContext('2d', { willReadFrequently: true })
  const frame = () => new Promise(done => video.requestVideoFrameCallback(() => {
    context.drawImage(video, 0, 0, width, height)
    done([...context.getImageData(0, 0, width, height).data])
  }))
  const first = await frame()
  const decoded = video.getVideoPlaybackQuality().totalVideoFrames
  for (;;) {
    const next = await frame()
    const changed = next.filter((value, index) => Math.abs(value - first[index]) > 16).length
    const bright = Math.max(...next.filter((_, index) => index % 4 < 3))
    const frames = video.getVideoPlaybackQuality().totalVideoFrames - decoded
    if (changed > 20 && frames > 0) return bright
  }
}"""


_SOUNDS = """async video => {
  const audio = new AudioContext()
  const analyser = audio.createAnalyser()
  audio.createMediaStreamSource(video.srcObject).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  do {
    await new Promise(requestAnimationFrame)
    analyser.getFloatTimeDomainData(samples)
  } while (Math.max(...samples) < 0.01)
  await audio.close()
}"""


_PATIENCE_MS = 90_000
"""Of a busy machine; what has not come by then does not come."""


def _in_time(wait: str) -> str:
    """The function of one element, which rejects where it would wait for ever."""
    late = f"setTimeout(() => reject(new Error('nothing has come')), {_PATIENCE_MS})"
    return f"element => Promise.race([({wait})(element), new Promise((_, reject) => {late})])"


_PLAYS = """(video) => new Promise(done => {
  const begun = performance.now()
  let pictures = 0
  const next = () => {
    pictures++
    if (performance.now() - begun < %d) video.requestVideoFrameCallback(next)
    else done(pictures)
  }
  video.requestVideoFrameCallback(next)
})"""


class Window:
    """One person's window, as far as calls are concerned."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page

    def start(self, title: str, kind: str = "Start video call") -> None:
        """Open a conversation and call."""
        self.visitor.open(title)
        self.page.get_by_role("button", name=kind).click()

    @property
    def ring(self) -> Locator:
        """What is shown while somebody calls."""
        return self.page.get_by_role("dialog").filter(has=self.page.get_by_role("button", name="Decline"))

    def answer(self, how: str = "Accept") -> None:
        """Answer the call that rings."""
        self.ring.get_by_role("button", name=how, exact=True).click()

    def call_with(self, title: str) -> Locator:
        """The call that this window is in."""
        return self.page.get_by_role("region", name=f"Call with {title}")

    def picture_of(self, name: str) -> Locator:
        return self.page.locator(f".call-tile video[aria-label='{name}']")

    def sees(self, *names: str) -> None:
        """Wait until the pictures of these people arrive here and move."""
        for name in names:
            expect(self.picture_of(name)).to_be_visible()
            assert self.picture_of(name).evaluate(_in_time(_MOVES)) > 60

    def keeps_seeing(self, name: str, ms: int) -> int:
        """Wait for picture after picture of this person, so long by the page's clock; returns how many there were."""
        return self.picture_of(name).evaluate(_in_time(_PLAYS % ms))

    def hears(self, name: str) -> None:
        """Wait until a sound of this person arrives here."""
        self.picture_of(name).evaluate(_in_time(_SOUNDS))

    def press(self, control: str) -> None:
        self.page.get_by_role("toolbar", name="Call controls").get_by_role("button", name=control).click()

    def hang_up(self) -> None:
        self.press("End call")

    @property
    def card(self) -> Locator:
        """What is shown after a call, or in place of one."""
        return self.page.locator("dialog.account")

    def history(self, text: str) -> Locator:
        """Notes about calls in the open conversation."""
        return self.visitor.log.locator(".note").filter(has_text=text)


class Cable:
    """The socket of one page, which can be pulled out and put back."""

    def __init__(self, page: Page) -> None:
        self._open: list[WebSocketRoute] = []
        self._is_out = False
        page.route_web_socket("**/ws", self._connected)

    def _connected(self, socket: WebSocketRoute) -> None:
        if self._is_out:
            socket.close(code=1011)
            return
        socket.connect_to_server()
        self._open.append(socket)

    def pull(self) -> None:
        self._is_out = True
        for socket in self._open:
            socket.close(code=1011)
        self._open.clear()

    def put_back(self) -> None:
        self._is_out = False


def connect(
    caller: Window, callee: Window, names: Sequence[str] = ("Ann", "Bob"), kind: str = "Start video call"
) -> None:
    """Call and answer; returns when both are in the call."""
    first, second = names
    caller.start(second, kind)
    callee.answer()
    for window, other in ((caller, second), (callee, first)):
        expect(window.call_with(other)).to_be_visible()
        expect(window.picture_of(other)).to_have_count(1)
        expect(window.page.get_by_text("Connecting …")).to_have_count(0)
