"""What the operator does next with a ring; the order of a whole rotation is in test_ring_model.py."""

from dataclasses import replace

import pytest

from parley_operator.ring.decide import Seen, Step, Wait, decide, first_ring
from parley_operator.ring.model import Ack, Fresh, Outcome, Phase, Role, Spec
from parley_operator.ring.rules import EMERGENCY_S, MARGIN_S, SILENT_S
from parley_operator.ring.schedule import Schedule

NOW = 1_800_000_000
SPEC = Spec(uid="u", triggers=("",))
FRESH = Fresh("k2", "5eC2e7")


def relay(*accepts, pod="turn-1", revision=99, refuses=(), renewed_s=NOW):
    kids = frozenset(accepts), frozenset(refuses)
    return Ack(
        pod=pod, role=Role.RELAY, revision=revision, accepts=kids[0], refuses=kids[1], signs="", renewed_s=renewed_s
    )


def minter(signs, pod="rtc-1", revision=99, renewed_s=NOW):
    return Ack(pod=pod, role=Role.MINTER, revision=revision, signs=signs, renewed_s=renewed_s)


def after(ring, *acks, spec=SPEC, now_s=NOW):
    return decide(Seen(ring=ring, acks=acks, spec=spec, now_s=now_s, fresh=FRESH))


IDLE = first_ring(SPEC, NOW, Fresh("k1", "5eC2e7a"))
WANTED = replace(SPEC, triggers=("go",))
PROPAGATING = after(IDLE, spec=WANTED).ring
SWITCHING = after(PROPAGATING, relay("k1", "k2"), spec=WANTED).ring
DRAINING = after(SWITCHING, minter("k2"), spec=WANTED).ring


def test_a_trigger_rotates_once():
    """A new trigger begins a rotation, and the same one begins no second."""
    assert (PROPAGATING.phase, PROPAGATING.next.kid) == (Phase.PROPAGATING, "k2")
    over = replace(IDLE, handled=PROPAGATING.handled)
    assert after(over, spec=WANTED) == Wait("Idle")


def test_a_trigger_that_was_taken_back_may_come_again():
    """When a trigger is gone the ring forgets it, so that the same word rotates anew."""
    handled = replace(IDLE, handled=("go",))
    forgotten = after(handled)
    assert forgotten == Step(IDLE)
    assert after(forgotten.ring, spec=WANTED).event == "RotationStarted"


def test_all_phases_follow():
    """A rotation ends with the next key alone, and remembers that it was completed."""
    until_s = NOW + SPEC.ttl_s + SPEC.clock_skew_s + MARGIN_S
    assert after(DRAINING, spec=WANTED) == Wait("Draining", until_s=until_s)
    assert after(DRAINING, spec=WANTED, now_s=until_s - 1) == Wait("Draining", until_s=until_s)
    revoking = after(DRAINING, spec=WANTED, now_s=until_s).ring
    assert (revoking.phase, revoking.retired[0].kid) == (Phase.REVOKING, "k1")
    ended = after(revoking, relay("k2", refuses=["k1"]), spec=WANTED).ring
    assert (ended.phase, ended.current.kid, ended.last.result) == (Phase.IDLE, "k2", "Completed")


def test_a_silent_pod_is_named():
    """A replica that is not heard blocks under its own name, before those that are only slow."""
    quiet, slow = relay("k1", pod="quiet", renewed_s=NOW - SILENT_S - 1), relay("k1", pod="slow", revision=1)
    assert after(PROPAGATING, quiet, slow) == Wait("ReplicaUnknown", ("quiet",), is_blocked=True)
    assert after(PROPAGATING, slow) == Wait("ReplicaBehind", ("slow",))
    assert after(PROPAGATING, relay("k1")) == Wait("CanaryFailed", ("turn-1",), is_blocked=True)


def test_nobody_is_not_everybody():
    """Without one relay or one minter nothing goes on."""
    assert after(PROPAGATING, minter("k1")).reason == "NoReplica"
    assert after(SWITCHING, relay("k2")).reason == "NoReplica"


@pytest.mark.parametrize("ring", [IDLE, PROPAGATING, SWITCHING, DRAINING], ids=lambda ring: ring.phase)
def test_pause_stops_everything(ring):
    """While it is paused no phase goes on, whatever else is wanted."""
    spec = replace(WANTED, is_paused=True, revoke=frozenset({"k1"}))
    assert after(ring, relay("k1", "k2"), minter("k2"), spec=spec, now_s=NOW + 10**6) == Wait("Paused")


def test_abort_only_while_propagating():
    """A rotation that is aborted drops the next key; after the switch it only goes forward."""
    spec = replace(WANTED, abort=PROPAGATING.rotation.id)
    aborted = after(PROPAGATING, spec=spec).ring
    assert [key.kid for key in (*aborted.keys, *aborted.retired)] == ["k1", "k2"]
    over = after(aborted, relay("k1", refuses=["k2"]), spec=spec).ring
    assert (over.current.kid, over.last) == ("k1", Outcome(PROPAGATING.rotation.id, NOW, "Aborted"))
    assert after(SWITCHING, minter("k2"), spec=spec).event == "MintingSwitched"


def test_a_leaked_key_does_not_drain():
    """A revoked key is refused as soon as minters have switched, or after a minute if one does not answer."""
    spec = replace(SPEC, revoke=frozenset({"k1"}))
    begun = after(IDLE, spec=spec)
    assert begun.event == "EmergencyRevoke"
    switched = after(begun.ring, relay("k2"), spec=spec).ring
    assert after(switched, minter("k2"), spec=spec).ring.phase is Phase.REVOKING
    assert after(switched, minter("k1"), spec=spec).reason == "OldKeySigns"
    late = after(switched, minter("k1"), spec=spec, now_s=NOW + EMERGENCY_S).ring
    assert after(late, relay(refuses=["k1"]), spec=spec).ring.last.result == "Emergency"


def test_a_key_that_leaks_while_it_drains_goes_at_once():
    """Revoking the previous key ends its draining."""
    assert after(DRAINING, spec=replace(SPEC, revoke=frozenset({"k1"}))).ring.phase is Phase.REVOKING


def test_a_shorter_life_does_not_shorten_the_draining():
    """A key drains for the longest time that was ever promised with it."""
    shorter = after(IDLE, spec=replace(SPEC, ttl_s=300)).ring
    assert (shorter.ttl_s, shorter.current.longest_ttl_s) == (300, 3600)
    longer = after(shorter, spec=replace(SPEC, ttl_s=7200)).ring
    assert longer.current.longest_ttl_s == 7200


def test_a_schedule_waits_for_its_moment():
    """A key that is old enough is rotated, and before that it is told when."""
    spec = replace(SPEC, schedule=Schedule(every_s=1000))
    assert after(IDLE, spec=spec) == Wait("Idle", until_s=NOW + 1000)
    assert after(IDLE, spec=spec, now_s=NOW + 1000).event == "RotationStarted"


def test_secrets_are_not_told():
    """Nothing that is logged of a ring has a secret in it."""
    assert "5eC2e7" not in repr(after(PROPAGATING, relay("k1", "k2"))) + repr(FRESH)
