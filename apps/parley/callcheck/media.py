"""The two ends of a call: real WebRTC peers that may use nothing but the relay, over one transport.

What one end shows is seen by the other when enough frames have come, of a picture that moves. Descriptions go through
rtc-service with all candidates in them, because a check has time to gather.
"""

import asyncio
from collections.abc import Callable

from aiortc import (
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

from parley.callcheck.person import Json, Person, Unexpected

_EVERY_S = 0.2
_FRAMES = 20
_STEP = 101
"""Every so-manieth point of a picture is looked at."""

_CODED = 40
"""Coding changes the shade of a point that stands still by less."""


class Moving(VideoStreamTrack):
    """A picture whose brightness goes up and down."""

    async def recv(self) -> VideoFrame:
        """The next frame, in time."""
        frame = VideoFrame(width=160, height=120)
        frame.pts, frame.time_base = await self.next_timestamp()
        shade = frame.pts // 3000 % 200 + 30
        for plane in frame.planes:
            plane.update(bytes([shade]) * plane.buffer_size)
        return frame


class Movement:
    """What has been seen of a picture: how many frames, and whether it moves."""

    def __init__(self) -> None:
        self.frames, self.has_moved = 0, False
        self._first = b""

    def see(self, frame: object) -> None:
        """One more frame."""
        if not isinstance(frame, VideoFrame):
            raise TypeError(f"{type(frame).__name__} is no picture")
        shades = bytes(frame.planes[0])[::_STEP]
        if len(self._first) != len(shades):
            self._first = shades
        self.frames += 1
        self.has_moved |= any(abs(one - other) > _CODED for one, other in zip(self._first, shades, strict=True))


class Peer:
    """One end. `transport` is udp or tcp; Unexpected if the session offers no relay over it."""

    def __init__(self, person: Person, url: str, session: Json, transport: str) -> None:
        self._person, self._path = person, f"{url}/sessions/{session['session']['id']}"
        servers = [it for it in (_only(server, transport) for server in session["ice_servers"]) if it.urls]
        if not servers:
            raise Unexpected(f"no TURN URL over {transport} is offered")
        relayed = RTCConfiguration(iceServers=servers, iceTransportPolicy=RTCIceTransportPolicy.RELAY)
        self._connection = RTCPeerConnection(relayed)
        self._connection.on("track", self._met)
        self._seen = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    async def offer(self) -> None:
        """Offer a picture, and take the answer when it is there."""
        self._connection.addTransceiver(Moving(), "sendrecv")
        await self._connection.setLocalDescription(await self._connection.createOffer())
        await self._put("offer")
        answer = await self._until(lambda it: it["answer"])
        await self._connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))

    async def answer(self) -> None:
        """Take the offer when it is there, and answer with a picture of ours."""
        offer = await self._until(lambda it: it["offer"])
        await self._connection.setRemoteDescription(RTCSessionDescription(offer["sdp"], "offer"))
        for transceiver in self._connection.getTransceivers():
            transceiver.sender.replaceTrack(Moving())
            transceiver.direction = "sendrecv"
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        await self._put("answer")

    async def sees(self) -> None:
        """Return when the other end's picture has come and moves."""
        await self._seen.wait()

    async def close(self) -> None:
        """Give up the connection and its place at the relay."""
        await self._connection.close()
        if self._watching is not None:
            await self._watching

    def _met(self, track: VideoStreamTrack) -> None:
        self._watching = asyncio.create_task(self._watch(track))

    async def _watch(self, track: VideoStreamTrack) -> None:
        movement = Movement()
        try:
            while True:
                movement.see(await track.recv())
                if movement.frames >= _FRAMES and movement.has_moved:
                    self._seen.set()
        except MediaStreamError:
            # The track's end, which is how a connection's end is told.
            return

    async def _put(self, kind: str) -> None:
        sdp = self._connection.localDescription.sdp
        if "typ relay" not in sdp:
            raise Unexpected("the TURN server gave no relay address")
        await self._person.ask("PUT", f"{self._path}/{kind}", {"from": self._person.email, "sdp": sdp})

    async def _until(self, found: Callable[[Json], Json | None]) -> Json:
        while True:
            document = await self._person.ask("GET", self._path, params={"participant": self._person.email})
            if description := found(document["session"]):
                return description
            await asyncio.sleep(_EVERY_S)


def _only(server: Json, transport: str) -> RTCIceServer:
    urls = [it for it in server["urls"] if it.startswith("turn:") and _transport(it) == transport]
    return RTCIceServer(urls=urls, username=server.get("username"), credential=server.get("credential"))


def _transport(url: str) -> str:
    # UDP where none is named (RFC 7065, section 3.1).
    return url.partition("transport=")[2] or "udp"
