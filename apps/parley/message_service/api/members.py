"""Members of a conversation over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from parley.identity.model import Caller
from parley.message_service.api.documents import ConversationDocument, MemberDocument
from parley.message_service.api.headers import PageToken, link_next
from parley.message_service.service.conversations import ConversationService
from parley.message_service.service.members import MemberService
from parley.rest.guard import Guard
from parley.rest.headers import entity_tag
from parley.rest.problems import answers


def add(router: APIRouter, service: MemberService, conversing: ConversationService, guard: Guard) -> None:
    """Add the calls on members."""

    @router.get("/conversations/{c}/members", responses=answers(401, 404, 422))
    async def list_members(
        conv: Annotated[str, Path(alias="c")],
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(guard)],
        limit: Annotated[int, Query(ge=1, le=200)] = 200,
        page: PageToken = None,
    ) -> list[MemberDocument]:
        found = await service.page(caller.account.id, conv, limit, page)
        link_next(request, response, found.rest_after)
        return [MemberDocument.seated(seat) for seat in found.items]

    @router.put("/conversations/{c}/members/{u}", responses=answers(401, 403, 404, 409))
    async def add_member(
        conv: Annotated[str, Path(alias="c")],
        user: Annotated[str, Path(alias="u")],
        response: Response,
        caller: Annotated[Caller, Depends(guard)],
    ) -> ConversationDocument:
        await service.add(caller.account.id, conv, user)
        view = await conversing.view(caller.account.id, conv)
        response.headers["ETag"] = entity_tag(view.conversation.version)
        return ConversationDocument.of(view)

    @router.delete("/conversations/{c}/members/{u}", status_code=204, responses=answers(401, 403, 404, 409))
    async def remove_member(
        conv: Annotated[str, Path(alias="c")],
        user: Annotated[str, Path(alias="u")],
        caller: Annotated[Caller, Depends(guard)],
    ) -> None:
        await service.remove(caller.account.id, conv, user)
