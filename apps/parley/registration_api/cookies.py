"""The three cookies of this service, and who a request comes from.

`sid` is the session. `browser` binds a code to the browser that asked for it. `device` says that this browser has
signed in before. On https their names carry `__Host-`, which a browser takes only with Secure, Path=/ and no Domain.
"""

import re
from collections.abc import Awaitable, Callable, Sequence

from fastapi import Request, Response

from parley.configuration import PageSettings
from parley.identity.model import ABSOLUTE_MS, Caller, new_token
from parley.identity.port import Sessions
from parley.registration_api.visitors import IPNetwork, KnownDevice, Visitor, client_network, describe_client
from parley.rest.credentials import find_credentials

Presented = Callable[[Request], Awaitable[Caller | None]]
_BROWSER_S = 24 * 60 * 60
_DEVICE_S = 365 * 24 * 60 * 60
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Cookies:
    """Read and write cookies as the page's origin and PARLEY_COOKIE_DOMAIN demand."""

    def __init__(self, page: PageSettings) -> None:
        self._secure = page.is_https
        self._domain = page.parley_cookie_domain or None
        prefix = "__Host-" if page.is_https else ""
        self.session = "sid" if self._domain else f"{prefix}sid"
        self.browser, self.device = f"{prefix}browser", f"{prefix}device"

    def set_session(self, response: Response, token: str) -> None:
        """Keep the session in the browser for as long as it can last."""
        self._set(response, self.session, token, ABSOLUTE_MS // 1000, self._domain)

    def clear_session(self, response: Response) -> None:
        """Remove the session from the browser."""
        self._set(response, self.session, "", 0, self._domain)

    def keep_browser(self, request: Request, response: Response, visitor: Visitor) -> None:
        """Give the browser the secret that its codes are bound to, unless it has it already."""
        if request.cookies.get(self.browser) != visitor.browser:
            self._set(response, self.browser, visitor.browser, _BROWSER_S)

    def set_device(self, response: Response, known: KnownDevice) -> None:
        """Let the browser show later that it has signed in before."""
        self._set(response, self.device, str(known), _DEVICE_S)

    def _set(self, response: Response, name: str, value: str, max_age: int, domain: str | None = None) -> None:
        response.set_cookie(
            name,
            value,
            max_age=max_age,
            path="/",
            domain=domain,
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )


class Visitors:
    """Tells who sent a request; `proxies` are those whose X-Forwarded-For is believed."""

    def __init__(self, cookies: Cookies, proxies: Sequence[IPNetwork]) -> None:
        self._cookies, self._proxies = cookies, proxies

    def of(self, request: Request) -> Visitor:
        """The visitor; one without a usable browser cookie gets a new secret, which the answer must then keep."""
        browser = request.cookies.get(self._cookies.browser, "")
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
        return Visitor(
            browser=browser if _TOKEN.fullmatch(browser) else new_token(),
            network=client_network(request.client.host if request.client else None, forwarded, self._proxies),
            client=describe_client(request.headers.get("user-agent", "")),
            known=KnownDevice.parse(request.cookies.get(self._cookies.device, "")),
        )


def presented_to(sessions: Sessions) -> Presented:
    """Who a request comes from if it carries a live session; None is no error where one may also be signed out."""

    async def presented(request: Request) -> Caller | None:
        credentials = find_credentials(request.headers)
        return await sessions.resolve(credentials.token) if credentials else None

    return presented
