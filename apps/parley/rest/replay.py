"""Creating requests with an Idempotency-Key: carried out once, answered as often as they come (protocol.md 1)."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import Header, Request, Response
from pydantic import BaseModel

from parley.idempotency.model import Answer
from parley.idempotency.port import Idempotency
from parley.identity.model import Caller

IdempotencyKey = Annotated[str | None, Header(pattern="^[!-~]{1,64}$", max_length=64)]


def answer(status: int, document: BaseModel, headers: Mapping[str, str]) -> Answer:
    """An answer with a JSON body."""
    return Answer(status=status, headers=headers, body=document.model_dump_json(by_alias=True).encode())


class Replay:
    """Gives the first answer again to a request that has been carried out already."""

    def __init__(self, idempotency: Idempotency) -> None:
        self._idempotency = idempotency

    async def once(
        self, request: Request, caller: Caller, key: str | None, act: Callable[[], Awaitable[Answer]]
    ) -> Response:
        """Carry the request out, or repeat its answer. Without a key it is carried out each time.

        Only what succeeded is kept: whatever failed has changed nothing, and may be tried again with the same key.
        Raises KeyInProgress and KeyReused.
        """
        if key is None:
            return _response(await act())
        user = caller.account.id
        first = await self._idempotency.begin(user, key, await _fingerprint(request))
        if first is not None:
            return _response(first)
        try:
            given = await act()
        except BaseException:
            await self._idempotency.release(user, key)
            raise
        await self._idempotency.finish(user, key, given)
        return _response(given)


async def _fingerprint(request: Request) -> bytes:
    head = f"{request.method} {request.url.path}\n".encode()
    return hashlib.sha256(head + await request.body()).digest()


def _response(given: Answer) -> Response:
    headers = {"Cache-Control": "no-store", **given.headers}
    return Response(given.body, given.status, headers, media_type="application/json")
