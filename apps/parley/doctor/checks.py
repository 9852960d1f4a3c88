"""The verdicts: from what was seen at one TURN URL to a sentence and a remedy. Pure; `probes.py` does the seeing.

Where several things are wrong, the first that a call would meet is told; the next one shows when that is mended.
docs/doctor.md has each of them with more words.
"""

from dataclasses import dataclass
from enum import StrEnum, auto


class Reach(StrEnum):
    """How far we got on the way to the server."""

    ANSWERED = auto()
    NO_SUCH_NAME = auto()
    CLOSED = auto()
    SILENT = auto()
    BAD_CERTIFICATE = auto()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one URL has shown. None means that it did not come to that.

    `refusal` is the code with which an allocation was refused; `is_lasting_taken` tells, when that was 401, whether a
    credential that ends in years was taken. `just_ended` and `about_to_end` tell the same of credentials that end
    CLOCK_WINDOW_S ago and from now, by our clock, and `other_secrets` of each further secret of the ring.
    `peer_refusal` is the code for sending from one relay address to another, `relay`; `arrived` tells of a packet that
    was sent so, `arrived_directly` of one from this machine.
    """

    url: str
    reach: Reach = Reach.ANSWERED
    refusal: int | None = None
    is_lasting_taken: bool = False
    just_ended: bool = False
    about_to_end: bool = True
    other_secrets: tuple[bool, ...] = ()
    relay: str = ""
    peer_refusal: int | None = None
    arrived: bool | None = None
    arrived_directly: bool | None = None


CLOCK_WINDOW_S = 60
"""By how much two clocks may differ unnoticed; a credential lasts ten times as long."""


@dataclass(frozen=True)
class Finding:
    """One sentence, and what to do about it; without a remedy there is nothing to do."""

    url: str
    slug: str
    sentence: str
    remedy: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether calls work over this URL."""
        return not self.remedy


NO_URL = Finding(
    "",
    "no-url",
    "No TURN server is configured, so only people with a direct path to each other can talk.",
    "Run coturn, and name it in TURN_SERVER_URLS (docs/doctor.md).",
)


def verdict(seen: Seen) -> Finding:
    """What is wrong at this URL, or that nothing is."""
    slug, sentence, remedy = _of_way(seen) or _of_allocation(seen) or _of_clock(seen) or _of_relay(seen) or _fine(seen)
    return Finding(seen.url, slug, sentence, remedy)


Words = tuple[str, str, str]

_WAYS: dict[Reach, Words] = {
    Reach.NO_SUCH_NAME: (
        "name-unknown",
        "The name of the TURN server is not known to the DNS.",
        "Correct TURN_SERVER_URLS, or add the name to the DNS.",
    ),
    Reach.CLOSED: (
        "port-closed",
        "Nothing listens at the TURN server's address and port.",
        "Start coturn, or correct the port in TURN_SERVER_URLS.",
    ),
    Reach.SILENT: (
        "no-answer",
        "The TURN server does not answer.",
        "Start coturn, and let firewalls pass its port over this transport.",
    ),
    Reach.BAD_CERTIFICATE: (
        "bad-certificate",
        "The TURN server's certificate is not one for this name that we trust.",
        "Give coturn a chain for the name in TURN_SERVER_URLS, up to an authority that browsers know.",
    ),
}


def _of_way(seen: Seen) -> Words | None:
    return _WAYS.get(seen.reach)


def _of_allocation(seen: Seen) -> Words | None:
    if seen.refusal is None:
        return None
    if seen.refusal == 401 and seen.is_lasting_taken:
        return _AHEAD
    return _REFUSALS.get(seen.refusal) or (
        "refused",
        f"The TURN server refuses an allocation with code {seen.refusal}.",
        "Look up the code in RFC 8656, section 19, and in coturn's log.",
    )


_AHEAD = (
    "clock-ahead",
    "The TURN server's clock is ahead of ours, so that credentials end early or at once.",
    "Set both clocks by NTP.",
)

_BEHIND = (
    "clock-behind",
    "The TURN server's clock is behind ours, so that credentials last longer than they should.",
    "Set both clocks by NTP.",
)

_REFUSALS: dict[int, Words] = {
    401: (
        "secret-differs",
        "The TURN server does not accept our credentials: its secret differs from ours.",
        "Give coturn's static-auth-secret and TURN_SHARED_SECRET (or the ring) the same value, and restart coturn.",
    ),
    486: (
        "quota-reached",
        "The TURN server has as many allocations of one user as its quota lets it.",
        "Wait for ten minutes, or raise user-quota.",
    ),
    508: (
        "no-capacity",
        "The TURN server has no relay port left, or does not own its relay address.",
        "Widen min-port to max-port, and check relay-ip.",
    ),
}


def _of_clock(seen: Seen) -> Words | None:
    if not seen.about_to_end:
        return _AHEAD
    if seen.just_ended:
        return _BEHIND
    if not all(seen.other_secrets):
        return (
            "ring-differs",
            "The TURN server does not accept every secret of the ring.",
            "Let the ring reach coturn before a new secret signs, and after an old one has left.",
        )
    return None


def _of_relay(seen: Seen) -> Words | None:
    if seen.peer_refusal == 403:
        return (
            "own-address-denied",
            f"The TURN server denies its own relay address {seen.relay}, so two people who both need it never meet.",
            f"Add allowed-peer-ip={seen.relay} to coturn's configuration.",
        )
    if seen.peer_refusal is not None:
        return (
            "peer-refused",
            f"The TURN server refuses to send to its relay address {seen.relay}, with code {seen.peer_refusal}.",
            "Look up the code in RFC 8656, section 19, and in coturn's log.",
        )
    if seen.arrived is False:
        return (
            "relay-lost",
            f"A packet from one relay address to another at {seen.relay} was lost.",
            "Check external-ip, and let UDP pass from min-port to max-port between the TURN server and itself.",
        )
    if seen.arrived_directly is False:
        return (
            "relay-unreachable",
            f"A packet from here to the relay address {seen.relay} was lost, so only people who both relay can talk.",
            "Check external-ip, and let firewalls pass UDP from min-port to max-port to that address.",
        )
    return None


def _fine(seen: Seen) -> Words:
    return "fine", f"Works: a packet went from one relay address to another at {seen.relay}.", ""
