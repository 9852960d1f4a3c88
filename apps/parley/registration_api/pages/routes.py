"""The pages, the forms that work without JavaScript, and the files of the built client."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import Scope

from parley.contracts.problems import PROBLEMS, ProblemError
from parley.onetimecodes.port import TooManyRequests
from parley.registration_api.cookies import Cookies, Presented, Visitors
from parley.registration_api.documents import EnterBody
from parley.registration_api.errors import InvalidAddress, UnknownChallenge, WrongCode, too_many
from parley.registration_api.pages.rendering import Pages
from parley.registration_api.ports import WebClient
from parley.registration_api.service import SignIn
from parley.registration_api.visitors import Visitor

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_FOREVER = "public, max-age=31536000, immutable"


class FormRoute(APIRoute):
    """A route that takes only what HTML forms send; the same path with JSON is another route (`api.py`)."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """No match for a request whose body is not a form's."""
        declared = Headers(scope=scope).get("content-type", "") if scope["type"] == "http" else ""
        if declared.partition(";")[0].strip().lower() not in _FORMS:
            return Match.NONE, {}
        return super().matches(scope)


def content_security_policy(rtc_origin: str) -> str:
    """What a page may load and reach: its own origin and rtc-service, and nothing inline."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' {rtc_origin}".rstrip(),
            "font-src 'self'",
            "manifest-src 'self'",
            "media-src 'self' blob:",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the routes of this module work with."""

    sign_in: SignIn
    pages: Pages
    client: WebClient
    cookies: Cookies
    visitors: Visitors
    presented: Presented
    policy: str

    def html(self, text: str, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})) -> HTMLResponse:
        """A page. Its referrer policy lets a form's Origin through, which `no-referrer` would turn into `null`."""
        fixed = {
            "Content-Security-Policy": self.policy,
            "Cache-Control": "no-store",
            "Referrer-Policy": "same-origin",
        }
        return HTMLResponse(text, status, {**fixed, **headers})


def page_routes(site: Site) -> APIRouter:
    """Every route of this module; to be placed before the JSON ones."""
    router = APIRouter(include_in_schema=False)
    _add_pages(router, site)
    _add_files(router, site)
    forms = APIRouter(include_in_schema=False, route_class=FormRoute)
    _add_forms(forms, site)
    router.include_router(forms)
    return router


def _add_pages(router: APIRouter, site: Site) -> None:
    @router.get("/")
    async def start(request: Request) -> Response:
        if await site.presented(request):
            return _see("/chat")
        return _for(request, site, site.visitors.of(request), site.html(site.pages.sign_in()))

    @router.get("/verify/{challenge}")
    async def verify(challenge: str, request: Request) -> Response:
        if await site.presented(request):
            return _see("/chat")
        try:
            progress = await site.sign_in.progress(challenge, site.visitors.of(request))
        except UnknownChallenge as error:
            return site.html(site.pages.sign_in(error=str(error)), 404)
        return site.html(site.pages.verify(progress))

    @router.get("/chat")
    @router.get("/chat/{path:path}")
    async def chat(request: Request) -> Response:
        return site.html(site.pages.chat()) if await site.presented(request) else _see("/")

    @router.get("/doctor")
    async def doctor() -> Response:
        return _see("/chat/doctor")

    @router.get("/problems/{slug}")
    async def problem(slug: str) -> Response:
        if slug not in PROBLEMS:
            raise ProblemError("not-found")
        return site.html(site.pages.problem(PROBLEMS[slug]))


def _add_files(router: APIRouter, site: Site) -> None:
    @router.get("/assets/{name:path}")
    async def asset(name: str, request: Request) -> Response:
        file = site.client.asset(name)
        if file is None:
            raise ProblemError("not-found")
        headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
        if file.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(file.compressed, 200, headers | {"Content-Encoding": "gzip"}, file.media_type)
        return Response(file.content, 200, headers, file.media_type)

    @router.get("/favicon.svg")
    async def favicon() -> Response:
        return Response(site.pages.favicon, 200, {"Cache-Control": "public, max-age=86400"}, "image/svg+xml")


def _add_forms(router: APIRouter, site: Site) -> None:
    @router.post("/otp")
    async def ask_for_code(request: Request) -> Response:
        typed = await _field(request, "email")
        visitor = site.visitors.of(request)
        try:
            asked = await site.sign_in.ask(typed, visitor)
        except InvalidAddress as error:
            answer: Response = site.html(site.pages.sign_in(typed, str(error)), 422)
        except TooManyRequests as error:
            answer = _too_many(site, typed, error)
        else:
            answer = _see(f"/verify/{asked.challenge}")
        return _for(request, site, visitor, answer)

    @router.post("/otp/{challenge}/verify")
    async def enter_code(challenge: str, request: Request) -> Response:
        code, visitor = await _field(request, "code"), site.visitors.of(request)
        device = EnterBody(code="").new_device(visitor.client)
        try:
            entered = await site.sign_in.enter(challenge, code, visitor, device, await site.presented(request))
        except WrongCode as error:
            return await _form_again(site, challenge, visitor, error)
        answer = _see("/chat")
        site.cookies.set_session(answer, entered.token)
        site.cookies.set_device(answer, entered.known)
        return answer


async def _form_again(site: Site, challenge: str, visitor: Visitor, wrong: WrongCode) -> Response:
    try:
        progress = await site.sign_in.progress(challenge, visitor)
    except UnknownChallenge as error:
        return site.html(site.pages.sign_in(error=str(error)), 404)
    return site.html(site.pages.verify(progress, str(wrong)), 422)


def _too_many(site: Site, typed: str, error: TooManyRequests) -> Response:
    seconds = -(-error.retry_after_ms // 1000)
    return site.html(site.pages.sign_in(typed, too_many(error).detail), 429, {"Retry-After": str(seconds)})


async def _field(request: Request, name: str) -> str:
    value = (await request.form()).get(name)
    return value if isinstance(value, str) else ""


def _for(request: Request, site: Site, visitor: Visitor, answer: Response) -> Response:
    site.cookies.keep_browser(request, answer, visitor)
    return answer


def _see(path: str) -> RedirectResponse:
    return RedirectResponse(path, 303, {"Cache-Control": "no-store"})
