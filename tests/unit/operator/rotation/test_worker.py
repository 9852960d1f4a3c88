"""What the operator does with one TurnSecretRotation, and what it tells about it; the rules are in ../ring."""

from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import yaml
from prometheus_client import CollectorRegistry
from support.rings import InProcessObjects, InProcessRings

from parley_operator.ring.document import read, write
from parley_operator.ring.model import Ack, Phase, Role
from parley_operator.rotation.meters import Meters
from parley_operator.rotation.spec import ROTATE
from parley_operator.rotation.worker import BUSY_S, LOOK_S, Worker

FILE = Path(__file__).parents[4] / "charts" / "parley" / "crds" / "turnsecretrotations.yaml"
SCHEMA = yaml.safe_load(FILE.read_text())["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
STATUS = SCHEMA["properties"]["status"] | {"additionalProperties": False}
NOW = 1_800_000_000
SPEC = {"ringSecretName": "ring", "maxCredentialTTL": "1h", "clockSkew": "60s"}


class Scene:
    """One object, its ring, and pods that do what they are told."""

    def __init__(self, spec=SPEC, **texts):
        self.objects, self.rings = InProcessObjects(spec), InProcessRings(**(texts or {"ring": ""}))
        self.registry = CollectorRegistry()
        self.worker = Worker("turn", self.rings, self.objects, Meters(self.registry))

    @property
    def ring(self):
        return read(self.rings.texts["ring"])

    @property
    def status(self):
        return self.objects.body["status"]

    async def look(self, now_s=NOW):
        """A look, whose status the API server would keep field by field."""
        again_s = await self.worker.look(await self.objects.read("turn"), now_s)
        jsonschema.validate(self.status, STATUS)
        return again_s

    def obey(self, renewed_s=NOW):
        """Every pod has applied the ring."""
        ring = self.ring
        kids, gone = frozenset(it.kid for it in ring.keys), frozenset(it.kid for it in ring.retired)
        rev, said = ring.revision, {"renewed_s": renewed_s}
        relay = Ack(pod="turn-1", role=Role.RELAY, revision=rev, accepts=kids, refuses=gone, **said)
        self.rings.leases = [
            relay,
            Ack(pod="rtc-1", role=Role.MINTER, revision=rev, signs=ring.current.kid, **said),
        ]

    def condition(self, kind):
        return next(it for it in self.status["conditions"] if it["type"] == kind)

    def reasons(self):
        return [reason for _, reason, _ in self.objects.events]


async def test_an_empty_secret_gets_its_first_key():
    """The operator fills a Secret that is there without content, and then has nothing to do."""
    scene = Scene()
    assert await scene.look() == LOOK_S
    assert (scene.ring.phase, scene.ring.revision, len(scene.ring.current.secret)) == (Phase.IDLE, 1, 64)
    assert (scene.status["phase"], scene.condition("Ready")["status"]) == ("Idle", "True")


async def test_a_rotation_is_told_from_beginning_to_end():
    """Each phase shows in the status, each step is an event, and the annotation that asked for it is taken away."""
    scene = Scene()
    await scene.look()
    scene.objects.body["metadata"]["annotations"][ROTATE] = "now"
    scene.obey()
    first = scene.ring.current
    assert await scene.look() == BUSY_S
    assert scene.status["phase"] == "Propagating"
    assert scene.condition("Rotating")["status"] == "True"
    assert ROTATE not in scene.objects.body["metadata"]["annotations"]
    scene.obey()
    await scene.look()
    assert (scene.status["phase"], scene.condition("Propagated")["status"]) == ("Switching", "True")
    scene.obey()
    await scene.look()
    assert (scene.status["phase"], scene.status["drainUntil"]) == ("Draining", "2027-01-15T09:01:05Z")
    scene.obey(NOW + 3665)
    await scene.look(NOW + 3665)
    scene.obey(NOW + 3665)
    await scene.look(NOW + 3665)
    assert (scene.status["phase"], scene.status["lastRotation"]["result"]) == ("Idle", "Completed")
    assert scene.ring.current != first
    assert "drainUntil" not in scene.status
    assert scene.reasons() == ["RotationStarted", "Propagated", "MintingSwitched", "OldKeyRevoked"]


async def test_a_silent_pod_is_told_once_and_by_name():
    """A rotation that waits for a pod which is not heard is Blocked, names it, and says so in one event."""
    scene = Scene(SPEC | {"trigger": "a"})
    await scene.look()
    scene.objects.body["spec"]["trigger"] = "b"
    scene.obey()
    for _ in range(3):
        await scene.look(NOW + 100)
    assert (scene.condition("Blocked")["reason"], scene.condition("Ready")["status"]) == ("ReplicaUnknown", "False")
    assert "turn-1" in scene.status["waitingFor"]
    assert scene.reasons() == ["RotationStarted", "RotationBlocked"]


async def test_no_progress_is_told():
    """A phase that lasts longer than the deadline makes the rotation Degraded, and does not make it go on."""
    scene = Scene(SPEC | {"progressDeadline": "5m"})
    await scene.look()
    scene.objects.body["spec"]["trigger"] = "b"
    scene.obey(NOW + 301)
    await scene.look()
    assert scene.condition("Degraded")["status"] == "False"
    await scene.look(NOW + 301)
    assert (scene.condition("Degraded")["status"], scene.status["phase"]) == ("True", "Propagating")


async def test_nothing_new_is_not_written():
    """A look that finds everything as it was writes neither ring nor status."""
    scene = Scene()
    await scene.look()
    patches, text = scene.objects.patches, scene.rings.texts["ring"]
    await scene.look(NOW + 10)
    assert (scene.objects.patches, scene.rings.texts["ring"]) == (patches, text)


async def test_who_comes_second_takes_what_is_there():
    """Of two operators that fill a Secret at once the second takes the ring of the first."""
    scene, other = Scene(), Scene()
    await other.look()

    def interfere():
        scene.rings.interfering = lambda: None
        scene.rings.put("ring", other.rings.texts["ring"])

    scene.rings.interfering = interfere
    await scene.look()
    assert scene.ring == other.ring


async def test_an_unreadable_ring_is_left_alone():
    """A Secret that somebody broke before we saw it blocks the object with what to do, and is not written over."""
    scene = Scene(ring="{")
    await scene.look()
    assert (scene.condition("Blocked")["reason"], scene.rings.texts["ring"]) == ("RingUnreadable", "{")


@pytest.mark.parametrize("broken", ["{", "", "older", "other keys"])
async def test_a_ring_that_was_edited_is_put_back(broken):
    """What somebody has done to a ring by hand is undone, and told in an event."""
    scene, other = Scene(SPEC | {"trigger": "a"}), Scene()
    await scene.look()
    older = scene.rings.texts["ring"]
    scene.objects.body["spec"]["trigger"] = "b"
    scene.obey()
    await scene.look()
    good = scene.rings.texts["ring"]
    await other.look()
    strange = write(replace(scene.ring, keys=other.ring.keys, rotation=None))
    scene.rings.put("ring", {"older": older, "other keys": strange}.get(broken, broken))
    await scene.look()
    assert scene.rings.texts["ring"] == good
    assert scene.reasons() == ["RotationStarted", "RingRestored"]


@pytest.mark.parametrize("left", ["", "older"])
async def test_a_ring_that_nobody_remembers_is_not_made_anew(left):
    """Where agents have had a newer ring than there is, the object is Blocked, and no key is made."""
    scene = Scene()
    await scene.look()
    older = scene.rings.texts["ring"]
    scene.rings.put("ring", write(replace(scene.ring, revision=7)))
    scene.obey()
    scene.rings.put("ring", older if left else "")
    fresh = Worker("turn", scene.rings, scene.objects, Meters(CollectorRegistry()))
    await fresh.look(await scene.objects.read("turn"), NOW)
    assert (scene.condition("Blocked")["reason"], scene.rings.texts["ring"]) == ("RingLost", older if left else "")


async def test_what_is_forbidden_is_told():
    """While the API server refuses us the Secret, the object says that it is Blocked and why, and then goes on."""
    scene = Scene()
    await scene.look()
    scene.rings.is_forbidden = True
    assert await scene.look(NOW + 60) == BUSY_S
    said = [(scene.condition(it)["status"], scene.condition(it)["reason"]) for it in ("Ready", "Blocked")]
    assert said == [("Unknown", "Forbidden"), ("True", "Forbidden")]
    assert (scene.status["phase"], scene.reasons()) == ("Idle", ["RotationBlocked"])
    scene.rings.is_forbidden = False
    await scene.look(NOW + 62)
    assert (scene.condition("Ready")["status"], scene.condition("Blocked")["status"]) == ("True", "False")


async def test_a_newer_wish_outlives_the_handled_one():
    """An annotation that was written anew while its forerunner was handled stays, and has its rotation later."""
    scene = Scene()
    await scene.look()
    annotations = scene.objects.body["metadata"]["annotations"]
    annotations[ROTATE] = "one"
    scene.rings.interfering = lambda: annotations.update({ROTATE: "two"})
    await scene.look()
    assert annotations == {ROTATE: "two"}


async def test_a_missing_secret_is_told():
    """Without the Secret the object is Blocked and names it."""
    scene = Scene(other="")
    await scene.look()
    assert scene.condition("Blocked")["reason"] == "NoSecret"
    assert scene.status["waitingFor"] == "The Secret ring does not exist; create it without content."


async def test_a_cluster_that_is_away_changes_no_status():
    """While the API server does not answer, what was told before stays."""
    scene = Scene()
    await scene.look()
    told = dict(scene.status)
    scene.rings.is_away = True
    assert await scene.look(NOW + 60) == BUSY_S
    assert scene.status == told


@pytest.mark.parametrize(
    "change",
    [{"maxCredentialTTL": "soon"}, {"schedule": {"every": "24h", "timeZone": "Mars/Phobos"}}, {"clockSkew": ""}],
    ids=str,
)
async def test_what_there_is_not_blocks_one_object(change):
    """A spec that cannot be honoured is told in its own conditions, with a sentence."""
    scene = Scene(SPEC | change)
    assert await scene.look() == LOOK_S
    assert (scene.condition("Blocked")["reason"], scene.rings.texts["ring"]) == ("BadSpec", "")
    assert scene.condition("Blocked")["message"].endswith(".")


async def test_no_secret_is_told():
    """Nothing that is told about a ring holds a secret or what a secret could be guessed from."""
    scene = Scene(SPEC | {"trigger": "a"})
    await scene.look()
    scene.objects.body["spec"]["trigger"] = "b"
    scene.obey()
    await scene.look()
    told = repr((scene.objects.body, scene.objects.events, list(scene.registry.collect())))
    assert not any(it.secret in told for it in scene.ring.keys)
