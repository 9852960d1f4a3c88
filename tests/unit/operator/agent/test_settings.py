"""What an agent is configured by."""

import pytest

from parley_operator.agent.settings import BadSettings, read
from parley_operator.ring.model import Role

WHOLE = {
    "RING_ROLE": "relay",
    "RING_SECRET": "turn-ring",
    "POD_NAME": "turn-0",
    "POD_UID": "0a1b",
    "RING_TURN_PORT": "3479",
}


def test_a_relay_is_asked_where_it_is_said_to_be():
    """Names come from the environment, and what is not there has its default."""
    settings = read(WHOLE)
    assert (settings.role, settings.secret, settings.server) == (Role.RELAY, "turn-ring", ("127.0.0.1", 3479))


def test_all_mistakes_are_told_at_once():
    """Every variable that is missing or wrong is named."""
    with pytest.raises(BadSettings) as told:
        read({"RING_ROLE": "both", "RING_PROBE_PORT": "0", "RING_TURN_PORT": "turn"})
    for name in ("RING_ROLE", "RING_SECRET", "POD_NAME", "POD_UID", "RING_PROBE_PORT", "RING_TURN_PORT"):
        assert name in str(told.value)
