"""The ports of this service alone; what it shares with others lies with the nouns.

`parley.identity.port.Sessions`, `parley.conversations.port.Membership`, `parley.messages.port.MessageLog`,
`parley.fanout.port.Fanout`, `parley.ratelimits.port.RateLimits`, `parley.endedcalls.port.EndedCalls`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from parley.chat_service.calls.commands import Command
from parley.chat_service.calls.model import Call
from parley.chat_service.calls.rules import Outcome
from parley.chat_service.model import Change, Party, Seen

LINK = "parley.link"
"""The key of a connection's `Link` in the extensions of its ASGI scope."""


class Presence(Protocol):
    """Who is here, over all replicas.

    Guarantee: a window counts for LEASE_S after its last `renew` and not at all after `leave`; a person is as present
    as the most present of their windows. Each change of a person is returned by exactly one call. Somebody whose last
    window has left is told as offline GRACE_S later, so that loading a page anew does not flicker. An engine that is
    away returns no changes and shows everybody offline: presence is never a reason to fail.
    """

    async def renew(self, parties: Collection[Party]) -> Sequence[Change]:
        """Begin or prolong the lease of these windows, with their present status; returns who has changed by it."""

    async def leave(self, user: str, party: str) -> Sequence[Change]:
        """End the lease of one window; returns the change, if others remain and they are less present."""

    async def expire(self) -> Sequence[Change]:
        """End what is due, of windows that fell silent or left; returns who has changed by it."""

    async def statuses(self, users: Collection[str]) -> Mapping[str, Seen]:
        """The presence of each of `users`; every one asked for is in the answer, offline if never seen."""


class Calls(Protocol):
    """The calls of each conversation, and what keeps a person from two at once, over all replicas.

    Guarantee: the changes of one conversation happen one after another, each by `rules.change` upon the state that the
    one before has left, and its revisions only grow. A conversation in which time will change something is looked at
    by `look` when that is due, whichever replica calls it, also if the one that changed it last is gone. The first
    claim of a person decides which conversation they may have a call in; a claim ends by itself after CLAIM_MS. If the
    engine loses its state, the calls are gone. Every method raises CallsUnavailable for an engine that is away.
    """

    async def change(self, conv: str, command: Command) -> Outcome:
        """Carry a command out. Raises what `rules.change` raises; after CallsUnavailable it may have been carried out.

        Carrying it out again is harmless.
        """

    async def live(self, convs: Collection[str]) -> Sequence[tuple[Call, int]]:
        """The live calls of these conversations, each with the time at which it was read."""

    async def look(self) -> Sequence[Outcome]:
        """Let time pass where it is due; the outcomes, also of what was due before and has not been recorded yet."""

    async def claim(self, user: str, conv: str, claim: str) -> bool:
        """Take or prolong a claim; False, without effect, if the person holds one in another conversation."""

    async def release(self, user: str, claim: str) -> None:
        """Give a claim up. No effect if there is none."""

    async def engaged(self, users: Collection[str], conv: str) -> frozenset[str]:
        """Those who hold a claim in another conversation."""


class Link(Protocol):
    """The transport under one connection, as the service writes to it. Everything but `drained` returns at once.

    `sink` is the shortest way to the kernel, for what many get at once; it is not to be used from `Flow.pause` to
    `Flow.resume`, and a link pauses before it closes, whoever closes it.
    """

    @property
    def sink(self) -> Callable[[bytes], None]:
        """`write`, without looking whether the link is closing."""

    def write(self, data: bytes) -> None:
        """Send these bytes, which are whole WebSocket frames. No effect on a link that is closing."""

    def close(self, code: int, reason: str) -> None:
        """Say why and close; a peer that does not answer is cut off after a while. No effect the second time."""

    def attach(self, listener: "Flow") -> None:
        """From now on tell this listener when to stop and to go on writing."""

    def waiting(self) -> int:
        """Bytes that were written and have not been taken over by the kernel."""

    async def drained(self) -> None:
        """Return when writing makes sense: little is waiting, or the link is closing."""


class Flow(Protocol):
    """Who writes to a link."""

    def pause(self) -> None:
        """Too much is waiting, or the link is gone: do not write."""

    def resume(self) -> None:
        """What was waiting has been sent: write again."""
