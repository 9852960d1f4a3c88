"""One socket as the hub sees it: write at once while it takes everything, let frames wait in order when it does not.

There is no task and no queue for a connection that keeps up: bytes go straight to its transport.
"""

from collections.abc import Callable, Iterable, Mapping

from parley.chat_service.conversation import Conversation
from parley.chat_service.framing import frame_text
from parley.chat_service.model import CloseCode, Status
from parley.chat_service.outbox import Item, Outbox
from parley.chat_service.ports import Link

Alarm = Callable[["Connection"], None]


class Connection:
    """A signed-in socket. `flows` says that nothing waits, so that bytes may be written past the outbox with `write`.

    `calling` is the conversation whose call this window has joined, and the claim that it holds for it.

    It begins held: what is live waits until `release`, because the past comes first. `fell_behind` is called when all
    that waited has been sent and entries had to be left out.
    """

    __slots__ = (
        "_fell_behind",
        "_held",
        "_is_paused",
        "_left",
        "_left_at",
        "_outbox",
        "calling",
        "convs",
        "device",
        "flows",
        "id",
        "is_closed",
        "is_signed_out",
        "link",
        "party",
        "rules",
        "status",
        "user",
        "watched",
        "write",
    )

    def __init__(
        self, link: Link, rules: Conversation, *, conn: str, user: str, device: str, fell_behind: Alarm
    ) -> None:
        self.link, self.rules = link, rules
        self.id, self.user, self.device = conn, user, device
        self.party = ""
        self.status: Status = "active"
        self.convs: set[str] = set()
        self.calling: tuple[str, str] | None = None
        self.watched: frozenset[str] = frozenset()
        self.write = link.sink
        self.flows, self.is_closed, self.is_signed_out = False, False, False
        self._held, self._is_paused = True, False
        self._outbox: Outbox | None = None
        self._fell_behind = fell_behind
        self._left, self._left_at = 0, 0.0
        link.attach(self)

    def send(self, payload: bytes) -> None:
        """One frame for this connection alone, ahead of what is held: replies, replayed entries, pings, goodbyes."""
        framed = frame_text(payload)
        if self._is_paused:
            # What we add ourselves, a ping above all, is no sign that the peer has taken something.
            self._left += len(framed)
        self.link.write(framed)

    def offer(self, items: Iterable[Item]) -> None:
        """Frames of a conversation, when the connection does not flow: they wait, within bounds."""
        if self._outbox is None:
            self._outbox = Outbox()
        for item in items:
            self._outbox.put(item)

    def deliver(self, item: Item) -> None:
        """One frame in its order: at once, or after what waits."""
        if self.flows:
            self.write(item.framed)
        else:
            self.offer((item,))

    def release(self, told: Mapping[str, int], last: bytes) -> None:
        """The past has been sent, up to these places: send what was held since, then `last`, and let it flow."""
        if self._outbox is not None:
            self._outbox.forget_through(told)
        self._held = False
        if not self._is_paused:
            self._flush()
        self.send(last)

    def pause(self) -> None:
        """See `Flow`."""
        self._is_paused, self.flows = True, False

    def resume(self) -> None:
        """See `Flow`."""
        self._is_paused = False
        if not self._held:
            self._flush()

    def miss(self, conv: str) -> None:
        """Entries of this conversation went past; the client will be told that it is behind."""
        if self._outbox is None:
            self._outbox = Outbox()
        self._outbox.behind.add(conv)
        if self.flows:
            self._fell_behind(self)

    def take_behind(self) -> frozenset[str]:
        """Conversations of which entries were left out; from now on their entries are delivered again."""
        missing = frozenset(self._outbox.behind) if self._outbox else frozenset()
        if self._outbox is not None:
            self._outbox.behind.clear()
        return missing

    def close(self, code: CloseCode, reason: str) -> None:
        """Say why and close."""
        self.flows, self.is_closed = False, True
        self.is_signed_out = code == CloseCode.SIGNED_OUT
        self.link.close(code, reason)

    def is_stalled(self, now: float, after_s: float) -> bool:
        """Whether bytes are waiting of which none has gone for `after_s`. To be asked now and then."""
        left = self.link.waiting()
        if left == 0 or left != self._left:
            self._left, self._left_at = left, now
        return self._is_paused and now - self._left_at >= after_s

    def _flush(self) -> None:
        self.flows = not self.is_closed
        outbox = self._outbox
        if outbox is None:
            return
        # Writing may pause the link again; then nothing more is taken out, and it does not flow.
        waited = outbox.take()
        if waited:
            self.link.write(waited)
        if outbox.behind:
            self._fell_behind(self)
        elif self.flows:
            self._outbox = None
