"""Offer and answer. Two who offer at once are told apart by the condition that they send with it (RFC 9110, 13)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from parley.identity.model import Caller
from parley.rest.guard import Guard
from parley.rest.headers import JSON_BODY, IfMatch, IfNoneMatch, versions_in
from parley.rest.headers import entity_tag as strong_tag
from parley.rest.problems import answers
from parley.rtc_service.api.answering import entity_tag, json, now_ms
from parley.rtc_service.api.documents import AnswerBody, OfferBody, SessionAnswer, told
from parley.rtc_service.service.signaling import SignalingService
from parley.rtc_service.session import Condition


def add(router: APIRouter, service: SignalingService, guard: Guard) -> None:
    """Add the calls that put descriptions."""

    @router.put(
        "/{id}/offer",
        response_model=SessionAnswer,
        dependencies=[JSON_BODY],
        responses=answers(400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 503),
    )
    async def put_offer(
        session_id: Annotated[str, Path(alias="id")],
        body: OfferBody,
        caller: Annotated[Caller, Depends(guard)],
        if_match: IfMatch = None,
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        condition = _condition(if_match, if_none_match)
        session = await service.offer(caller, session_id, body.sender, body.sdp, condition)
        return json(told(session, now_ms()), {"ETag": strong_tag(session.offer_rev)})

    @router.put(
        "/{id}/answer",
        response_model=SessionAnswer,
        dependencies=[JSON_BODY],
        responses=answers(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
    )
    async def put_answer(
        session_id: Annotated[str, Path(alias="id")], body: AnswerBody, caller: Annotated[Caller, Depends(guard)]
    ) -> Response:
        session = await service.answer(caller, session_id, body.sender, body.sdp, body.offer_rev)
        return json(told(session, now_ms()), {"ETag": entity_tag(session)})


def _condition(if_match: str | None, if_none_match: str | None) -> Condition:
    is_first = (if_none_match or "").strip() == "*"
    if if_match is None:
        return Condition(is_first=is_first)
    return Condition(is_first=is_first, is_replacement=True, versions=versions_in(if_match))
