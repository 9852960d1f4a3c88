"""Every route of rtc-service, those that are asked for most first. No answer is kept by caches: each says so itself."""

from fastapi import APIRouter

from parley.rest.guard import Guard
from parley.rest.replay import Replay
from parley.rest.routing import PrefixRouter
from parley.rtc_service.api import candidates, descriptions, sessions
from parley.rtc_service.service.relaying import Relaying
from parley.rtc_service.service.signaling import SignalingService
from parley.rtc_service.service.waiting import Waiting


def routes(
    signaling: SignalingService, relaying: Relaying, waiting: Waiting, replay: Replay, guard: Guard
) -> APIRouter:
    """The routes under `/sessions`."""
    router = PrefixRouter(prefix="/sessions")
    sessions.add_reading(router, signaling, relaying, waiting, guard)
    candidates.add(router, signaling, guard)
    descriptions.add(router, signaling, guard)
    sessions.add(router, signaling, relaying, replay, guard)
    return router
