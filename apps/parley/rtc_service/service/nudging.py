"""Telling the others that a session has changed: a frame on their sockets, and a sign for requests that wait for it."""

import asyncio

from parley.contracts import frames
from parley.fanout import channels
from parley.fanout.port import Fanout
from parley.identity.model import Caller
from parley.rtc_service.model import Session
from parley.rtc_service.service.access import Access


class Nudging:
    """Nothing is promised: whoever hears nothing polls."""

    def __init__(self, fanout: Fanout, access: Access) -> None:
        self._fanout, self._access = fanout, access

    async def tell(self, session: Session, by: Caller, *, is_gone: bool = False) -> None:
        """The session is now as it stands here, or over."""
        frame = frames.rtc_changed(session.id, session.rev, by.account.id, session.call, is_gone=is_gone)
        notice = channels.pack(channels.Published(0, 0, frame))
        others = await self._access.concerned(session, by)
        await asyncio.gather(
            self._fanout.publish(channels.rtc_session(session.id), b""),
            *(self._fanout.publish(channels.account(other), notice) for other in others),
        )
