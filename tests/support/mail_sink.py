"""Mailgun's interface on loopback for a whole fleet: what arrived when, with the faults that a test asks for.

The server is `mailgun_server.py`; here it runs beside the proxies, behind one of them.
"""

import asyncio
import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from support.fault_proxy import Network
from support.mailgun_server import Answer, MailgunServer, Received

_CODE = re.compile(r"\b\d{6}\b")


@dataclass(frozen=True)
class Arrival:
    """A mail that was taken, `at` seconds since 1970. `is_lost`: whoever sent it was not told."""

    to: str
    code: str
    message_id: str
    at: float
    is_lost: bool


class _Arrivals(list[Received]):
    """Stamps what the server takes."""

    def __init__(self, server: MailgunServer, mails: list[Arrival]) -> None:
        super().__init__()
        self._server, self._mails = server, mails

    def append(self, taken: Received) -> None:
        found = _CODE.search(taken.fields["subject"])
        assert found is not None
        is_lost = self._server.answer.is_lost or self._server.answer.is_held
        to, name = taken.fields["to"], taken.fields["h:Message-Id"]
        self._mails.append(Arrival(to, found[0], name, time.time(), is_lost))


class MailSink:
    """Where a fleet's mails go."""

    def __init__(self, network: Network) -> None:
        self.mails: list[Arrival] = []
        self._server = MailgunServer()
        self._server.received = _Arrivals(self._server, self.mails)
        self._network, self._ending = network, asyncio.Event()
        serving = asyncio.Event()
        network.begin(lambda: self._serve(serving))
        network.do(serving.wait)
        host, _, port = self._server.url.removeprefix("http://").partition(":")
        self.way = network.proxy(host, int(port))

    @property
    def environment(self) -> Mapping[str, str]:
        """What the workers are told."""
        return {
            "MAIL_URL": "mailgun://mg.example.org?region=eu",
            "MAIL_FROM": "parley@example.org",
            "MAILGUN_API_KEY": "a-test",
            "MAILGUN_BASE_URL": f"http://127.0.0.1:{self.way.port}",
        }

    def answer(self, answer: Answer) -> None:
        """How every mail is answered from now on."""
        self._server.answer = answer

    def to(self, address: str) -> list[Arrival]:
        """What has arrived for one address."""
        return [mail for mail in self.mails if mail.to == address]

    def by_address(self) -> Mapping[str, list[Arrival]]:
        """What has arrived, by whom it is for."""
        found: defaultdict[str, list[Arrival]] = defaultdict(list)
        for mail in self.mails:
            found[mail.to].append(mail)
        return found

    def repetitions(self) -> int:
        """How many mails came more than once."""
        return sum(count - 1 for count in Counter(mail.message_id for mail in self.mails).values())

    async def code_for(self, address: str, count: int = 1, within_s: float = 60.0) -> str:
        """The code in the `count`-th mail for an address, once it is there."""
        async with asyncio.timeout(within_s):
            while len(found := self.to(address)) < count:
                await asyncio.sleep(0.02)
        return found[count - 1].code

    def end(self) -> None:
        """Serve no longer."""
        self._network.do(self._end)

    async def _serve(self, serving: asyncio.Event) -> None:
        async with self._server.serving():
            serving.set()
            await self._ending.wait()

    async def _end(self) -> None:
        await self.way.end()
        self._ending.set()
