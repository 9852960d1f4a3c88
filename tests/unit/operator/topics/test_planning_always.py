"""What holds of every plan, whatever is declared, remembered and in Kafka. Examples: `test_planning.py`."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as some
from support.topic_claims import LATER, NAME, NOW, actual, carried_out, claim, claims, holding, said, topics

from parley_operator.topics.actions import Delete
from parley_operator.topics.model import FINALIZER, Away, Condition, DeletionPolicy, Refused
from parley_operator.topics.planning import Look, plan

HOLDERS = some.sampled_from([(), ("other",), (FINALIZER,)])


@given(claims, topics)
def test_done_once(given_claim, topic):
    """What was planned and done is not planned again: five looks later there is nothing to do and nothing to write."""
    after, _ = carried_out(given_claim, kafka := holding(topic))
    again = plan(Look(claim=after, seen=kafka.found.get(NAME), now=LATER))
    assert again.actions == ()
    assert not again.again
    assert again.status == after.status


@given(claims, topics)
def test_few_looks(given_claim, topic):
    """At most two looks have something to do: one tells that a topic is gone, one acts."""
    _, busy = carried_out(given_claim, holding(topic))
    assert busy <= 2


@given(claims, topics)
def test_nothing_is_destroyed(given_claim, topic):
    """A topic keeps its id, its replicas and at least as many partitions as it had."""
    carried_out(given_claim, kafka := holding(topic))
    if topic is not None:
        after = kafka.found[NAME]
        assert (after.topic_id, after.replicas) == (topic.topic_id, topic.replicas)
        assert after.partitions >= topic.partitions


@given(claims, topics)
def test_strangers_are_not_touched(given_claim, topic):
    """A topic with another id than the one that was known stays exactly as it is, until somebody accepts it."""
    status = replace(given_claim.status, topic_id="id-0", recreating=False)
    stranger = replace(given_claim, status=status, accepted_id=None)
    after, _ = carried_out(stranger, kafka := holding(there := topic or actual()))
    assert kafka.found[NAME] == there
    assert said(after.status, "Blocked") == ("True", "TopicReplaced")
    assert after.status.topic_id == "id-0"


@given(claims, topics)
def test_ready_is_true(given_claim, topic):
    """Whoever is Ready has a topic with the declared numbers and settings."""
    after, _ = carried_out(given_claim, kafka := holding(topic))
    if said(after.status, "Ready")[0] == "True":
        found, spec = kafka.found[NAME], given_claim.spec
        assert spec.partitions in (None, found.partitions)
        assert spec.replicas in (None, found.replicas)
        assert {key: found.config[key] for key in spec.config} == spec.config
        assert after.status.topic_id == found.topic_id


@given(claims, topics)
def test_paused_does_nothing(given_claim, topic):
    """A paused object changes nothing in Kafka, and says that it is paused."""
    paused = replace(given_claim, spec=replace(given_claim.spec, paused=True))
    planned = plan(Look(claim=paused, seen=topic, now=NOW))
    assert planned.actions == ()
    assert said(planned, "Paused") == ("True", "Paused")


@given(claims, topics)
def test_the_younger_does_nothing(given_claim, topic):
    """An object with an older rival changes nothing in Kafka, is not Ready, and names the rival."""
    planned = plan(Look(claim=given_claim, seen=topic, now=NOW, rival=claim(name="elder")))
    assert planned.actions == ()
    assert said(planned, "Ready") == ("False", "Conflict")
    assert "here/elder" in planned.status.condition("Conflict").message


@given(claims, topics, some.booleans())
def test_away_keeps_what_was_known(given_claim, topic, is_newer):
    """While Kafka is away nothing is done, Synced is Unknown, and Ready stays for the same generation only."""
    before, _ = carried_out(given_claim, holding(topic))
    asked = replace(before, generation=before.generation + is_newer)
    planned = plan(Look(claim=asked, seen=Away("nobody answers"), now=LATER))
    assert planned.actions == ()
    assert said(planned, "Synced") == ("Unknown", "KafkaUnavailable")
    ready = planned.status.condition("Ready")
    assert ready.status == "Unknown" if is_newer else ready == before.status.condition("Ready")


@given(claims, topics, some.none() | some.just(claim(name="other", uid="u2")), some.booleans(), HOLDERS)
def test_deletes_only_what_is_sure(given_claim, topic, rival, refused, finalizers):
    """A topic is deleted only with an object that we hold, if declared, by its known id, and if nobody else has it."""
    ending = replace(given_claim, deleting=True, finalizers=finalizers)
    look = Look(claim=ending, seen=topic, now=NOW, rival=rival, refused=Refused("No", "no") if refused else None)
    planned = plan(look)
    deletes = [it for it in planned.actions if isinstance(it, Delete)]
    if deletes:
        assert ending.spec.deletion_policy is DeletionPolicy.DELETE
        assert not ending.spec.paused
        assert rival is None
        assert FINALIZER in finalizers
        assert deletes == [Delete(NAME, topic.topic_id)]
        assert topic.topic_id == ending.status.topic_id
    assert len(deletes) == len(planned.actions)
    assert planned.holds or not deletes


@given(claims, topics)
def test_only_delete_holds_objects(given_claim, topic):
    """A living object has our finalizer exactly if its topic is to be deleted with it."""
    planned = plan(Look(claim=given_claim, seen=topic, now=NOW))
    assert planned.holds == (given_claim.spec.deletion_policy is DeletionPolicy.DELETE)


@given(claims, topics)
def test_times_change_with_statuses(given_claim, topic):
    """A condition keeps its time as long as its status stays the same."""
    past = [Condition(type=it, status="True", reason="Old", message="", generation=1, since="old") for it in TYPES]
    known = replace(given_claim, status=replace(given_claim.status, conditions=tuple(past)))
    planned = plan(Look(claim=known, seen=topic, now=NOW))
    assert [it.type for it in planned.status.conditions] == TYPES
    assert all((it.since == "old") == (it.status == "True") for it in planned.status.conditions)


TYPES = ["Ready", "Synced", "Drifted", "Blocked", "Conflict", "Paused"]
