"""What only Cassandra does to the message log: answers that get lost, a node that hangs or is away, and buckets."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from support.cassandra import address, cassandra, execute, migrated, paused, url
from support.certificates import Certificate
from support.lossy_cassandra import Sender, broken_promises, lossy_logs
from support.message_logs import draft
from support.relaying import relaying

from parley.configuration import ConfigurationError
from parley.identity.model import new_id
from parley.messages.cassandra import open_cassandra_log
from parley.messages.cassandra_slots import BUCKET, CassandraSlots
from parley.messages.model import Cursor, Head
from parley.messages.port import LogUnavailable

pytestmark = pytest.mark.engine
START = Cursor(1, 0)


@pytest.fixture
async def log(tmp_path):
    async with cassandra(tmp_path) as opened:
        yield opened


@pytest.fixture
def conv():
    return new_id()


@asynccontextmanager
async def through_a_relay():
    """A way to the node that can be cut, and the URL that leads through it."""
    await asyncio.to_thread(migrated)
    async with relaying(*address()) as relay:
        yield relay, url(at=("127.0.0.1", relay.port))


async def returned(log):
    """Wait until the store answers."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await log.check()
            except LogUnavailable:
                await asyncio.sleep(0.05)


async def insert(conv, seqs):
    """Put entries into slots directly, as an appender does that is then ended before it moves the head."""
    row = "INSERT INTO parley.log (conversation_id, bucket, seq, id, sender, at, kind) VALUES "
    values = (f"('{conv}', {(seq - 1) // BUCKET}, {seq}, '{new_id()}', 'eve', 1, 'text')" for seq in seqs)
    await execute(*(row + it for it in values))


def numbers(entries):
    return [entry.seq for entry in entries]


async def test_entries_go_on_in_the_next_bucket(log, conv):
    """Appending and reading forward and backward know no boundary between buckets."""
    await insert(conv, range(1, BUCKET - 4))
    entries = [await log.append(draft(conv), Cursor(1, BUCKET - 5))]
    for _ in range(9):
        entries.append(await log.append(draft(conv), Cursor(1, entries[-1].seq)))
    assert numbers(entries) == list(range(BUCKET - 4, BUCKET + 6))
    assert await log.read_after(conv, BUCKET - 5, 200) == entries
    assert await log.read_after(conv, BUCKET - 5, 6) == entries[:6]
    assert await log.read_after(conv, BUCKET, 3) == entries[5:8]
    assert (await log.read_before(conv, BUCKET + 6, 12))[2:] == entries
    assert await log.read_before(conv, BUCKET + 1, 5) == entries[:5]
    assert numbers(await log.read_after(conv, 0, 3000)) == list(range(1, BUCKET + 6))
    assert numbers(await log.read_before(conv, 10**15, 3000)) == list(range(1, BUCKET + 6))
    assert await log.append(draft(conv, id=entries[7].id), START) == entries[7]


@pytest.mark.parametrize("hole", [BUCKET, BUCKET + 1, BUCKET + 2])
async def test_reading_stops_at_a_hole(log, conv, hole):
    """What lies behind a missing number is not shown, on either side of a boundary."""
    await insert(conv, [seq for seq in range(BUCKET - 2, BUCKET + 5) if seq != hole])
    assert numbers(await log.read_after(conv, BUCKET - 3, 100)) == list(range(BUCKET - 2, hole))


async def test_a_reader_moves_a_head_that_lags(log, conv):
    """Entries whose appender has not moved the head are read, and the head is moved to them."""
    await insert(conv, range(1, 6))
    assert await log.heads([conv]) == {conv: Head(1, 0)}
    assert numbers(await log.read_after(conv, 2, 2)) == [3, 4]
    assert await log.heads([conv]) == {conv: Head(1, 4)}
    assert numbers(await log.read_after(conv, 4, 10)) == [5]
    assert numbers(await log.read_before(conv, 10**15, 2)) == [4, 5]


async def test_registers_do_not_go_back(log, conv):
    """A commit that comes late moves neither head nor mark back, and a later epoch wins over larger numbers."""
    entries = [await log.append(draft(conv), START) for _ in range(3)]
    slots = CassandraSlots(log._session)
    await slots.commit(entries[0])
    assert (await log.heads([conv]), await log.marks_of("ann", [conv])) == ({conv: Head(1, 3)}, {conv: 3})
    restored = (2 << 40) + 1
    restore = "UPDATE parley.heads USING TIMESTAMP {} SET epoch = 2, seq = 1 WHERE conversation_id = '{}'"
    await execute(restore.format(restored, conv))
    await slots.commit(entries[2])
    assert await log.heads([conv]) == {conv: Head(2, 1)}


async def test_tls_by_url(tmp_path, conv):
    """With its authority named in the URL the node is reached over TLS; without it, or without TLS, it is not."""
    await asyncio.to_thread(migrated)
    certificate = Certificate(tmp_path)
    async with relaying(*address(), certificate.server()) as relay:
        trusted = f"{url(at=('localhost', relay.port))}?ssl_ca={certificate.file}"
        async with open_cassandra_log(trusted) as log:
            await returned(log)
            assert (await log.append(draft(conv), START)).seq == 1
        untrusting, plain = trusted.partition("_ca")[0] + "=true", trusted.partition("?")[0]
        for wrong, error in ((untrusting, ConfigurationError), (plain, LogUnavailable)):
            async with open_cassandra_log(wrong) as log:
                with pytest.raises(error):
                    await log.check()


async def test_an_answer_that_got_lost_is_looked_up(conv):
    """A fill whose connection is cut before the answer has no known outcome, and a serial look finds what it did."""
    async with through_a_relay() as (relay, way), open_cassandra_log(way) as log, cassandra(None) as direct:
        await log.check()
        slots, lost = CassandraSlots(log._session), draft(conv)
        relay.answering.clear()
        filling = asyncio.create_task(slots.fill(lost, Cursor(1, 1)))
        while not await direct.read_after(conv, 0, 1):
            await asyncio.sleep(0.01)
        await relay.cut()
        assert await filling is None
        relay.answering.set()
        await relay.restore()
        await returned(log)
        found = await slots.look(conv, 1)
        assert (found.id, found.seq) == (lost.id, 1)
        assert await log.append(lost, START) == found


async def test_unknown_outcomes_are_resolved(conv, tmp_path):
    """Ten senders whose requests get lost, whose answers get lost and whose writes come late: one place for each id."""
    async with lossy_logs(await asyncio.to_thread(migrated), seed=5) as (logs, faults), cassandra(tmp_path) as direct:
        senders = [Sender(logs[number % 2], conv, f"sender{number}", 8) for number in range(10)]
        await asyncio.gather(*(sender.send_all() for sender in senders))
        await faults.settle()
        assert min(faults.unsent, faults.unanswered, faults.late) > 10
        assert broken_promises(await direct.read_after(conv, 0, 1000), senders) == []


async def test_a_store_that_stalls(conv, tmp_path):
    """While the node hangs every call ends as unavailable; each append that is repeated is there once afterwards."""
    async with open_cassandra_log(await asyncio.to_thread(migrated)) as log, cassandra(tmp_path) as direct:
        senders = [Sender(log, conv, f"sender{number}", 15) for number in range(10)]
        sending = asyncio.gather(*(sender.send_all() for sender in senders))
        while any(len(sender.acknowledged) < 2 for sender in senders):
            await asyncio.sleep(0.01)
        refused = [sender.refusals for sender in senders]
        async with paused():
            while any(sender.refusals < before + 4 for sender, before in zip(senders, refused, strict=True)):
                await asyncio.sleep(0.05)
            for call in (log.heads([conv]), log.check(), log.mark_read(conv, "ann", 1), log.read_before(conv, 9, 9)):
                with pytest.raises(LogUnavailable):
                    await call
        await sending
        assert broken_promises(await direct.read_after(conv, 0, 1000), senders) == []


async def test_a_store_that_is_away_at_the_start(conv, caplog):
    """A log opens without its store, is unavailable until it comes, and tells each change once."""
    async with through_a_relay() as (relay, way):
        await relay.cut()
        async with open_cassandra_log(way) as log:
            for call in (log.check(), log.append(draft(conv), START), log.heads([conv])):
                with pytest.raises(LogUnavailable):
                    await call
            await relay.restore()
            await returned(log)
            assert (await log.append(draft(conv), START)).seq == 1
            await relay.cut()
            with pytest.raises(LogUnavailable):
                await log.append(draft(conv), START)
            await relay.restore()
            await returned(log)
    told = [record.getMessage() for record in caplog.records if "assandra" in record.name + record.getMessage()]
    assert [line.partition(":")[0].split(" at ")[0] for line in told[:2]] == [
        "Cassandra does not answer",
        "Cassandra answers.",
    ]
    assert len(told) == len(set(told))
