"""Pictures of calls: one that rings, one that goes on, and what is left of it. Next: `screenshots.py` has the rest."""

from playwright.sync_api import expect
from support.call_windows import Window
from support.picturing import Cast, take

_REFUSING = """() => {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  const refused = () => Promise.reject(new DOMException('', 'NotAllowedError'))
  navigator.mediaDevices.getUserMedia = wanted => wanted.%s ? refused() : real(wanted)
}"""


def picture_calls(cast: Cast) -> None:
    """Every view of calls, as Ann sees it."""
    ann, bob, eve = (Window(cast.people[who]) for who in ("ann", "bob", "eve"))
    for window in (ann, bob, eve):
        window.page.goto(cast.parley.url + "/chat")
    _ringing(ann, bob)
    _going_on(ann, bob)
    _without_devices(ann)
    _in_a_group(ann, bob, eve)
    ann.page.goto(cast.parley.url + "/chat/settings")
    ann.page.get_by_role("button", name="Test microphone and camera").click()
    expect(ann.page.get_by_label("Loudness")).to_be_visible()
    take(ann.page, "settings-calls", shows="[aria-label=Loudness]")
    ann.page.goto(cast.parley.url + "/doctor")
    expect(ann.page.get_by_role("button", name="Check again")).to_be_enabled()
    take(ann.page, "doctor")


def _ringing(ann: Window, bob: Window) -> None:
    bob.start("Ann Weber")
    expect(ann.ring).to_be_visible()
    take(ann.page, "call-incoming")
    bob.hang_up()
    bob.page.keyboard.press("Escape")
    ann.visitor.open("Bob Keller")
    expect(ann.history("Missed video call")).to_be_visible()
    take(ann.page, "call-missed")
    ann.page.get_by_role("button", name="Start video call").click()
    expect(ann.page.get_by_text("Ringing …").first).to_be_visible()
    take(ann.page, "call-ringing")


def _going_on(ann: Window, bob: Window) -> None:
    bob.answer()
    ann.sees("Bob Keller")
    expect(ann.page.get_by_text("Direct ·")).to_be_visible()
    take(ann.page, "call")
    bob.press("Switch camera off")
    bob.press("Mute")
    expect(ann.picture_of("Bob Keller")).to_be_hidden()
    ann.press("Devices")
    take(ann.page, "call-devices")
    ann.press("Devices")
    ann.page.keyboard.press("Escape")
    bob.press("Switch camera on")
    ann.sees("Bob Keller")
    take(ann.page, "call-beside")
    bob.hang_up()
    expect(ann.card).to_contain_text("ended by Bob Keller")
    take(ann.page, "call-ended")
    ann.page.keyboard.press("Escape")
    bob.page.keyboard.press("Escape")


def _without_devices(ann: Window) -> None:
    ann.page.evaluate(_REFUSING % "audio")
    ann.page.get_by_role("button", name="Start video call").click()
    expect(ann.card).to_contain_text("microphone")
    take(ann.page, "call-no-microphone")
    ann.page.reload()
    ann.page.evaluate(_REFUSING % "video")


def _in_a_group(ann: Window, bob: Window, eve: Window) -> None:
    ann.start("String quartet")
    bob.answer()
    eve.answer("Accept without video")
    ann.sees("Bob Keller")
    expect(ann.page.get_by_text("Connecting …")).to_have_count(0)
    take(ann.page, "call-group")
    ann.hang_up()
    bob.hang_up()
    for window in (ann, bob, eve):
        expect(window.card).to_be_visible()
        window.page.keyboard.press("Escape")
