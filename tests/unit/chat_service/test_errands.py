"""Work in the background that a callback asks for."""

import asyncio

import pytest

from parley.chat_service.service.errands import AT_A_TIME, Errands
from parley.contracts.problems import ProblemError


@pytest.fixture
async def errands():
    made = Errands()
    running = asyncio.create_task(made.run_forever())
    yield made
    running.cancel()


async def test_a_name_waits_once(errands):
    """An errand that already waits under its name is not queued again; one that has begun may be."""
    done, begun, go_on = [], asyncio.Event(), asyncio.Event()

    async def slow():
        begun.set()
        await go_on.wait()
        done.append("slow")

    for _ in range(3):
        errands.add("x", slow)
    await begun.wait()
    errands.add("x", slow)
    go_on.set()
    async with asyncio.timeout(5):
        while len(done) < 2:
            await asyncio.sleep(0)
    assert done == ["slow", "slow"]


async def test_a_slow_errand_holds_nobody_up(errands):
    """While some wait for a store others are done, up to a bound."""
    running, most, over = 0, 0, asyncio.Event()

    async def wait():
        nonlocal running, most
        running += 1
        most = max(most, running)
        await over.wait()
        running -= 1

    for number in range(3 * AT_A_TIME):
        errands.add(number, wait)
    async with asyncio.timeout(5):
        while running < AT_A_TIME:
            await asyncio.sleep(0)
    over.set()
    async with asyncio.timeout(5):
        while running:
            await asyncio.sleep(0)
    assert most == AT_A_TIME


async def test_a_failed_errand_is_a_line(errands, caplog):
    """An errand that a store refused is written down, and the next is done."""
    done = asyncio.Event()

    async def refused():
        raise ProblemError("unavailable")

    async def fine():
        done.set()

    errands.add("a", refused)
    errands.add("b", fine)
    async with asyncio.timeout(5):
        await done.wait()
    assert "unavailable" in caplog.text


async def test_a_bug_ends_the_process():
    """Anything else is not hidden: the task ends, and with it the process."""
    errands = Errands()

    async def broken():
        raise ZeroDivisionError

    errands.add("a", broken)
    with pytest.raises(ExceptionGroup) as caught:
        await errands.run_forever()
    assert caught.group_contains(ZeroDivisionError)
