"""Sessions as such: made, read, kept alive, listed and ended. Whoever reads may wait for something to read."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from parley.idempotency.model import Answer
from parley.identity.model import Caller
from parley.rest.guard import Guard
from parley.rest.headers import JSON_BODY, IfNoneMatch, seen_versions
from parley.rest.problems import answers
from parley.rest.replay import IdempotencyKey, Replay
from parley.rtc_service.api.answering import entity_tag, json, now_ms
from parley.rtc_service.api.documents import Id, ListedSession, NewSessionBody, SessionAnswer, listed, relayed, told
from parley.rtc_service.service.relaying import Relaying
from parley.rtc_service.service.signaling import Known, SignalingService
from parley.rtc_service.service.waiting import BATCH_S, Place, Waiting

_Wait = Annotated[float, Query(ge=0, le=25, description="Seconds to wait for a change, if there is none yet.")]
_Since = Annotated[int | None, Query(ge=0, le=2**31 - 1, description="Only candidates from this index on.")]
_Participant = Annotated[
    str | None, Query(max_length=320, description="The caller's own address, to have TURN credentials in the answer.")
]


def add(router: APIRouter, service: SignalingService, relaying: Relaying, replay: Replay, guard: Guard) -> None:
    """Add the calls that make, keep and end sessions."""

    @router.post(
        "",
        status_code=201,
        response_model=SessionAnswer,
        dependencies=[JSON_BODY],
        responses=answers(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
    )
    async def create_session(
        body: NewSessionBody,
        request: Request,
        caller: Annotated[Caller, Depends(guard)],
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        async def act() -> Answer:
            wanted = body.wanted()
            service.speaks_for(caller, "initiator", wanted.initiator)
            relay = await relaying.fresh(caller)
            session = await service.create(caller, wanted)
            headers = {"Location": f"/sessions/{session.id}", "ETag": entity_tag(session)}
            return Answer(status=201, headers=headers, body=told(session, now_ms(), more=relayed(relay)))

        return await replay.once(request, caller, idempotency_key, act)

    @router.post("/{id}/keepalive", response_model=SessionAnswer, responses=answers(401, 403, 404, 409, 429, 503))
    async def keep_session_alive(
        session_id: Annotated[str, Path(alias="id")], caller: Annotated[Caller, Depends(guard)]
    ) -> Response:
        await service.read(caller, session_id)
        relay = await relaying.fresh(caller)
        session = await service.keep_alive(caller, session_id)
        return json(told(session, now_ms(), more=relayed(relay)), {"ETag": entity_tag(session)})

    @router.delete("/{id}", status_code=204, responses=answers(401, 403, 404, 503))
    async def end_session(
        session_id: Annotated[str, Path(alias="id")], caller: Annotated[Caller, Depends(guard)]
    ) -> Response:
        await service.end(caller, session_id)
        return Response(status_code=204, headers={"Cache-Control": "no-store"})


def add_reading(
    router: APIRouter, service: SignalingService, relaying: Relaying, waiting: Waiting, guard: Guard
) -> None:
    """Add the calls that read."""

    @router.get("", response_model=list[ListedSession], responses=answers(401, 422, 503))
    async def list_sessions(
        call: Annotated[Id, Query(alias="call_id")], caller: Annotated[Caller, Depends(guard)]
    ) -> Response:
        return json(listed(await service.of_call(caller, call)), {})

    @router.get(
        "/{id}",
        response_model=SessionAnswer,
        responses={304: {"description": "Nothing has changed"}, **answers(401, 403, 404, 422, 429, 503)},
    )
    async def read_session(
        session_id: Annotated[str, Path(alias="id")],
        request: Request,
        caller: Annotated[Caller, Depends(guard)],
        participant: _Participant = None,
        wait: _Wait = 0,
        since: _Since = None,
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        session = await service.read(caller, session_id)
        if participant is not None:
            service.speaks_for(caller, "participant", participant)
        known = Known(seen_versions(if_none_match), since)
        if wait and known.has_all_of(session):
            async with waiting.place(caller.account.id, session_id) as place, _ended_by_leaving(request, place):
                is_news = await service.await_news(caller, place, known, session, wait)
                until = time.monotonic() + (BATCH_S if is_news else 0)
            # Whoever has waited may have been signed out meanwhile; asked in the pause, not after it.
            caller = await guard(request)
            await asyncio.sleep(until - time.monotonic())
            session = await service.read(caller, session_id)
        headers = {"ETag": entity_tag(session)}
        if session.rev in known.revs:
            return Response(status_code=304, headers=headers | {"Cache-Control": "no-store"})
        more = {} if participant is None else relayed(await relaying.current(caller))
        return json(told(session, now_ms(), since=since or 0, more=more), headers)


@asynccontextmanager
async def _ended_by_leaving(request: Request, place: Place) -> AsyncIterator[None]:
    """The wait of a sender who closes the connection ends with it."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        place.leave()

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
