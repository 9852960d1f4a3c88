"""ICE candidates as they are found, one at a time or some at once."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from parley.identity.model import Caller
from parley.rest.guard import Guard
from parley.rest.headers import JSON_BODY
from parley.rest.problems import answers
from parley.rtc_service.api.answering import entity_tag, json, now_ms
from parley.rtc_service.api.documents import CandidatesBody, SessionAnswer, told
from parley.rtc_service.service.signaling import SignalingService


def add(router: APIRouter, service: SignalingService, guard: Guard) -> None:
    """Add the call that takes candidates."""

    @router.post(
        "/{id}/candidates",
        response_model=SessionAnswer,
        dependencies=[JSON_BODY],
        responses=answers(400, 401, 403, 404, 413, 415, 422, 429, 503),
    )
    async def add_candidates(
        session_id: Annotated[str, Path(alias="id")], body: CandidatesBody, caller: Annotated[Caller, Depends(guard)]
    ) -> Response:
        session = await service.candidates(caller, session_id, body.sender, body.nouns())
        return json(told(session, now_ms()), {"ETag": entity_tag(session)})
