"""The port Idempotency: one first answer per person and key, for 24 hours."""

import asyncio
from contextlib import nullcontext

import pytest
from support import valkey
from support.valkey_cluster import CLUSTER

from parley.idempotency.inprocess import InProcessIdempotency
from parley.idempotency.model import Answer
from parley.idempotency.port import KeyInProgress, KeyReused

ADAPTERS = [
    pytest.param(lambda clock: nullcontext(InProcessIdempotency(clock)), id="inprocess"),
    pytest.param(valkey.ONE.idempotency, id="redis", marks=pytest.mark.engine),
    pytest.param(CLUSTER.idempotency, id="cluster", marks=pytest.mark.engine),
]
"""Every adapter, opened on a clock in seconds."""

FIRST = Answer(status=201, headers={"ETag": '"1"', "Location": "/x"}, body='{"title": "é"}'.encode())
SECOND = Answer(status=200, headers={}, body=b"{}")
MINUTE, DAY = 60, 24 * 3600


class Clock:
    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=ADAPTERS)
async def keys(request, clock):
    async with request.param(clock) as opened:
        yield opened


async def finished(keys, user="ann", key="k1", fingerprint=b"f", answer=FIRST):
    assert await keys.begin(user, key, fingerprint) is None
    await keys.finish(user, key, answer)


async def test_the_first_answer_comes_back_whole(keys):
    """Status, headers and body of the first answer are given as often as they are asked for."""
    await finished(keys)
    assert [await keys.begin("ann", "k1", b"f") for _ in range(3)] == [FIRST] * 3


async def test_one_of_many_may_begin(keys):
    """Of 64 requests with one key at once, one is let through, and the others are told that it is running."""
    results = await asyncio.gather(*(keys.begin("ann", "k1", b"f") for _ in range(64)), return_exceptions=True)
    assert results.count(None) == 1
    assert [type(it) for it in results if it is not None] == [KeyInProgress] * 63


async def test_another_request_has_no_use_of_the_key(keys):
    """A key that was brought by another request is refused, while that is running and afterwards."""
    assert await keys.begin("ann", "k1", b"f") is None
    with pytest.raises(KeyReused):
        await keys.begin("ann", "k1", b"g")
    await keys.finish("ann", "k1", FIRST)
    with pytest.raises(KeyReused):
        await keys.begin("ann", "k1", b"g")
    assert await keys.begin("ann", "k1", b"f") == FIRST


async def test_keys_are_a_persons_own(keys):
    """The same key of another person, and another key of the same, are new."""
    await finished(keys)
    await finished(keys, user="bob", answer=SECOND)
    await finished(keys, key="k2", answer=SECOND)
    await finished(keys, user="ann:k", key="1", answer=SECOND)
    assert await keys.begin("ann", "k1", b"f") == FIRST


async def test_a_key_given_back_is_new(keys):
    """After a release the next request may try, also another one."""
    assert await keys.begin("ann", "k1", b"f") is None
    await keys.release("ann", "k1")
    await finished(keys, fingerprint=b"g", answer=SECOND)
    assert await keys.begin("ann", "k1", b"g") == SECOND
    await keys.release("ann", "never begun")


async def test_an_answer_is_kept_for_a_day(keys, clock):
    """The answer is there until 24 hours after it was given; then the key is new."""
    assert await keys.begin("ann", "k1", b"f") is None
    clock.now += MINUTE / 2
    await keys.finish("ann", "k1", FIRST)
    clock.now += DAY - 1
    assert await keys.begin("ann", "k1", b"f") == FIRST
    clock.now += 1
    assert await keys.begin("ann", "k1", b"g") is None


async def test_a_dead_holder_lets_go_after_a_minute(keys, clock):
    """A reservation that nobody ends holds for a minute and no longer."""
    assert await keys.begin("ann", "k1", b"f") is None
    clock.now += MINUTE - 1
    with pytest.raises(KeyInProgress):
        await keys.begin("ann", "k1", b"f")
    clock.now += 1
    assert await keys.begin("ann", "k1", b"f") is None


async def outlive(keys, clock, end):
    """Two requests hold one key after each other; the first ends with `end` while the second is running."""
    lost, ended = asyncio.Event(), asyncio.Event()

    async def first():
        assert await keys.begin("ann", "k1", b"f") is None
        lost.set()
        await ended.wait()
        await end(keys)

    holding = asyncio.create_task(first())
    await lost.wait()
    clock.now += MINUTE
    assert await keys.begin("ann", "k1", b"f") is None
    ended.set()
    await holding


@pytest.mark.parametrize(
    "end",
    [lambda keys: keys.release("ann", "k1"), lambda keys: keys.finish("ann", "k1", SECOND)],
    ids=["release", "finish"],
)
async def test_who_outlives_a_reservation_leaves_the_next_alone(keys, clock, end):
    """A holder whose reservation has ended neither frees the next holder's key nor answers for it."""
    await outlive(keys, clock, end)
    with pytest.raises(KeyInProgress):
        await keys.begin("ann", "k1", b"f")
    await keys.finish("ann", "k1", FIRST)
    assert await keys.begin("ann", "k1", b"f") == FIRST


async def test_a_late_answer_is_kept_if_nobody_came(keys, clock):
    """A request that outlived its reservation still has its answer kept for a day, if the key is free."""
    assert await keys.begin("ann", "k1", b"f") is None
    clock.now += MINUTE
    await keys.finish("ann", "k1", FIRST)
    clock.now += DAY - 1
    assert await keys.begin("ann", "k1", b"f") == FIRST


async def test_a_late_release_changes_nothing(keys, clock):
    """Who gives back a key after its answer was kept, or after its reservation ended, takes nothing from anybody."""
    await finished(keys)
    await keys.release("ann", "k1")
    assert await keys.begin("ann", "k1", b"f") == FIRST
    assert await keys.begin("ann", "k2", b"f") is None
    clock.now += MINUTE
    await keys.release("ann", "k2")
    assert await keys.begin("ann", "k2", b"g") is None


@pytest.mark.parametrize("keys", ADAPTERS[:2], indirect=True)
async def test_many_keys_push_out_none(keys, clock):
    """However many keys come and go, those that are still kept stay, before and after the others have ended."""
    await finished(keys)
    for number in range(5_000):
        assert await keys.begin("bob", f"k{number}", b"f") is None
    clock.now += MINUTE
    for number in range(5_000):
        assert await keys.begin("bob", f"k{number}", b"f") is None
    assert await keys.begin("ann", "k1", b"f") == FIRST
