"""Who may know of a session: asked for every request, so that whoever leaves a conversation is out with the next."""

from parley.conversations.model import RECEIPTS_UP_TO, Conversation
from parley.conversations.port import Membership
from parley.identity.model import Caller
from parley.rtc_service.errors import UnknownConversation, UnknownSession
from parley.rtc_service.model import Participant, Session


class Access:
    """The two participants; where no peer is named the members of the conversation; where none is either, anybody."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership

    async def admit(self, session: Session | None, caller: Caller) -> Session:
        """The session, if the caller may know of it. Raises UnknownSession."""
        if session is None or not session.admits(caller.account.id):
            raise UnknownSession
        if session.conversation is not None and not await self._is_member(session.conversation, caller.account.id):
            raise UnknownSession
        return session

    async def conversation(self, conv: str, caller: Caller) -> Conversation:
        """The conversation that a new session of this caller belongs to. Raises UnknownConversation."""
        found = await self._membership.find(conv, caller.account.id)
        if found is None:
            raise UnknownConversation
        return found

    async def concerned(self, session: Session, caller: Caller) -> set[str]:
        """The other accounts who are to be told that the caller has changed the session."""
        told = {session.initiator.account, *session.writers}
        if session.peer is not None:
            told.add(session.peer.account)
        elif session.conversation is not None:
            found = await self._membership.find(session.conversation, caller.account.id)
            members = found.members if found is not None else ()
            told.update(members if len(members) <= RECEIPTS_UP_TO else ())
        return told - {caller.account.id}

    async def _is_member(self, conv: str, account: str) -> bool:
        return await self._membership.find(conv, account) is not None


def participant(caller: Caller) -> Participant:
    """The caller as somebody who takes part."""
    return Participant(caller.account.id, caller.account.email)
