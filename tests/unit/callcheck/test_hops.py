"""Whom to suspect when a call ends at a hop, given what the services say of themselves."""

import pytest

from parley.callcheck.hops import WAY, Broken, Hop, Probed, suspects, verdict

WELL = {
    name: Probed() for name in ("registration-api", "email-worker", "chat-service", "message-service", "rtc-service")
}


def test_every_hop_has_its_way():
    """Whatever breaks, somebody is named."""
    assert list(WAY) == list(Hop)
    for hop in Hop:
        assert suspects(hop, {}) == list(WAY[hop])
        assert suspects(hop, WELL)


@pytest.mark.parametrize(
    ("hop", "changes", "meant"),
    [
        (Hop.PAGE, {}, ["ingress controller"]),
        (Hop.PAGE, {"registration-api": Probed(answers=False)}, ["registration-api"]),
        (Hop.MAIL, {}, ["mail server"]),
        (Hop.MAIL, {"email-worker": Probed(answers=False)}, ["email-worker"]),
        (Hop.MAIL, {"email-worker": Probed(away=["bus"]), "registration-api": Probed(away=["bus"])}, ["bus"]),
        (Hop.REQUEST, {"registration-api": Probed(away=["database"])}, ["database"]),
        (Hop.SIGN_IN, {}, ["registration-api"]),
        (Hop.MESSAGE, {"chat-service": Probed(away=["message-log"])}, ["message-log"]),
        (Hop.SESSION, {"rtc-service": Probed(away=["fan-out"]), "chat-service": Probed(answers=False)}, ["fan-out"]),
        (Hop.UDP, {}, ["turn server"]),
        (Hop.UDP, {"chat-service": Probed(answers=False)}, ["turn server"]),
    ],
)
def test_the_likeliest(hop, changes, meant):
    """An engine that is missed comes first, then a silent service, then whoever does not say that they are well."""
    assert suspects(hop, WELL | changes) == meant


def test_the_last_words():
    """They name the hop, what was seen, and where to look."""
    words = verdict(Broken(Hop.MAIL, "nothing came in time"), WELL)
    assert words == "FAILED at hop “code mailed”: nothing came in time. Look at: mail server."
