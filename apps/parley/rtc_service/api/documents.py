"""The bodies of this service's calls, as OpenAPI shows them. Unknown members of a request are ignored.

Members of the documented API keep their names; what is added to its answers is in `sync` and `ice_servers`.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from parley.contracts.frames import rfc3339
from parley.rtc_service.model import MAX_BATCH, MAX_SDP, NewCandidate, Session
from parley.rtc_service.service.relaying import Relay
from parley.rtc_service.service.signaling import Wanted

_MAX_ADDRESS = 320
_REFUSED_IN_LINE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def _checked_text(text: str) -> str:
    if _REFUSED_IN_LINE.search(text):
        raise ValueError("it must be one line without control characters")
    return text


def _checked_sdp(text: str) -> str:
    # A lone half of a surrogate pair has no bytes to be sent.
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("it must be Unicode text")
    return text


Id = Annotated[str, Field(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Address = Annotated[str, Field(min_length=3, max_length=_MAX_ADDRESS), AfterValidator(_checked_text)]
Number = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]
Sdp = Annotated[str, Field(min_length=1, max_length=MAX_SDP), AfterValidator(_checked_sdp)]
Line = Annotated[str, AfterValidator(_checked_text)]
Word = Annotated[str, Field(max_length=256), AfterValidator(_checked_text)]
MLine = Annotated[int, Field(strict=True, ge=0, le=65_535)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class NewSessionBody(_Body):
    """`initiator` is the caller's own address. `peer` (an address) makes it a session between these two alone."""

    initiator: Address
    conversation_id: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_checked_text)] | None = None
    call_id: Id | None = None
    peer: Address | None = None

    def wanted(self) -> Wanted:
        """In the service's words."""
        return Wanted(initiator=self.initiator, peer=self.peer, conversation=self.conversation_id, call=self.call_id)


class OfferBody(_Body):
    """A session description (RFC 8866); `from` is the caller's own address."""

    sender: Annotated[Address, Field(alias="from")]
    sdp: Sdp


class AnswerBody(OfferBody):
    """`offer_rev` is the revision of the offer that this answers; without it the newest is meant."""

    offer_rev: Number | None = None


class CandidateInit(_Body):
    """An RTCIceCandidateInit of the W3C's WebRTC recommendation; an empty `candidate` is the end of candidates."""

    candidate: Line = ""
    sdp_mid: Annotated[Word | None, Field(alias="sdpMid")] = None
    sdp_m_line: Annotated[MLine | None, Field(alias="sdpMLineIndex")] = None
    fragment: Annotated[Word | None, Field(alias="usernameFragment")] = None

    def noun(self) -> NewCandidate:
        """In the service's words."""
        return NewCandidate(line=self.candidate, mid=self.sdp_mid, m_line=self.sdp_m_line, fragment=self.fragment)


class CandidatesBody(_Body):
    """One candidate, its members beside `from` or in an RTCIceCandidateInit of its own, or `candidates`, up to 32."""

    sender: Annotated[Address, Field(alias="from")]
    candidate: Line | CandidateInit | None = None
    sdp_mid: Annotated[Word | None, Field(alias="sdpMid")] = None
    sdp_m_line: Annotated[MLine | None, Field(alias="sdpMLineIndex")] = None
    fragment: Annotated[Word | None, Field(alias="usernameFragment")] = None
    candidates: Annotated[list[CandidateInit], Field(min_length=1, max_length=MAX_BATCH)] | None = None

    @model_validator(mode="after")
    def _has_one_form(self) -> "CandidatesBody":
        if (self.candidate is None) == (self.candidates is None):
            raise ValueError("give `candidate` or `candidates`, one of them")
        return self

    def nouns(self) -> Sequence[NewCandidate]:
        """In the service's words."""
        if self.candidates is not None:
            return [it.noun() for it in self.candidates]
        if isinstance(self.candidate, CandidateInit):
            return [self.candidate.noun()]
        line = self.candidate or ""
        return [NewCandidate(line=line, mid=self.sdp_mid, m_line=self.sdp_m_line, fragment=self.fragment)]


class OfferDocument(BaseModel):
    """The newest offer."""

    sender: Annotated[str, Field(alias="from")]
    sdp: str
    rev: int


class AnswerDocument(OfferDocument):
    """The newest answer; `answer_to` is the revision of the offer that it answers, which may have been replaced."""

    answer_to: int


class CandidateDocument(BaseModel):
    """A candidate in its place; an `index` is never given twice."""

    sender: Annotated[str, Field(alias="from")]
    candidate: str
    sdp_mid: Annotated[str | None, Field(alias="sdpMid")]
    sdp_m_line: Annotated[int | None, Field(alias="sdpMLineIndex")]
    fragment: Annotated[str | None, Field(alias="usernameFragment")]
    index: int


class SessionDocument(BaseModel):
    """One offer and one answer between two, and how they may reach each other."""

    id: str
    initiator: str
    conversation_id: str | None
    call_id: str | None
    peer: str | None
    created_at: str
    expires_at: str
    offer: OfferDocument | None
    answer: AnswerDocument | None
    candidates: list[CandidateDocument]


class TurnDocument(BaseModel):
    """Credentials for the TURN servers at `urls`; they let begin until `expires_at`, `ttl` seconds from now."""

    username: str
    credential: str
    urls: list[str]
    ttl: int
    expires_at: str


class IceServerDocument(BaseModel):
    """An RTCIceServer, for RTCPeerConnection as it is."""

    urls: list[str]
    username: str
    credential: str


class SyncDocument(BaseModel):
    """Where the session stands: revisions of it all, of offer and answer, the next candidate's index, what is left."""

    rev: int
    offer_rev: int
    answer_rev: int
    answer_to: int
    next: int
    expires_ms: int


class SessionAnswer(BaseModel):
    """What every call on a session answers. `turn` is null, and `ice_servers` empty, where there is no TURN server.

    Both are there when credentials were asked for: by POST /sessions, by keepalive, and by `?participant=`.
    """

    session: SessionDocument
    turn: TurnDocument | None = None
    ice_servers: list[IceServerDocument] = []
    sync: SyncDocument


class ListedSession(BaseModel):
    """A session of a call."""

    id: str
    initiator: str
    peer: str | None
    rev: int


_encode = msgspec.json.Encoder().encode


def listed(sessions: Sequence[Session]) -> bytes:
    """The JSON text of a list of sessions."""
    return _encode([{"id": it.id, "rev": it.rev, **_parties(it)} for it in sessions])


def told(session: Session, now_ms: int, *, since: int = 0, more: Mapping[str, Any] = MappingProxyType({})) -> bytes:
    """The JSON text of an answer, with the candidates from `since` on, and `more` members beside the session."""
    return _encode({"session": _session(session, now_ms, since), "sync": _sync(session), **more})


def relayed(relay: Relay | None) -> Mapping[str, Any]:
    """What an answer tells whoever asked for credentials."""
    if relay is None:
        return {"turn": None, "ice_servers": []}
    shown = {"urls": relay.urls, "username": relay.credential.username, "credential": relay.credential.credential}
    turn = {**shown, "ttl": relay.credential.ttl_s, "expires_at": rfc3339(relay.credential.expires_s * 1000)}
    return {"turn": turn, "ice_servers": [shown]}


def _parties(it: Session) -> Mapping[str, str | None]:
    return {"initiator": it.initiator.email, "peer": it.peer.email if it.peer else None}


def _session(it: Session, now_ms: int, since: int) -> Mapping[str, Any]:
    offer, answer = it.offer, it.answer
    return {
        "id": it.id,
        **_parties(it),
        "conversation_id": it.conversation,
        "call_id": it.call,
        "created_at": rfc3339(it.created_ms),
        "expires_at": rfc3339(now_ms + it.left_ms),
        "offer": offer and {"from": offer.sender, "sdp": offer.sdp, "rev": offer.rev},
        "answer": answer
        and {"from": answer.sender, "sdp": answer.sdp, "rev": answer.rev, "answer_to": answer.answer_to},
        "candidates": [
            {
                "from": one.sender,
                "candidate": one.line,
                "sdpMid": one.mid,
                "sdpMLineIndex": one.m_line,
                "usernameFragment": one.fragment,
                "index": one.index,
            }
            for one in it.candidates
            if one.index >= since
        ],
    }


def _sync(it: Session) -> Mapping[str, int]:
    return {
        "rev": it.rev,
        "offer_rev": it.offer_rev,
        "answer_rev": it.answer_rev,
        "answer_to": it.answer.answer_to if it.answer else 0,
        "next": it.next,
        "expires_ms": it.left_ms,
    }
