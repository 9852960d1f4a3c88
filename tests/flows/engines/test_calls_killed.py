"""Replicas of chat-service that are killed while a call rings, over one real server and the same files."""

import asyncio
import uuid
from contextlib import ExitStack

import pytest
from support import valkey
from support.fleet import CHAT, Fleet
from support.people import sign_in, sign_up
from support.person import Socket
from websockets.sync.client import connect

from parley.conversations.sql import SqlConversations
from parley.messages.sqlite import open_sqlite_log
from parley.sql.database import open_database

pytestmark = pytest.mark.engine

RINGS_S = 8


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """Two replicas, in which calls ring for a few seconds."""
    folder = tmp_path_factory.mktemp("calls")
    urls = {
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'parley.db'}",
        "MESSAGE_LOG_URL": f"sqlite:///{folder / 'messages.db'}",
        "REDIS_URL": valkey.url(),
        "CALL_RING_SECONDS": str(RINGS_S),
        "DRAIN_SECONDS": "0",
    }
    fleet = Fleet(folder, urls)
    fleet.migrate()
    fleet.add(CHAT, 2)
    yield fleet
    fleet.end()


@pytest.fixture
def pair(fleet):
    """The tokens of two people, and their conversation; both replicas run."""

    async def meet():
        database = open_database(fleet.environment["DATABASE_URL"])
        names = [f"{name}{uuid.uuid4().hex}" for name in ("ann", "bob")]
        accounts = list((await sign_up(database, *names)).values())
        tokens = [await sign_in(database, it) for it in accounts]
        conv, _ = await SqlConversations(database, lobby=True).create_direct(*(it.id for it in accounts))
        await database.close()
        return [*tokens, conv.id]

    fleet.start()
    yield asyncio.run(meet())
    assert fleet.mishaps() == []


@pytest.fixture
def window():
    """Opens sockets that have said hello."""
    with ExitStack() as stack:

        def opened(replica, token, party=None):
            url = replica.url.replace("http", "ws") + "/ws"
            headers = {"authorization": f"Bearer {token}"}
            opening = connect(url, subprotocols=["chat.v1.json"], additional_headers=headers, close_timeout=0.1)
            socket = Socket(stack.enter_context(opening))
            socket.party = party or str(uuid.uuid4())
            socket.hello = socket.request("hello", {"party": socket.party, "cursors": {}})
            socket.wait_for(lambda frame: frame.get("t") == "synced")
            return socket

        yield opened


def invite(socket, conv):
    reply = socket.request("call.invite", {"conv": conv, "media": "video"})
    assert reply["ok"], reply
    return reply["d"]


def told(socket, state):
    return socket.wait_for(lambda it: it.get("t", "").startswith("call.") and it["d"]["state"] == state)["d"]


def entries(fleet, conv):
    async def read():
        async with open_sqlite_log(fleet.environment["MESSAGE_LOG_URL"]) as log:
            return await log.read_after(conv, 0, 100)

    return asyncio.run(read())


def test_the_replica_that_rang_is_killed(fleet, pair, window):
    """The other replica rings on, ends the call as missed and writes its one entry."""
    ann_token, bob_token, conv = pair
    here, there = fleet.of(CHAT)
    bob = window(there, bob_token)
    begun = invite(window(here, ann_token), conv)
    told(bob, "ringing")
    here.kill()
    again = told(bob, "ringing")
    assert again["rev"] == begun["rev"]
    ended = told(bob, "ended")
    assert (ended["call"], ended["reason"]) == (begun["call"], "missed")
    bob.wait_for(lambda it: it.get("t") == "msg" and it["d"]["id"] == begun["call"])
    (entry,) = entries(fleet, conv)
    assert (entry.id, entry.kind, entry.meta["reason"]) == (begun["call"], "call", "missed")


def test_the_caller_comes_back_after_the_kill(fleet, pair, window):
    """A call that is answered after the kill goes on with the caller's window at the other replica."""
    ann_token, bob_token, conv = pair
    here, there = fleet.of(CHAT)
    ann, bob = window(here, ann_token), window(there, bob_token)
    begun = invite(ann, conv)
    here.kill()
    answered = bob.request("call.accept", {"conv": conv, "call": begun["call"]})
    assert answered["d"]["state"] == "active"
    ann = window(there, ann_token, ann.party)
    (call,) = ann.hello["d"]["calls"]
    assert (call["call"], call["state"]) == (begun["call"], "active")
    ended = ann.request("call.end", {"conv": conv, "call": begun["call"]})
    assert ended["d"]["reason"] == "completed"
    bob.wait_for(lambda it: it.get("t") == "msg" and it["d"]["id"] == begun["call"])
    (entry,) = entries(fleet, conv)
    assert entry.meta["reason"] == "completed"
