"""When the check asks the services what they know, and when it has heard enough."""

import asyncio
import json
from contextlib import asynccontextmanager

from parley.callcheck.hops import Hop, Probed
from parley.callcheck.probes import Probes

PATIENCE_S = 20


@asynccontextmanager
async def services(*answers: dict[str, str], then: dict[str, str]):
    """A service whose /readyz tells these states one after another; yields its URL and what was asked."""
    waiting, asked = list(answers), []

    async def answer(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        told = waiting.pop(0) if waiting else then
        body = json.dumps({"checks": told, "optional": {}}).encode()
        writer.write(b"HTTP/1.1 503 Away\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/readyz", asked


WELL, AWAY = {"bus": "ok"}, {"bus": "away"}


async def test_what_is_noticed_late_is_waited_for():
    """A service that has not yet seen that its engine is gone is asked until it has."""
    async with services(WELL, WELL, then=AWAY) as (url, asked), asyncio.timeout(PATIENCE_S):
        found = await Probes({"email-worker": url}, every_s=0.01).after(Hop.MAIL)
    assert (found, len(asked)) == ({"email-worker": Probed(away=["bus"])}, 3)


async def test_who_stays_well_is_believed_in_the_end():
    """Where nobody is at fault the waiting ends, and that is what is said."""
    async with services(then=WELL) as (url, _), asyncio.timeout(PATIENCE_S):
        found = await Probes({"email-worker": url}, late_s=0.05, every_s=0.01).after(Hop.MAIL)
    assert found == {"email-worker": Probed(away=[])}


async def test_only_who_is_on_the_way_is_asked():
    """A service that a hop does not go through has nothing to say about it."""
    async with services(then=AWAY) as (url, asked), asyncio.timeout(PATIENCE_S):
        assert await Probes({"email-worker": url}).after(Hop.UDP) == {}
    assert asked == []


async def test_it_is_hopeless_after_eight_looks_in_a_row():
    """One look at which all is well begins the count anew."""
    async with services(*[AWAY] * 7, WELL, then=AWAY) as (url, asked), asyncio.timeout(PATIENCE_S):
        await Probes({"email-worker": url}, every_s=0.01).hopeless(Hop.MAIL)
    assert len(asked) == 7 + 1 + 8


async def test_silence_is_hopeless_too():
    """A service that does not answer at all is as good as away."""
    async with asyncio.timeout(PATIENCE_S):
        await Probes({"email-worker": "http://127.0.0.1:1/readyz"}, every_s=0.01).hopeless(Hop.MAIL)
