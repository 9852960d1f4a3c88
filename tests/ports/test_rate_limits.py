"""The port RateLimits as a state machine: at most burst + rate · t per name, and a wait that was told is enough."""

import asyncio
from contextlib import AsyncExitStack, nullcontext
from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from support import valkey
from support.valkey_cluster import CLUSTER

from parley.ratelimits.inprocess import InProcessRateLimits
from parley.ratelimits.port import Rate

ADAPTERS = [
    pytest.param(lambda clock: nullcontext(InProcessRateLimits(clock)), id="inprocess"),
    pytest.param(valkey.ONE.rate_limits, id="redis", marks=pytest.mark.engine),
    pytest.param(CLUSTER.rate_limits, id="cluster", marks=pytest.mark.engine),
]
"""Every adapter, opened on a clock in seconds."""


@pytest.fixture
def now():
    """The time in seconds, to be moved."""
    return [5.0]


@pytest.fixture(params=ADAPTERS)
async def limits(request, now):
    async with request.param(lambda: now[0]) as opened:
        yield opened


NAMES = ["send:ann", "send:bob"]
RATES = [Rate(5, 20), Rate(20, 40), Rate(0.1, 6), Rate(3, 1), Rate(1000, 2), Rate(1 / 7, 3), Rate(1 / 3600, 2)]


class Budgets(RuleBasedStateMachine):
    """Two names with one rate; the clock begins as late as a machine that has been up for months."""

    def __init__(self, adapter, rate) -> None:
        super().__init__()
        self.now_ms = 7_776_000_123
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.limits = self.runner.run(self.stack.enter_async_context(adapter(lambda: self.now_ms / 1000)))
        self.rate = rate
        # 1 / 3600 as it is meant, which no binary fraction is.
        self.per_ms = Fraction(rate.per_second).limit_denominator(10_000) / 1000
        self.admitted = dict.fromkeys(NAMES, 0)
        self.lowest = dict.fromkeys(NAMES, Fraction(0))
        self.full: dict[str, Fraction] = dict.fromkeys(NAMES, Fraction(0))

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()

    def take(self, name) -> int:
        wait_ms = self.runner.run(self.limits.take(name, self.rate))
        if wait_ms == 0:
            self.count(name)
            self.full[name] = max(self.full[name], Fraction(self.now_ms)) + 1 / self.per_ms
        return wait_ms

    def count(self, name) -> None:
        """Between any two admissions, both counted, lie no more than the burst and what has flowed in."""
        self.admitted[name] += 1
        surplus = self.admitted[name] - self.per_ms * self.now_ms
        self.lowest[name] = min(self.lowest[name], surplus) if self.admitted[name] > 1 else surplus
        assert surplus - self.lowest[name] + 1 <= self.rate.burst

    def due_ms(self, name) -> Fraction:
        """How long an ideal bucket would let wait."""
        at = max(self.full[name], Fraction(self.now_ms)) - (self.rate.burst - 1) / self.per_ms
        return max(Fraction(0), at - self.now_ms)

    @rule(name=st.sampled_from(NAMES), times=st.integers(1, 25))
    def take_some(self, name, times):
        for _ in range(times):
            due = self.due_ms(name)
            wait_ms = self.take(name)
            assert due - 2 <= wait_ms <= due + 2
            assert isinstance(wait_ms, int)

    @rule(ms=st.one_of(st.integers(0, 50), st.integers(0, 20_000)))
    def wait(self, ms):
        self.now_ms += ms

    @rule(name=st.sampled_from(NAMES))
    def wait_as_told(self, name):
        """In one moment nobody gets more than the burst; then exactly the told wait admits."""
        wait_ms = [self.take(name) for _ in range(self.rate.burst + 1)][-1]
        assert wait_ms >= 1
        self.now_ms += wait_ms
        assert self.take(name) == 0


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_budgets_hold(adapter, rate):
    """In any order of taking and waiting the bound holds, and nobody is made to wait longer than it needs."""
    quick = settings(max_examples=15, stateful_step_count=12, deadline=None)
    run_state_machine_as_test(lambda: Budgets(adapter, rate), settings=quick)


async def test_a_budget_begins_full_and_refills(limits, now):
    """A new name has the whole burst, and has it again once enough has flowed in, but never more."""
    for _ in range(3):
        assert [await limits.take("ann", Rate(5, 20)) for _ in range(21)] == [0] * 20 + [200]
        now[0] += 1000


async def test_refusals_cost_nothing(limits):
    """However often one asks too early, the wait is the same."""
    assert await limits.take("ann", Rate(0.1, 1)) == 0
    assert {await limits.take("ann", Rate(0.1, 1)) for _ in range(50)} == {10_000}


@pytest.mark.parametrize("limits", ADAPTERS[:2], indirect=True)
async def test_many_names_forget_nobody(limits):
    """However many others there are, who has spent a budget has still spent it."""
    assert await limits.take("ann", Rate(0.1, 1)) == 0
    assert {await limits.take(f"other{number}", Rate(0.1, 1)) for number in range(25_000)} == {0}
    assert await limits.take("ann", Rate(0.1, 1)) == 10_000
