"""A call between two programs through the relay, by the public names: windows for the ring, rtc-service for the rest.

It goes on beside a test, which asks whether the pictures still move.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiortc import RTCIceTransportPolicy
from conformance.client import Client, Json, Person, client, told
from conformance.window import Window, window
from support.cluster_gateway import behind_gateway
from support.cluster_people import at_rtc
from support.polling_peer import PollingPeer, Watching

_RELAY = RTCIceTransportPolicy.RELAY


class RunningCall:
    """Both are in it when it is made. `pause_s` is the longest time in which nothing came to one of them."""

    def __init__(self, conv: str, windows: tuple[Window, Window], watching: tuple[Watching, Watching]) -> None:
        self.conv, self._windows, self._watching = conv, windows, watching
        self.pause_s = 0.0
        self.peers: list[PollingPeer] = []
        self._is_over = False

    @property
    def states(self) -> list[str]:
        """What the call is, to each of them."""
        return [it.calls[self.conv]["state"] for it in self._windows]

    @property
    def ice_states(self) -> list[list[str]]:
        """Which states of ICE each of them has seen."""
        return [list(it.ice_states) for it in self.peers]

    async def moves(self, frames: int) -> None:
        """Return when so many more frames have come to both."""
        wanted = [(it, it.frames + frames) for it in self._watching]
        await asyncio.gather(*(asyncio.to_thread(it.see, count) for it, count in wanted))

    async def stay(self) -> None:
        """Come back to the chat whenever the connection is cut, until the call is over."""
        await asyncio.gather(*(it.until(lambda: self._is_over) for it in self._windows))

    async def measure(self) -> None:
        """Keep `pause_s`, until cancelled."""
        await asyncio.gather(*(self._measure(it) for it in self._watching))

    async def end(self) -> None:
        """Hang up, when `stay` has been left."""
        call = self._windows[0].calls[self.conv]["call"]
        assert (await self._windows[0].request("call.end", {"conv": self.conv, "call": call}))["ok"]

    def is_over(self) -> None:
        """Nobody need stay any longer."""
        self._is_over = True

    async def _measure(self, watching: Watching) -> None:
        loop = asyncio.get_running_loop()
        frames, since = watching.frames, loop.time()
        while True:
            await asyncio.sleep(0.05)
            self.pause_s = max(self.pause_s, loop.time() - since)
            if watching.frames != frames:
                frames, since = watching.frames, loop.time()


@asynccontextmanager
async def running_call(caller: Person, callee: Person) -> AsyncIterator[RunningCall]:
    """A call whose pictures move on both sides; it is ended afterwards, and has gone well until then."""
    async with AsyncExitStack() as stack:
        windows = (await stack.enter_async_context(window(caller)), await stack.enter_async_context(window(callee)))
        ways = [await stack.enter_async_context(behind_gateway(at_rtc(it))) for it in (caller, callee)]
        conv = await _conversation(await stack.enter_async_context(client(caller)), callee)
        session = await ways[0].post("/sessions", {"initiator": caller.email, "conversation_id": conv}, 201)
        await _ring(conv, session["session"]["id"], windows)
        watching = (Watching(), Watching())
        peers = await _connected(ways, session, watching)
        call = RunningCall(conv, windows, watching)
        call.peers = peers
        async with asyncio.TaskGroup() as group:
            for it in (*peers, call):
                group.create_task(it.stay())
            await call.moves(30)
            measuring = group.create_task(call.measure())
            yield call
            measuring.cancel()
            call.is_over()
            await peers[0].end()
        await call.end()


async def _conversation(chat: Client, callee: Person) -> str:
    """The one that they have or get."""
    found = await chat.ask("POST", "/api/conversations", json={"kind": "direct", "members": [callee.id]})
    assert found.status_code in (200, 201), found.text
    return str(found.json()["conv"])


async def _ring(conv: str, session: str, windows: tuple[Window, Window]) -> None:
    calling, called = windows
    call = {"conv": conv, "call": str(uuid.uuid4())}
    ring = {"conv": conv, "media": "video", "session": session}
    assert (await calling.request("call.invite", ring, call["call"]))["ok"]
    await called.until(lambda: called.calls.get(conv, {}).get("call") == call["call"])
    assert (await called.request("call.accept", call))["ok"]
    await calling.until(lambda: calling.calls.get(conv, {}).get("state") == "active")


async def _connected(ways: list[Client], session: Json, watching: tuple[Watching, Watching]) -> list[PollingPeer]:
    name = session["session"]["id"]
    theirs = told(await ways[1].ask("GET", f"/sessions/{name}", params={"participant": ways[1].person.email}), 200)
    peers = [
        PollingPeer(way, name, document, seen, _RELAY)
        for way, document, seen in zip(ways, (session, theirs), watching, strict=True)
    ]
    await asyncio.gather(peers[0].offer(), peers[1].answer())
    return peers
