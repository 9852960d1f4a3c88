"""Conversations and people over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from parley.idempotency.model import Answer
from parley.identity.model import Caller
from parley.message_service.api.documents import (
    ConversationDocument,
    NewConversationBody,
    PersonDocument,
    TitleBody,
)
from parley.message_service.api.headers import PageToken, link_next
from parley.message_service.model import View
from parley.message_service.service.conversations import ConversationService
from parley.rest.guard import Guard
from parley.rest.headers import JSON_BODY, IfMatch, entity_tag, versions_in
from parley.rest.problems import answers
from parley.rest.replay import IdempotencyKey, Replay, answer


def add(router: APIRouter, service: ConversationService, replay: Replay, guard: Guard) -> None:
    """Add the calls on conversations and people."""
    _add_lists(router, service, guard)
    _add_one(router, service, guard)

    @router.post(
        "/conversations",
        status_code=201,
        response_model=ConversationDocument,
        dependencies=[JSON_BODY],
        responses={
            200: {"model": ConversationDocument, "description": "The direct conversation that there was"},
            **answers(400, 401, 403, 409, 413, 415, 422),
        },
    )
    async def create_conversation(
        body: NewConversationBody,
        request: Request,
        caller: Annotated[Caller, Depends(guard)],
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        async def act() -> Answer:
            view, is_new = await _create(service, caller.account.id, body)
            headers = {"ETag": entity_tag(view.conversation.version)}
            if is_new:
                headers["Location"] = f"/api/conversations/{view.conversation.id}"
            return answer(201 if is_new else 200, ConversationDocument.of(view), headers)

        return await replay.once(request, caller, idempotency_key, act)


def _add_lists(router: APIRouter, service: ConversationService, guard: Guard) -> None:
    @router.get("/conversations", responses=answers(401, 422))
    async def list_conversations(
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(guard)],
        limit: Annotated[int, Query(ge=1, le=100)] = 100,
        page: PageToken = None,
    ) -> list[ConversationDocument]:
        found = await service.page(caller.account.id, limit, page)
        link_next(request, response, found.rest_after)
        return [ConversationDocument.of(view) for view in found.items]

    @router.get("/people", responses=answers(401, 422))
    async def list_people(
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(guard)],
        limit: Annotated[int, Query(ge=1, le=200)] = 200,
        page: PageToken = None,
        q: Annotated[str, Query(max_length=120, description="Beginning of a name or an address.")] = "",
    ) -> list[PersonDocument]:
        found = await service.people(caller.account.id, q, limit, page)
        link_next(request, response, found.rest_after)
        return [PersonDocument.of(account) for account in found.items]


def _add_one(router: APIRouter, service: ConversationService, guard: Guard) -> None:
    @router.get("/conversations/{c}", responses=answers(401, 404))
    async def get_conversation(
        conv: Annotated[str, Path(alias="c")], response: Response, caller: Annotated[Caller, Depends(guard)]
    ) -> ConversationDocument:
        return _tagged(response, await service.view(caller.account.id, conv))

    @router.patch(
        "/conversations/{c}", dependencies=[JSON_BODY], responses=answers(400, 401, 403, 404, 412, 413, 415, 422)
    )
    async def rename_conversation(
        conv: Annotated[str, Path(alias="c")],
        body: TitleBody,
        response: Response,
        caller: Annotated[Caller, Depends(guard)],
        if_match: IfMatch = None,
    ) -> ConversationDocument:
        await service.find(caller.account.id, conv)
        return _tagged(response, await service.retitle(caller.account.id, conv, body.title, versions_in(if_match)))


async def _create(service: ConversationService, account: str, body: NewConversationBody) -> tuple[View, bool]:
    if body.kind == "direct":
        return await service.create_direct(account, body.members)
    return await service.create_group(account, body.members, body.title), True


def _tagged(response: Response, view: View) -> ConversationDocument:
    response.headers["ETag"] = entity_tag(view.conversation.version)
    return ConversationDocument.of(view)
