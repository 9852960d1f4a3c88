"""The port Fanout: at most once, in order per channel, and nobody is called from inside a publication."""

import asyncio
from contextlib import nullcontext

import pytest
from support import valkey
from support.valkey_cluster import CLUSTER

from parley.fanout.inprocess import InProcessFanout

ADAPTERS = [
    pytest.param(lambda: nullcontext(InProcessFanout()), id="inprocess"),
    pytest.param(valkey.ONE.fanout, id="redis", marks=pytest.mark.engine),
    pytest.param(CLUSTER.fanout, id="cluster", marks=pytest.mark.engine),
]


@pytest.fixture(params=ADAPTERS)
async def fanout(request):
    async with request.param() as opened:
        yield opened


class Ear:
    """A listener that notes what it gets and in whose task it was called; `react` is called with each payload."""

    def __init__(self, react=lambda payload: None) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.callers = set()
        self._react = react
        self._grown = asyncio.Event()

    def on_message(self, channel, payload):
        self.heard.append((channel, payload))
        self.callers.add(asyncio.current_task())
        self._grown.set()
        self._react(payload)

    def on_lost(self):
        raise AssertionError("nothing is lost while nothing fails")

    async def hears(self, payload):
        """Wait until this payload has come."""
        async with asyncio.timeout(10):
            while payload not in [it for _, it in self.heard]:
                self._grown.clear()
                await self._grown.wait()


@pytest.fixture
async def listen(fanout):
    async def listen(*names, react=lambda payload: None):
        ear = Ear(react)
        subscriptions = fanout.listen(ear)
        for name in names:
            await subscriptions.subscribe(name)
        return ear, subscriptions

    return listen


async def test_payloads_of_a_channel_arrive_in_order(fanout, listen):
    """Every subscriber gets what one publisher publishes on a channel in that order, byte for byte."""
    payloads = [bytes([number]) * number for number in range(200)] + [b"end"]
    (first, _), (second, _) = await listen("c:1"), await listen("c:1")
    for payload in payloads:
        await fanout.publish("c:1", payload)
    for ear in (first, second):
        await ear.hears(b"end")
        assert ear.heard == [("c:1", payload) for payload in payloads]


async def test_a_payload_arrives_at_most_once(fanout, listen):
    """Subscribing twice, or to other channels too, gives no payload twice."""
    ear, subscriptions = await listen("c:1", "c:2", "c:1")
    await subscriptions.subscribe("c:1")
    for payload in (b"1", b"2", b"end"):
        await fanout.publish("c:1", payload)
    await ear.hears(b"end")
    assert [payload for _, payload in ear.heard] == [b"1", b"2", b"end"]
    await subscriptions.unsubscribe("c:1")
    await fanout.publish("c:1", b"after one unsubscription")
    await fanout.publish("c:2", b"end of 2")
    await ear.hears(b"end of 2")
    assert [channel for channel, _ in ear.heard] == ["c:1"] * 3 + ["c:2"]


async def test_channels_are_apart(fanout, listen):
    """A subscriber gets nothing of channels that it did not subscribe to, however alike their names."""
    ear, _ = await listen("c:1")
    for name in ("c:", "c:11", "C:1", "u:1", "*", "c:?"):
        await fanout.publish(name, b"not for you")
    await fanout.publish("c:1", b"for you")
    await ear.hears(b"for you")
    assert ear.heard == [("c:1", b"for you")]


async def test_nothing_comes_after_unsubscribing(fanout, listen):
    """Once unsubscribing has returned nothing is received, neither what was under way nor what follows."""
    ear, subscriptions = await listen("c:1")
    witness, _ = await listen("c:1")
    await fanout.publish("c:1", b"under way")
    await subscriptions.unsubscribe("c:1")
    until_then = list(ear.heard)
    await fanout.publish("c:1", b"later")
    await witness.hears(b"later")
    assert ear.heard == until_then
    assert [payload for _, payload in witness.heard] == [b"under way", b"later"]
    await subscriptions.unsubscribe("c:1")
    await subscriptions.unsubscribe("never subscribed")


@pytest.mark.parametrize("fanout", ADAPTERS[:2], indirect=True)
async def test_nothing_is_replayed(fanout, listen):
    """What was published before a subscription, or between two of them, is gone, unless several servers are one."""
    await fanout.publish("c:1", b"before")
    ear, subscriptions = await listen("c:1")
    await subscriptions.unsubscribe("c:1")
    await fanout.publish("c:1", b"between")
    await subscriptions.subscribe("c:1")
    await fanout.publish("c:1", b"now")
    await ear.hears(b"now")
    assert [payload for _, payload in ear.heard] == [b"now"]


async def test_nobody_is_called_from_inside_a_publication(fanout, listen):
    """A listener runs in a turn of its own, so that no publisher comes to rely on having been heard."""
    ear, _ = await listen("c:1")
    for number in range(10):
        await fanout.publish("c:1", bytes([number]))
    await fanout.publish("c:1", b"end")
    await ear.hears(b"end")
    assert asyncio.current_task() not in ear.callers


async def test_a_listener_may_publish(fanout, listen):
    """What a listener publishes in answer to a payload arrives like everything else."""
    answers = []

    def react(payload):
        if payload == b"ping":
            answers.append(asyncio.ensure_future(fanout.publish("c:2", b"pong")))

    await listen("c:1", react=react)
    ear, _ = await listen("c:2")
    await fanout.publish("c:1", b"ping")
    await ear.hears(b"pong")
    await asyncio.gather(*answers)
