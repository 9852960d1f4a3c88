"""Each component is taken away once: `helm test` fails, says at which hop, and names what is missing.

What a service calls an engine is what it has of it: `fan-out` and `rtc-sessions` are Redis, `bus` is Kafka, `database`
MySQL and `message-log` Cassandra.
"""

import pytest
from support.cluster_broken import give_back, take_away, verdict
from support.cluster_releases import until, workloads

pytestmark = [pytest.mark.cluster, pytest.mark.drill]

MISSING = {
    "turn": ({"media relayed over udp"}, {"turn server"}),
    "mail": ({"code mailed"}, {"mail server"}),
    "email-worker": ({"code mailed"}, {"email-worker"}),
    "rtc-service": ({"rtc session"}, {"rtc-service"}),
    "message-service": ({"conversation"}, {"message-service"}),
    "chat-service": ({"socket"}, {"chat-service"}),
    "registration-api": ({"page"}, {"registration-api"}),
    "redis": (
        {"code requested", "socket", "delivery", "rtc session"},
        {"fan-out", "rtc-sessions", "rtc-sessions or fan-out"},
    ),
    "kafka": ({"code mailed"}, {"bus"}),
    "mysql": ({"page", "code requested"}, {"database"}),
    "cassandra": ({"conversation"}, {"message-log"}),
}
"""By component: the hops at which the call may end without it, and who must be named. Engines come last, for they take
long to come back, and the services with them."""


@pytest.fixture
def missing(request):
    """The component that is not there."""
    take_away(request.param)
    yield request.param
    give_back(request.param)


@pytest.mark.parametrize("missing", MISSING, indirect=True)
def test_what_is_missing_is_named(missing, figures):
    """The call ends at the first hop that goes through it, and nobody else is suspected."""
    found = verdict()
    figures(f"“{found.hop}” after {found.took_s:.0f} s: {found.seen}; look at {found.suspect}")
    hops, suspects = MISSING[missing]
    assert found.hop in hops
    assert found.suspect in suspects


def test_when_all_are_back_the_call_works(figures):
    """With every component Ready again nothing is left of what was broken."""
    until(lambda: all(workloads().values()), "not everything is Ready again")
    found = verdict()
    figures(f"a call that works takes {found.took_s:.0f} s")
    assert found.hop == ""
