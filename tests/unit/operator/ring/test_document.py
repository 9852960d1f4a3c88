"""The ring as text: what the operator writes, rtc-service reads."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.turn import ring as minters
from parley_operator.ring.document import Unreadable, read, write
from parley_operator.ring.model import Key, Outcome, Ring, Rotation, State

MOMENTS = st.integers(0, 4_000_000_000)
ROTATIONS = st.builds(Rotation, st.text(), MOMENTS, st.none() | MOMENTS, st.booleans(), st.booleans())
RINGS = st.builds(
    lambda states, retired, **others: Ring(
        keys=tuple(key(state, number) for number, state in enumerate(states)),
        retired=tuple(key(State.PREVIOUS, 7 + number) for number in range(retired)),
        **others,
    ),
    st.sampled_from([[State.CURRENT], [State.CURRENT, State.NEXT], [State.PREVIOUS, State.CURRENT]]),
    st.integers(0, 2),
    revision=st.integers(1, 10**9),
    ttl_s=st.integers(1, 86_400),
    rotation=ROTATIONS,
    handled=st.lists(st.text(), max_size=2).map(tuple),
    last=st.none() | st.builds(Outcome, st.text(), MOMENTS, st.just("Completed")),
)


def key(state, number):
    return Key(f"k{number}", f"5eC{number}", state, 1_000_000 + number, 600)


@given(RINGS)
def test_what_is_written_is_read(ring):
    """A ring comes back from its text as it was."""
    assert read(write(ring)) == ring


@given(RINGS)
def test_rtc_service_reads_it_too(ring):
    """The minters' own parser finds the current key first, every other key after it, and the same longest life."""
    parsed = minters.parse(write(ring))
    assert parsed.secrets[0] == ring.current.secret
    assert set(parsed.secrets) == {it.secret for it in ring.keys}
    assert parsed.longest_s == ring.ttl_s


GOOD = Ring(revision=1, ttl_s=600, keys=(key(State.CURRENT, 1),))


@pytest.mark.parametrize(
    "change",
    [
        {"keys": []},
        {"keys": None},
        {"keys": [1]},
        {"revision": 0},
        {"revision": None},
        {"maxCredentialTTLSeconds": 0},
        {"rotation": "yes"},
        {"retired": json.loads(write(GOOD))["keys"]},
        {"keys": [json.loads(write(GOOD))["keys"][0] | {"secret": "it's"}]},
        {"keys": [json.loads(write(GOOD))["keys"][0] | {"state": "next"}]},
        {"keys": [json.loads(write(GOOD))["keys"][0] | {"createdAt": "yesterday"}]},
    ],
    ids=json.dumps,
)
def test_a_ring_that_was_edited_badly_is_refused(change):
    """A ring that somebody has broken is refused with a sentence that repeats nothing of it."""
    with pytest.raises(Unreadable) as refused:
        read(json.dumps(json.loads(write(GOOD)) | change))
    assert "5eC" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "7"])
def test_what_is_no_ring_is_refused(text):
    """Text that is not a JSON object of ours is refused, and nothing else is raised."""
    with pytest.raises(Unreadable):
        read(text)
