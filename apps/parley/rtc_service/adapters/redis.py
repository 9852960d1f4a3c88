"""Sessions on a Redis or Valkey server, for all replicas.

`rtc:{id}` is a hash: `rev`, who takes part (`head`), `offer`, `answer`, and a field per candidate. `rtc:user:{account}`
and `rtc:call:{call}` list sessions by when they end. A session is listed before it is there and may stay listed after
it has gone, so whoever reads a list looks at the sessions themselves. Each change is one script over one key that does
nothing unless the session is as it was read; listing it anew goes with it, over keys that may lie on other nodes.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec

from parley.redis.commands import Command, Word, command
from parley.redis.connections import open_redis
from parley.redis.refusals import AWAY
from parley.redis.server import Server
from parley.rtc_service.adapters.redis_scripts import CLAIM, LIST, PUT
from parley.rtc_service.errors import SessionsUnavailable
from parley.rtc_service.model import Candidate, Description, Participant, Session

T = TypeVar("T")
_log = logging.getLogger("parley.rtc_service")


class _Head(msgspec.Struct, array_like=True):
    initiator: Participant
    peer: Participant | None
    conversation: str | None
    call: str | None
    created_ms: int
    next: int
    writers: tuple[str, ...]


_pack = msgspec.msgpack.Encoder().encode
_read_head = msgspec.msgpack.Decoder(_Head).decode
_description = msgspec.msgpack.Decoder(Description).decode
_candidate = msgspec.msgpack.Decoder(Candidate).decode


@asynccontextmanager
async def open_redis_rtc_sessions(url: str, life_s: float) -> AsyncIterator["RedisRtcSessions"]:
    """The sessions over connections of their own. Raises ConfigurationError for a URL that is none."""
    async with open_redis(url) as server:
        yield RedisRtcSessions(server, life_s)


class RedisRtcSessions:
    """See the port. `life_s` is how long a session lasts, `clock` gives seconds in place of the server's own."""

    def __init__(self, server: Server, life_s: float, clock: Callable[[], float] | None = None) -> None:
        self._server, self._life_ms, self._clock = server, round(life_s * 1000), clock

    async def create(self, session: Session, most: int) -> int:
        """See the port."""
        claim = CLAIM(_of_user(session), self._now(), self._life_ms, most, session.id)
        wait_ms = int(await _available(self._server.ask(claim)))
        if wait_ms == 0:
            put = self._put("", _fields(session), _key(session.id))
            listing = [self._list(_of_call(session.call), session.id, "NX")] if session.call else []
            await _available(self._server.carry_out([*listing, put]))
        return wait_ms

    async def find(self, session_id: str) -> Session | None:
        """See the port."""
        return (await self._read([session_id]))[0]

    async def replace(self, old: Session, new: Session) -> bool:
        """See the port."""
        changed, gone = _changes(old, new)
        put = self._put(str(old.rev), changed, _key(old.id), gone)
        done, *_ = await _available(self._server.carry_out([put, *self._listed_on(new)]))
        return bool(done == 1)

    async def prolong(self, session: Session) -> bool:
        """See the port."""
        longer = command("PEXPIRE", _key(session.id), self._life_ms)
        done, *_ = await _available(self._server.carry_out([longer, *self._listed_on(session)]))
        return bool(done == 1)

    async def end(self, session: Session) -> bool:
        """See the port."""
        leaving = [command("ZREM", name, session.id) for name in _lists(session)]
        done, *_ = await _available(self._server.carry_out([command("DEL", _key(session.id)), *leaving]))
        return bool(done == 1)

    async def of_call(self, call: str) -> Sequence[Session]:
        """See the port."""
        listed = await _available(self._server.ask(command("ZRANGE", _of_call(call), 0, -1)))
        return [it for it in await self._read([name.decode() for name in listed]) if it is not None]

    async def check(self) -> None:
        """See the port."""
        try:
            await self._server.check()
        except AWAY as error:
            raise SessionsUnavailable from error

    async def _read(self, ids: Sequence[str]) -> Sequence[Session | None]:
        asking = [it for name in ids for it in (command("HGETALL", _key(name)), command("PTTL", _key(name)))]
        answers = await _available(self._server.carry_out(asking))
        return [_session(*it) for it in zip(ids, answers[::2], answers[1::2], strict=True)]

    def _put(self, rev: str, fields: Mapping[str, Word], key: str, gone: Sequence[str] = ()) -> Command:
        words = [word for field in fields.items() for word in field]
        return PUT(key, rev, self._life_ms, len(words), *words, *gone)

    def _listed_on(self, session: Session) -> Sequence[Command]:
        # Not listed again if it is not, because then it has just been ended.
        return [self._list(name, session.id, "XX") for name in _lists(session)]

    def _list(self, name: str, session_id: str, how: str) -> Command:
        return LIST(name, self._now(), self._life_ms, session_id, how)

    def _now(self) -> int | str:
        return "" if self._clock is None else round(self._clock() * 1000)


def _key(session_id: str) -> str:
    return f"rtc:{{{session_id}}}"


def _of_user(session: Session) -> str:
    return f"rtc:user:{{{session.initiator.account}}}"


def _of_call(call: str) -> str:
    return f"rtc:call:{{{call}}}"


def _lists(session: Session) -> Sequence[str]:
    own = _of_user(session)
    return [own] if session.call is None else [own, _of_call(session.call)]


def _fields(session: Session) -> dict[str, Word]:
    told = (("offer", session.offer), ("answer", session.answer))
    fields: dict[str, Word] = {"rev": session.rev, "head": _pack(_head_of(session))}
    fields |= {name: _pack(it) for name, it in told if it is not None}
    return fields | {f"c:{it.index}": _pack(it) for it in session.candidates}


def _changes(old: Session, new: Session) -> tuple[Mapping[str, Word], Sequence[str]]:
    """The fields to be set, and those to be deleted."""
    told = (("offer", old.offer, new.offer), ("answer", old.answer, new.answer))
    fields: dict[str, Word] = {"rev": new.rev}
    if _head_of(old) != _head_of(new):
        fields["head"] = _pack(_head_of(new))
    fields |= {name: _pack(after) for name, before, after in told if after is not before and after is not None}
    fields |= {f"c:{it.index}": _pack(it) for it in new.candidates if it.index >= old.next}
    kept = {it.index for it in new.candidates}
    return fields, [f"c:{it.index}" for it in old.candidates if it.index not in kept]


def _head_of(it: Session) -> _Head:
    return _Head(it.initiator, it.peer, it.conversation, it.call, it.created_ms, it.next, it.writers)


def _session(session_id: str, found: Mapping[bytes, bytes], left_ms: int) -> Session | None:
    # It may have ended between the two questions, which is told by a negative rest.
    if b"rev" not in found or left_ms < 0:
        return None
    head = _read_head(found[b"head"])
    candidates = (_candidate(value) for name, value in found.items() if name.startswith(b"c:"))
    return Session(
        id=session_id,
        initiator=head.initiator,
        peer=head.peer,
        conversation=head.conversation,
        call=head.call,
        created_ms=head.created_ms,
        left_ms=left_ms,
        rev=int(found[b"rev"]),
        offer=_description(found[b"offer"]) if b"offer" in found else None,
        answer=_description(found[b"answer"]) if b"answer" in found else None,
        candidates=tuple(sorted(candidates, key=lambda it: it.index)),
        next=head.next,
        writers=head.writers,
    )


async def _available(asking: Awaitable[T]) -> T:
    try:
        return await asking
    except AWAY as error:
        _log.warning("rtc sessions are out of reach: %s", error)
        raise SessionsUnavailable from error
