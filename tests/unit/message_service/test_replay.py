"""Idempotency-Key over REST: carried out once, answered as often as it is asked. The port: tests/ports."""

import asyncio
import dataclasses

import pytest
from support.interposing import Interposed
from support.messaging import assert_problem, messaging

from parley.identity.model import new_id
from parley.messages.port import LogUnavailable


@pytest.fixture
def body(bob):
    return {"kind": "group", "members": [bob.id], "title": "Quartet"}


async def found(member, body, key="k1"):
    return await member.http.post("/api/conversations", json=body, headers={"idempotency-key": key})


async def groups(member):
    return [it["conv"] for it in (await member.http.get("/api/conversations")).json() if it["kind"] == "group"]


class Doorkeeper:
    """Stands before every call on the log: lets it pass, holds it up, or turns it away."""

    def __init__(self) -> None:
        self.reached, self.opened = asyncio.Event(), asyncio.Event()
        self.opened.set()
        self.refuses = False

    async def __call__(self, step):
        self.reached.set()
        await self.opened.wait()
        if self.refuses:
            raise LogUnavailable


@pytest.fixture
def door():
    return Doorkeeper()


@pytest.fixture
async def world(tmp_path, door):
    def change(parts):
        return dataclasses.replace(parts, log=Interposed(parts.log, door))

    async with messaging(tmp_path, change) as opened:
        yield opened


async def test_a_repeated_request_gets_the_first_answer(ann, body):
    """The same request under the same key gets the same status, headers and body, and makes nothing more."""
    first, again = await found(ann, body), await found(ann, body)
    assert (again.status_code, again.content) == (201, first.content)
    for name in ("location", "etag", "cache-control", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert await groups(ann) == [first.json()["conv"]]


async def test_the_answer_lasts_for_a_day(world, ann, body):
    """The first answer is repeated for 24 hours, even after what it tells has changed."""
    first = await found(ann, body)
    await ann.http.patch(
        f"/api/conversations/{first.json()['conv']}", json={"title": "Trio"}, headers={"if-match": "*"}
    )
    world.clock.advance(hours=11.9)
    assert (await ann.http.get("/api/people")).status_code == 200
    world.clock.advance(hours=11.9)
    assert (await found(ann, body)).content == first.content


async def test_keys_are_a_persons_own(ann, bob, eve, body):
    """Another key, another person, and no key at all are other requests."""
    answers = [await found(ann, body), await found(ann, body, "k2"), await found(eve, body)]
    answers += [await ann.http.post("/api/conversations", json=body) for _ in range(2)]
    assert len({answer.json()["conv"] for answer in answers}) == 5


async def test_a_key_belongs_to_one_request(ann, bob, body):
    """Another body, or the same body to another place, is refused under a key that was used, and nothing is made."""
    conv, other = (await found(ann, body)).json()["conv"], await ann.founds(bob)
    assert_problem(await found(ann, body | {"title": "Trio"}), "key-reused")
    text = {"id": new_id(), "after": [1, 0], "kind": "text", "body": "hello"}
    headers = {"idempotency-key": "k2"}
    assert (await ann.http.post(f"/api/conversations/{conv}/messages", json=text, headers=headers)).status_code == 201
    elsewhere = await ann.http.post(f"/api/conversations/{other}/messages", json=text, headers=headers)
    assert_problem(elsewhere, "key-reused")
    assert sorted(await groups(ann)) == sorted([conv, other])
    assert await bob.reads(other) == []


async def test_a_message_is_repeated_too(world, ann, bob):
    """A repeated message gets its first answer without being published again."""
    conv = await ann.founds(bob)
    text = {"id": new_id(), "after": [1, 0], "kind": "text", "body": "hello"}
    await world.listening.follow(f"c:{conv}")
    path, headers = f"/api/conversations/{conv}/messages", {"idempotency-key": "k1"}
    first, again = [await ann.http.post(path, json=text, headers=headers) for _ in range(2)]
    assert (again.status_code, again.content) == (201, first.content)
    assert len(await world.listening.frames()) == 1


async def test_a_running_request_is_told(ann, body, door):
    """While the first request is running its repetition is told to come again, and then gets the first answer."""
    door.reached.clear()
    door.opened.clear()
    first = asyncio.create_task(found(ann, body))
    await asyncio.wait_for(door.reached.wait(), 10)
    early = await found(ann, body)
    assert_problem(early, "in-progress")
    assert early.headers["retry-after"] == "1"
    assert_problem(await found(ann, body | {"title": "Trio"}), "key-reused")
    door.opened.set()
    answer = await first
    assert (await found(ann, body)).content == answer.content
    assert await groups(ann) == [answer.json()["conv"]]


async def test_what_failed_may_be_tried_again(ann, bob, door):
    """A refusal is not kept: the same key and even another body may be tried afterwards."""
    conv = await ann.founds(bob)
    text = {"id": new_id(), "after": [1, 0], "kind": "text", "body": "hello"}
    path, headers = f"/api/conversations/{conv}/messages", {"idempotency-key": "k1"}
    door.refuses = True
    assert_problem(await ann.http.post(path, json=text, headers=headers), "unavailable")
    door.refuses = False
    stale = await ann.http.post(path, json=text | {"after": [1, 7]}, headers=headers)
    assert_problem(stale, "stale-cursor")
    assert (await ann.http.post(path, json=text, headers=headers)).status_code == 201


async def test_what_is_cut_off_may_be_tried_again(ann, body, door):
    """A request whose connection was cut in the middle gives its key back."""
    door.reached.clear()
    door.opened.clear()
    first = asyncio.create_task(found(ann, body))
    await asyncio.wait_for(door.reached.wait(), 10)
    first.cancel()
    await asyncio.wait([first])
    door.opened.set()
    assert (await found(ann, body)).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 65, "two words", "é"])
async def test_a_key_is_a_short_word(ann, body, key):
    """A key has 1 to 64 visible ASCII characters; anything else is refused with its place, and nothing is made."""
    answer = await ann.http.post("/api/conversations", json=body, headers={"idempotency-key": key.encode()})
    assert_problem(answer, "invalid", "/header/idempotency-key")
    assert await groups(ann) == []
    assert (await found(ann, body, "~" * 64)).status_code == 201
