"""The way of one call, hop after hop: two people sign in, talk, ring, answer, and see each other through the relay.

Whatever goes wrong within a hop ends the check there. Next: `person.py`, `window.py` and `media.py`, who does it.
"""

import asyncio
import secrets
import ssl
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx2
from websockets.exceptions import InvalidStatus, WebSocketException

from parley.callcheck.hops import Broken, Hop
from parley.callcheck.mailbox import code_for
from parley.callcheck.media import Peer
from parley.callcheck.person import Json, Person, Unexpected, enter_code, opened, request_code
from parley.callcheck.probes import Probes
from parley.callcheck.settings import CheckSettings
from parley.callcheck.window import Window, window

_TEXT = "Can you hear me?"
_FAULTS = (httpx2.HTTPError, WebSocketException, OSError, Unexpected, TimeoutError)


class Check:
    """One call against one installation. `tell` takes a line for each hop that was passed."""

    def __init__(
        self, settings: CheckSettings, trust: ssl.SSLContext, probes: Probes, tell: Callable[[str], None]
    ) -> None:
        self._settings, self._trust, self._probes, self._tell = settings, trust, probes, tell
        self._url, self._rtc_url = settings.check_url, settings.rtc_url

    async def run(self) -> None:
        """The whole way. Raises Broken."""
        async with opened(self._trust) as http:
            async with self._hop(Hop.PAGE):
                (await http.get(f"{self._url}/")).raise_for_status()
            caller, callee = await self._signed_in(http), await self._signed_in(http)
            async with self._hop(Hop.CONVERSATION):
                made = await caller.ask(
                    "POST", f"{self._url}/api/conversations", {"kind": "direct", "members": [callee.id]}
                )
            await self._talk(Pair(caller, callee, made["conv"]))

    async def _signed_in(self, http: httpx2.AsyncClient) -> Person:
        address = f"call-check-{secrets.token_hex(6)}@{self._settings.check_domain}"
        async with self._hop(Hop.REQUEST):
            challenge = await request_code(http, self._url, address)
        async with self._hop(Hop.MAIL):
            code = await code_for(http, self._settings.check_mail_url, address)
        async with self._hop(Hop.SIGN_IN):
            return await enter_code(http, self._url, challenge, code)

    async def _talk(self, pair: "Pair") -> None:
        async with AsyncExitStack() as stack:
            async with self._hop(Hop.SOCKET):
                opening = [window(it, self._url, self._trust, pair.conv) for it in (pair.caller, pair.callee)]
                calling, called = [await stack.enter_async_context(it) for it in opening]
            await self._chat(pair, calling, called)
            for hop, transport in ((Hop.UDP, "udp"), (Hop.TCP, "tcp")):
                call = await self._call(pair, calling, called, hop, transport)
            async with self._hop(Hop.RECORD):
                await called.until(lambda it: it.get("t") == "msg" and it["d"]["id"] == call)
                if call not in [it["id"] for it in await self._history(pair)]:
                    raise Unexpected("the call is not in the history")

    async def _chat(self, pair: "Pair", calling: Window, called: Window) -> None:
        async with self._hop(Hop.MESSAGE):
            data = {"conv": pair.conv, "after": [1, 0], "kind": "text", "body": _TEXT}
            await calling.request("msg.send", data)
        async with self._hop(Hop.DELIVERY):
            await called.until(lambda it: it.get("t") == "msg" and it["d"].get("body") == _TEXT)
        async with self._hop(Hop.HISTORY):
            if _TEXT not in [it.get("body") for it in await self._history(pair)]:
                raise Unexpected("what was acknowledged is not there")

    async def _call(self, pair: "Pair", calling: Window, called: Window, hop: Hop, transport: str) -> str:
        """Ring, answer, see each other, hang up; the call's id."""
        call = {"conv": pair.conv, "call": str(uuid.uuid4())}
        async with self._hop(Hop.SESSION):
            body = {"initiator": pair.caller.email, "conversation_id": pair.conv}
            session = await pair.caller.ask("POST", f"{self._rtc_url}/sessions", body)
        async with self._hop(Hop.RING):
            ring = {"conv": pair.conv, "media": "video", "session": session["session"]["id"]}
            await calling.request("call.invite", ring, call["call"])
            await called.call(lambda it: it["call"] == call["call"])
            await called.notice("call.ringing", call)
        async with self._hop(Hop.ACCEPT):
            await called.request("call.accept", call)
            await calling.call(lambda it: it["call"] == call["call"] and it["state"] == "active")
        async with self._hop(hop):
            await self._see(pair, session, transport)
            await calling.request("call.end", call)
        return call["call"]

    async def _see(self, pair: "Pair", session: Json, transport: str) -> None:
        path = f"{self._rtc_url}/sessions/{session['session']['id']}"
        theirs = await pair.callee.ask("GET", path, params={"participant": pair.callee.email})
        peers = [
            Peer(pair.caller, self._rtc_url, session, transport),
            Peer(pair.callee, self._rtc_url, theirs, transport),
        ]
        try:
            await _both(peers[0].offer(), peers[1].answer())
            await _both(*(it.sees() for it in peers))
        finally:
            await asyncio.gather(*(it.close() for it in peers))

    async def _history(self, pair: "Pair") -> list[Json]:
        path = f"{self._url}/api/conversations/{pair.conv}/messages"
        found = await pair.callee.ask("GET", path, params={"after": 0, "limit": 200})
        return list(found["items"])

    @asynccontextmanager
    async def _hop(self, hop: Hop) -> AsyncIterator[None]:
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._settings.check_patience_s) as limit, _beside(self._doubt(hop, limit)):
                yield
        except _FAULTS as fault:
            raise Broken(hop, _seen(fault)) from fault
        self._tell(f"ok  {hop}  {time.monotonic() - began:.2f} s")

    async def _doubt(self, hop: Hop, limit: asyncio.Timeout) -> None:
        """Ends the hop early when the services on its way know that it cannot succeed."""
        await self._probes.hopeless(hop)
        limit.reschedule(asyncio.get_running_loop().time())


@dataclass(frozen=True)
class Pair:
    """Who calls whom, and where."""

    caller: Person
    callee: Person
    conv: str


@asynccontextmanager
async def _beside(act: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Does this for as long as the block lasts; what it raises ends a block that has succeeded."""
    task = asyncio.create_task(act)
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _both(*acts: Coroutine[None, None, None]) -> None:
    """Do all of these at once; where one fails the others are given up."""
    tasks = [asyncio.create_task(it) for it in acts]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _seen(fault: BaseException) -> str:
    """In a few words, without what an answer or an address holds."""
    if isinstance(fault, Unexpected):
        return str(fault)
    if isinstance(fault, TimeoutError):
        return "nothing came in time"
    if isinstance(fault, httpx2.HTTPStatusError | InvalidStatus):
        return f"HTTP {fault.response.status_code}"
    return type(fault).__name__
