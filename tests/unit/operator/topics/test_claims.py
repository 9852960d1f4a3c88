"""Which objects are known, whose claim to a topic is older, and how a dead watch is noticed."""

from dataclasses import replace

from support.topic_claims import claim

from parley_operator.topics.claims import Claims
from parley_operator.topics.model import Status, TopicSpec


def declared(uid, created="2026-10-01", topic="letters", **more):
    return claim(TopicSpec(topic_name=topic), uid=uid, name=uid, created=created, **more)


def test_seniority():
    """Of three objects for one topic the oldest has no rival, and each other has the oldest."""
    claims = Claims()
    oldest, middle, youngest = declared("c", "2026-01"), declared("b", "2026-02"), declared("a", "2026-03")
    for one in (youngest, middle, oldest):
        claims.heard(one)
    assert claims.rival(oldest) is None
    assert claims.rival(middle) == claims.rival(youngest) == oldest


def test_same_age():
    """Two objects of the same second are told apart by their names, the same way each time."""
    claims = Claims()
    claims.heard(declared("b"))
    claims.heard(declared("a"))
    assert claims.rival(declared("a")) is None
    assert claims.rival(declared("b")) == declared("a")


def test_ending():
    """An object that is being deleted stands in nobody's way, and anybody else is in its own."""
    claims = Claims()
    ending, younger = declared("a", "2026-01", deleting=True), declared("b", "2026-02")
    claims.heard(ending)
    claims.heard(younger)
    assert claims.rival(younger) is None
    assert claims.rival(ending) == younger


def test_whom_it_touches():
    """A change of one object touches all of its topic, of the one before and the one after; a status touches nobody."""
    claims = Claims()
    assert set(claims.heard(declared("a"))) == {"a"}
    assert set(claims.heard(declared("b"))) == {"a", "b"}
    assert set(claims.heard(declared("b", generation=2, topic="others"))) == {"a", "b"}
    assert claims.heard(declared("b", generation=2, topic="others", status=Status(adopted=True))) == ()
    assert set(claims.heard(declared("a", generation=2, topic="others"))) == {"a", "b"}
    assert set(claims.gone("a")) == {"b"}


def test_memory():
    """What was written counts for more than an older event, until the object is gone."""
    claims = Claims()
    claims.heard(declared("a"))
    claims.wrote("a", Status(topic_id="id-1"))
    claims.heard(declared("a"))
    assert claims.get("a").status.topic_id == "id-1"
    assert not claims.is_written("a", Status(topic_id="id-1"))
    claims.gone("a")
    claims.heard(declared("a"))
    assert claims.get("a").status.topic_id is None


def test_listing():
    """A listing brings what is new, takes away what is gone, and undoes no event that came while it was asked for."""
    claims = Claims()
    for uid in ("kept", "gone"):
        claims.heard(declared(uid, topic=uid))
    claims.begin_listing()
    claims.heard(declared("kept", topic="kept", generation=2))
    claims.heard(declared("new", topic="new"))
    claims.heard(declared("ended", topic="ended"))
    claims.gone("ended")
    claims.listed([declared("kept", topic="kept"), declared("ended", topic="ended"), declared("found", topic="found")])
    assert set(claims.uids()) == {"kept", "new", "found"}
    assert claims.get("kept").generation == 2


def test_dead_watch():
    """A watch is dead if what one listing brought has come by no event until the next."""
    claims, first = Claims(), declared("a")
    assert claims.listed([first])
    claims.heard(first)
    claims.begin_listing()
    assert claims.listed([first])
    changed = replace(first, generation=2)
    claims.begin_listing()
    assert claims.listed([changed])
    claims.begin_listing()
    assert not claims.listed([changed])
