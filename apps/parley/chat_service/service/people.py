"""Who is here: the windows of this replica towards everyone, and everyone towards the windows that watch them."""

from collections.abc import Sequence
from typing import Any

from parley.chat_service.connection import Connection
from parley.chat_service.hub import Hub
from parley.chat_service.model import Change, Party, Seen, Status
from parley.chat_service.ports import Presence
from parley.contracts import frames
from parley.conversations.port import Membership
from parley.fanout import channels
from parley.fanout.port import Fanout
from parley.fanout.subscriptions import Subscriptions


class People:
    """Presence, told and watched."""

    def __init__(
        self,
        *,
        hub: Hub,
        presence: Presence,
        membership: Membership,
        fanout: Fanout,
        subscriptions: Subscriptions,
    ) -> None:
        self._hub, self._presence, self._membership = hub, presence, membership
        self._fanout, self._subscriptions = fanout, subscriptions

    async def here(self, connection: Connection) -> None:
        """A window has come, or says how present its person is."""
        await self._tell(await self._presence.renew([_party(connection)]))

    async def set_status(self, connection: Connection, status: Status) -> None:
        """The person is at this window, or away from it."""
        connection.status = status
        await self.here(connection)

    async def gone(self, connection: Connection) -> None:
        """A window has gone, unless the same one is here by another connection already."""
        if connection.party and not self._hub.is_shared(connection):
            await self._tell(await self._presence.leave(connection.user, connection.party))

    async def renew_all(self) -> None:
        """Prolong the leases of every window that is connected here."""
        await self._tell(await self._presence.renew([_party(it) for it in self._hub]))

    async def expire(self) -> None:
        """Tell who has gone without a word."""
        await self._tell(await self._presence.expire())

    async def watch(self, connection: Connection, users: Sequence[str]) -> dict[str, Any]:
        """Tell this connection of these people from now on, and how they are now.

        Who shares no conversation with the person is offline to them, and stays it.
        """
        known = frozenset(await self._membership.acquainted(connection.user, users)) if users else frozenset()
        before = connection.watched
        await self._subscriptions.acquire(*map(channels.presence, known - before))
        self._hub.watch(connection, known)
        await self._subscriptions.release(*map(channels.presence, before - known))
        # Read after listening, so that no change falls in between.
        seen = await self._presence.statuses(known)
        return {"statuses": [_status(user, seen.get(user, Seen("offline", None))) for user in dict.fromkeys(users)]}

    async def _tell(self, changes: Sequence[Change]) -> None:
        for change in changes:
            payload = channels.pack(channels.Published(0, 0, frames.presence(change.user, change.status)))
            await self._fanout.publish(channels.presence(change.user), payload)


def _party(connection: Connection) -> Party:
    return Party(connection.user, connection.party, connection.status)


def _status(user: str, seen: Seen) -> dict[str, str | None]:
    at = frames.rfc3339(seen.since_ms) if seen.since_ms is not None else None
    return {"user": user, "status": seen.status, "at": at}
