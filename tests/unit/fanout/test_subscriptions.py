"""Each channel once, from its first user here to its last."""

import asyncio

import pytest

from parley.fanout.subscriptions import Subscriptions


class Noting:
    """A subscriber that takes its time and notes what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.now: set[str] = set()

    async def subscribe(self, channel: str) -> None:
        self.asked.append(("subscribe", channel))
        await asyncio.sleep(0)
        self.now.add(channel)

    async def unsubscribe(self, channel: str) -> None:
        self.asked.append(("unsubscribe", channel))
        await asyncio.sleep(0)
        self.now.discard(channel)


@pytest.fixture
def subscriber():
    return Noting()


@pytest.fixture
def subscriptions(subscriber):
    return Subscriptions(subscriber)


async def test_once_for_many(subscriber, subscriptions):
    """Many users of a channel are one subscription, which the last of them ends."""
    await asyncio.gather(*(subscriptions.acquire("a") for _ in range(5)))
    for _ in range(4):
        await subscriptions.release("a")
    assert subscriber.asked == [("subscribe", "a")]
    await subscriptions.release("a")
    assert subscriber.asked == [("subscribe", "a"), ("unsubscribe", "a")]


async def test_who_comes_second_waits_too(subscriber, subscriptions):
    """The second user is not told that it hears before the first subscription is there."""
    heard = []

    async def come():
        await subscriptions.acquire("a")
        heard.append("a" in subscriber.now)

    await asyncio.gather(come(), come())
    assert heard == [True, True]


async def test_coming_and_going_at_once(subscriber, subscriptions):
    """However acquiring and releasing fall together, in the end the channel is heard exactly if somebody needs it."""
    await subscriptions.acquire("a")
    await asyncio.gather(subscriptions.release("a"), subscriptions.acquire("a"), subscriptions.acquire("b", "c"))
    assert subscriber.now == {"a", "b", "c"}
    await asyncio.gather(subscriptions.acquire("b"), subscriptions.release("a", "b", "c"), subscriptions.release("b"))
    assert subscriber.now == set()
