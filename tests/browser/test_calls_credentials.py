"""TURN credentials of a call that lasts: where the server's times are short, they are renewed in good time."""

from playwright.sync_api import expect
from support.call_windows import connect
from support.chromium import FAKE_DEVICES

FLAGS = FAKE_DEVICES

SETTINGS = {
    # Nobody is there: what is looked at is what the connection was told, and media goes the direct way.
    "TURN_SERVER_URLS": "turn:127.0.0.1:9?transport=udp",
    # The shortest that there are: a third of the one is when a client gives a sign of life, a half of the other is when
    # that earns new credentials.
    "SESSION_TTL_SECONDS": "60",
    "TURN_CREDENTIAL_TTL": "60",
}

_RENEWAL_MS = 90_000

_TOLD = """
window.told = []
const Real = RTCPeerConnection
const user = ({ iceServers }) => iceServers.map(({ username }) => username).join()
window.RTCPeerConnection = class extends Real {
  constructor(configuration) {
    super(configuration)
    told.push(['configured', user(configuration)])
  }
  setConfiguration(configuration) {
    super.setConfiguration(configuration)
    told.push(['configured', user(configuration)])
  }
  createOffer(options) {
    if (options?.iceRestart) told.push(['restarts', user(this.getConfiguration())])
    return super.createOffer(options)
  }
}
"""
"""Notes what each connection is told, in order."""


def test_a_sign_of_life_brings_fresh_ones(pair, enter):
    """Signs of life come as often as the session needs; what they bring is in force before ICE begins anew."""
    ann, bob = enter(pair[0], _TOLD), enter(pair[1])
    connect(ann, bob)
    _, first = ann.page.evaluate("told[0]")
    renewed = "first => told.some(([what, user]) => what === 'configured' && user !== first)"
    ann.page.wait_for_function(renewed, arg=first, timeout=_RENEWAL_MS)
    assert [what for what, _ in ann.page.evaluate("told")].count("restarts") == 0
    with ann.page.expect_response(lambda it: it.url.endswith("/keepalive")) as kept:
        ann.page.evaluate("() => { window.dispatchEvent(new Event('online')) }")
    ann.page.wait_for_function("() => told.some(([what]) => what === 'restarts')")
    (server,) = kept.value.json()["ice_servers"]
    assert ann.page.evaluate("told").index(["configured", server["username"]]) > 0
    assert ann.page.evaluate("told.find(([what]) => what === 'restarts')") == ["restarts", server["username"]]
    ann.sees("Bob")
    bob.sees("Ann")
    expect(ann.page.get_by_text("Reconnecting …")).to_have_count(0)
