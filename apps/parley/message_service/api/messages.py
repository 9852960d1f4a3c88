"""The entries of a conversation over REST: the truth behind every gap that a socket may have."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from parley.contracts.problems import FieldError, ProblemError
from parley.idempotency.model import Answer
from parley.identity.model import Caller
from parley.message_service.api.documents import (
    MAX_NUMBER,
    EntryDocument,
    HistoryDocument,
    MessageBody,
    ReadBody,
    ReadDocument,
)
from parley.message_service.service.history import HistoryService
from parley.rest.guard import Guard
from parley.rest.headers import JSON_BODY
from parley.rest.problems import answers
from parley.rest.replay import IdempotencyKey, Replay, answer

_Seq = Annotated[int | None, Query(ge=0, le=MAX_NUMBER)]
_ONE_END = "Give `after` or `before`, not both."


def add(router: APIRouter, service: HistoryService, replay: Replay, guard: Guard) -> None:
    """Add the calls on entries and read marks."""
    _add_reading(router, service, guard)

    @router.post(
        "/conversations/{c}/messages",
        status_code=201,
        response_model=EntryDocument,
        dependencies=[JSON_BODY],
        responses=answers(400, 401, 403, 404, 409, 413, 415, 422, 429),
    )
    async def send_message(
        conv: Annotated[str, Path(alias="c")],
        body: MessageBody,
        request: Request,
        caller: Annotated[Caller, Depends(guard)],
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        async def act() -> Answer:
            entry = await service.send(body.draft(conv, caller.account.id), body.cursor)
            return answer(201, EntryDocument.of(entry), {})

        return await replay.once(request, caller, idempotency_key, act)


def _add_reading(router: APIRouter, service: HistoryService, guard: Guard) -> None:
    @router.get("/conversations/{c}/messages", responses=answers(401, 404, 422))
    async def read_messages(
        conv: Annotated[str, Path(alias="c")],
        caller: Annotated[Caller, Depends(guard)],
        after: _Seq = None,
        before: _Seq = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> HistoryDocument:
        if after is not None and before is not None:
            raise ProblemError("invalid", _ONE_END, errors=[FieldError("/query/before", _ONE_END)])
        if after is not None:
            return HistoryDocument.of(await service.after(caller.account.id, conv, after, limit))
        return HistoryDocument.of(await service.before(caller.account.id, conv, before, limit))

    @router.put(
        "/conversations/{c}/read", dependencies=[JSON_BODY], responses=answers(400, 401, 403, 404, 413, 415, 422)
    )
    async def mark_read(
        conv: Annotated[str, Path(alias="c")], body: ReadBody, caller: Annotated[Caller, Depends(guard)]
    ) -> ReadDocument:
        return ReadDocument(seq=await service.mark_read(caller.account.id, conv, body.seq))
