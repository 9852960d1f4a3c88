"""From the request for a code to the moment when the mail server has taken the mail: through MySQL, Kafka and SMTP.

An open loop: requests are sent when they are due, whatever became of those before. The mail server is a small one in
this process, so that one clock times both ends.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator

import httpx2
from bench.engines.stack import REGISTRATION, Stack
from bench.report import Report, at_most
from support.smtp_server import ScriptedSmtp

RATE, SECONDS = 20, 15
_PATIENCE_S = 20.0
_GOAL_S = 1.0


class TimingSmtp(ScriptedSmtp):
    """Notes when it took the mail of each address."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[str, float] = {}

    async def _take(self, reader, writer, envelope) -> bool:
        goes_on = await super()._take(reader, writer, envelope)
        self.taken.setdefault(envelope["RCPT"].partition("<")[2].rstrip(">"), time.monotonic())
        return goes_on


async def measure(report: Report, stack: Stack, smtp: TimingSmtp) -> int:
    """Returns how many requests have got no mail."""
    report.title(f"Sign-in at {RATE} requests/s for {SECONDS} s: from the request to the accepted mail")
    asked: dict[str, float] = {}
    answers: list[float] = []
    async with httpx2.AsyncClient(limits=httpx2.Limits(max_connections=50)) as client, asyncio.TaskGroup() as group:
        start = time.monotonic()
        for number, url in enumerate(_turns(stack)):
            await asyncio.sleep(max(0, start + number / RATE - time.monotonic()))
            group.create_task(_ask(client, url, number, asked, answers))
    until = time.monotonic() + _PATIENCE_S
    while len(smtp.taken) < len(asked) and time.monotonic() < until:
        await asyncio.sleep(0.05)
    took = [smtp.taken[address] - at for address, at in asked.items() if address in smtp.taken]
    _tell(report, "request answered", answers)
    p95_s = _tell(report, "mail accepted", took)
    report.line("  at p95", f"{p95_s:.2f} s", at_most(p95_s, _GOAL_S, "s"))
    report.line("requests, mails", f"{len(asked)}, {len(took)}")
    return len(asked) - len(took)


def _tell(report: Report, what: str, figures: list[float]) -> float:
    hundredths = statistics.quantiles(figures, n=100)
    p50, p95, p99 = (hundredths[n] * 1000 for n in (49, 94, 98))
    report.line(what, f"p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f} ms")
    return p95 / 1000


def _turns(stack: Stack) -> Iterator[str]:
    urls = stack.fleet.urls(REGISTRATION)
    for number in range(RATE * SECONDS):
        yield urls[number % len(urls)]


async def _ask(
    client: httpx2.AsyncClient, url: str, number: int, asked: dict[str, float], answers: list[float]
) -> None:
    address = f"someone{number}@bench{number}.example.org"
    asked[address] = start = time.monotonic()
    headers = {"X-Forwarded-For": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"}
    answer = await client.post(f"{url}/otp", json={"email": address}, headers=headers)
    answer.raise_for_status()
    answers.append(time.monotonic() - start)
