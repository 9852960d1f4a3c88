"""The rules of calls: what each command, and time, does to the calls of one conversation (protocol.md 2.4).

`change` is the whole of it. Whoever keeps the state reads it, calls `change` and writes the result unless somebody else
has written meanwhile; then it does so again. Every race between people is decided by which write comes first.
"""

from typing import NamedTuple

from msgspec.structs import replace

from parley.chat_service.calls.commands import (
    Accept,
    Command,
    Decline,
    End,
    Invite,
    Leave,
    Look,
    Rebase,
    Recorded,
    Renew,
    Ring,
)
from parley.chat_service.calls.model import (
    HELD_MS,
    MAX_MEMBERS,
    MESH,
    REMEMBERED_MS,
    TOLD_EVERY_MS,
    Call,
    Line,
    Member,
    Standing,
    Told,
    Verb,
)
from parley.chat_service.errors import AnsweredElsewhere, CallEnded, CallFull, NoSuchCall

Held = tuple[str, str]
"""A person and the claim that keeps them from joining another call."""


class Outcome(NamedTuple):
    """What a command has led to: the new state, whom to tell what, which claims are of no use any more.

    `call` is the one that the command was about, if there is one; `before` is the state that it found.
    """

    line: Line
    now_ms: int
    told: tuple[Told, ...]
    freed: tuple[Held, ...]
    call: Call | None
    before: Line


def change(line: Line, command: Command, now_ms: int) -> Outcome:
    """Let time pass up to now, then carry the command out. Raises NoSuchCall, CallEnded, CallFull, AnsweredElsewhere.

    After a refusal nothing has changed, and the claim that came with the command is of no use.
    """
    after = _carry_out(_pass_time(line, now_ms), command, now_ms)
    offered = {(command.user, command.claim)} if isinstance(command, Invite | Accept) else set()
    freed = (_held(line) | offered) - _held(after)
    again = isinstance(command, Look)
    told = tuple(Told(_verb(it, command), it) for it in after if _is_news(it, line, again=again))
    return Outcome(after, now_ms, told, tuple(sorted(freed)), _subject(after, command), line)


def due_ms(line: Line) -> int | None:
    """When time changes something next; None if there is nothing to wait for."""
    times = [0 if not it.is_recorded else it.tell_at_ms or it.ended_ms + REMEMBERED_MS for it in line.over]
    if line.live is not None:
        call = line.live
        times += [call.tell_at_ms, *([call.rings_until_ms] if call.pending else [])]
        times += [it.until_ms for it in call.members if it.st == "joined"]
    return min(times, default=None)


def _carry_out(line: Line, command: Command, now_ms: int) -> Line:
    match command:
        case Invite():
            return _invite(line, command, now_ms)
        case Accept():
            return _join(line, _live(line, command.call), command, now_ms)
        case Decline():
            return _decline(line, _live(line, command.call), command, now_ms)
        case End():
            return _end(line, _live(line, command.call), command, now_ms)
        case Ring():
            return _ring(line, command, now_ms)
        case Renew():
            return _renew(line, command, now_ms)
        case Leave():
            return _leave(line, command, now_ms)
        case Look():
            return _tell_again(line, now_ms)
        case Recorded():
            return _mark(line, command.call, is_recorded=True)
        case Rebase():
            return _mark(line, command.call, after=command.after)


def _invite(line: Line, it: Invite, now_ms: int) -> Line:
    if any(call.begun_by(it.id) for call in line.over):
        raise CallEnded
    if line.live is not None:
        return _join(line, line.live, it, now_ms)
    caller = Member(it.user, "joined", it.party, 1, it.claim, now_ms + HELD_MS)
    called = (Member(user, "busy" if user in it.busy else "invited") for user in it.others)
    call = Call(
        id=it.id,
        conv=it.conv,
        media=it.media,
        caller=it.user,
        members=(caller, *called),
        after=it.after,
        rings_until_ms=now_ms + it.rings_ms,
        session=it.session,
        joins=1,
    )
    return _settle(line, call, it.user, now_ms)


def _join(line: Line, call: Call, it: Invite | Accept, now_ms: int) -> Line:
    merged = call.merging(it.id) if isinstance(it, Invite) else call.merged
    if call.joined_by(it.user, it.party):
        return replace(line, live=replace(call, merged=merged))
    found = call.member(it.user)
    if found is not None and found.st == "joined":
        raise AnsweredElsewhere
    if isinstance(it, Invite) and call.begun_by(it.id):
        # It has been carried out, and its sender has left since: a frame that was on its way for long.
        raise CallEnded
    if call.joined >= MESH[call.media]:
        raise CallFull(MESH[call.media])
    if found is None and len(call.members) >= MAX_MEMBERS:
        raise CallFull(MAX_MEMBERS)
    joined = Member(it.user, "joined", it.party, call.joins + 1, it.claim, now_ms + HELD_MS)
    return _settle(line, replace(_with(call, joined), joins=joined.n, merged=merged), it.user, now_ms)


def _decline(line: Line, call: Call, it: Decline, now_ms: int) -> Line:
    found = call.member(it.user)
    if found is not None and found.st == "joined":
        raise AnsweredElsewhere
    if found is None or not found.is_pending:
        return line
    return _settle(line, _with(call, _standing(found, "busy" if it.is_busy else "declined")), it.user, now_ms)


def _end(line: Line, call: Call, it: End, now_ms: int) -> Line:
    found = call.joined_by(it.user, it.party)
    if found is None:
        return _decline(line, call, Decline(it.call, it.user), now_ms)
    return _settle(line, _with(call, _standing(found, "left")), it.user, now_ms, has_failed=it.has_failed)


def _ring(line: Line, it: Ring, now_ms: int) -> Line:
    call = line.live
    found = call.member(it.user) if call is not None and call.id == it.call else None
    if call is None or found is None or found.st != "invited":
        return line
    return _settle(line, _with(call, _standing(found, "ringing")), it.user, now_ms)


def _renew(line: Line, it: Renew, now_ms: int) -> Line:
    call = line.live
    found = call and call.joined_by(it.user, it.party)
    if call is None or not found or found.claim != it.claim:
        return line
    return replace(line, live=_with(call, replace(found, until_ms=now_ms + it.lasts_ms)))


def _leave(line: Line, it: Leave, now_ms: int) -> Line:
    call = line.live
    found = call and call.joined_by(it.user, it.party)
    if call is None or not found:
        return line
    return _settle(line, _with(call, _standing(found, "left")), it.user, now_ms)


def _tell_again(line: Line, now_ms: int) -> Line:
    over = tuple(replace(it, tell_at_ms=0) if it.tell_at_ms <= now_ms else it for it in line.over)
    call = line.live
    if call is None or now_ms < call.tell_at_ms:
        return replace(line, over=over)
    return replace(line, live=replace(call, tell_at_ms=now_ms + TOLD_EVERY_MS[call.state]), over=over)


def _mark(line: Line, call: str, **what: object) -> Line:
    return replace(line, over=tuple(replace(it, **what) if it.id == call else it for it in line.over))


def _pass_time(line: Line, now_ms: int) -> Line:
    known = tuple(it for it in line.over if not it.is_recorded or now_ms < it.ended_ms + REMEMBERED_MS)
    line = replace(line, over=known)
    call = line.live
    if call is None:
        return line
    aged = tuple(_aged(it, call, now_ms) for it in call.members)
    return line if aged == call.members else _settle(line, replace(call, members=aged), "", now_ms)


def _aged(member: Member, call: Call, now_ms: int) -> Member:
    if member.is_pending and now_ms >= call.rings_until_ms:
        return _standing(member, "missed")
    if member.st == "joined" and now_ms >= member.until_ms:
        return _standing(member, "left")
    return member


def _settle(line: Line, call: Call, by: str, now_ms: int, *, has_failed: bool = False) -> Line:
    """Number what has become of the call, and end it if there are not two any more who talk or may come to."""
    rev = max(line.rev + 1, now_ms)
    active_ms = call.active_ms or (now_ms if call.joined >= 2 else 0)
    state = "active" if active_ms else "ringing"
    call = replace(call, rev=rev, active_ms=active_ms, state=state, by=call.member(by))
    if call.joined and call.joined + call.pending >= 2:
        return replace(line, rev=rev, live=replace(call, tell_at_ms=now_ms + TOLD_EVERY_MS[state]))
    reason = "failed" if has_failed else _reason(call)
    members = tuple(map(_finally, call.members))
    tell_at_ms = now_ms + TOLD_EVERY_MS["ended"]
    ended = replace(call, state="ended", reason=reason, ended_ms=now_ms, members=members, tell_at_ms=tell_at_ms)
    return replace(line, rev=rev, live=None, over=(*line.over, ended))


def _reason(call: Call) -> str:
    if call.active_ms:
        return "completed"
    if not call.joined:
        return "cancelled"
    outcomes = {it.st for it in call.members}
    return next((it for it in ("declined", "busy") if it in outcomes), "missed")


def _finally(member: Member) -> Member:
    if member.is_pending:
        return _standing(member, "missed")
    return _standing(member, "left") if member.st == "joined" else member


def _standing(member: Member, st: Standing) -> Member:
    return replace(member, st=st, claim="", until_ms=0)


def _with(call: Call, member: Member) -> Call:
    if call.member(member.user) is None:
        return replace(call, members=(*call.members, member))
    return replace(call, members=tuple(member if it.user == member.user else it for it in call.members))


def _live(line: Line, call: str) -> Call:
    if line.live is not None and line.live.id == call:
        return line.live
    raise NoSuchCall if line.find(call) is None else CallEnded


def _held(line: Line) -> set[Held]:
    return {(it.user, it.claim) for it in line.live.members if it.claim} if line.live is not None else set()


def _is_news(call: Call, before: Line, *, again: bool) -> bool:
    known = before.find(call.id)
    if known is None or known.rev != call.rev:
        return True
    # Whoever ended a call and was to tell and record it may be gone.
    return again and (call.tell_at_ms != known.tell_at_ms or (call.state == "ended" and not call.is_recorded))


def _verb(call: Call, command: Command) -> Verb:
    match command:
        case Invite() if call.state == "ringing" and call.id == command.id:
            return "invite"
        case Invite() | Accept():
            return "accept"
        case Decline():
            return "decline"
        case End() | Leave():
            return "end"
        case Look() if call.state == "ringing":
            return "invite"
    return "end" if call.state == "ended" else "update"


def _subject(line: Line, command: Command) -> Call | None:
    match command:
        case Invite():
            return line.live or next((it for it in line.over if it.id == command.id), None)
        case Accept() | Decline() | End() | Ring():
            return line.find(command.call)
        case Renew() | Leave():
            return line.live
    return None
