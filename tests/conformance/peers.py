"""Two ends of an rtc session, in three roles that differ only in how they hear of each other.

`Polling` uses nothing but the documented calls: no condition, no window, one candidate a request. `LongPolling` has
`?wait=`, `?since=` and entity tags. `Nudged` is told by a window of the chat that there is something to read, and looks
by itself only now and then, because what it is told may get lost.
"""

import asyncio
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from random import Random

from conformance.client import Client, Json, slug, told
from conformance.descriptions import candidate_lines, description
from conformance.window import Window

CANDIDATES = 5
"""How many each side finds in a round."""

_PAUSE_S = 0.05
_SELDOM_S = 0.5


class Peer(ABC):
    """What all roles have in common: what was sent, and the session as last seen."""

    knows_extensions = True

    def __init__(self, client: Client) -> None:
        self.client, self.email = client, client.person.email
        self.path, self.etag, self.next = "", "", 0
        self.session: Json = {}
        self.sync: Json = {}
        self.candidates: dict[int, Json] = {}
        self.sent: list[str] = []

    async def create(self, peer: "Peer") -> str:
        """A session of two; its id."""
        body: Json = {"initiator": self.email}
        headers = {}
        if self.knows_extensions:
            body["peer"] = peer.email
            headers["idempotency-key"] = str(uuid.uuid4())
        made = await self.client.post("/sessions", body, 201, headers=headers)
        return made["session"]["id"]

    async def join(self, session_id: str) -> None:
        """Take part in this session from now on."""
        self.path = f"/sessions/{session_id}"

    async def offer(self) -> str:
        """Offer something new; what was offered, or what was offered instead of it."""
        sdp, fragment = description()
        headers = self._condition()
        answer = await self.client.ask(
            "PUT", f"{self.path}/offer", json={"from": self.email, "sdp": sdp}, headers=headers
        )
        if answer.status_code == 412:
            assert slug(answer) == "precondition-failed"
            await self.refresh()
            return self.session["offer"]["sdp"]
        told(answer, 200)
        await self._trickle(fragment)
        return sdp

    async def answer(self) -> str:
        """Answer the newest offer that was seen."""
        sdp, fragment = description()
        body: Json = {"from": self.email, "sdp": sdp}
        if self.knows_extensions:
            body["offer_rev"] = self.session["offer"]["rev"]
        await self.client.put(f"{self.path}/answer", body)
        await self._trickle(fragment)
        return sdp

    async def until(self, is_seen: Callable[[], bool]) -> None:
        """Read the session until this is so."""
        while not is_seen():
            await self.refresh()

    async def end(self) -> None:
        """End the session. That it is gone already may be our own doing, if a reply was lost or a request doubled."""
        answer = await self.client.ask("DELETE", self.path)
        assert answer.status_code in (204, 404), answer.text

    @abstractmethod
    async def refresh(self) -> None:
        """Read the session as this role does, which takes as long as it takes."""

    def sees_offer(self, sdp: str) -> bool:
        """Whether this is the newest offer."""
        return bool(self.session.get("offer")) and self.session["offer"]["sdp"] == sdp

    def sees_answer(self, sdp: str) -> bool:
        """Whether this is the newest answer."""
        return bool(self.session.get("answer")) and self.session["answer"]["sdp"] == sdp

    def heard(self, sender: str) -> list[str]:
        """The candidates of one side in the order of their indices."""
        return [it["candidate"] for _, it in sorted(self.candidates.items()) if it["from"] == sender]

    def take(self, document: Json) -> None:
        """Put what an answer tells in its place; an index never changes its candidate."""
        self.session, self.sync = document["session"], document["sync"]
        for it in self.session["candidates"]:
            assert self.candidates.setdefault(it["index"], it) == it
        self.next = self.sync["next"]

    def _condition(self) -> dict[str, str]:
        """That nobody has offered since we looked."""
        if not self.knows_extensions:
            return {}
        rev = self.sync.get("offer_rev", 0)
        return {"if-match": f'"{rev}"'} if rev else {"if-none-match": "*"}

    async def _trickle(self, fragment: str) -> None:
        lines = candidate_lines(fragment, CANDIDATES)
        if not self.knows_extensions:
            for line in lines:
                body = {"from": self.email, "candidate": line, "sdpMid": "0", "sdpMLineIndex": 0}
                await self.client.post(f"{self.path}/candidates", body)
            self.sent += lines
            return
        lines.append("")
        for batch in (lines[:2], lines[2:]):
            found = [
                {"candidate": line, "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": fragment} for line in batch
            ]
            await self.client.post(f"{self.path}/candidates", {"from": self.email, "candidates": found})
        self.sent += lines


class Polling(Peer):
    """Asks again and again, and gets everything each time."""

    knows_extensions = False

    async def refresh(self) -> None:
        await asyncio.sleep(_PAUSE_S)
        self.take(await self.client.get(self.path, params={"participant": self.email}))


class LongPolling(Peer):
    """Asks to be answered when there is something new."""

    wait_s = 5.0

    async def refresh(self) -> None:
        headers = {"if-none-match": self.etag} if self.etag else {}
        params = {"wait": self.wait_s, "since": self.next}
        answer = await self.client.ask("GET", self.path, params=params, headers=headers)
        if answer.status_code != 304:
            self.take(told(answer, 200))
        self.etag = answer.headers["etag"]
        assert self.etag.startswith('W/"')


class Nudged(LongPolling):
    """Reads when a window is told so; three in ten of what it is told get lost here, and three in ten come twice."""

    wait_s = 0.0

    def __init__(self, client: Client, window: Window, random: Random) -> None:
        super().__init__(client)
        self._window, self._random, self._read_rev = window, random, 0

    async def join(self, session_id: str) -> None:
        """Watch what the window is told of this session."""
        await super().join(session_id)
        self._id = session_id

    async def refresh(self) -> None:
        if self._random.random() >= 0.3:
            await self._window.within(_SELDOM_S, lambda: self._window.revs.get(self._id, 0) > self._read_rev)
        else:
            await asyncio.sleep(_SELDOM_S)
        for _ in range(1 + (self._random.random() < 0.3)):
            await super().refresh()
        self._read_rev = self.sync["rev"]
