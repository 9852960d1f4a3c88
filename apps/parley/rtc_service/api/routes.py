"""Every route of rtc-service."""

from fastapi import APIRouter

from parley.rest.guard import Guard
from parley.rest.headers import NOT_STORED
from parley.rest.replay import Replay
from parley.rtc_service.api import candidates, descriptions, sessions
from parley.rtc_service.service.relaying import Relaying
from parley.rtc_service.service.signaling import SignalingService
from parley.rtc_service.service.waiting import Waiting


def routes(
    signaling: SignalingService, relaying: Relaying, waiting: Waiting, replay: Replay, guard: Guard
) -> APIRouter:
    """The routes under `/sessions`."""
    router = APIRouter(prefix="/sessions", dependencies=[NOT_STORED])
    sessions.add(router, signaling, relaying, replay, guard)
    sessions.add_reading(router, signaling, relaying, waiting, guard)
    descriptions.add(router, signaling, guard)
    candidates.add(router, signaling, guard)
    return router
