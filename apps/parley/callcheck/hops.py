"""The way of a call, hop by hop, and whom to suspect where it ends. Pure; `check.py` goes the way.

A hop that fails says where the call was lost, and not yet why: no mail may be the bus, the worker or the mail server.
What the services say of themselves (`probes.py`) tells these apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Hop(StrEnum):
    """One step of the call, in order."""

    PAGE = "page"
    REQUEST = "code requested"
    MAIL = "code mailed"
    SIGN_IN = "code entered"
    CONVERSATION = "conversation"
    SOCKET = "socket"
    MESSAGE = "message"
    DELIVERY = "delivery"
    HISTORY = "history"
    SESSION = "rtc session"
    RING = "ring"
    ACCEPT = "accept"
    UDP = "media relayed over udp"
    TCP = "media relayed over tcp"
    RECORD = "record of the call"


INGRESS, MAIL_SERVER, RELAY = "ingress controller", "mail server", "turn server"

WAY: Mapping[Hop, Sequence[str]] = {
    Hop.PAGE: (INGRESS, "registration-api"),
    Hop.REQUEST: ("registration-api",),
    Hop.MAIL: ("registration-api", "email-worker", MAIL_SERVER),
    Hop.SIGN_IN: ("registration-api",),
    Hop.CONVERSATION: ("message-service",),
    Hop.SOCKET: ("chat-service",),
    Hop.MESSAGE: ("chat-service",),
    Hop.DELIVERY: ("chat-service",),
    Hop.HISTORY: ("message-service",),
    Hop.SESSION: ("rtc-service",),
    Hop.RING: ("chat-service",),
    Hop.ACCEPT: ("chat-service",),
    Hop.UDP: (RELAY,),
    Hop.TCP: (RELAY,),
    Hop.RECORD: ("chat-service", "message-service"),
}
"""What each hop goes through, in order."""


@dataclass(frozen=True)
class Probed:
    """What a service says of itself: nothing, or the names of the engines that it does not reach."""

    answers: bool = True
    away: Sequence[str] = field(default=())


class Broken(Exception):
    """The call ended at `hop`; `seen` says in a few words what was seen there, and holds nothing secret."""

    def __init__(self, hop: Hop, seen: str) -> None:
        super().__init__(f"{hop}: {seen}")
        self.hop, self.seen = hop, seen


def accused(hop: Hop, probed: Mapping[str, Probed]) -> Sequence[str]:
    """Who is at fault by the services' own words, nobody if all of them are well.

    An engine that a service on the way misses comes before the service, which can do nothing without it.
    """
    on_the_way = [(name, probed[name]) for name in WAY[hop] if name in probed]
    away = list(dict.fromkeys(engine for _, it in on_the_way for engine in it.away))
    return away or [name for name, it in on_the_way if not it.answers]


def suspects(hop: Hop, probed: Mapping[str, Probed]) -> Sequence[str]:
    """Who may have lost the call at this hop, the likeliest alone if the services' own words show one."""
    # Those who say that they are well are not meant, unless nobody else is left.
    return accused(hop, probed) or [name for name in WAY[hop] if name not in probed] or list(WAY[hop])


def verdict(broken: Broken, probed: Mapping[str, Probed]) -> str:
    """The last words of a check that failed."""
    meant = " or ".join(suspects(broken.hop, probed))
    return f"FAILED at hop “{broken.hop}”: {broken.seen}. Look at: {meant}."
