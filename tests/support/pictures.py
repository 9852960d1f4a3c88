"""What a page shows in a call, measured in the page: its connections, the frames on them, and the picture itself."""

from typing import Any

from playwright.sync_api import Page

_WAIT_MS = 60_000

_KEEP = """
window.connections = []
const Real = RTCPeerConnection
window.RTCPeerConnection = class extends Real {
  constructor(configuration) {
    super({ ...configuration, ...POLICY })
    window.connections.push(this)
  }
  setConfiguration(configuration) {
    super.setConfiguration({ ...configuration, ...POLICY })
  }
}
"""
"""Keeps every connection that the page makes, and has it made with a policy of our own."""

_DECODED = """async (frames) => {
  for (const connection of window.connections)
    for (const it of (await connection.getStats()).values())
      if (it.type === 'inbound-rtp' && it.kind === 'video' && it.framesDecoded >= frames) return true
  return false
}"""

_PICTURE = """(user) => {
  const video = document.querySelector(`video[data-user="${user}"]`)
  if (!video || !video.videoWidth) return null
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 32
  const context = canvas.getContext('2d')
  context.drawImage(video, 0, 0, 32, 32)
  const bytes = context.getImageData(0, 0, 32, 32).data
  return bytes.some((value, at) => at % 4 < 3 && value > 40) ? [...bytes] : null
}"""
"""The picture of somebody, small; null while it is black or not there."""

_MOVED = f"""([user, first]) => {{
  const now = ({_PICTURE})(user)
  return now !== null && now.some((value, at) => Math.abs(value - first[at]) > 40)
}}"""
"""Whether it is another picture than `first`, by more than what coding does to one that stands still."""

_PAIRS = """async () => {
  const found = []
  for (const connection of window.connections) {
    const stats = await connection.getStats()
    for (const it of stats.values()) {
      if (it.type !== 'candidate-pair' || !it.nominated || it.state !== 'succeeded') continue
      const own = stats.get(it.localCandidateId), other = stats.get(it.remoteCandidateId)
      found.push({ own: own.candidateType, other: other.candidateType, by: own.relayProtocol ?? null })
    }
  }
  return found.length ? found : null
}"""


def kept_connections(policy: str = "all") -> str:
    """The script that a page of `Pictures` needs from the beginning; `policy` is an RTCIceTransportPolicy."""
    return _KEEP.replace("POLICY", f"{{ iceTransportPolicy: '{policy}' }}")


class Pictures:
    """Of one page, which was opened with `kept_connections`."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def see(self, user: str, frames: int = 30) -> None:
        """Wait until so many frames were decoded and the picture of `user` is neither black nor still."""
        self._page.wait_for_function(_DECODED, arg=frames, timeout=_WAIT_MS)
        self._page.wait_for_function(_PICTURE, arg=user, timeout=_WAIT_MS)
        first = self._page.evaluate(_PICTURE, user)
        self._page.wait_for_function(_MOVED, arg=[user, first], timeout=_WAIT_MS)

    def pairs(self) -> list[dict[str, Any]]:
        """The nominated candidate pairs, once there is one: both types, and how the own relay is spoken with."""
        return self._page.wait_for_function(_PAIRS, timeout=_WAIT_MS).json_value()
