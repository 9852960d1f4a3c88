"""Cookies: names and attributes on plain localhost, on https, for a shared domain; and from which page they count."""

from http.cookies import SimpleCookie

import pytest
from support.registration import registration

HTTPS = "https://chat.example.org"


def set_cookies(answer):
    """Name to (value, attributes) of every cookie that an answer sets."""
    jar = {}
    for header in answer.headers.get_list("set-cookie"):
        for name, morsel in SimpleCookie(header).items():
            jar[name] = (morsel.value, {key: value for key, value in morsel.items() if value})
    return jar


async def sign_in(world, browser):
    asked = await browser.post("/otp", json={"email": "ann@example.org"})
    await world.deliver()
    path = f"/otp/{asked.json()['challenge']}/verify"
    entered = await browser.post(path, json={"code": world.mailbox.code_for("ann@example.org")})
    assert entered.status_code == 200
    return set_cookies(asked) | set_cookies(entered)


EVERYWHERE = {"path": "/", "httponly": True, "samesite": "lax"}
DAY_S = 86_400


async def test_on_localhost(world, browser):
    """Plain http has plain names and no Secure, which a browser would otherwise not send back."""
    jar = await sign_in(world, browser)
    assert {name: attributes for name, (_, attributes) in jar.items()} == {
        "browser": EVERYWHERE | {"max-age": str(DAY_S)},
        "device": EVERYWHERE | {"max-age": str(365 * DAY_S)},
        "sid": EVERYWHERE | {"max-age": str(30 * DAY_S)},
    }
    assert len(jar["sid"][0]) == len(jar["browser"][0]) == 43


async def test_on_https(tmp_path):
    """On https every cookie is Secure and bound to its host by its name."""
    async with registration(tmp_path, chat_web_origin=HTTPS) as world:
        browser = await world.browser(origin=HTTPS)
        browser.base_url = HTTPS
        jar = await sign_in(world, browser)
        assert set(jar) == {"__Host-browser", "__Host-device", "__Host-sid"}
        for _, attributes in jar.values():
            assert attributes["secure"]
            assert "domain" not in attributes
        assert (await browser.get("/me")).status_code == 200


async def test_on_a_shared_domain(tmp_path):
    """With PARLEY_COOKIE_DOMAIN the session alone is shared by the hosts under it; signing out removes it there."""
    async with registration(tmp_path, chat_web_origin=HTTPS, parley_cookie_domain="example.org") as world:
        browser = await world.browser(origin=HTTPS)
        browser.base_url = HTTPS
        jar = await sign_in(world, browser)
        assert set(jar) == {"__Host-browser", "__Host-device", "sid"}
        assert {name: attributes.get("domain") for name, (_, attributes) in jar.items()} == {
            "__Host-browser": None,
            "__Host-device": None,
            "sid": "example.org",
        }
        assert jar["sid"][1]["secure"]
        value, attributes = set_cookies(await browser.delete("/session"))["sid"]
        assert (value, attributes["domain"], attributes["max-age"]) == ("", "example.org", "0")


async def test_the_browser_cookie_is_given_once(browser):
    """The first answer gives the browser its secret, later ones leave it as it is."""
    first = set_cookies(await browser.get("/"))["browser"][0]
    assert set_cookies(await browser.get("/")) == {}
    assert set_cookies(await browser.post("/otp", json={"email": "ann@example.org"})) == {}
    assert browser.cookies["browser"] == first


@pytest.mark.parametrize("value", ["short", "x" * 44, "x" * 42 + "!", ""])
async def test_a_browser_cookie_of_another_form_is_replaced(world, value):
    """What we did not write is not used as a secret."""
    browser = await world.browser(cookie=f"browser={value}")
    assert len(set_cookies(await browser.get("/"))["browser"][0]) == 43


async def test_a_session_is_new_at_each_sign_in(world):
    """A session cookie that was planted before the sign-in is replaced and stays worthless."""
    planted = "p" * 43
    browser = await world.browser()
    browser.cookies.set("sid", planted)
    jar = await sign_in(world, browser)
    assert jar["sid"][0] != planted
    plain = await world.browser(origin="")
    assert (await plain.get("/me", headers={"authorization": f"Bearer {planted}"})).status_code == 401


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://localhost:8082",
        "http://localhost:8083",
        "http://localhost",
        "http://localhost:8082.evil.org",
    ],
)
async def test_cookies_need_an_allowed_origin(world, browser, origin):
    """A request that changes something with a cookie is refused from any other page, and from none."""
    await world.sign_in(browser)
    browser.headers.pop("origin")
    headers = {"origin": origin} if origin else {}
    for method, path in (("PATCH", "/me"), ("DELETE", "/session")):
        answer = await browser.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/bad-origin")
    assert (await browser.get("/me")).status_code == 200
