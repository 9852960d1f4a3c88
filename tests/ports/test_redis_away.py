"""What each port promises for a server that is away, over an address at which nobody answers."""

import asyncio
import dataclasses
import functools

import pytest
from support.rtc_sessions import LIFE_S, new_session
from support.valkey import NOBODY

from parley.chat_service.adapters.redis import open_redis_presence
from parley.chat_service.model import Party
from parley.configuration import ConfigurationError
from parley.fanout.opening import open_fanout
from parley.idempotency.model import Answer
from parley.idempotency.port import KeysUnavailable
from parley.idempotency.redis import open_redis_idempotency
from parley.ratelimits.opening import open_limits
from parley.ratelimits.port import Rate
from parley.redis.server import PlainConnection
from parley.rtc_service.adapters.redis import open_redis_rtc_sessions
from parley.rtc_service.errors import SessionsUnavailable

ANSWER = Answer(status=201, headers={}, body=b"{}")


class Deaf:
    def on_message(self, channel, payload):
        raise AssertionError("there is nobody to hear")

    def on_lost(self):
        raise AssertionError("nothing can be read again before somebody is there")


async def test_everybody_is_admitted():
    """A budget that cannot be asked for holds nobody up."""
    async with open_limits(NOBODY) as limits:
        assert [await limits.take("ann", Rate(0.1, 1)) for _ in range(3)] == [0, 0, 0]


async def test_nobody_changes_and_everybody_is_offline():
    """Presence is never a reason to fail."""
    async with open_redis_presence(NOBODY) as presence:
        assert await presence.renew([Party("ann", "w1", "active")]) == []
        assert await presence.leave("ann", "w1") == []
        assert await presence.expire() == []
        assert await presence.statuses(["ann", "bob"]) == {"ann": ("offline", None), "bob": ("offline", None)}


async def test_a_request_with_a_key_is_not_carried_out():
    """Nobody can say that the key is new, so the request is refused for now; ending a reservation raises nothing."""
    async with open_redis_idempotency(NOBODY) as keys:
        with pytest.raises(KeysUnavailable) as refused:
            await keys.begin("ann", "k1", b"f")
        assert (refused.value.status, refused.value.retry_after_ms) == (503, 1000)
        await keys.finish("ann", "k1", ANSWER)
        await keys.release("ann", "k1")


async def test_no_rtc_session_is_found_or_made():
    """Nobody can say how a session stands, so each call on it is refused for now."""
    session = new_session(call="c1")
    async with open_redis_rtc_sessions(NOBODY, LIFE_S) as sessions:
        for asking in (
            sessions.create(session, 50),
            sessions.find(session.id),
            sessions.replace(session, dataclasses.replace(session, rev=2)),
            sessions.prolong(session),
            sessions.end(session),
            sessions.of_call("c1"),
            sessions.check(),
        ):
            with pytest.raises(SessionsUnavailable) as refused:
                await asking
            assert (refused.value.status, refused.value.retry_after_ms) == (503, 1000)


async def test_live_notices_are_given_up():
    """Publishing and subscribing return, however often, and closing does not wait for a server."""
    async with asyncio.timeout(10), open_fanout(NOBODY) as fanout:
        subscriptions = fanout.listen(Deaf())
        await subscriptions.subscribe("c:1")
        await asyncio.gather(*(fanout.publish("c:1", b"lost") for _ in range(100)))
        await subscriptions.unsubscribe("c:1")


@pytest.mark.parametrize("url", ["redis://user:secret@host:port/0", "rediss://:secret@host:99999999999999999999x"])
@pytest.mark.parametrize("opening", [open_fanout, open_limits, open_redis_presence, open_redis_idempotency])
async def test_an_address_that_is_none_stops_the_start(opening, url):
    """A URL that cannot be read is told when it is opened, without its password."""
    with pytest.raises(ConfigurationError, match="REDIS_URL") as error:
        async with opening(url):
            raise AssertionError("there is nothing to open")
    assert "secret" not in str(error.value)


async def _until_the_end(reader, writer):
    await reader.read()
    writer.close()


async def test_a_connection_is_ended_while_somebody_sends():
    """Who sends on a connection that another task ends at that moment is told that it was reset."""
    server = await asyncio.start_server(_until_the_end, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    connection = PlainConnection(host=host, port=port)
    connection._reader, connection._writer = await asyncio.open_connection(host, port)
    connection.check_health = functools.partial(connection.disconnect, nowait=True)
    with pytest.raises(ConnectionResetError):
        await connection.send_packed_command(b"PING\r\n")
    server.close()
    await server.wait_closed()
