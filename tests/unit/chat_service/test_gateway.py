"""Who is let in, and how everybody else is told."""

import json

import pytest
from support.chatting import LOBBY, ORIGIN, Window

from parley.chat_service import gateway
from parley.messages.port import LogUnavailable


async def refused(window: Window, **scope):
    """The HTTP answer to an upgrade that was not let through: status, and the problem."""
    await window.open(**scope)
    assert await window.ended() is None
    start, body = window.sent
    return start["status"], json.loads(body["body"])


def cookie(token, origin):
    headers = [(b"cookie", b"sid=" + token.encode())]
    return headers + ([(b"origin", origin.encode())] if origin is not None else [])


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.example",
        "http://localhost:8082.evil.example",
        "http://localhost:8083",
        "http://LOCALHOST:8082",
    ],
)
async def test_a_foreign_page_is_refused(chat, here, origin):
    """A cookie without an Origin, or with one that is not exactly ours, is answered with 403 before the upgrade."""
    window = chat.window(here, "ann")
    status, problem = await refused(window, headers=cookie(chat.token("ann"), origin))
    assert (status, problem["type"]) == (403, "/problems/bad-origin")


async def test_our_own_page_is_let_in(chat, here):
    """A cookie with our origin is accepted with our subprotocol."""
    window = chat.window(here, "ann")
    await window.open(headers=cookie(chat.token("ann"), ORIGIN))
    await window.request("hello", {"party": window.party, "cursors": {}})
    assert window.sent == [{"type": "websocket.accept", "subprotocol": "chat.v1.json"}]


@pytest.mark.parametrize("headers", [[], [(b"authorization", b"Bearer wrong")]], ids=["no token", "wrong token"])
async def test_strangers_are_closed_with_4401(chat, here, headers):
    """Without a valid session the upgrade is accepted and closed, since a page cannot see the status of a refusal."""
    window = await chat.window(here, "ann").open(headers=headers)
    assert await window.ended() == (4401, "not signed in")


@pytest.mark.parametrize("offered", [[], ["chat.v2.json"], ["soap"]])
async def test_no_common_subprotocol(chat, here, offered):
    """A client that does not speak chat.v1.json is closed with 4406."""
    window = await chat.window(here, "ann").open(subprotocols=offered)
    assert (await window.ended())[0] == 4406


async def test_ours_is_found_among_others(chat, here):
    """Of several offered subprotocols ours is chosen."""
    window = await chat.window(here, "ann").open(subprotocols=["chat.v2.json", "chat.v1.json"])
    assert (await window.request("hello", {"party": window.party, "cursors": {}}))["ok"]


async def test_silence_is_not_waited_for(chat, here, monkeypatch):
    """A connection that does not say hello in time is closed with 4408."""
    monkeypatch.setattr(gateway, "HELLO_WITHIN_S", 0.01)
    window = await chat.window(here, "ann").open()
    assert await window.ended() == (4408, "no hello")


async def test_a_wrong_hello_is_told_and_ends(chat, here):
    """A hello with a wrong member is answered with a pointer to it, and the connection closed with 4400."""
    window = await chat.window(here, "ann").open()
    reply = await window.request("hello", {"party": "me", "cursors": {}})
    assert reply["err"]["errors"][0]["pointer"] == "/d/party"
    assert (await window.ended())[0] == 4400


async def test_binary_is_not_spoken(chat, ann):
    """A binary message closes with 4400."""
    ann.wire.events.put_nowait({"type": "websocket.receive", "bytes": b"{}"})
    assert await ann.ended() == (4400, "frames are text")


async def test_nothing_is_served_after_the_close(chat, ann):
    """What was sent behind the frame that closed the connection is not carried out any more."""
    ann.wire.events.put_nowait({"type": "websocket.receive", "bytes": b"{}"})
    data = {"conv": LOBBY, "after": [1, 0], "kind": "text", "body": "too late"}
    ann.send(json.dumps({"t": "msg.send", "id": ann.party, "d": data}))
    await ann.ended()
    assert (await chat.engines.log.heads([LOBBY]))[LOBBY].seq == 0


async def test_a_draining_replica_lets_nobody_in(chat, here):
    """During a drain an upgrade is answered with 503 and when to try again."""
    await here.component.drain()
    status, problem = await refused(chat.window(here, "ann"))
    assert (status, problem["type"], problem["retry_after_ms"]) == (503, "/problems/unavailable", 1000)


async def test_a_refusal_for_now_says_when_to_try_again(chat, here):
    """An upgrade that is refused only for now has the header for it."""
    await here.component.drain()
    window = chat.window(here, "ann")
    await refused(window)
    assert (b"retry-after", b"1") in window.sent[0]["headers"]


async def test_a_hello_that_fails_ends_the_connection(chat):
    """When the log cannot be read hello is refused with `unavailable` and the connection closed with 1011."""
    log = chat.engines.log

    class Away:
        def __getattr__(self, name):
            return getattr(log, name)

        async def heads(self, convs):
            raise LogUnavailable

    window = await chat.window(chat.replica(log=Away()), "ann").open()
    reply = await window.request("hello", {"party": window.party, "cursors": {}})
    assert (reply["ok"], reply["err"]["status"]) == (False, 503)
    assert (await window.ended())[0] == 1011


async def test_a_bug_ends_one_connection_only(chat, bob, caplog):
    """An unforeseen error is logged without the frame's content, closes that connection with 1011, and no other."""
    log = chat.engines.log

    class Broken:
        def __getattr__(self, name):
            return getattr(log, name)

        async def append(self, draft, after):
            raise ZeroDivisionError

    window = await chat.window(chat.replica(log=Broken()), "ann").greet()
    data = {"conv": "00000000-0000-7000-8000-000000000001", "after": [1, 0], "kind": "text", "body": "a secret"}
    window.send(json.dumps({"t": "msg.send", "id": window.party, "d": data}))
    assert (await window.ended())[0] == 1011
    assert "could not be served" in caplog.text
    assert "a secret" not in caplog.text
    assert bob.wire.closed is None
