"""Offer, answer and candidates reach the other side, whatever the network loses and doubles, in every mix of roles."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from itertools import product
from random import Random

import pytest
from conformance.client import client, slug
from conformance.peers import LongPolling, Nudged, Peer, Polling
from conformance.window import window

ROLES = {"polling": Polling, "long-poll": LongPolling, "websocket": Nudged}
PATIENCE_S = 60


async def peer(stack: AsyncExitStack, role: str, person, random: Random) -> Peer:
    http = await stack.enter_async_context(client(person, random))
    if role == "websocket":
        seen = await stack.enter_async_context(window(person))
        return Nudged(http, seen, random)
    return ROLES[role](http)


async def one_round(offering: Peer, answering: Peer) -> None:
    """One offers and the other answers; both find what the other has sent."""
    earlier = answering.session["offer"]["sdp"] if answering.session.get("offer") else None

    async def offers() -> str:
        offered = await offering.offer()
        before = offering.session["answer"]["sdp"] if offering.session.get("answer") else None
        await offering.until(lambda: (offering.session.get("answer") or {"sdp": before})["sdp"] != before)
        return offered

    async def answers() -> str:
        await answering.until(lambda: (answering.session.get("offer") or {"sdp": earlier})["sdp"] != earlier)
        return await answering.answer()

    offered, answered = await asyncio.gather(offers(), answers())
    await asyncio.gather(*(converge(one, other, offered, answered) for one, other in pairs(offering, answering)))


def pairs(one: Peer, other: Peer):
    return (one, other), (other, one)


async def converge(one: Peer, other: Peer, offered: str, answered: str) -> None:
    """One sees what both have put, and every candidate of the other in the order in which it was sent."""

    def has_everything() -> bool:
        is_described = one.sees_offer(offered) and one.sees_answer(answered)
        return is_described and len(one.heard(other.email)) >= len(other.sent)

    await one.until(has_everything)


@pytest.mark.parametrize(("caller", "callee"), list(product(ROLES, ROLES)))
async def test_what_is_sent_arrives_once_and_in_order(ann, bob, caller, callee):
    """Two rounds in both directions, with three in ten lost before, lost after and doubled: each candidate once."""
    async with AsyncExitStack() as stack, asyncio.timeout(PATIENCE_S):
        one = await peer(stack, caller, ann, Random(f"{caller} calls {callee}"))
        other = await peer(stack, callee, bob, Random(f"{callee} is called by {caller}"))
        session = await one.create(other)
        await asyncio.gather(one.join(session), other.join(session))
        await one_round(one, other)
        await one_round(other, one)
        for side, opposite in pairs(one, other):
            assert side.heard(opposite.email) == opposite.sent
            assert sorted(side.candidates) == list(range(len(one.sent) + len(other.sent)))
        assert one.client.lost + other.client.lost > 0
        await one.end()
        gone = await other.client.ask("GET", other.path)
        assert (gone.status_code, slug(gone)) == (404, "not-found")


async def test_two_who_offer_at_once(ann, bob):
    """Of two offers on the same condition one is put and one is refused with 412, whatever is lost; both see one."""
    async with client(ann, Random("ann")) as at_ann, client(bob, Random("bob")) as at_bob, asyncio.timeout(PATIENCE_S):
        one, other = LongPolling(at_ann), LongPolling(at_bob)
        session = await one.create(other)
        await asyncio.gather(one.join(session), other.join(session))
        for _ in range(6):
            seen = await asyncio.gather(one.offer(), other.offer())
            assert seen[0] == seen[1]
            await asyncio.gather(*(it.until(partial(it.sees_offer, seen[0])) for it in (one, other)))
            assert one.sync["offer_rev"] == other.sync["offer_rev"]
        assert one.sync["offer_rev"] == 6
        await one.end()
