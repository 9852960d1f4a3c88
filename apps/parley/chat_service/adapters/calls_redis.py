"""Calls on a Redis or Valkey server, for all replicas.

`call:{conv}` is what `calls/model.py` calls a line, as JSON. A change reads it with the server's time, applies the
rules here, and writes the result by one script unless somebody else has written meanwhile: then it is read again. So
there is one text of the rules, and the server's order of the writes decides every race.

`call:due` says when to look at which conversation again. An entry is planned before the state that it guards is
written, and never for a moment at which that write may still be on its way; it is moved or removed only if it is still
the one that was looked at. So no crash and no race leaves a call, or one that is over and not recorded, without one.

`incall:{user}` has a field for each claim: when it ends, and in which conversation it holds. A claim that leads to
nothing is released without touching one that a window of the same person has taken meanwhile.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec

from parley.chat_service.adapters.calls_scripts import CLAIM, PLAN, READ, SWAP
from parley.chat_service.adapters.redis_scripts import EXPIRED, MOVE
from parley.chat_service.calls.commands import Command, Look
from parley.chat_service.calls.model import CLAIM_MS, Call, Line
from parley.chat_service.calls.rules import Outcome, change, due_ms
from parley.chat_service.errors import CallsUnavailable
from parley.redis.commands import command
from parley.redis.connections import open_redis
from parley.redis.refusals import AWAY
from parley.redis.server import Server

KEPT_S = 24 * 3600
"""How long a line is kept after its last change: a call that goes on is changed by every sign of its windows."""

SOONEST_S = 3.0
"""A planned look lies at least so far ahead, which is longer than the write that follows it may take."""

_ATTEMPTS = 40
"""Each time somebody else has written in between, so that many do not fail while others succeed."""

_AT_ONCE = 500
_DUE = "call:due"

T = TypeVar("T")
_log = logging.getLogger("parley.chat_service")
_encode = msgspec.json.Encoder().encode
_line = msgspec.json.Decoder(Line)


@asynccontextmanager
async def open_redis_calls(url: str) -> AsyncIterator["RedisCalls"]:
    """Calls over connections of their own. Raises ConfigurationError for a URL that is none."""
    async with open_redis(url) as server:
        yield RedisCalls(server)


class RedisCalls:
    """See the port. `clock` gives seconds since 1970 UTC in place of the server's own."""

    def __init__(self, server: Server, clock: Callable[[], float] | None = None) -> None:
        self._server, self._clock = server, clock

    async def change(self, conv: str, command: Command) -> Outcome:
        """See the port."""
        return await _or_unavailable(self._change(conv, command))

    async def live(self, convs: Collection[str]) -> Sequence[tuple[Call, int]]:
        """See the port."""
        return await _or_unavailable(self._live(list(convs)))

    async def look(self) -> Sequence[Outcome]:
        """See the port."""
        due = await _or_unavailable(self._server.ask(EXPIRED(_DUE, self._now(), _AT_ONCE)))
        found = [(member.decode(), score) for member, score in zip(due[::2], due[1::2], strict=True)]
        outcomes = [await self._look_at(conv, score) for conv, score in found]
        return [it for it in outcomes if it is not None]

    async def claim(self, user: str, conv: str, claim: str) -> bool:
        """See the port."""
        lasts = CLAIM_MS * 1000
        return bool(await _or_unavailable(self._server.ask(CLAIM(_claims(user), self._now(), claim, conv, lasts))))

    async def release(self, user: str, claim: str) -> None:
        """See the port."""
        await _or_unavailable(self._server.ask(command("HDEL", _claims(user), claim)))

    async def engaged(self, users: Collection[str], conv: str) -> frozenset[str]:
        """See the port."""
        asked = [CLAIM(_claims(user), self._now(), "", conv, 0) for user in users]
        answers = await _or_unavailable(self._server.carry_out(asked))
        return frozenset(user for user, is_free in zip(users, answers, strict=True) if not is_free)

    async def _change(self, conv: str, what: Command) -> Outcome:
        for _ in range(_ATTEMPTS):
            raw, now_us = await self._server.ask(READ(_key(conv), self._now()))
            before = _line.decode(raw) if raw else Line()
            outcome = change(before, what, int(now_us) // 1000)
            if outcome.line == before or await self._write(conv, raw, outcome.line):
                return outcome
        _log.warning("the calls of a conversation change too fast")
        raise CallsUnavailable

    async def _write(self, conv: str, read: bytes, line: Line) -> bool:
        due = due_ms(line)
        if due is not None:
            # Answered before the state is written: the two may lie on different nodes.
            await self._server.ask(PLAN(_DUE, self._now(), conv, round(SOONEST_S * 1_000_000), due * 1000))
        kept = _encode(line) if due is not None else b""
        return bool(await self._server.ask(SWAP(_key(conv), read, kept, KEPT_S)))

    async def _live(self, convs: Sequence[str]) -> Sequence[tuple[Call, int]]:
        found: list[tuple[Call, int]] = []
        for at in range(0, len(convs), _AT_ONCE):
            asked = [READ(_key(conv), self._now()) for conv in convs[at : at + _AT_ONCE]]
            for raw, now_us in await self._server.carry_out(asked):
                line = _line.decode(raw) if raw else Line()
                found += [(line.live, int(now_us) // 1000)] if line.live is not None else []
        return found

    async def _look_at(self, conv: str, score: bytes) -> Outcome | None:
        """None for a conversation whose node is away; it stays due, and the others do not wait for it."""
        try:
            outcome = await self._change(conv, Look())
            await self._server.ask(MOVE(_DUE, conv, score, _again(outcome)))
        except AWAY as error:
            _log.warning("the calls of a conversation are not known: %s", error)
            return None
        return outcome

    def _now(self) -> int | str:
        return "" if self._clock is None else round(self._clock() * 1_000_000)


def _again(outcome: Outcome) -> int | str:
    due = due_ms(outcome.line)
    if due is None:
        return ""
    # What is over and not recorded is due at once; whoever records it now is given a while.
    soonest = outcome.now_ms + round(SOONEST_S * 1000) if outcome.line.unrecorded else 0
    return max(due, soonest) * 1000


def _key(conv: str) -> str:
    return f"call:{{{conv}}}"


def _claims(user: str) -> str:
    return f"incall:{{{user}}}"


async def _or_unavailable(asking: Awaitable[T]) -> T:
    try:
        return await asking
    except AWAY as error:
        _log.warning("calls are not known: %s", error)
        raise CallsUnavailable from error
