"""What a person does in a call with devices and windows: another camera, a shared screen, a picture of its own."""

from playwright.sync_api import expect
from support.call_windows import Window, connect
from support.pictures import kept_connections

# The picture of the second of its cameras stands still.
FLAGS = ["--use-fake-device-for-media-stream=device-count=3", "--use-fake-ui-for-media-stream"]

_SPEAKS = "words => document.querySelector('.call-tile.speaking .sr')?.textContent === words"

_SENDING = """() => {
  const tracks = window.connections.at(-1).getSenders().map(({ track }) => track).filter(track => track)
  return tracks.map(({ kind, label }) => `${kind} ${label}`)
}"""

# A camera that is waited for until `window.allow()` or `window.refuse()` is called, and what it was given then.
_SLOW_CAMERA = """
window.cameras = []
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
const allowed = new Promise((done, failed) => {
  window.allow = done
  window.refuse = () => failed(new DOMException('', 'NotAllowedError'))
})
navigator.mediaDevices.getUserMedia = async wanted => {
  if (wanted.video) await allowed
  const stream = await real(wanted)
  window.cameras.push(...stream.getVideoTracks())
  return stream
}"""

_NO_FLOATING = "Object.defineProperty(Document.prototype, 'pictureInPictureEnabled', { get: () => false })"


def sends(window: Window, source: str) -> None:
    """Wait until the one connection of a page sends from this source."""
    window.page.wait_for_function(f"source => ({_SENDING})().includes(source)", arg=source, timeout=60_000)


def test_another_camera_and_another_microphone(pair, enter):
    """A device that is chosen in a call is sent at once, in place of the other, without asking the other side."""
    ann, bob = enter(pair[0], kept_connections()), enter(pair[1])
    connect(ann, bob)
    sends(ann, "video fake_device_0")
    bob.sees("Ann")
    offers: list[str] = []
    ann.page.on("request", lambda it: offers.append(it.url) if it.url.endswith("/offer") else None)
    ann.press("Devices")
    ann.page.get_by_label("Camera", exact=True).select_option(label="fake_device_2")
    sends(ann, "video fake_device_2")
    bob.sees("Ann")
    ann.page.get_by_label("Microphone", exact=True).select_option(label="Fake Audio Input 2")
    sends(ann, "audio Fake Audio Input 2")
    bob.hears("Ann")
    assert offers == []


def test_a_camera_that_takes_its_time(pair, enter):
    """A call rings and is heard before its camera is allowed, and the picture joins when it is."""
    ann, bob = enter(pair[0], _SLOW_CAMERA), enter(pair[1])
    connect(ann, bob)
    bob.hears("Ann")
    ann.sees("Bob")
    ann.page.evaluate("() => window.allow()")
    bob.sees("Ann")


def test_a_camera_that_is_off_before_it_is_ready(pair, enter):
    """Who switches the camera off while it is being opened is not filmed."""
    ann, bob = enter(pair[0], _SLOW_CAMERA), enter(pair[1])
    connect(ann, bob)
    ann.press("Switch camera off")
    no_lamp(ann)
    expect(ann.page.get_by_role("button", name="Switch camera on")).to_be_visible()


def test_a_camera_that_is_refused_after_it_was_switched_off(pair, enter):
    """Nobody is bothered with a camera that they no longer want."""
    ann, bob = enter(pair[0], _SLOW_CAMERA), enter(pair[1])
    connect(ann, bob)
    ann.press("Switch camera off")
    ann.page.evaluate("() => { window.refuse(); return new Promise(requestAnimationFrame) }")
    expect(ann.page.get_by_role("alert")).to_have_count(0)
    ann.press("Switch camera on")
    expect(ann.page.get_by_role("alert")).to_contain_text("camera")


def test_a_camera_that_comes_after_the_call(pair, enter):
    """A camera that is ready only after the call was given up is switched off at once."""
    ann, bob = enter(pair[0], _SLOW_CAMERA), enter(pair[1])
    ann.start("Bob")
    expect(bob.ring).to_be_visible()
    ann.hang_up()
    no_lamp(ann)


def no_lamp(window: Window) -> None:
    """Allow the camera, and wait until it is given and off again."""
    window.page.evaluate("() => window.allow()")
    window.page.wait_for_function("() => window.cameras.length === 1 && window.cameras[0].readyState === 'ended'")


def test_sharing_a_screen(pair, enter):
    """What is shared takes the place of the camera's picture on the other side, and gives it back."""
    ann, bob = enter(pair[0], kept_connections()), enter(pair[1])
    connect(ann, bob)
    bob.sees("Ann")
    ann.press("Share screen")
    expect(bob.page.get_by_text("Ann shares a screen")).to_be_attached()
    expect(bob.page.locator(".call-tile.screen")).to_have_count(1)
    assert not ann.page.evaluate(_SENDING).count("video fake_device_0")
    bob.sees("Ann")
    ann.press("Stop sharing")
    expect(bob.page.get_by_text("Ann shares a screen")).to_have_count(0)
    sends(ann, "video fake_device_0")
    bob.sees("Ann")


def test_a_picture_beside_the_window(pair, enter):
    """The other's picture leaves the window and comes back; where a browser cannot do that, nothing offers it."""
    ann, bob = enter(pair[0], _NO_FLOATING), enter(pair[1])
    connect(ann, bob)
    bob.sees("Ann")
    bob.press("Picture in picture")
    bob.page.wait_for_function("() => document.pictureInPictureElement?.ariaLabel === 'Ann'")
    bob.press("Picture in picture")
    bob.page.wait_for_function("() => document.pictureInPictureElement === null")
    controls = ann.page.get_by_role("toolbar", name="Call controls")
    expect(controls.get_by_role("button", name="Share screen")).to_be_visible()
    expect(controls.get_by_role("button", name="Picture in picture")).to_have_count(0)


def test_who_speaks(pair, enter):
    """Whoever is heard is marked, for eyes and for screen readers, and no longer when muted."""
    ann, bob = (enter(one) for one in pair)
    connect(ann, bob)
    # The device beeps once a second, for less time than passes between two looks of `expect`; this looks at each frame.
    ann.page.wait_for_function(_SPEAKS, arg="Bob is speaking", timeout=60_000)
    bob.press("Mute")
    expect(ann.page.get_by_text("Bob is muted")).to_be_attached()
    expect(ann.page.locator(".call-tile.speaking")).to_have_count(0)
