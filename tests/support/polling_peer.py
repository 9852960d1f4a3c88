"""A native client in miniature: aiortc for media, the documented calls of rtc-service for everything between two peers.

It polls, and knows no condition, no wait and no `since`. Only the ring goes over a window, because the documented calls
have none: who is called learns the session's id from `call.invite`. It runs in a thread beside a browser's test.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from aiortc import (
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp
from conformance.client import Client, Json, told
from conformance.window import Window

from parley.callcheck.media import Movement, Moving

_EVERY_S = 0.2
_PATIENCE_S = 60.0


class Watching:
    """What has been seen of the other side's picture, told to another thread."""

    def __init__(self) -> None:
        self._movement, self._changed = Movement(), threading.Condition()
        self._is_told = False

    @property
    def frames(self) -> int:
        """How many have come."""
        return self._movement.frames

    def see(self, frames: int) -> None:
        """Wait until so many frames have come, of a picture that moves, and the other side knows all of ours."""
        seen = self._movement
        with self._changed:
            is_seen = self._changed.wait_for(
                lambda: seen.frames >= frames and seen.has_moved and self._is_told, _PATIENCE_S
            )
        assert is_seen, (seen.frames, seen.has_moved, self._is_told)

    def told(self) -> None:
        """The other side can know all our candidates, so nobody needs the session to go on."""
        with self._changed:
            self._is_told = True
            self._changed.notify_all()

    async def watch(self, track: VideoStreamTrack) -> None:
        """Count until the track ends."""
        try:
            while True:
                frame = await track.recv()
                with self._changed:
                    self._movement.see(frame)
                    self._changed.notify_all()
        except MediaStreamError:
            return


class PollingPeer:
    """One end of one session. `policy` says whether it may do without the relay."""

    def __init__(
        self,
        http: Client,
        session: str,
        document: Json,
        watching: Watching,
        policy: RTCIceTransportPolicy = RTCIceTransportPolicy.ALL,
    ) -> None:
        self._http, self._path, self._email = http, f"/sessions/{session}", http.person.email
        self._knows_all = watching.told
        self._seen = 0
        servers = [RTCIceServer(**it) for it in document["ice_servers"]]
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=servers, iceTransportPolicy=policy))
        self._watchers: list[asyncio.Task[None]] = []
        self.ice_states: list[str] = []
        """Each state of ICE that there was, in order."""
        self._connection.on("iceconnectionstatechange", self._note_ice)
        self._connection.on("track", lambda track: self._met(track, watching))

    async def offer(self) -> None:
        """Offer a picture of ours, and take the answer when it is there."""
        self._connection.addTransceiver(Moving(), "sendrecv")
        await self._connection.setLocalDescription(await self._connection.createOffer())
        await self._tell("offer")
        answer = (await self._until(lambda it: it["answer"]))["answer"]
        await self._connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))

    async def answer(self) -> None:
        """Take the offer when it is there, and answer with a picture of ours."""
        offer = (await self._until(lambda it: it["offer"]))["offer"]
        await self._connection.setRemoteDescription(RTCSessionDescription(offer["sdp"], "offer"))
        for transceiver in self._connection.getTransceivers():
            if transceiver.kind == "video":
                transceiver.sender.replaceTrack(Moving())
                transceiver.direction = "sendrecv"
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        await self._tell("answer")

    async def stay(self) -> None:
        """Ask for the other side's candidates until the session is over, then close."""
        try:
            await self._trickle()
        finally:
            await self._connection.close()
            await asyncio.gather(*self._watchers)

    async def _trickle(self) -> None:
        while True:
            answer = await self._http.ask("GET", self._path, params={"participant": self._email})
            if answer.status_code == 404:
                return
            await self._add(told(answer, 200)["session"]["candidates"])
            await asyncio.sleep(_EVERY_S)

    async def end(self) -> None:
        """End the session for both."""
        assert (await self._http.ask("DELETE", self._path)).status_code == 204

    def _note_ice(self) -> None:
        self.ice_states.append(self._connection.iceConnectionState)

    def _met(self, track: VideoStreamTrack, watching: Watching) -> None:
        if track.kind == "video":
            self._watchers.append(asyncio.create_task(watching.watch(track)))

    async def _tell(self, kind: str) -> None:
        """Put our description, and post its candidates one by one."""
        lines = self._connection.localDescription.sdp.splitlines()
        candidates = dict.fromkeys(line.removeprefix("a=") for line in lines if line.startswith("a=candidate:"))
        kept = [line for line in lines if not line.startswith(("a=candidate:", "a=end-of-candidates"))]
        sdp = "".join(f"{line}\r\n" for line in kept)
        await self._http.put(f"{self._path}/{kind}", {"from": self._email, "sdp": sdp})
        for it in candidates:
            body = {"from": self._email, "candidate": it, "sdpMid": "0", "sdpMLineIndex": 0}
            await self._http.post(f"{self._path}/candidates", body)
        self._knows_all()

    async def _until(self, is_there: Callable[[Json], object]) -> Json:
        while True:
            session = (await self._http.get(self._path, params={"participant": self._email}))["session"]
            if is_there(session):
                return session
            await asyncio.sleep(_EVERY_S)

    async def _add(self, candidates: list[Json]) -> None:
        for it in candidates[self._seen :]:
            self._seen += 1
            if it["from"] != self._email and it["candidate"]:
                found = candidate_from_sdp(it["candidate"].removeprefix("candidate:"))
                found.sdpMid, found.sdpMLineIndex = it["sdpMid"], it["sdpMLineIndex"]
                await self._connection.addIceCandidate(found)


async def answer_the_ring(http: Client, seen: Window, conv: str, watching: Watching) -> None:
    """Be rung in this conversation, accept, answer the session that the ring names, and stay until it is over."""
    await seen.until(lambda: conv in seen.calls)
    call, session = seen.calls[conv]["call"], seen.calls[conv]["session"]
    await seen.notice("call.ringing", {"conv": conv, "call": call})
    assert (await seen.request("call.accept", {"conv": conv, "call": call}))["ok"]
    document = await http.get(f"/sessions/{session}", params={"participant": http.person.email})
    peer = PollingPeer(http, session, document, watching)
    await peer.answer()
    await peer.stay()


@contextmanager
def beside(act: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Do this in a thread meanwhile; it has to come to an end by itself, and well."""
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(lambda: asyncio.run(asyncio.wait_for(act(), 2 * _PATIENCE_S)))
        yield
        running.result()
