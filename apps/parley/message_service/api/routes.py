"""Every route of message-service."""

from fastapi import APIRouter

from parley.message_service.api import conversations, members, messages
from parley.message_service.service.conversations import ConversationService
from parley.message_service.service.history import HistoryService
from parley.message_service.service.members import MemberService
from parley.rest.guard import Guard
from parley.rest.headers import NOT_STORED
from parley.rest.replay import Replay
from parley.rest.routing import PrefixRouter


def routes(
    conversing: ConversationService, membership: MemberService, history: HistoryService, replay: Replay, guard: Guard
) -> APIRouter:
    """The routes under `/api`."""
    router = PrefixRouter(prefix="/api", dependencies=[NOT_STORED])
    conversations.add(router, conversing, replay, guard)
    members.add(router, membership, conversing, guard)
    messages.add(router, history, replay, guard)
    return router
