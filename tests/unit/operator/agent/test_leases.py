"""An acknowledgement in a Lease: what the agent writes, the operator reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lightkube.resources.coordination_v1 import Lease

from parley_operator import leases
from parley_operator.agent.ports import Applied
from parley_operator.ring.model import Role

KIDS = st.from_regex(r"k[0-9a-f]{8}", fullmatch=True)
APPLIED = st.builds(
    Applied,
    revision=st.integers(0, 10**9),
    accepts=st.frozensets(KIDS, max_size=3),
    refuses=st.frozensets(KIDS, max_size=3),
    signs=KIDS | st.just(""),
)


def lease(applied, role=Role.RELAY, uid="0a1b2c3d-4e5f"):
    """As the API server hands it on."""
    return Lease.from_dict(leases.written(applied, "turn-0", uid, "turn-ring", role).to_dict())


@given(APPLIED, st.sampled_from(Role))
def test_what_is_said_is_heard(applied, role):
    """An acknowledgement comes back from its Lease as it was, with the pod that made it."""
    ack = leases.read(lease(applied, role))
    assert (ack.revision, ack.accepts, ack.refuses) == (applied.revision, applied.accepts, applied.refuses)
    assert (ack.signs, ack.role, ack.pod) == (applied.signs, role, "turn-0")
    assert ack.renewed_s > 1_700_000_000


def test_a_lease_is_of_one_pod_and_no_other():
    """A Lease goes with its pod, and the next pod of the same name has one of another name."""
    first, second = lease(Applied()), lease(Applied(), uid="ffffffff-4e5f")
    assert first.metadata.ownerReferences[0].uid == "0a1b2c3d-4e5f"
    assert first.metadata.name != second.metadata.name


@pytest.mark.parametrize("said", [None, {}, {"parley.manchik.co.uk/ring-revision": "-1"}], ids=str)
def test_a_lease_that_was_edited_acknowledges_nothing(said):
    """A Lease without its annotations, or with nonsense in them, is one of a pod that is waited for."""
    edited = lease(Applied(revision=7, accepts=frozenset({"k1"}), signs="k1"))
    edited.metadata.annotations, edited.spec.renewTime = said, None
    ack = leases.read(edited)
    assert (ack.revision, ack.accepts, ack.signs, ack.renewed_s) == (0, frozenset(), "", 0)
