"""What an agent does with what it reads; how coturn takes it is in ports/test_ring_agent.py."""

import asyncio
import sqlite3
from dataclasses import replace

import pytest
from support.ring_cluster import Cluster

from parley.turn.ring import FileRing
from parley_operator.agent import userdb
from parley_operator.agent.minter import Minter
from parley_operator.agent.ports import Applied, Away
from parley_operator.agent.probes import Probes
from parley_operator.ring.document import read, write
from parley_operator.ring.model import Key, Role, Spec, State


class Keeper:
    """Notes what it is told, and fails as it is told."""

    role = Role.MINTER

    def __init__(self, *errors):
        self.errors, self.applied = list(errors), []

    async def apply(self, ring):
        if self.errors:
            raise self.errors.pop(0)
        self.applied.append(ring.revision)

    async def examine(self, ring):
        return Applied(revision=ring.revision, signs=ring.current.kid)


@pytest.fixture
def cluster():
    return Cluster(Spec(uid="u"))


def at(cluster, revision):
    return write(replace(cluster.ring, revision=revision))


async def test_the_lease_is_there_before_the_ring_is_read(cluster):
    """An agent that the cluster does not let make a Lease reads no ring, since nobody would wait for it."""
    keeper, refusals = Keeper(), 2

    class Refused(type(cluster.lease("p", keeper))):
        async def declare(self):
            nonlocal refusals
            assert keeper.applied == []
            if refusals:
                refusals -= 1
                raise Away("403 Forbidden")
            await super().declare()

    cluster.lease = lambda pod, keeper: Refused(cluster, pod, keeper)
    async with cluster.agent("rtc-1", keeper) as agent:
        await asyncio.wait_for(agent.started.wait(), 20)
    assert refusals == 0
    assert "rtc-1" in cluster.leases


async def test_a_new_ring_is_acknowledged(cluster):
    """The Lease has the revision that was applied and the kid that signs, and follows the ring."""
    async with cluster.agent("rtc-1", Keeper()):
        await cluster.until(lambda: "rtc-1" in cluster.leases and cluster.leases["rtc-1"].revision == 1)
        await cluster.store(at(cluster, 5))
        await cluster.until(lambda: cluster.leases["rtc-1"].revision == 5)
    assert cluster.leases["rtc-1"].signs == cluster.ring.current.kid


@pytest.mark.parametrize("bad", ["{", "", "older"], ids=["broken", "empty", "older"])
async def test_a_ring_that_cannot_be_used_changes_nothing(cluster, bad):
    """A ring that is unreadable or older than ours is told and takes nothing away, and the next good one is applied."""
    keeper, good = Keeper(), cluster.text
    await cluster.store(at(cluster, 5))
    async with cluster.agent("rtc-1", keeper) as agent:
        await cluster.until(lambda: cluster.leases and cluster.leases["rtc-1"].revision == 5)
        await cluster.store(good if bad == "older" else bad)
        await _until(lambda: agent.applied.problem)
        assert agent.is_ready
        await cluster.store(write(replace(read(good), revision=6)))
        await cluster.until(lambda: cluster.leases["rtc-1"].revision == 6)
    assert keeper.applied == [5, 6]


@pytest.mark.parametrize("error", [OSError(28, "No space"), sqlite3.OperationalError("database is locked")], ids=repr)
async def test_what_could_not_be_written_is_not_acknowledged(cluster, error):
    """A ring that could not be put in force is not acknowledged, and a later one is tried anew."""
    async with cluster.agent("rtc-1", Keeper(error)) as agent:
        await _until(lambda: agent.applied.problem == "CannotWrite")
        assert (agent.started.is_set(), cluster.leases["rtc-1"].revision) == (False, 0)
        await cluster.store(at(cluster, 2))
        await cluster.until(lambda: cluster.leases["rtc-1"].revision == 2)


async def test_probes_follow_the_agent(cluster):
    """Nothing starts before a ring is in force, and an unknown path is none of ours."""
    async with cluster.agent("rtc-1", Keeper(OSError())) as agent:
        probes = Probes(agent)
        assert [probes.answer(path)[0] for path in ("/started", "/ready", "/alive", "/else")] == [503, 503, 200, 404]
        await _until(lambda: agent.applied.problem)
        await cluster.store(at(cluster, 2))
        await _until(lambda: agent.is_ready)
        assert [probes.answer(path)[0] for path in ("/started", "/ready")] == [200, 200]
        assert b"turn_ring_revision 2.0" in probes.answer("/metrics")[1]


async def test_rtc_service_reads_what_its_agent_writes(cluster, tmp_path):
    """The file of a minter is the ring to rtc-service, without what was retired, and a new one is seen at once."""
    file, ring = tmp_path / "ring.json", cluster.ring
    await Minter(file).apply(ring)
    minters = FileRing(file)
    assert minters.ring().secrets == (ring.current.secret,)
    new = Key("k9", "5eC9", State.CURRENT, 1, 600)
    await Minter(file).apply(replace(ring, keys=(new,), retired=(replace(ring.current, state=State.PREVIOUS),)))
    assert minters.ring().secrets == ("5eC9",)
    assert ring.current.secret not in file.read_text()
    assert [it.name for it in tmp_path.iterdir()] == ["ring.json"]


def test_the_database_has_exactly_the_ring(tmp_path):
    """Secrets that are not in the ring go, those that are stay or come, and other realms are not touched."""
    file = tmp_path / "turndb"
    userdb.create(file)
    userdb.write(file, "other", ["x"])
    userdb.write(file, "parley", ["a", "b"])
    userdb.create(file)
    userdb.write(file, "parley", ["b", "c"])
    with sqlite3.connect(file) as database:
        assert set(database.execute("SELECT * FROM turn_secret")) == {("other", "x"), ("parley", "b"), ("parley", "c")}
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


def test_a_reader_sees_all_of_a_change_or_nothing(tmp_path):
    """Who reads while the ring is written sees the secrets from before, and is not locked out."""
    file = tmp_path / "turndb"
    userdb.create(file)
    userdb.write(file, "parley", ["a"])
    writing, reading = sqlite3.connect(file, isolation_level=None), sqlite3.connect(file, timeout=0)
    writing.execute("BEGIN IMMEDIATE")
    writing.execute("DELETE FROM turn_secret")
    assert reading.execute("SELECT value FROM turn_secret").fetchall() == [("a",)]
    writing.close()
    reading.close()


async def _until(holds):
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)
