"""What is between kopf and the engine: events as kopf hands them on, and a Kafka that nobody or a mistake has named."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import kopf
import pytest

from parley_operator.topics.handlers import _STALE, Keeping, topic_changed, topics_alive, topics_at
from parley_operator.topics.port import KafkaUnavailable

BODY = {"metadata": {"uid": "u1", "namespace": "here", "name": "letters"}, "spec": {}}


class Ears:
    """What an engine hears."""

    def __init__(self):
        self.heard_names, self.gone_uids = [], []

    def heard(self, claim):
        self.heard_names.append(claim.name)

    def gone(self, uid):
        self.gone_uids.append(uid)


async def test_events():
    """An object that is listed, added or modified is heard of; one that is deleted is gone."""
    memo = SimpleNamespace(topics=SimpleNamespace(engine=(ears := Ears())))
    for kind in (None, "ADDED", "MODIFIED", "DELETED"):
        await topic_changed(event={"type": kind, "object": BODY}, memo=memo)
    assert ears.heard_names == ["letters"] * 3
    assert ears.gone_uids == ["u1"]


def about_topics(handlers):
    return [it for it in handlers.get_all_handlers() if it.selector and it.selector.any_name == "kafkatopics"]


async def test_nothing_of_kopf_on_objects():
    """kopf has no handler that would put a finalizer or an annotation on a KafkaTopic."""
    registry = kopf.get_default_registry()
    assert len(about_topics(registry._watching)) == 1
    assert about_topics(registry._spawning) == about_topics(registry._changing) == []


async def test_without_kafka():
    """Without KAFKA_URL every look says that nobody told where Kafka is."""
    with pytest.raises(KafkaUnavailable, match="KAFKA_URL is not set"):
        await topics_at({}).describe(["letters"])


def test_mistaken_url():
    """A KAFKA_URL that cannot be meant ends the process with a sentence."""
    with pytest.raises(kopf.PermanentError, match="KAFKA_URL: it has the form"):
        topics_at({"KAFKA_URL": "nonsense"})


class Fixed(Keeping):
    """One whose engine listed at a certain time, and has ended or not."""

    def __init__(self, resynced_at, *, has_ended=False):
        self.engine = SimpleNamespace(resynced_at=resynced_at)
        self._begun = datetime(2026, 1, 1, tzinfo=UTC)
        self._task = SimpleNamespace(done=lambda: has_ended)


@pytest.mark.parametrize(
    ("keeping", "age", "is_alive"),
    [
        (Fixed(datetime(2026, 1, 2, tzinfo=UTC)), _STALE, True),
        (Fixed(datetime(2026, 1, 2, tzinfo=UTC)), _STALE + timedelta(seconds=1), False),
        (Fixed(datetime(2026, 1, 2, tzinfo=UTC), has_ended=True), timedelta(), False),
        (Fixed(None), timedelta(), False),
    ],
)
def test_problem(keeping, age, is_alive):
    """The process is alive while its engine runs and lists all objects now and then, from its beginning on."""
    assert (keeping.problem(datetime(2026, 1, 2, tzinfo=UTC) + age) is None) == is_alive


async def test_probe():
    """A problem makes the probe fail for good, which kopf answers with 500."""
    broken = SimpleNamespace(topics=Fixed(None, has_ended=True))
    with pytest.raises(kopf.PermanentError, match="ended"):
        await topics_alive(memo=broken)
