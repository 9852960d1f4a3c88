"""Which objects are to be looked at, and when: each at most once, so that there are never more than there are objects.

Next: `engine.py`, which takes them in batches.
"""

import asyncio
from collections.abc import Collection, Sequence


class LookQueue:
    """uids with the time at which each is due. Whoever asks for one that waits already gets the earlier time."""

    def __init__(self, most: int, linger_s: float) -> None:
        self._most, self._linger_s = most, linger_s
        self._due: dict[str, float] = {}
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._due)

    def offer(self, uids: Collection[str], delay_s: float = 0.0) -> None:
        """Have these looked at, `delay_s` from now or earlier."""
        due = asyncio.get_running_loop().time() + delay_s
        for uid in uids:
            self._due[uid] = min(due, self._due.get(uid, due))
        self._changed.set()

    async def batch(self) -> Sequence[str]:
        """The next ones that are due, the longest first, once there are as many as fit or no more came for a moment."""
        while not self._ready():
            await self._wait(self._until_next())
        if len(self._ready()) < self._most:
            await asyncio.sleep(self._linger_s)
        batch = self._ready()[: self._most]
        for uid in batch:
            del self._due[uid]
        return batch

    def _ready(self) -> list[str]:
        now = asyncio.get_running_loop().time()
        return sorted((uid for uid, due in self._due.items() if due <= now), key=self._due.__getitem__)

    def _until_next(self) -> float | None:
        if not self._due:
            return None
        return max(0.0, min(self._due.values()) - asyncio.get_running_loop().time())

    async def _wait(self, longest_s: float | None) -> None:
        self._changed.clear()
        try:
            await asyncio.wait_for(self._changed.wait(), longest_s)
        except TimeoutError:
            return
