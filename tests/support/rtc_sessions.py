"""Sessions as their store sees them, and every store, opened on a clock in seconds."""

from contextlib import nullcontext
from typing import Any

import pytest
from support import valkey
from support.valkey_cluster import CLUSTER

from parley.identity.model import new_token
from parley.rtc_service.adapters.inprocess import InProcessRtcSessions
from parley.rtc_service.model import Participant, Session

LIFE_S = 900.0
ANN, BOB = Participant("ann-id", "ann@example.org"), Participant("bob-id", "bob@example.org")

STORES = [
    pytest.param(lambda clock: nullcontext(InProcessRtcSessions(LIFE_S, clock)), id="inprocess"),
    pytest.param(lambda clock: valkey.ONE.rtc_sessions(clock, LIFE_S), id="redis", marks=pytest.mark.engine),
    pytest.param(lambda clock: CLUSTER.rtc_sessions(clock, LIFE_S), id="cluster", marks=pytest.mark.engine),
]
"""Every adapter of RtcSessions."""


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def new_session(**members: Any) -> Session:
    """A session of Ann's with Bob; every member can be changed."""
    values = {"id": new_token()[:22], "initiator": ANN, "peer": BOB, "conversation": None, "call": None}
    return Session(**values | {"created_ms": 1_764_000_000_000, "left_ms": round(LIFE_S * 1000)} | members)
