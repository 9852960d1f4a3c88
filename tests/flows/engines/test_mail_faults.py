"""Bars 10 to 13: no request for a code is lost, whatever is killed, wiped, refused or poisoned on the way to a mail."""

import asyncio
import random
import time

import httpx2
import pytest
from support import kafka
from support.asking import ended, new_address
from support.crowds import quantiles
from support.fleet import REGISTRATION, WORKER
from support.mailgun_server import Answer
from support.nemesis import kill

from parley.contracts.topics import NEW_REGISTRATION, NEW_REGISTRATION_DEAD_LETTERS

pytestmark = pytest.mark.engine

ENDED_WITHIN_S = 180.0
"""A lease of a killed worker lasts a minute and a pause after a refused mail half of one."""

IN_FLIGHT = 6
"""Mails that one worker may have under way: one for each partition."""


class Requests:
    """Sign-in requests at a steady rate, each of a browser of its own, and what became of them."""

    def __init__(self, browser, sink):
        self._browser, self._sink = browser, sink
        self.accepted, self.refused, self.seconds = {}, 0, []

    async def ask(self, count, per_second):
        """So many, whether or not earlier ones are answered; those that nobody answers are not promised anything."""
        asking = []
        for _ in range(count):
            asking.append(asyncio.create_task(self._ask()))
            await asyncio.sleep(1 / per_second)
        await asyncio.gather(*asking)

    async def _ask(self):
        address, begun = new_address(), time.monotonic()
        try:
            answer = await self._browser().ask(address)
        except httpx2.TransportError:
            self.refused += 1
            return
        self.seconds.append(time.monotonic() - begun)
        if answer.status_code == 202:
            self.accepted[answer.json()["challenge"]] = address
        else:
            # Who asks again after an answer that came too late is told to wait, if the request had been written down.
            assert answer.status_code in (429, 503), answer.text
            self.refused += 1

    async def account_for(self, within_s=ENDED_WITHIN_S):
        """Seconds until each accepted request has ended with a mail. Fails if one got none, or two different codes."""
        begun = time.monotonic()
        found = await ended(list(self.accepted), within_s)
        assert found.keys() == self.accepted.keys()
        assert set(found.values()) == {"sent"}, found
        mailed = self._sink.by_address()
        for address in self.accepted.values():
            assert len({mail.code for mail in mailed[address]}) == 1, f"{address}: {mailed[address]}"
        return time.monotonic() - begun


def poison(count):
    """What no version of us has ever written: kinds of bad records, each so many times."""
    kinds = [
        b"",
        b"not JSON",
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b'{"id": "1", "data": {}}',
        b'{"id": "1", "data": {"request_id": null}}',
        b'{"id": 1, "data": {"request_id": "1"}}',
        b'{"id": "1", "data": {"request_id": "1"}, "type": "parley.something.else"}',
        b'{"id": "1", "data": {"request_id": "' + b"1" * 50_000,
    ]
    return [(f"poison-{number}".encode(), kind) for number in range(count) for kind in kinds]


async def lose_replies(sink):
    """Take mails and drop the replies, until that has hit one."""
    before = len(sink.mails)
    sink.answer(Answer(is_lost=True))
    async with asyncio.timeout(ENDED_WITHIN_S):
        while not any(mail.is_lost for mail in sink.mails[before:]):
            await asyncio.sleep(0.1)
    sink.answer(Answer())


async def test_everything_is_killed(sign_in, browser, sink, rng, figures):
    """Bar 10: while APIs, workers and the broker are killed and replies lost, each accepted request gets its code."""
    requests, faults = Requests(browser, sink), []

    async def rage():
        for name in rng.sample(["api", "worker", "broker", "lost replies", "slow", "api", "worker", "lost replies"], 8):
            match name:
                case "api":
                    await kill(rng.choice(sign_in.of(REGISTRATION)), 1)
                case "worker":
                    await kill(rng.choice(sign_in.of(WORKER)), 1)
                case "broker":
                    await asyncio.to_thread(kafka.broker().kill)
                    await asyncio.sleep(1)
                    await asyncio.to_thread(kafka.broker().start)
                case "lost replies":
                    await lose_replies(sink)
                case "slow":
                    sink.way.slow_down(0.3)
                    await asyncio.sleep(2)
                    sink.way.heal()
            faults.append(name)
            await asyncio.sleep(1)

    raging = asyncio.create_task(rage())
    while not raging.done():
        await requests.ask(10, 10)
    await raging
    drained_s = await requests.account_for()
    lost = sum(mail.is_lost for mail in sink.mails)
    assert lost > 0
    assert sink.repetitions() <= lost + faults.count("worker") * IN_FLIGHT
    figures(
        f"{len(requests.accepted)} accepted, {requests.refused} not; {', '.join(faults)}; {lost} replies lost, "
        f"{sink.repetitions()} mails repeated; drained {drained_s:.0f} s after the last request"
    )


async def test_the_topic_is_wiped(browser, sink, figures):
    """Bar 11: a topic whose data is deleted, and one that is gone altogether, lose no request."""
    requests, broker = Requests(browser, sink), kafka.broker()
    wiping = asyncio.create_task(requests.ask(150, 10))
    await asyncio.sleep(4)
    await asyncio.to_thread(delete_records, broker)
    await asyncio.sleep(4)
    await asyncio.to_thread(broker.run, "kafka-topics", "--delete", "--topic", NEW_REGISTRATION)
    await wiping
    drained_s = await requests.account_for()
    figures(f"{len(requests.accepted)} accepted, {requests.refused} not; drained {drained_s:.0f} s after the last")


def delete_records(broker):
    """Delete everything that the topic holds now."""
    places = ",".join(f'{{"topic": "{NEW_REGISTRATION}", "partition": {it}, "offset": -1}}' for it in range(6))
    text = f'{{"version": 1, "partitions": [{places}]}}'
    tool = "/opt/kafka/bin/kafka-delete-records.sh --bootstrap-server localhost:19092 --offset-json-file /dev/stdin"
    code, output = broker.container.exec(["bash", "-c", f"echo '{text}' | {tool}"])
    assert code == 0, output


async def test_mailgun_is_out(browser, sink, figures):
    """Bar 12: while Mailgun fails in every way it knows, requests are accepted as ever, and mailed once it is back."""
    requests = Requests(browser, sink)
    faults = [Answer(status=503), Answer(status=429, headers={"Retry-After": "2"}), Answer(is_lost=True)]
    asking = asyncio.create_task(requests.ask(100, 5))
    for fault in faults:
        sink.answer(fault)
        await asyncio.sleep(6)
    sink.answer(Answer())
    back = time.monotonic()
    await asking
    await requests.account_for()
    drained = f"drained {time.monotonic() - back:.0f} s after its return"
    figures(f"{len(requests.accepted)} accepted, asked {quantiles(requests.seconds)}; {drained}")


async def test_poison(sign_in, browser, sink, figures):
    """Bar 13: bad records among good ones go to the dead letters byte for byte, and hold nobody up."""
    bad, requests = poison(10), Requests(browser, sink)
    before = len(await kafka.records(NEW_REGISTRATION_DEAD_LETTERS))
    random.Random(1).shuffle(bad)
    await asyncio.gather(requests.ask(100, 10), kafka.put(NEW_REGISTRATION, *bad))
    await requests.account_for()
    async with asyncio.timeout(60):
        while await kafka.lag(NEW_REGISTRATION, "email-worker"):
            await asyncio.sleep(0.2)
    letters = (await kafka.records(NEW_REGISTRATION_DEAD_LETTERS))[before:]
    assert sorted((it.key, it.value) for it in letters) == sorted(bad)
    assert {kafka.headers(it)["topic"] for it in letters} == {NEW_REGISTRATION}
    figures(f"{len(requests.accepted)} mailed, {len(letters)} dead letters")
