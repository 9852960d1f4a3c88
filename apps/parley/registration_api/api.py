"""The JSON calls of protocol.md 1.1. The same calls as forms, and the pages around them, are in `pages/`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from parley.contracts.problems import FieldError, ProblemError
from parley.identity.model import Caller
from parley.onetimecodes.model import VALID_MS
from parley.onetimecodes.port import TooManyRequests
from parley.registration_api.cookies import Cookies, Presented, Visitors
from parley.registration_api.documents import (
    AskBody,
    ChallengeDocument,
    DeviceDocument,
    EnterBody,
    EnteredDocument,
    LookupBody,
    NameBody,
    ProgressDocument,
    UserDocument,
)
from parley.registration_api.errors import InvalidAddress, UnknownChallenge, WrongCode, too_many
from parley.registration_api.service import Profile, SignIn
from parley.rest.guard import Guard
from parley.rest.problems import answers


def routes(
    sign_in: SignIn, profile: Profile, guard: Guard, presented: Presented, cookies: Cookies, visitors: Visitors
) -> APIRouter:
    """Every JSON route of registration-api."""
    router = APIRouter(dependencies=[Depends(_json_only), Depends(_not_stored)])
    _add_codes(router, sign_in, presented, cookies, visitors)
    _add_account(router, profile, guard)
    _add_devices(router, profile, guard, cookies)
    return router


def _add_codes(router: APIRouter, sign_in: SignIn, presented: Presented, cookies: Cookies, visitors: Visitors) -> None:
    @router.post("/otp", status_code=202, responses=answers(400, 403, 413, 415, 422, 429))
    async def ask_for_code(body: AskBody, request: Request, response: Response) -> ChallengeDocument:
        visitor = visitors.of(request)
        try:
            asked = await sign_in.ask(body.email, visitor)
        except InvalidAddress as error:
            raise _invalid("/email", error) from None
        except TooManyRequests as error:
            raise too_many(error) from None
        cookies.keep_browser(request, response, visitor)
        return ChallengeDocument(challenge=asked.challenge, expires_ms=VALID_MS, resend_ms=asked.resend_ms)

    @router.get("/otp/{challenge}", responses=answers(404))
    async def delivery(challenge: str, request: Request) -> ProgressDocument:
        try:
            return ProgressDocument.of(await sign_in.progress(challenge, visitors.of(request)))
        except UnknownChallenge as error:
            raise ProblemError("not-found", str(error)) from None

    @router.post(
        "/otp/{challenge}/verify",
        response_model_exclude_none=True,
        responses=answers(400, 403, 413, 415, 422),
    )
    async def enter_code(challenge: str, body: EnterBody, request: Request, response: Response) -> EnteredDocument:
        visitor = visitors.of(request)
        device = body.new_device(visitor.client)
        try:
            entered = await sign_in.enter(challenge, body.code, visitor, device, await presented(request))
        except WrongCode as error:
            raise _invalid("/code", error) from None
        if body.transport == "cookie":
            cookies.set_session(response, entered.token)
        cookies.set_device(response, entered.known)
        return EnteredDocument.of(entered, device, body.transport)


def _add_account(router: APIRouter, profile: Profile, guard: Guard) -> None:
    @router.get("/me", responses=answers(401))
    async def me(caller: Annotated[Caller, Depends(guard)]) -> UserDocument:
        return UserDocument.of(caller.account)

    @router.patch("/me", responses=answers(400, 401, 403, 413, 415, 422))
    async def rename(body: NameBody, caller: Annotated[Caller, Depends(guard)]) -> UserDocument:
        return UserDocument.of(await profile.rename(caller, body.name))

    @router.post("/users/lookup", responses=answers(400, 401, 403, 413, 415, 422))
    async def lookup(body: LookupBody, caller: Annotated[Caller, Depends(guard)]) -> list[UserDocument]:
        try:
            return [UserDocument.of(account) for account in await profile.lookup(body.emails)]
        except InvalidAddress as error:
            raise _invalid("/emails", error) from None


def _add_devices(router: APIRouter, profile: Profile, guard: Guard, cookies: Cookies) -> None:
    @router.get("/devices", responses=answers(401))
    async def devices(caller: Annotated[Caller, Depends(guard)]) -> list[DeviceDocument]:
        return [DeviceDocument.of(device, caller.device) for device in await profile.devices(caller)]

    @router.delete("/devices/{id}", status_code=204, responses=answers(401, 403, 404))
    async def sign_out_elsewhere(
        device: Annotated[str, Path(alias="id")], caller: Annotated[Caller, Depends(guard)]
    ) -> None:
        if not await profile.sign_out(caller, device):
            raise ProblemError("not-found")

    @router.delete("/session", status_code=204, responses=answers(401, 403))
    async def sign_out(response: Response, caller: Annotated[Caller, Depends(guard)]) -> None:
        await profile.sign_out(caller, caller.device)
        cookies.clear_session(response)


async def _json_only(request: Request) -> None:
    # A body that a plain form of another site could send must never be read as JSON.
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method in ("POST", "PATCH", "PUT") and declared != "application/json":
        raise ProblemError("unsupported-media", "Send application/json.")


async def _not_stored(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


def _invalid(pointer: str, error: Exception) -> ProblemError:
    return ProblemError("invalid", str(error), errors=[FieldError(pointer, str(error))])
