"""What only a server can do to a fan-out: be away, stop answering, end connections, and come back."""

import asyncio

import pytest
from support import valkey
from support.hearing import Ear
from support.relaying import relaying

from parley.fanout import redis as adapter
from parley.fanout.redis import open_redis_fanout

pytestmark = pytest.mark.engine


@pytest.fixture
async def server():
    async with valkey.emptied() as client:
        yield client


@pytest.fixture
async def relay(server):
    container = valkey.server()
    async with relaying(container.get_container_host_ip(), container.get_exposed_port(6379)) as relay:
        yield relay


@pytest.fixture
async def fanout(relay):
    async with open_redis_fanout(relay.url) as opened:
        yield opened


@pytest.fixture
def ear():
    return Ear()


@pytest.fixture
async def heard(fanout, ear):
    """Subscriptions, to one channel so far."""
    subscriptions = fanout.listen(ear)
    await subscriptions.subscribe("c:1")
    return subscriptions


async def publish(fanout, channel, *payloads):
    for payload in payloads:
        await fanout.publish(channel, payload)


async def test_killed_connections_come_back(server, fanout, ear, heard):
    """Each time its connection is killed the listener is told once, and then hears everything in order again."""
    for times in range(1, 4):
        await server.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        await ear.loses(times)
        await publish(fanout, "c:1", *(b"%d %d" % (times, number) for number in range(50)), b"end %d" % times)
        await ear.hears("c:1", b"end %d" % times)
        expected = [b"%d %d" % (times, number) for number in range(50)]
        assert [it for it in ear.payloads("c:1") if it.startswith(b"%d " % times)] == expected
    assert ear.losses == 3


async def test_everything_wanted_is_subscribed_again(server, fanout, ear, heard):
    """However many channels there are, all are heard when the loss is told, and none that is no longer wanted."""
    await asyncio.gather(*(heard.subscribe(f"c:{number}") for number in range(1_201)))
    await heard.unsubscribe("c:7")
    await server.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    await ear.loses()
    wanted = {f"c:{number}".encode() for number in range(1_201)} - {b"c:7"}
    assert set(await server.pubsub_channels()) == wanted
    await publish(fanout, "c:0", b"first")
    await publish(fanout, "c:1200", b"last")
    await ear.hears("c:1200", b"last")
    assert ear.heard == [("c:0", b"first"), ("c:1200", b"last")]


async def test_a_server_that_is_away_is_no_error(relay, fanout, ear, heard):
    """Publishing and subscribing return while the server is away; once it is back both channels are heard."""
    await relay.cut()
    await publish(fanout, "c:1", b"lost")
    await heard.subscribe("c:2")
    await heard.subscribe("c:3")
    await heard.unsubscribe("c:3")
    assert ear.losses == 0
    await relay.restore()
    await ear.loses()
    for channel in ("c:3", "c:1", "c:2"):
        await publish(fanout, channel, b"found")
    await ear.hears("c:2", b"found")
    assert ear.heard == [("c:1", b"found"), ("c:2", b"found")]


async def test_a_server_may_come_after_the_process(relay, ear):
    """A process that starts while the server is away hears once it is there."""
    await relay.cut()
    async with open_redis_fanout(relay.url) as fanout:
        await fanout.listen(ear).subscribe("c:1")
        await relay.restore()
        await ear.loses()
        await publish(fanout, "c:1", b"found")
        await ear.hears("c:1", b"found")


async def test_a_paused_server_holds_nobody_up(fanout, ear, heard):
    """While nothing answers, publishing and subscribing return; a late confirmation tells that there was a gap."""
    with valkey.paused():
        async with asyncio.timeout(10):
            await publish(fanout, "c:1", b"perhaps", b"perhaps too")
            await heard.subscribe("c:2")
        assert ear.heard == []
        assert ear.losses == 0
    await ear.loses()
    await publish(fanout, "c:2", b"found")
    await ear.hears("c:2", b"found")
    await publish(fanout, "c:1", b"end")
    await ear.hears("c:1", b"end")


async def test_a_dead_connection_is_noticed(fanout, ear, heard, monkeypatch, caplog):
    """A server that gives no sign of life is taken for gone, without a message having to be missed first."""
    monkeypatch.setattr(adapter, "ALIVE_EVERY_S", 0.2)
    await heard.subscribe("c:2")
    with valkey.paused():
        async with asyncio.timeout(20):
            while "no sign of life" not in caplog.text:
                await asyncio.sleep(0.01)
    await ear.loses()
    await publish(fanout, "c:1", b"end")
    await ear.hears("c:1", b"end")


async def test_silence_is_no_loss(server, fanout, ear, heard):
    """A connection on which nothing comes for longer than a command may take stays as it is."""
    async with asyncio.timeout(20):
        while int((await server.client_list("pubsub"))[0]["age"]) < 2:
            await asyncio.sleep(0.05)
    assert ear.losses == 0


async def test_one_connection_hears_for_the_process(server, fanout, heard):
    """Listeners and channels share the one connection that hears, and closing the fan-out ends it."""
    for number in range(20):
        await fanout.listen(Ear()).subscribe(f"c:{number}")
    assert len(await server.client_list("pubsub")) == 1


async def test_what_is_under_way_is_not_for_who_comes_later(server, relay, fanout, ear, heard):
    """A payload that was published before a subscription is not delivered to it, though it arrives afterwards."""
    late = Ear()
    relay.answering.clear()
    await server.publish("c:1", b"before")
    subscribing = asyncio.create_task(fanout.listen(late).subscribe("c:1"))
    await asyncio.sleep(0)
    relay.answering.set()
    await subscribing
    await publish(fanout, "c:1", b"after")
    await late.hears("c:1", b"after")
    assert late.payloads("c:1") == [b"after"]
    assert ear.payloads("c:1") == [b"before", b"after"]


async def test_the_server_sends_only_what_somebody_wants(server, fanout, heard):
    """A channel is given up on the server when the last of its subscribers here has left it, and not before."""
    other = fanout.listen(Ear())
    await other.subscribe("c:1")
    await heard.unsubscribe("c:1")
    await heard.subscribe("c:2")
    assert set(await server.pubsub_channels()) == {b"c:1", b"c:2"}
    await other.unsubscribe("c:1")
    await heard.subscribe("c:3")
    assert set(await server.pubsub_channels()) == {b"c:2", b"c:3"}


async def test_closing_ends_the_connection(server, relay):
    """A fan-out that is closed leaves no connection behind."""
    before = {it["id"] for it in await server.client_list()}
    async with open_redis_fanout(relay.url) as fanout:
        await fanout.listen(Ear()).subscribe("c:1")
        await publish(fanout, "c:1", b"x")
        assert len(await server.client_list()) >= len(before) + 2
    async with asyncio.timeout(10):
        while {it["id"] for it in await server.client_list()} - before:
            await asyncio.sleep(0.01)


async def test_a_listener_that_fails_does_not_deafen(fanout, heard, ear):
    """What one listener raises is written down, and everybody goes on hearing."""
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["exception"]))

    class Failing(Ear):
        def on_message(self, channel, payload):
            raise ValueError(payload)

    await fanout.listen(Failing()).subscribe("c:1")
    await publish(fanout, "c:1", b"one", b"end")
    await ear.hears("c:1", b"end")
    assert ear.payloads("c:1") == [b"one", b"end"]
    assert {type(it) for it in told} == {ValueError}


async def test_a_cancelled_publisher_takes_nothing_along(fanout, ear, heard):
    """Who is cancelled while publishing does not cancel what others publish in the same moment."""
    publishing = [asyncio.create_task(fanout.publish("c:1", b"%d" % number)) for number in range(20)]
    await asyncio.sleep(0)
    publishing[0].cancel()
    await asyncio.wait(publishing)
    await publish(fanout, "c:1", b"end")
    await ear.hears("c:1", b"end")
    assert ear.payloads("c:1") == [b"%d" % number for number in range(20)] + [b"end"]
