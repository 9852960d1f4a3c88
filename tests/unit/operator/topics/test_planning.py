"""What is planned in each case that somebody will meet, by example. What holds always: `test_planning_always.py`."""

import pytest
from support.topic_claims import NAME, NOW, actual, carried_out, claim, holding, said

from parley_operator.topics.actions import Configure, Create, Delete, Grow
from parley_operator.topics.model import (
    FINALIZER,
    AdoptionPolicy,
    ConfigPolicy,
    DeletionPolicy,
    Drift,
    InvalidSpec,
    Refused,
    Status,
    TopicSpec,
)
from parley_operator.topics.planning import Look, plan

KNOWN = Status(topic_name=NAME, topic_id="id-1")


def planned(seen, *, status=KNOWN, rival=None, refused=None, made=False, spec=None, **more):
    spec = TopicSpec(**{"topic_name": NAME, "partitions": 6, "replicas": 1, **(spec or {})})
    asked = claim(spec, status=status, **more)
    return plan(Look(claim=asked, seen=seen, now=NOW, rival=rival, refused=refused, made=made))


def test_create():
    """A topic that does not exist is made as declared, and nobody is Ready before it is seen."""
    found = planned(None, status=Status(), spec={"config": {"retention.ms": "1000"}})
    assert found.actions == (Create(NAME, 6, 1, {"retention.ms": "1000"}),)
    assert said(found, "Ready") == ("False", "Creating")


def test_made():
    """The topic that was just made is ours, even where none may be adopted."""
    found = planned(actual(), status=Status(), made=True, spec={"adoption_policy": AdoptionPolicy.NEVER})
    assert said(found, "Ready") == ("True", "AsDeclared")
    assert (found.status.topic_id, found.status.adopted) == ("id-1", False)


@pytest.mark.parametrize(
    ("policy", "partitions", "blocked"),
    [
        (AdoptionPolicy.NEVER, 6, ("True", "AdoptionRefused")),
        (AdoptionPolicy.IF_COMPATIBLE, 6, ("False", "NotBlocked")),
        (AdoptionPolicy.IF_COMPATIBLE, 3, ("True", "NotCompatible")),
        (AdoptionPolicy.ALWAYS, 3, ("False", "NotBlocked")),
        (AdoptionPolicy.ALWAYS, 9, ("True", "PartitionsCannotShrink")),
    ],
)
def test_adopt(policy, partitions, blocked):
    """A topic of somebody else is adopted as the policy says: never, if it is as declared already, or always."""
    found = planned(actual(partitions=partitions), status=Status(), spec={"adoption_policy": policy})
    assert said(found, "Blocked") == blocked
    assert found.actions == ((Grow(NAME, 6),) if blocked[0] == "False" and partitions < 6 else ())


def test_grow_and_configure():
    """Fewer partitions and other settings than declared are put right, and shown until they are."""
    found = planned(actual(partitions=3), spec={"config": {"retention.ms": "1000"}})
    assert found.actions == (Grow(NAME, 6), Configure(NAME, {"retention.ms": "1000"}))
    assert found.status.drift == (Drift("partitions", "6", "3"), Drift("retention.ms", "1000", "604800000"))
    assert said(found, "Drifted") == ("True", "NotAsDeclared")


def test_shrink():
    """Fewer partitions are refused with a sentence, while settings are put right all the same."""
    found = planned(actual(partitions=9), spec={"config": {"retention.ms": "1000"}})
    assert found.actions == (Configure(NAME, {"retention.ms": "1000"}),)
    assert said(found, "Blocked") == ("True", "PartitionsCannotShrink")
    assert "partitions is 9 instead of 6" in found.status.condition("Blocked").message


def test_reassignment():
    """Another replication factor is refused, and says what to do."""
    found = planned(actual(), spec={"replicas": 3})
    assert found.actions == ()
    assert said(found, "Blocked") == ("True", "ReassignmentRequired")
    assert "kafka-reassign-partitions" in found.status.condition("Ready").message


def test_foreign_settings():
    """Settings that nobody declared are left alone, unless the policy is Exact."""
    there = actual(here={"segment.ms": "5", "leader.replication.throttled.replicas": "0:1"})
    assert planned(there).actions == ()
    exact = planned(there, spec={"config_policy": ConfigPolicy.EXACT})
    assert exact.actions == (Configure(NAME, {}, frozenset({"segment.ms"})),)


@pytest.mark.parametrize("spelled", [" 604800000", "0604800000", "604800000.0"])
def test_spelling(spelled):
    """A number that is spelled otherwise than Kafka spells it is no drift."""
    assert planned(actual(), spec={"config": {"retention.ms": spelled}}).status.drift == ()


def test_lists_and_truth():
    """Spaces in a list and capitals in true and false are no drift, while another word is."""
    there = actual(here={"cleanup.policy": "compact,delete", "preallocate": "true"})
    assert planned(there, spec={"config": {"cleanup.policy": "compact, delete", "preallocate": "TRUE"}}).actions == ()
    assert planned(there, spec={"config": {"cleanup.policy": "compact"}}).actions != ()


def test_gone():
    """A topic that is gone is announced first and made again at the next look, whatever became of us in between."""
    first = planned(None)
    assert (first.actions, first.again) == ((), True)
    assert said(first, "Synced") == ("False", "TopicMissing")
    then = planned(None, status=first.status)
    assert then.actions == (Create(NAME, 6, 1, {}),)
    after_a_crash = planned(actual(topic_id="id-2"), status=first.status)
    assert said(after_a_crash, "Ready") == ("True", "AsDeclared")
    assert after_a_crash.status.topic_id == "id-2"


def test_replaced():
    """A topic with another id is not touched, and is taken once somebody has accepted its id."""
    other = actual(topic_id="id-2", partitions=3)
    found = planned(other)
    assert (found.actions, found.status.topic_id) == ((), "id-1")
    assert "accept-topic-id=id-2" in found.status.condition("Blocked").message
    accepted = planned(other, accepted_id="id-2")
    assert accepted.actions == (Grow(NAME, 6),)


def test_refused():
    """What Kafka refuses is told in its words, and not asked again in the same look."""
    no = Refused("InvalidConfig", "Unknown topic config name: nope")
    for seen in (None, actual()):
        found = planned(seen, refused=no, spec={"config": {"nope": "1"}})
        assert found.actions == ()
        assert said(found, "Blocked") == ("True", "InvalidConfig")
        assert "nope" in found.status.condition("Ready").message


def test_invalid():
    """What cannot be understood is told, and nothing is done."""
    found = plan(Look(claim=claim(InvalidSpec("partitions is a whole number")), seen=actual(), now=NOW))
    assert found.actions == ()
    assert said(found, "Blocked") == ("True", "InvalidSpec")


def test_renamed():
    """An object that suddenly means another topic does nothing to either."""
    found = planned(actual(), status=Status(topic_name="before", topic_id="id-1"))
    assert found.actions == ()
    assert said(found, "Blocked") == ("True", "TopicNameChanged")


@pytest.mark.parametrize(
    ("seen", "spec", "status", "word"),
    [
        (actual(), {"deletion_policy": DeletionPolicy.RETAIN}, KNOWN, "deletionPolicy"),
        (actual(topic_id="id-2"), {}, KNOWN, "id-2"),
        (actual(), {}, Status(), "not the one"),
        (actual(), {"paused": True}, KNOWN, "paused"),
        (actual(), {}, Status(topic_name="before", topic_id="id-1"), "changed"),
        (None, {}, KNOWN, "not exist"),
    ],
)
def test_let_go(seen, spec, status, word):
    """An object whose topic is not to be deleted, or not surely the same, is let go and says why the topic stays."""
    spec = {"deletion_policy": DeletionPolicy.DELETE, **spec}
    found = planned(seen, status=status, spec=spec, deleting=True, finalizers=(FINALIZER,))
    assert (found.actions, found.holds) == ((), False)
    assert word in found.farewell


def test_declared_twice():
    """A topic that another object declares too stays, and the object that goes says whose it is."""
    spec = {"deletion_policy": DeletionPolicy.DELETE}
    other = claim(name="other", uid="u2")
    found = planned(actual(), spec=spec, deleting=True, finalizers=(FINALIZER,), rival=other)
    assert (found.actions, found.holds) == ((), False)
    assert "here/other" in found.farewell


def test_not_held():
    """An object that goes without having been held leaves its topic, whatever it declares."""
    found = planned(actual(), spec={"deletion_policy": DeletionPolicy.DELETE}, deleting=True, finalizers=("theirs",))
    assert (found.actions, found.holds, found.status) == ((), None, KNOWN)


def test_delete():
    """An object whose topic is to be deleted with it waits until it is, and says so when Kafka refuses."""
    spec = {"deletion_policy": DeletionPolicy.DELETE}
    found = planned(actual(), spec=spec, deleting=True, finalizers=(FINALIZER,))
    assert (found.actions, found.holds) == ((Delete(NAME, "id-1"),), True)
    ending = {"deleting": True, "finalizers": (FINALIZER,)}
    refused = planned(actual(), spec=spec, **ending, refused=Refused("DeletionDisabled", "Kafka says: no."))
    assert (refused.actions, refused.holds) == ((), True)
    assert "Retain" in refused.status.condition("Blocked").message


def test_empty_again():
    """After a topic was lost its object is Ready with another one, which was made and not adopted."""
    after, busy = carried_out(claim(status=KNOWN), kafka := holding(None))
    assert busy == 2
    assert said(after.status, "Ready") == ("True", "AsDeclared")
    assert after.status.topic_id == kafka.found[NAME].topic_id
    assert not after.status.adopted
