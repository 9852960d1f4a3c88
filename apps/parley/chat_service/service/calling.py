"""Calls as a window makes and takes them, and what has to follow each change: tell, free, record.

The store decides every race; here is only the order of the steps. A person's claim is taken before they join, and
prolonged before their part in the call is, so that they are never in two calls. What follows a change may be cut off by
a crash at any point: the store keeps the call due, and `look`, at any replica, tells and records it then. Next:
`calls/rules.py`.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from parley.chat_service.calls.commands import Accept, Decline, End, Invite, Leave, Renew, Ring
from parley.chat_service.calls.model import GRACE_MS, HELD_MS, MAX_MEMBERS, RINGS_MS, Call, snapshot
from parley.chat_service.calls.rules import Outcome
from parley.chat_service.connection import Connection
from parley.chat_service.errors import CallsUnavailable, InAnotherCall, NobodyToCall, UnknownConversation
from parley.chat_service.hub import Hub
from parley.chat_service.ports import Calls
from parley.chat_service.service.errands import Errands, attempt
from parley.chat_service.service.recording import Recording
from parley.contracts import client_frames as asked
from parley.contracts import frames
from parley.contracts.problems import ProblemError
from parley.conversations.model import Conversation
from parley.conversations.port import Membership
from parley.endedcalls.port import EndedCalls
from parley.fanout import channels
from parley.fanout.port import Fanout
from parley.identity.model import new_id
from parley.ratelimits.port import Rate, RateLimits

CALLING = Rate(per_second=0.1, burst=6)
"""How often one person may call."""


class Calling:
    """Each method acts for the person of a connection; what they are not in raises UnknownConversation.

    All raise CallsUnavailable and DatabaseUnavailable. Nobody is rung for longer than `rings_ms`.
    """

    def __init__(
        self,
        *,
        hub: Hub,
        calls: Calls,
        ended: EndedCalls,
        membership: Membership,
        recording: Recording,
        fanout: Fanout,
        limits: RateLimits,
        errands: Errands,
        rings_ms: int = RINGS_MS,
    ) -> None:
        self._hub, self._calls, self._ended, self._membership = hub, calls, ended, membership
        self._recording, self._fanout, self._limits, self._errands = recording, fanout, limits, errands
        self._rings_ms = rings_ms

    async def invite(self, connection: Connection, frame: asked.Invite) -> dict[str, Any]:
        """Call everybody in a conversation, or join the call that there is; the snapshot.

        Raises NobodyToCall, InAnotherCall, AnsweredElsewhere, CallFull, CallEnded and the `rate-limited` problem.
        """
        user, conv = connection.user, frame.d.conv
        others = _others(await self._find(connection, conv), user)
        wait_ms = await self._limits.take(f"call:{user}", CALLING)
        if wait_ms:
            raise ProblemError("rate-limited", retry_after_ms=wait_ms)
        invite = Invite(
            id=frame.id,
            conv=conv,
            user=user,
            party=connection.party,
            claim=new_id(),
            media=frame.d.media,
            others=others,
            busy=await self._calls.engaged(others, conv),
            after=await self._recording.place(conv),
            rings_ms=self._rings_ms,
            session=frame.d.session if isinstance(frame.d.session, str) else "",
        )
        return await self._join(connection, conv, invite)

    async def accept(self, connection: Connection, frame: asked.Accept) -> dict[str, Any]:
        """Join a call; the snapshot. Raises NoSuchCall, InAnotherCall, AnsweredElsewhere, CallFull and CallEnded."""
        await self._find(connection, frame.d.conv)
        command = Accept(frame.d.call, connection.user, connection.party, new_id())
        return await self._join(connection, frame.d.conv, command)

    async def decline(self, connection: Connection, frame: asked.Decline) -> dict[str, Any]:
        """Refuse a call on all windows; the snapshot. Raises NoSuchCall, AnsweredElsewhere and CallEnded."""
        await self._find(connection, frame.d.conv)
        command = Decline(frame.d.call, connection.user, is_busy=frame.d.reason == "busy")
        return _answer(await self._change(frame.d.conv, command))

    async def end(self, connection: Connection, frame: asked.End) -> dict[str, Any]:
        """Leave a call; the snapshot. Raises NoSuchCall, AnsweredElsewhere and CallEnded."""
        await self._find(connection, frame.d.conv)
        command = End(frame.d.call, connection.user, connection.party, has_failed=frame.d.reason == "failed")
        outcome = await self._change(frame.d.conv, command)
        _hold(connection, outcome.call)
        return _answer(outcome)

    async def ringing(self, connection: Connection, frame: asked.Ringing) -> None:
        """The call rings at this window. Without effect where it does not any more."""
        if frame.d.conv in connection.convs:
            await self._change(frame.d.conv, Ring(frame.d.call, connection.user))

    async def greet(self, connection: Connection, convs: Iterable[str]) -> Sequence[dict[str, Any]]:
        """The live calls of these conversations. A window that has joined one holds it from now on."""
        try:
            found = await self._calls.live(list(convs))
            for call, _ in found:
                _hold(connection, call)
            await self._renew(connection, HELD_MS)
        except CallsUnavailable:
            # A greeting is worth more than its calls: they are told again while they last.
            return []
        return [snapshot(call, now_ms) for call, now_ms in found]

    async def gone(self, connection: Connection) -> None:
        """A window has gone: for good if it was signed out, else it has some time to come back to its call."""
        if connection.calling and connection.is_signed_out:
            await self._change(connection.calling[0], Leave(connection.user, connection.party))
        elif not self._hub.is_shared(connection):
            await self._renew(connection, GRACE_MS)

    async def renew_all(self) -> None:
        """Say for every window here that has joined a call that it is there."""
        for connection in self._hub:
            # Who was removed from the conversation is held in its call no longer.
            if connection.calling and connection.calling[0] in connection.convs:
                # One whose calls are not known must not keep the others from being held.
                await attempt(partial(self._renew, connection, HELD_MS))

    async def look(self) -> None:
        """Do what time has brought, of any replica's calls."""
        for outcome in await self._calls.look():
            await attempt(partial(self._follow, outcome))

    async def _join(self, connection: Connection, conv: str, command: Invite | Accept) -> dict[str, Any]:
        user, claim = command.user, command.claim
        if not await self._calls.claim(user, conv, claim):
            raise InAnotherCall
        try:
            outcome = await self._change(conv, command)
        except CallsUnavailable:
            # They may have joined by it; the claim ends by itself, or is prolonged.
            raise
        except ProblemError:
            await self._calls.release(user, claim)
            raise
        _hold(connection, outcome.call)
        return _answer(outcome)

    async def _renew(self, connection: Connection, lasts_ms: int) -> None:
        user, party = connection.user, connection.party
        while held := connection.calling:
            conv, claim = held
            # The claim first, so that it never ends before what it guards.
            is_held = await self._calls.claim(user, conv, claim)
            command = Renew(user, party, claim, lasts_ms) if is_held else Leave(user, party)
            outcome = await self._change(conv, command)
            connection.calling = _held(connection, outcome.call)
            if connection.calling == held:
                return
            # The window had left before, or joined anew with another claim.
            await self._calls.release(user, claim)

    async def _change(self, conv: str, command: Any) -> Outcome:
        outcome = await self._calls.change(conv, command)
        await self._follow(outcome)
        return outcome

    async def _follow(self, outcome: Outcome) -> None:
        for call in outcome.line.unrecorded:
            # Before anybody is told, who may then ask at once, and before the record, until which a call stays due.
            await self._ended.add(call.id, *call.merged)
        for verb, call in outcome.told:
            await self._tell(frames.call(verb, snapshot(call, outcome.now_ms)), call)
        for user, claim in outcome.freed:
            await self._calls.release(user, claim)
        for call in outcome.line.unrecorded:
            self._errands.add(("record", call.id), partial(self._recording.record, call))

    async def _tell(self, frame: bytes, call: Call) -> None:
        payload = channels.pack(channels.Published(0, 0, frame))
        for member in call.members:
            await self._fanout.publish(channels.account(member.user), payload)

    async def _find(self, connection: Connection, conv: str) -> Conversation:
        conversation = await self._membership.find(conv, connection.user)
        if conversation is None:
            raise UnknownConversation
        return conversation


def _others(conversation: Conversation, user: str) -> tuple[str, ...]:
    others = tuple(it for it in conversation.members if it != user)
    if not 1 <= len(others) < MAX_MEMBERS:
        raise NobodyToCall
    return others


def _held(connection: Connection, call: Call | None) -> tuple[str, str] | None:
    """The conversation and the claim of this window's part in the call, if it has joined."""
    member = call and call.joined_by(connection.user, connection.party)
    return (call.conv, member.claim) if call and member else None


def _hold(connection: Connection, call: Call | None) -> None:
    """Note whether this window has joined the call."""
    held = _held(connection, call)
    if held or (call and connection.calling and connection.calling[0] == call.conv):
        connection.calling = held


def _answer(outcome: Outcome) -> dict[str, Any]:
    return snapshot(outcome.call, outcome.now_ms) if outcome.call else {}
