"""The bound on guessing as a state machine: any order of requests, mails, guesses, uses and waiting keeps the rules.

The machine keeps its own books about every code; the database must never admit more than they allow, nor less.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule
from support.databases import MovableClock, sqlite
from support.signing_in import WORKER, SignInSteps, mac_of, new_session

from parley.onetimecodes.model import ATTEMPTS, FAILURES_PER_DAY, VALID_MS

BROWSERS = st.sampled_from(["browser-1", "browser-2"])


@dataclass
class Code:
    """What the machine knows about one code."""

    request_id: str
    generation: int
    browser: str
    stored_ms: int
    spent: int
    used: bool = False


class GuessBound(RuleBasedStateMachine):
    """One address, two browsers, one worker."""

    requests = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = MovableClock()
        self.opened = sqlite(Path(self.folder.name, "x"), self.clock)
        Path(self.folder.name, "x").mkdir()
        self.database = self.do(self.opened.__aenter__())
        self.steps = SignInSteps.on(self.database)
        self.codes: list[Code] = []
        self.failed_ms: list[int] = []
        self.sessions = 0

    def do(self, coroutine):
        return self.runner.run(coroutine)

    def teardown(self) -> None:
        self.do(self.opened.__aexit__(None, None, None))
        self.runner.close()
        self.folder.cleanup()

    def live(self, browser):
        now = self.clock.now_ms
        return [
            code
            for code in self.codes
            if code.browser == browser
            and not code.used
            and code.spent < ATTEMPTS
            and now < code.stored_ms + VALID_MS
            and code.generation == max(it.generation for it in self.codes if it.request_id == code.request_id)
        ]

    def failures(self):
        return sum(self.clock.now_ms - at < 24 * 3_600_000 for at in self.failed_ms)

    @rule(target=requests, browser=BROWSERS)
    def ask(self, browser):
        return self.do(self.steps.ask(browser=browser)), browser

    @rule(asked=requests)
    def mail(self, asked):
        """Store the next generation, as a worker does after an outage."""
        request_id, browser = asked
        generation = 1 + sum(code.request_id == request_id for code in self.codes)
        spent = max((code.spent for code in self.live(browser)), default=0)
        assert self.do(self.steps.deliveries.lease(request_id, WORKER, 60_000))
        mac = mac_of(f"{request_id}{generation}")
        assert self.do(self.steps.deliveries.store_code(request_id, WORKER, generation, mac))
        self.codes.append(Code(request_id, generation, browser, self.clock.now_ms, spent))

    @rule(asked=requests, parallel=st.integers(1, 8))
    def guess_wrong(self, asked, parallel):
        """Guess several times at once with a code that is not the right one."""
        request_id, browser = asked
        live = self.live(browser)
        room = min(FAILURES_PER_DAY - self.failures(), ATTEMPTS - max((code.spent for code in live), default=ATTEMPTS))
        attempts = self.do(self.all(self.steps.guess(request_id, browser) for _ in range(parallel)))
        admitted = [attempt for attempt in attempts if attempt]
        for attempt in admitted:
            for hit in attempt.codes:
                next(c for c in live if (c.request_id, c.generation) == (hit.request_id, hit.generation)).spent += 1
        self.failed_ms += [self.clock.now_ms] * len(admitted)
        assert len(admitted) == min(parallel, max(room, 0))

    @rule(asked=requests, parallel=st.integers(1, 4))
    def guess_right(self, asked, parallel):
        """Enter the newest right code several times at once: one session, or none if nothing may be guessed."""
        request_id, browser = asked
        live = self.live(browser)
        outcomes = self.do(self.all(self.enter(request_id, browser) for _ in range(parallel)))
        won = sum(outcome is not None for outcome in outcomes)
        assert won == (1 if live and self.failures() < FAILURES_PER_DAY else 0)
        if won:
            self.sessions += 1
            for code in self.codes:
                code.used = code.used or code.browser == browser

    @precondition(lambda self: self.codes)
    @rule(seconds=st.sampled_from([1, 59, 121, 179, 181, 86_400]))
    def wait(self, seconds):
        self.clock.advance(s=seconds)

    @invariant()
    def no_code_is_compared_a_sixth_time(self):
        assert all(code.spent <= ATTEMPTS for code in self.codes)

    @invariant()
    def sessions_are_those_that_were_won(self):
        async def count():
            async with self.database.read() as connection:
                return (await connection.exec_driver_sql("SELECT COUNT(*) FROM sessions")).scalar_one()

        assert self.do(count()) == self.sessions

    async def all(self, coroutines):
        return await asyncio.gather(*coroutines)

    async def enter(self, request_id, browser):
        attempt = await self.steps.guess(request_id, browser)
        return attempt and await self.steps.codes.consume(attempt, attempt.codes[-1], new_session()[1])


GuessBound.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestGuessBound = GuessBound.TestCase
