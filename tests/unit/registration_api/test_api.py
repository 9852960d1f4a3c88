"""The JSON calls: signing in, oneself, devices, finding people. Limits and secrecy: test_limits.py, test_secrecy.py."""

import json

import pytest
from support.registration import ORIGIN

from parley.identity.model import ABSOLUTE_MS, IDLE_MS
from parley.onetimecodes.model import DELIVERY_DEADLINE_MS

LOBBY_CHANNEL = "c:00000000-0000-7000-8000-000000000001"


def assert_invalid(answer, pointer):
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["type"] == "/problems/invalid"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_code_signs_in(world, browser):
    """The code that was mailed opens a session in a cookie, on a device that is named by its program."""
    entered = await world.sign_in(browser, "Ann@Example.ORG")
    assert entered["user"] | {"id": ""} == {"id": "", "email": "ann@example.org", "name": "ann"}
    assert entered["device"] | {"id": ""} == {"id": "", "name": "Firefox on Linux", "platform": "web"}
    assert "token" not in entered
    assert (await browser.get("/me")).json() == entered["user"]


async def test_asking_tells_challenge_and_times(world, browser):
    """The answer names the challenge, the validity to come and the wait for the next code."""
    answer = await browser.post("/otp", json={"email": "ann@example.org"})
    assert answer.status_code == 202
    assert answer.json() | {"challenge": ""} == {"challenge": "", "expires_ms": 180_000, "resend_ms": 30_000}
    assert answer.headers["cache-control"] == "no-store"


async def test_the_delivery_is_told(world, browser):
    """The asking browser follows the delivery from queued to sent, with what is left of both times."""
    asked = await browser.post("/otp", json={"email": "ann@example.org"})
    path = f"/otp/{asked.json()['challenge']}"
    assert (await browser.get(path)).json() == {
        "state": "queued",
        "resend_ms": 30_000,
        "expires_ms": None,
        "delivered_at": None,
    }
    world.clock.advance(s=10)
    await world.deliver()
    world.clock.advance(s=5)
    assert (await browser.get(path)).json() == {
        "state": "sent",
        "resend_ms": 15_000,
        "expires_ms": 175_000,
        "delivered_at": None,
    }
    stranger = await world.browser()
    assert (await stranger.get(path)).status_code == 404


async def test_a_request_that_found_no_delivery_is_told(world, browser):
    """When no worker came for 15 minutes the page is told that the request has expired."""
    asked = await browser.post("/otp", json={"email": "ann@example.org"})
    world.clock.advance(ms=DELIVERY_DEADLINE_MS)
    await world.codes.sweep()
    assert (await browser.get(f"/otp/{asked.json()['challenge']}")).json()["state"] == "expired"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "ann"}, "/email"),
        ({"email": "ann@example.org\r\nBcc: bob@example.org"}, "/email"),
        ({"email": ""}, "/email"),
        ({"email": 7}, "/email"),
        ({"email": "a" * 400}, "/email"),
        ({}, "/email"),
        ([], ""),
    ],
)
async def test_a_bad_address_is_told_with_its_place(browser, body, pointer):
    """What is no address is answered with 422 and a pointer to it."""
    assert_invalid(await browser.post("/otp", json=body), pointer)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "", "application/jsonx"])
async def test_other_bodies_are_refused(browser, content_type):
    """A body that is neither JSON nor a form is not read, so no other site's form can pass for JSON."""
    headers = {"content-type": content_type} if content_type else {}
    answer = await browser.post("/otp", content=b'{"email": "ann@example.org"}', headers=headers)
    assert answer.json()["type"] == "/problems/unsupported-media"


@pytest.mark.parametrize("content", [b"{", b"[" * 10_000, b"\xff"])
async def test_broken_json_is_malformed(browser, content):
    """What is no JSON, or nested without end, is answered with 400."""
    answer = await browser.post("/otp", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed")


async def test_native_clients_get_a_token(world):
    """With transport `bearer` the token is in the answer, works in the header, and no session cookie is set."""
    phone = await world.browser(origin="", user_agent="Parley/1.0 (iPhone)")
    entered = await world.sign_in(phone, transport="bearer", device={"name": "Ann's phone", "platform": "iOS 26"})
    assert entered["device"] | {"id": ""} == {"id": "", "name": "Ann's phone", "platform": "iOS 26"}
    assert "sid" not in phone.cookies
    bearer = {"authorization": f"Bearer {entered['token']}"}
    assert (await phone.get("/me")).status_code == 401
    assert (await phone.patch("/me", json={"name": "Ann"}, headers=bearer)).json()["name"] == "Ann"


@pytest.mark.parametrize("code", ["000000", "12345", "", "abcdef", "999999999"])
async def test_a_wrong_code_is_told_with_its_place(world, browser, code):
    """A wrong code, however it is written, is answered with 422 and a pointer to the code."""
    challenge, right = await world.ask(browser)
    assert code != right
    assert_invalid(await browser.post(f"/otp/{challenge}/verify", json={"code": code}), "/code")


async def test_sessions_end_by_idling_and_by_age(world, browser):
    """Twelve idle hours sign out, and so do thirty busy days."""
    await world.sign_in(browser)
    world.clock.advance(ms=IDLE_MS)
    assert (await browser.get("/me")).status_code == 401
    await world.sign_in(browser)
    for _ in range(ABSOLUTE_MS // (IDLE_MS // 2) - 1):
        world.clock.advance(ms=IDLE_MS // 2)
        assert (await browser.get("/me")).status_code == 200
    world.clock.advance(ms=IDLE_MS // 2)
    assert (await browser.get("/me")).status_code == 401


async def test_signing_out_revokes_everywhere(world, browser):
    """Signing out ends the session, removes the cookie and tells the sockets of that device."""
    device = (await world.sign_in(browser))["device"]["id"]
    token = browser.cookies["sid"]
    answer = await browser.delete("/session")
    assert answer.status_code == 204
    assert "sid" not in browser.cookies
    assert (await browser.get("/me", headers={"authorization": f"Bearer {token}"})).status_code == 401
    assert ("auth.revoked", device.encode()) in await world.published()


async def test_a_device_is_signed_out_from_another(world, browser):
    """One device ends another of the same account, which is refused at its next request, and itself stays."""
    other = await world.browser(user_agent="Chrome/140 (Windows)")
    mine = await world.sign_in(browser)
    world.clock.advance(s=31)
    theirs = (await world.sign_in(other))["device"]["id"]
    listed = (await browser.get("/devices")).json()
    assert [(it["id"], it["name"], it["current"]) for it in listed] == [
        (theirs, "Chrome on Windows", False),
        (mine["device"]["id"], "Firefox on Linux", True),
    ]
    assert listed[0]["created_at"] == "2025-11-24T16:00:31Z"
    assert (await browser.delete(f"/devices/{theirs}")).status_code == 204
    assert (await browser.delete(f"/devices/{theirs}")).status_code == 404
    assert (await other.get("/me")).status_code == 401
    assert (await browser.get("/me")).status_code == 200
    assert [payload.decode() for channel, payload in await world.published() if channel == "auth.revoked"] == [theirs]


async def test_nobody_ends_a_strangers_device(world, browser):
    """The device of another account is as good as none."""
    stranger = await world.browser()
    device = (await world.sign_in(stranger, "bob@example.org"))["device"]["id"]
    await world.sign_in(browser)
    assert (await browser.delete(f"/devices/{device}")).status_code == 404
    assert (await stranger.get("/me")).status_code == 200


async def test_signing_in_again_ends_the_browsers_session(world, browser):
    """A browser that signs in anew gets a new token, and its old one is dead."""
    first = await world.sign_in(browser)
    old = browser.cookies["sid"]
    world.clock.advance(s=31)
    second = await world.sign_in(browser)
    assert second["device"]["id"] != first["device"]["id"]
    assert (await browser.get("/me", headers={"authorization": f"Bearer {old}"})).status_code == 401
    assert [it["id"] for it in (await browser.get("/devices")).json()] == [second["device"]["id"]]


async def test_a_name_can_be_changed(world, browser):
    """Others see the new name, and the lobby is told that people have changed."""
    await world.sign_in(browser)
    await world.published()
    assert (await browser.patch("/me", json={"name": "  Ann Archer "})).json()["name"] == "Ann Archer"
    assert (await browser.get("/me")).json()["name"] == "Ann Archer"
    ((channel, payload),) = await world.published()
    assert channel == LOBBY_CHANNEL
    assert json.loads(payload[payload.index(b"{") :])["d"]["change"] == "updated"


@pytest.mark.parametrize("name", ["", "  ", "a" * 121, "a\nb", None, 7])
async def test_a_bad_name_is_refused(world, browser, name):
    """A name that is empty, too long or no text is answered with 422, and nothing changes."""
    await world.sign_in(browser)
    assert_invalid(await browser.patch("/me", json={"name": name}), "/name")
    assert (await browser.get("/me")).json()["name"] == "ann"


async def test_a_new_account_is_told_to_the_lobby_once(world, browser):
    """The first sign-in of an address is news to the lobby, the second is not."""
    await world.sign_in(browser)
    assert [channel for channel, _ in await world.published()] == [LOBBY_CHANNEL]
    world.clock.advance(s=31)
    await world.sign_in(await world.browser())
    assert await world.published() == []


async def test_people_are_found_by_their_whole_address(world, browser):
    """Exactly known addresses find people, in any spelling; unknown ones find nobody."""
    bob = await world.sign_in(await world.browser(), "bob@example.org")
    await world.sign_in(browser)
    answer = await browser.post("/users/lookup", json={"emails": [" Bob@EXAMPLE.org", "carol@example.org"]})
    assert answer.json() == [bob["user"]]


@pytest.mark.parametrize("emails", [["x"], ["ann@example.org"] * 51, "ann@example.org", None])
async def test_a_bad_lookup_is_refused(world, browser, emails):
    """Fifty addresses at most, each of them an address."""
    await world.sign_in(browser)
    assert_invalid(await browser.post("/users/lookup", json={"emails": emails}), "/emails")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me"),
        ("PATCH", "/me"),
        ("GET", "/devices"),
        ("DELETE", "/devices/x"),
        ("DELETE", "/session"),
        ("POST", "/users/lookup"),
    ],
)
async def test_signed_out_callers_are_told_so(browser, method, path):
    """Every call about oneself or others needs a session."""
    body = {"json": {"name": "x", "emails": []}} if method in ("PATCH", "POST") else {}
    answer = await browser.request(method, path, **body)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
    assert ORIGIN in str(answer.url)
