"""TURN credentials as clients get them: how fresh, signed with what, and for how long."""

import json
import os

import pytest
from support.signaling import TURN, signaling

from parley.identity.model import Account, Caller
from parley.ratelimits.inprocess import InProcessRateLimits
from parley.rtc_service.service.relaying import Relaying
from parley.turn.credentials import participant_tag, sign
from parley.turn.ring import FileRing, Ring

ANN = Caller(Account("ann-id", "ann@example.org", "Ann"), "device")


class Ringing:
    """A ring that a test replaces."""

    def __init__(self, *secrets, longest_s=None):
        self.now = Ring(secrets, longest_s)

    def ring(self):
        return self.now


class Clock:
    def __init__(self):
        self.now = 1_764_000_000.5

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def relaying(clock, ring, ttl_s=600, urls=("turn:turn.example.org",)):
    return Relaying(urls, ring, ttl_s, InProcessRateLimits(clock), clock)


async def test_polling_is_given_the_same(clock):
    """Who only reads gets the credentials of the last time while half of their life is left, with what is left."""
    relay = relaying(clock, Ringing("north"))
    first = (await relay.current(ANN)).credential
    clock.now += 300
    again = (await relay.current(ANN)).credential
    assert (again.username, again.credential, again.ttl_s) == (first.username, first.credential, 300)
    clock.now += 1
    later = (await relay.current(ANN)).credential
    assert (later.expires_s, later.ttl_s) == (first.expires_s + 301, 600)


async def test_a_new_signing_secret_holds_at_once(clock):
    """After the ring has changed, also those who only read get credentials that the new secret signs."""
    ring = Ringing("north")
    relay = relaying(clock, ring)
    await relay.current(ANN)
    ring.now = Ring(("south", "north"))
    given = (await relay.current(ANN)).credential
    assert given.credential == sign("south", given.username)
    assert given.username.endswith(f":{participant_tag('south', 'ann-id')}")


async def test_the_ring_has_the_last_word_on_time(clock):
    """Credentials last no longer than the ring says, and no longer than is configured."""
    assert (await relaying(clock, Ringing("north", longest_s=300)).fresh(ANN)).credential.ttl_s == 300
    assert (await relaying(clock, Ringing("north", longest_s=3_000)).fresh(ANN)).credential.ttl_s == 600


async def test_without_a_relay_nothing_is_minted(clock):
    """No URLs, no credentials, and no budget that could be used up."""
    relay = relaying(clock, Ringing("north"), urls=())
    assert [await relay.fresh(ANN) for _ in range(20)] == [None] * 20
    assert await relay.current(ANN) is None


async def test_a_ring_file_reaches_clients(tmp_path):
    """Credentials of a session are signed with what the ring file says when they are asked for."""
    file = tmp_path / "ring.json"
    file.write_text(json.dumps({"keys": [{"secret": "north", "state": "current"}]}))
    async with signaling(tmp_path, ring=FileRing(file)) as world:
        ann = await world.peer("ann")
        turn = (await ann.http.post("/sessions", json={"initiator": ann.email})).json()["turn"]
        assert turn["credential"] == sign("north", turn["username"])
        assert turn["urls"] == TURN.split(",")
        file.write_text(json.dumps({"keys": [{"secret": "southern", "state": "current"}]}))
        os.utime(file, (1, 1))
        turn = (await ann.http.post("/sessions", json={"initiator": ann.email})).json()["turn"]
        assert turn["credential"] == sign("southern", turn["username"])
