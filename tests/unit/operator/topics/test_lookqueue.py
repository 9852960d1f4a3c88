"""Which objects are looked at next: each once, the longest waiting first, never more than fit."""

import asyncio

import pytest

from parley_operator.topics.lookqueue import LookQueue


async def next_of(queue):
    async with asyncio.timeout(20):
        return await queue.batch()


async def test_once():
    """An object that is offered several times is looked at once."""
    queue = LookQueue(10, 0.0)
    queue.offer(["a", "b"])
    queue.offer(["a"])
    assert sorted(await next_of(queue)) == ["a", "b"]
    assert len(queue) == 0


async def test_batches():
    """Of more than fit the longest waiting come first, and the others next."""
    queue = LookQueue(2, 0.0)
    for uid in "abc":
        queue.offer([uid])
        await asyncio.sleep(0)
    assert await next_of(queue) == ["a", "b"]
    assert await next_of(queue) == ["c"]


async def test_earlier():
    """An object that waits for later is looked at now if somebody asks for it now."""
    queue = LookQueue(10, 0.0)
    queue.offer(["a"], 3600.0)
    waiting = asyncio.create_task(next_of(queue))
    await asyncio.sleep(0)
    queue.offer(["a"])
    queue.offer(["a"], 3600.0)
    assert await waiting == ["a"]


async def test_not_yet():
    """What is due later is not in a batch, and comes by itself when it is due."""
    queue = LookQueue(10, 0.0)
    queue.offer(["soon"], 0.02)
    queue.offer(["never"], 3600.0)
    assert await next_of(queue) == ["soon"]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.batch(), 0.05)
