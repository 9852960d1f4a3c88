"""What consumers of one group promise each other while they come, go, crash and take their time."""

import asyncio
import os
import random
import signal
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from support.buses import Seen, over_kafka
from support.kafka import broker, lag

from parley.bus.port import Event, RetryLater

pytestmark = pytest.mark.engine

APPS = Path(__file__).parents[2] / "apps"
HANGING = """
import asyncio, sys
from parley.bus.kafka import open_kafka_bus

async def hang(event):
    print(event.value.decode(), flush=True)
    await asyncio.Event().wait()

async def main():
    async with open_kafka_bus(sys.argv[1]) as bus:
        await bus.consume(sys.argv[2], "workers", hang)

asyncio.run(main())
"""


@pytest.fixture
async def bus():
    async with over_kafka() as opened:
        yield opened


class Holding:
    """A handler that keeps the first event in hand until `release` is set."""

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self.has_one, self.release = asyncio.Event(), asyncio.Event()

    async def __call__(self, event: Event) -> None:
        self.values.append(event.value)
        self.has_one.set()
        await self.release.wait()


async def acknowledged(bus, group="workers"):
    """Return when the group has acknowledged everything; nobody signals that."""
    async with asyncio.timeout(30):
        while await lag(bus.topic, group):
            await asyncio.sleep(0.2)


async def stop(task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_killed_process_loses_nothing(bus):
    """What a process had in hand when it was killed is handled by the next."""
    arguments = ["-c", HANGING, broker().url(), bus.topic]
    environment = {**os.environ, "PYTHONPATH": str(APPS)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    await bus.publish(b"1", b"2")
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"1\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    seen = Seen()
    async with bus.consuming(seen):
        assert await seen.count(2, within_s=60) == [b"1", b"2"]
        await acknowledged(bus)


async def test_what_is_in_hand_is_finished(bus):
    """A consumer that stops lets its handler finish and acknowledges that, and begins with nothing more."""
    holding = Holding()
    async with bus.consuming(holding) as task:
        await bus.publish(b"1", b"2")
        await asyncio.wait_for(holding.has_one.wait(), 30)
        task.cancel()
        ended, _ = await asyncio.wait({task}, timeout=0.2)
        assert not ended
        holding.release.set()
        await asyncio.wait({task}, timeout=30)
    assert holding.values == [b"1"]
    seen = Seen()
    async with bus.consuming(seen):
        await acknowledged(bus)
    assert seen.values == [b"2"]


async def test_what_takes_too_long_is_handled_again(bus, monkeypatch):
    """A handler that does not finish in time is cut off, and the next consumer gets the same event."""
    monkeypatch.setattr("parley.bus.kafka_consumer.FINISH_S", 0.1)
    holding, seen = Holding(), Seen()
    async with bus.consuming(holding):
        await bus.publish(b"1", b"2")
        await asyncio.wait_for(holding.has_one.wait(), 30)
    async with bus.consuming(seen):
        assert await seen.count(2) == [b"1", b"2"]


async def test_an_event_that_was_put_off_changes_hands(bus):
    """An event that waits for its retry is handled by whoever gets its partition."""

    def put_off(event):
        raise RetryLater("not now", 3600)

    waiting, seen = Seen(put_off), Seen()
    async with bus.consuming(waiting):
        await bus.publish(b"1", b"2")
        await waiting.count(1)
    async with bus.consuming(seen):
        assert await seen.count(2) == [b"1", b"2"]
        await acknowledged(bus)


async def test_a_handler_that_is_cancelled_from_within_is_no_end_in_silence(bus):
    """A handler that lets somebody else's cancellation out ends the consumer, and its event is handled again."""

    def cancelled(event):
        raise asyncio.CancelledError

    async with bus.consuming(Seen(cancelled)) as task:
        await bus.publish(b"1")
        with pytest.raises(RuntimeError, match="cancelled from within"):
            await asyncio.wait_for(task, 30)
    seen = Seen()
    async with bus.consuming(seen):
        assert await seen.count(1) == [b"1"]


async def test_a_newcomer_gets_only_what_is_not_in_hand(bus):
    """What a member has in hand when somebody joins is finished by that member, and seen by nobody else."""
    holding, seen = Holding(), Seen()
    async with bus.consuming(holding) as first:
        await bus.publish(b"1")
        await asyncio.wait_for(holding.has_one.wait(), 30)
        async with bus.consuming(seen):
            # The first may keep its key or lose it; only with both gone everything is the newcomer's.
            holding.release.set()
            await bus.publish(*(b"%d" % number for number in range(2, 40)))
            await stop(first)
            await acknowledged(bus)
    assert sorted(holding.values + seen.values) == sorted(b"%d" % number for number in range(1, 40))


async def test_consumers_come_and_go_under_traffic(bus):
    """No event is lost, each key keeps its order, and never are two events of a key in hand at once."""
    first: defaultdict[str, dict[int, None]] = defaultdict(dict)
    in_hand: Counter[str] = Counter()
    handled: Counter[str] = Counter()
    overlaps: list[str] = []

    def worker(name):
        async def handle(event):
            in_hand[event.key] += 1
            if in_hand[event.key] > 1:
                overlaps.append(event.key)
            await asyncio.sleep(random.uniform(0, 0.004))
            first[event.key].setdefault(int(event.value))
            handled[name] += 1
            in_hand[event.key] -= 1

        return handle

    async def traffic():
        number = 0
        while not enough.is_set() or number < 20:
            await asyncio.gather(*(bus.publish(b"%d" % number, key=f"key-{key}") for key in range(30)))
            number += 1
        return number

    async def handled_by(name):
        async with asyncio.timeout(60):
            while not handled[name]:
                await asyncio.sleep(0.02)

    enough = asyncio.Event()
    async with bus.consuming(worker("stays")):
        publishing = asyncio.create_task(traffic())
        for name in ("one", "two", "three"):
            async with bus.consuming(worker(name)):
                await handled_by(name)
        enough.set()
        rounds = await publishing
        await acknowledged(bus)
    assert overlaps == []
    assert {key: list(values) for key, values in first.items()} == {
        f"key-{key}": list(range(rounds)) for key in range(30)
    }
