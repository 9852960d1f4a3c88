"""The dependency by which a route says that it needs a caller: who is signed in, or a 401 problem."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from parley.contracts.problems import ProblemError
from parley.identity.model import Caller
from parley.identity.port import Sessions
from parley.rest.credentials import find_credentials

Guard = Callable[[Request], Awaitable[Caller]]


def signed_in(sessions: Sessions) -> Guard:
    """A FastAPI dependency that returns the Caller or raises the `unauthenticated` problem."""

    async def guard(request: Request) -> Caller:
        credentials = find_credentials(request.headers)
        caller = await sessions.resolve(credentials.token) if credentials else None
        if caller is None:
            raise ProblemError("unauthenticated")
        return caller

    return guard
