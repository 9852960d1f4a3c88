"""What happens by itself: the drain, ended sessions, sockets that take nothing."""

import asyncio
import time

from support.chatting import LOBBY

from parley.chat_service.connection import Connection
from parley.chat_service.conversation import Conversation
from parley.chat_service.model import STALLED_AFTER_S
from parley.fanout import channels
from parley.identity.model import new_id
from parley.identity.sql import SqlSessions
from parley.messages.model import Cursor, Draft
from parley.messages.posting import post


async def test_a_drain_says_goodbye_to_all(chat, here, ann, bob):
    """Each window gets `bye`, then 1012, and may come back at once, because the closing alone spreads them."""
    await here.component.drain()
    for window in (ann, bob):
        assert (await window.ended())[0] == 1012
        last = window.wire.frames()[-1]
        assert (last["t"], last["d"]["reason"]) == ("bye", "drain")
        assert 0 <= last["d"]["reconnect_ms"] <= 200


async def test_a_window_is_served_until_its_turn(here, ann, bob):
    """Goodbye is said right before the close, and what was said until then has arrived."""
    draining = asyncio.create_task(here.component.drain())
    await asyncio.sleep(0)
    await ann.say(LOBBY, "one more thing")
    await draining
    kinds = [it["t"] for it in bob.wire.frames() if "t" in it]
    assert kinds[-2:] == ["msg", "bye"]


async def test_a_revocation_closes_the_sockets_of_the_device(chat, ann, bob):
    """A session that ends anywhere closes its sockets with 4401, and nobody else's."""
    sessions = SqlSessions(chat.engines.database)
    caller = await sessions.resolve(chat.token("ann"))
    assert await sessions.revoke(caller.account.id, caller.device)
    await chat.engines.fanout.publish(channels.REVOKED, caller.device.encode())
    assert (await ann.ended())[0] == 4401
    assert bob.wire.closed is None


async def test_a_revocation_that_nobody_heard(chat, ann, bob):
    """When the notice is lost the next look at the sessions closes the sockets."""
    sessions = SqlSessions(chat.engines.database)
    caller = await sessions.resolve(chat.token("ann"))
    await sessions.revoke(caller.account.id, caller.device)
    assert (await ann.ended())[0] == 4401
    assert bob.wire.closed is None


async def test_a_slow_window_is_told_that_it_is_behind(chat, here, ann, bob):
    """Who does not read gets what fits, then one `behind` with the head, then what is live; others wait for nobody."""
    await ann.say(LOBBY, "before")
    await bob.until(lambda frame: frame.get("t") == "msg")
    bob.wire.stop_reading()
    for number in range(300):
        await say_past_the_budget(chat, number + 1)
    await ann.until(lambda frame: frame.get("t") == "msg" and frame["d"]["seq"] == 301)
    bob.wire.go_on_reading()
    told = await bob.until(lambda frame: frame.get("t") == "behind")
    got = [d["seq"] for d in bob.pushes("msg")]
    assert told["d"]["convs"] == [{"conv": LOBBY, "epoch": 1, "head": 301, "read": 0}]
    assert got == list(range(1, len(got) + 1))
    assert 256 <= len(got) < 300
    await ann.say(LOBBY, "live again")
    await bob.until(lambda frame: frame.get("t") == "msg" and frame["d"]["seq"] == 302)


async def say_past_the_budget(chat, after):
    draft = Draft(conv=LOBBY, id=new_id(), sender=chat.accounts["eve"].id, body="x")
    await post(chat.engines.log, chat.engines.fanout, draft, Cursor(1, after))


async def test_the_flood_goes_out_in_few_writes(chat, ann):
    """What is delivered within one turn of the loop is one write per member."""
    for number in range(50):
        await say_past_the_budget(chat, number)
    before = ann.wire.writes
    hub_bursts = channels.pack(channels.Published(0, 0, b'{"t":"typing","d":{"conv":"x","user":"y"}}'))
    for _ in range(50):
        await chat.engines.fanout.publish(channels.conversation(LOBBY), hub_bursts)
    await ann.until(lambda frame: len(ann.pushes("typing")) == 50)
    assert ann.wire.writes - before == 1


def upkeep(replica):
    """What looks after the connections of a replica, and its only connection."""
    found = replica.component.tasks["pings"].__self__
    return found, next(iter(found._hub))


async def test_a_silent_window_is_asked_for_life(here, ann):
    """When the time for a ping has come the window gets one, and 4408 when it answers none of them."""
    looking, connection = upkeep(here)
    now = time.monotonic()
    looking._look_at(connection, now + 28)
    assert ann.wire.frames()[-1] == {"t": "ping", "d": {}}
    for later in (56, 84):
        looking._look_at(connection, now + later)
    assert ann.wire.closed[0] == 4408


async def test_a_window_that_takes_nothing_is_closed(here, ann):
    """A socket of which nothing was taken for 20 seconds is closed with 4413, and not before."""
    looking, connection = upkeep(here)
    ann.wire.stop_reading()
    connection.send(b"{}")
    now = time.monotonic()
    for later in (0, 19):
        looking._look_at(connection, now + later)
    assert ann.wire.closed is None
    looking._look_at(connection, now + 20)
    assert ann.wire.closed[0] == 4413


async def test_a_burst_does_not_pile_up(here, ann):
    """Within one turn at most about 64 KiB are joined, so that a burst is on its way before it is complete."""
    looking, _ = upkeep(here)
    before = ann.wire.writes
    for number in range(20):
        looking._hub.tell(LOBBY, b'{"t":"typing","d":{"user":"%d","x":"%s"}}' % (number, b"y" * 8000))
    assert ann.wire.writes - before == 2
    await ann.until(lambda frame: len(ann.pushes("typing")) == 20)
    assert ann.wire.writes - before == 3


def test_a_socket_that_takes_nothing_is_stalled(wire):
    """Bytes that wait untouched for 20 seconds are a stall, whatever we add; fewer bytes, or none, are not."""
    connection = Connection(wire, Conversation(0.0, 0.0), conn="1", user="u", device="d", fell_behind=print)
    wire.stop_reading()
    connection.send(b"{}")
    assert not connection.is_stalled(0.0, STALLED_AFTER_S)
    assert not connection.is_stalled(STALLED_AFTER_S - 1, STALLED_AFTER_S)
    wire._unread -= 1
    assert not connection.is_stalled(STALLED_AFTER_S, STALLED_AFTER_S)
    connection.send(b"{}")
    assert connection.is_stalled(2 * STALLED_AFTER_S, STALLED_AFTER_S)
    wire.go_on_reading()
    assert not connection.is_stalled(3 * STALLED_AFTER_S, STALLED_AFTER_S)
