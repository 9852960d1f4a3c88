"""The doctor's verdicts, each from what was seen to the one thing that is said, and to be done."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from parley.doctor.checks import NO_URL, Reach, Seen, verdict

GOOD = Seen(url="turn:t", relay="198.51.100.7", arrived=True, arrived_directly=True)
PAGE = (Path(__file__).parents[3] / "docs" / "doctor.md").read_text()

VERDICTS = {
    "fine": GOOD,
    "name-unknown": Seen(url="turn:t", reach=Reach.NO_SUCH_NAME),
    "port-closed": Seen(url="turn:t", reach=Reach.CLOSED),
    "no-answer": Seen(url="turn:t", reach=Reach.SILENT),
    "bad-certificate": Seen(url="turn:t", reach=Reach.BAD_CERTIFICATE),
    "secret-differs": Seen(url="turn:t", refusal=401),
    "clock-ahead": Seen(url="turn:t", refusal=401, is_lasting_taken=True),
    "clock-behind": replace(GOOD, just_ended=True),
    "ring-differs": replace(GOOD, other_secrets=(True, False)),
    "quota-reached": Seen(url="turn:t", refusal=486),
    "no-capacity": Seen(url="turn:t", refusal=508),
    "refused": Seen(url="turn:t", refusal=300),
    "own-address-denied": replace(GOOD, peer_refusal=403, arrived=None, arrived_directly=None),
    "peer-refused": replace(GOOD, peer_refusal=443, arrived=None, arrived_directly=None),
    "relay-lost": replace(GOOD, arrived=False),
    "relay-unreachable": replace(GOOD, arrived_directly=False),
}


@pytest.mark.parametrize("slug", VERDICTS)
def test_each_sight_has_one_verdict(slug):
    """Each finding has its name, a sentence, and a remedy unless nothing is wrong."""
    finding = verdict(VERDICTS[slug])
    assert (finding.slug, finding.url) == (slug, "turn:t")
    assert finding.sentence.endswith(".")
    assert finding.sentence.count(". ") == 0
    assert finding.is_fine == (slug == "fine")
    assert finding.is_fine or finding.remedy.endswith(".")


def test_a_clock_that_is_a_little_ahead():
    """A server at which credentials end a minute early is ahead, though it takes those of ten minutes."""
    assert verdict(replace(GOOD, about_to_end=False)).slug == "clock-ahead"


def test_a_server_that_denies_us_is_fine():
    """Where this machine is on a network that the server denies, a packet from here proves nothing."""
    assert verdict(replace(GOOD, arrived_directly=None)).slug == "fine"


def test_the_first_obstacle_is_told():
    """Of several things that are wrong, the one that a call would meet first."""
    everything = replace(GOOD, just_ended=True, other_secrets=(False,), peer_refusal=403, arrived=False)
    assert verdict(everything).slug == "clock-behind"
    assert verdict(replace(everything, refusal=486)).slug == "quota-reached"
    assert verdict(replace(everything, refusal=486, reach=Reach.SILENT)).slug == "no-answer"


def test_what_is_to_be_allowed_is_named():
    """The remedy for a denied address holds the line for coturn's configuration."""
    denied = VERDICTS["own-address-denied"]
    assert "allowed-peer-ip=198.51.100.7" in verdict(denied).remedy
    assert "443" in verdict(VERDICTS["peer-refused"]).sentence


@pytest.mark.parametrize("slug", [*VERDICTS, NO_URL.slug])
def test_the_page_has_every_finding(slug):
    """docs/doctor.md explains each finding under its name."""
    assert f"`{slug}`" in PAGE


def test_a_finding_tells_nothing_secret():
    """What is seen has no place for a secret or a credential."""
    assert not {"secret", "credential", "username", "password"} & {it.name for it in fields(Seen)}
