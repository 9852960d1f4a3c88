"""The presence of one person over all their windows, as a rule without I/O. Next: `adapters/`, where it is kept."""

from parley.chat_service.model import RANK, Status

LEASE_S = 60.0
"""How long a window counts without a sign from its replica: two heartbeats may be lost."""

GRACE_S = 8.0
"""How long after the last window has left somebody is told as offline."""


class Person:
    """The windows of one person. Times are seconds of one clock that never goes back."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[Status, float]] = {}
        self._offline_at = 0.0
        self.status: Status = "offline"

    def renew(self, party: str, status: Status, now: float) -> bool:
        """A window is here. True if the person's status has changed."""
        self._windows[party] = (status, now + LEASE_S)
        return self.settle(now)

    def leave(self, party: str, now: float) -> bool:
        """A window has left. True if the person's status has changed."""
        if self._windows.pop(party, None) and not self._windows:
            self._offline_at = now + GRACE_S
        return self.settle(now)

    def settle(self, now: float) -> bool:
        """Forget leases that have ended. True if the person's status has changed."""
        self._windows = {party: it for party, it in self._windows.items() if it[1] > now}
        before, self.status = self.status, self._status(now)
        return before != self.status

    def due(self) -> float:
        """When `settle` may change something next; infinity for somebody who is offline for good."""
        if self._windows:
            return min(until for _, until in self._windows.values())
        return self._offline_at if self.status != "offline" else float("inf")

    def _status(self, now: float) -> Status:
        if self._windows:
            return max((status for status, _ in self._windows.values()), key=RANK.__getitem__)
        return self.status if now < self._offline_at else "offline"
