"""The way in for a program, and the way out."""

import json
import uuid

import httpx2
from conformance.client import client, slug, told
from conformance.conftest import signed_in
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

SUBPROTOCOL = [Subprotocol("chat.v1.json")]


async def test_a_token_opens_everything(ann):
    """What `transport: bearer` gave works at each of the services."""
    async with client(ann) as at_ann:
        me = await at_ann.get("/me")
        assert (me["id"], me["email"]) == (ann.id, ann.email)
        devices = told(await at_ann.ask("GET", "/devices"), 200)
        assert [it["name"] for it in devices] == ["Conformance"]
        assert (await at_ann.ask("GET", "/api/conversations")).status_code == 200
        assert (await at_ann.ask("GET", "/sessions", params={"call_id": str(uuid.uuid4())})).json() == []


async def test_a_wrong_code_is_no_way_in(server):
    """A code that was not mailed is refused with a problem, and gives no token."""
    address = server.address.format(f"guess-{uuid.uuid4().hex[:8]}")
    async with httpx2.AsyncClient(base_url=server.url, timeout=30) as http:
        asked = told(await http.post("/otp", json={"email": address}), 202)
        wrong = f"{(int(server.code_for(address)) + 1) % 1_000_000:06}"
        body = {"code": wrong, "transport": "bearer"}
        refused = await http.post(f"/otp/{asked['challenge']}/verify", json=body)
    assert 400 <= refused.status_code < 500
    assert slug(refused) in {"invalid", "forbidden", "unauthenticated", "not-found"}
    assert "token" not in refused.json()


async def test_the_end_of_a_session(server):
    """After DELETE /session the token is 401 everywhere, and the open window is closed with 4401."""
    gone = signed_in(server, "gone")
    async with (
        client(gone) as http,
        connect(
            f"{gone.url.replace('http', 'ws', 1)}/ws", subprotocols=SUBPROTOCOL, additional_headers=gone.headers
        ) as ws,
    ):
        hello = {"t": "hello", "id": str(uuid.uuid4()), "d": {"party": str(uuid.uuid4()), "cursors": {}}}
        await ws.send(json.dumps(hello))
        assert (await http.ask("DELETE", "/session")).status_code == 204
        await ws.wait_closed()
        assert ws.close_code == 4401
        for path in ("/me", "/api/conversations", f"/sessions?call_id={uuid.uuid4()}"):
            refused = await http.ask("GET", path)
            assert (refused.status_code, slug(refused)) == (401, "unauthenticated")


async def test_a_window_without_a_session(server):
    """A wrong token is told by closing with 4401, because browsers hide the status of a refused upgrade."""
    headers = {"authorization": "Bearer nobody"}
    url = f"{server.url.replace('http', 'ws', 1)}/ws"
    async with connect(url, subprotocols=SUBPROTOCOL, additional_headers=headers) as ws:
        await ws.wait_closed()
        assert ws.close_code == 4401
