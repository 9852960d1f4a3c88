"""Messages: each is there once and in order, over REST and over a window, whatever gets lost."""

import asyncio
import uuid
from random import Random

import pytest
from conformance.client import client, told
from conformance.window import window

TEXTS = [f"line {number}" for number in range(6)]
PATIENCE_S = 60


@pytest.fixture
async def conv(ann, bob):
    """A group of Ann and Bob that nobody has said anything in."""
    async with client(ann) as at_ann:
        body = {"kind": "group", "members": [bob.id], "title": "Conformance"}
        return (await at_ann.post("/api/conversations", body, 201))["conv"]


async def history(person, conv: str) -> list[dict]:
    """Every entry, by REST."""
    async with client(person) as http:
        return (await http.get(f"/api/conversations/{conv}/messages", params={"after": 0, "limit": 200}))["items"]


def texts(entries) -> list[str]:
    return [it["body"] for it in entries if it["kind"] == "text"]


async def test_posted_over_a_bad_network(ann, bob, conv):
    """Texts that are posted again under their id until they are answered are there once, and a poller reads them."""
    path = f"/api/conversations/{conv}/messages"
    async with (
        client(ann, Random("post")) as at_ann,
        client(bob, Random("poll")) as at_bob,
        asyncio.timeout(PATIENCE_S),
    ):
        after = [1, 0]
        for text in TEXTS:
            body = {"id": str(uuid.uuid4()), "after": after, "kind": "text", "body": text}
            answer = await at_ann.ask("POST", path, json=body)
            assert answer.status_code in (200, 201), answer.text
            after = [answer.json()["epoch"], answer.json()["seq"]]
        read: list[dict] = []
        while len(texts(read)) < len(TEXTS):
            seen = read[-1]["seq"] if read else 0
            read += told(await at_bob.ask("GET", path, params={"after": seen, "limit": 3}), 200)["items"]
        assert at_ann.lost > 0
    assert texts(read) == TEXTS
    assert [it["seq"] for it in read] == list(range(1, len(read) + 1))


async def test_sent_from_a_window_that_is_cut(ann, bob, conv):
    """Texts of a window that is cut before and after sending arrive once and in order at one that is cut as well."""
    random = Random("windows")
    async with window(ann) as of_ann, window(bob) as of_bob, asyncio.timeout(PATIENCE_S):
        of_ann.cursors[conv] = of_bob.cursors[conv] = [1, 0]
        of_ann.unreliably(random)
        for text in TEXTS:
            assert (await of_ann.say(conv, text))["ok"]
            if random.random() < 0.5:
                await of_bob.cut()
        for each in (of_ann, of_bob):
            await each.until(lambda each=each: len(texts(each.entries.get(conv, {}).values())) == len(TEXTS))
        assert of_ann.cuts > 0
        assert list(of_ann.entries[conv].items()) == list(of_bob.entries[conv].items())
    entries = await history(bob, conv)
    assert texts(entries) == TEXTS
    assert [it["seq"] for it in entries] == list(range(1, len(entries) + 1))


async def test_two_who_send_at_once(ann, bob, conv):
    """Both windows and the history show one order."""
    async with window(ann) as of_ann, window(bob) as of_bob, asyncio.timeout(PATIENCE_S):
        of_ann.cursors[conv] = of_bob.cursors[conv] = [1, 0]
        await asyncio.gather(of_ann.cut(), of_bob.cut())

        async def say_all(by, name):
            for text in TEXTS:
                assert (await by.say(conv, f"{name} {text}"))["ok"]

        await asyncio.gather(say_all(of_ann, "ann"), say_all(of_bob, "bob"))
        for each in (of_ann, of_bob):
            await each.until(lambda each=each: len(texts(each.entries.get(conv, {}).values())) == 2 * len(TEXTS))
        assert of_ann.entries[conv] == of_bob.entries[conv]
        assert list(of_ann.entries[conv]) == sorted(of_ann.entries[conv])
    assert sorted(texts(await history(ann, conv))) == sorted(f"{name} {it}" for name in ("ann", "bob") for it in TEXTS)
