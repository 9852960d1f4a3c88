"""What the fan-out lost is read from the log, and what cannot be read in time is told."""

import asyncio
import uuid

import pytest
from support.chatting import LOBBY

from parley.chat_service.adapters.inprocess import InProcessPresence
from parley.chat_service.presence import GRACE_S
from parley.contracts import frames
from parley.conversations.model import MembershipChange
from parley.fanout import channels
from parley.identity.model import new_id
from parley.messages.model import Cursor, Draft, Entry
from parley.messages.port import LogUnavailable
from parley.messages.posting import post


def text(chat, body="x", conv=LOBBY):
    return Draft(conv=conv, id=new_id(), sender=chat.accounts["eve"].id, body=body)


async def unheard(chat, seq):
    """An entry that is stored, and published to nobody."""
    return await chat.engines.log.append(text(chat, f"unheard {seq}"), Cursor(1, seq - 1))


async def heard(chat, seq):
    """An entry that is stored and published."""
    return await post(chat.engines.log, chat.engines.fanout, text(chat, f"heard {seq}"), Cursor(1, seq - 1))


def feed(replica):
    return replica.endpoint._service._feed


def seen(window, seq):
    return window.until(lambda frame: frame.get("t") == "msg" and frame["d"]["seq"] == seq)


async def test_a_gap_is_read_from_the_log(chat, ann):
    """A missing entry is read as soon as the next one shows that it is missing, and comes before it."""
    await unheard(chat, 1)
    await unheard(chat, 2)
    await heard(chat, 3)
    await seen(ann, 3)
    assert [d["seq"] for d in ann.pushes("msg")] == [1, 2, 3]


async def test_a_lost_tail_is_found(chat, here, ann):
    """The last entry, which nothing shows to be missing, is found by comparing with the head."""
    await unheard(chat, 1)
    await feed(here).check_all()
    await seen(ann, 1)


async def test_a_fan_out_that_was_away(chat, here, ann):
    """After the fan-out was away everything is compared, and memberships too."""
    await unheard(chat, 1)
    group = await chat.group("ann", "bob")
    feed(here).on_lost()
    await seen(ann, 1)
    await ann.until(lambda frame: frame.get("t") == "conv" and frame["d"] == {"conv": group, "change": "added"})
    await (await chat.window(here, "bob").greet()).say(group, "hello")
    await ann.until(lambda frame: frame.get("t") == "msg" and frame["d"]["conv"] == group)


async def test_a_membership_that_ended_unheard(chat, here):
    """Somebody whose removal was heard by nobody here hears nothing more after the next comparison."""
    group = await chat.group("ann", "bob")
    ann, bob = [await chat.window(here, name).greet() for name in ("ann", "bob")]
    change = MembershipChange(
        id=new_id(),
        conv=group,
        account=chat.accounts["bob"].id,
        by=chat.accounts["ann"].id,
        change="removed",
        after_epoch=1,
        after_seq=0,
    )
    await chat.engines.people.claim(change)
    await chat.engines.people.settle(change, 1)
    feed(here).on_lost()
    await bob.until(lambda frame: frame.get("t") == "conv" and frame["d"]["change"] == "removed")
    await ann.say(group, "just us")
    await ann.say(LOBBY, "the end")
    await bob.until(lambda frame: frame.get("t") == "msg" and frame["d"].get("body") == "the end")
    assert bob.texts(group) == []


async def test_too_much_is_not_replayed_to_all(chat, ann):
    """When more than a thousand entries are missing everybody is told to read them, and what follows is live."""
    for seq in range(1, 1003):
        await unheard(chat, seq)
    await heard(chat, 1003)
    told = await ann.until(lambda frame: frame.get("t") == "behind")
    assert told["d"]["convs"] == [{"conv": LOBBY, "epoch": 1, "head": 1003, "read": 0}]
    await heard(chat, 1004)
    await seen(ann, 1004)
    assert [d["seq"] for d in ann.pushes("msg")] == [1004]


class NewEpoch:
    """The log after a restore that could reuse numbers: every position is in epoch 2."""

    def __init__(self, log) -> None:
        self._log = log

    def __getattr__(self, name):
        return getattr(self._log, name)

    async def heads(self, convs):
        return {conv: head._replace(epoch=2) for conv, head in (await self._log.heads(convs)).items()}


async def test_another_epoch_is_told_to_all(chat, ann):
    """When an entry of a new epoch comes every window here is told the new head, and reads anew."""
    window = await chat.window(chat.replica(log=chat.engines.log), "bob").greet()
    service = window._replica.endpoint._service
    service._feed._log = NewEpoch(chat.engines.log)
    await unheard(chat, 1)
    entry = Entry(conv=LOBBY, epoch=2, seq=1, id=new_id(), sender=new_id(), at_ms=0, body="restored")
    payload = channels.pack(channels.Published(2, 1, frames.message(entry)))
    await chat.engines.fanout.publish(channels.conversation(LOBBY), payload)
    told = await window.until(lambda frame: frame.get("t") == "behind")
    assert told["d"]["convs"][0]["epoch"] == 2


async def test_a_store_that_is_away_is_a_line_in_the_log(chat, here, ann, caplog):
    """A repair that cannot read is written down and done by the next comparison."""
    real = chat.engines.log

    class Away:
        def __getattr__(self, name):
            return getattr(real, name)

        async def heads(self, convs):
            raise LogUnavailable

    feed(here)._log = Away()
    await unheard(chat, 1)
    await heard(chat, 2)
    await ann.request("presence.watch", {"users": []})
    assert "unavailable" in caplog.text
    feed(here)._log = real
    await feed(here).check_all()
    await seen(ann, 2)
    assert [d["seq"] for d in ann.pushes("msg")] == [1, 2]


async def test_heard_twice_and_replayed(chat, here):
    """What arrives after hearing began and is also in the replay comes once."""
    log, calls = chat.engines.log, []

    class Busy:
        """The log, in which somebody says something whenever the heads are read."""

        def __getattr__(self, name):
            return getattr(log, name)

        async def heads(self, convs):
            calls.append(convs)
            await heard(chat, len(calls))
            return await log.heads(convs)

    window = await chat.window(chat.replica(log=Busy()), "ann").greet({LOBBY: [1, 0]})
    last = len(calls) + 1
    await heard(chat, last)
    await seen(window, last)
    assert [d["seq"] for d in window.pushes("msg")] == list(range(1, last + 1))


async def test_a_notice_alone_lets_nobody_in(chat, ann, bob):
    """A notice of a membership that the database does not know opens nothing."""
    group = await chat.group("ann", "bob")
    eve = await chat.window(chat.replica(), "eve").greet()
    notice = channels.Published(0, 0, frames.conversation_changed(group, "added"))
    await chat.engines.fanout.publish(channels.account(chat.accounts["eve"].id), channels.pack(notice))
    speaker = await chat.window(eve._replica, "ann").greet()
    await speaker.say(group, "just us")
    await speaker.say(LOBBY, "the end")
    await eve.until(lambda frame: frame.get("t") == "msg" and frame["d"].get("body") == "the end")
    assert eve.texts(group) == eve.pushes("conv") == []


async def test_a_removal_during_the_question(chat, ann):
    """Somebody who is removed while their addition is being looked up hears nothing."""
    group, people = await chat.group("ann", "bob"), chat.engines.people
    eve_id = chat.accounts["eve"].id

    class Slow:
        """The memberships: eve is a member, and no more by the time that the answer is here."""

        def __getattr__(self, name):
            return getattr(people, name)

        async def find(self, conv, account):
            if (conv, account) != (group, eve_id):
                return await people.find(conv, account)
            notice = channels.Published(0, 0, frames.conversation_changed(group, "removed"))
            window._replica.endpoint._service._feed.on_message(channels.account(eve_id), channels.pack(notice))
            return await people.find(conv, chat.accounts["ann"].id)

    window = await chat.window(chat.replica(membership=Slow()), "eve").greet()
    notice = channels.Published(0, 0, frames.conversation_changed(group, "added"))
    await chat.engines.fanout.publish(channels.account(eve_id), channels.pack(notice))
    await window.until(lambda frame: frame.get("t") == "conv")
    speaker = await chat.window(window._replica, "ann").greet()
    await speaker.say(group, "just us")
    await speaker.say(LOBBY, "the end")
    await window.until(lambda frame: frame.get("t") == "msg" and frame["d"].get("body") == "the end")
    assert window.texts(group) == []
    assert window.pushes("conv") == [{"conv": group, "change": "removed"}]


async def test_a_replaced_window_takes_nobody_offline(chat):
    """The end of a connection whose window has connected again does not end the window's presence."""
    now = [0.0]
    presence = InProcessPresence(clock=lambda: now[0])
    log, go_on = chat.engines.log, asyncio.Event()

    class Slow:
        """The log, on which appends wait."""

        def __getattr__(self, name):
            return getattr(log, name)

        async def append(self, draft, after):
            await go_on.wait()
            return await log.append(draft, after)

    here = chat.replica(presence=presence, log=Slow())
    first = await chat.window(here, "bob").greet()
    asked = asyncio.create_task(first.say(LOBBY, "on its way"))
    await asyncio.sleep(0)
    await chat.window(here, "bob", first.party).greet()
    go_on.set()
    await first.ended()
    asked.cancel()
    now[0] = GRACE_S + 1
    assert await presence.expire() == []
    bob = chat.accounts["bob"].id
    assert (await presence.statuses([bob]))[bob].status == "active"


@pytest.mark.parametrize("payload", [b"", b"\x07" + b"\0" * 12])
async def test_foreign_bytes_are_not_delivered(chat, here, ann, payload):
    """Bytes that none of us published are an error of whoever did, and reach no window."""
    with pytest.raises(ValueError, match=r"header|kind"):
        feed(here).on_message(channels.conversation(LOBBY), payload)
    assert len(ann.wire.frames()) == 2


async def test_rooms_without_members_are_forgotten(chat, here):
    """When the last member's window closes the process listens to that conversation no more."""
    group = await chat.group("ann", "bob")
    window = await chat.window(here, "ann", str(uuid.uuid4())).greet()
    subscribed = feed(here).subscriptions._subscribed
    assert channels.conversation(group) in subscribed
    await window.request("presence.watch", {"users": [chat.accounts["bob"].id]})
    await window.leave()
    assert subscribed == {channels.REVOKED}
    assert feed(here)._hub.rooms() == []
