"""A router that is asked only about paths which can be its own.

FastAPI tries the routes of all routers one after another, twice a request; where one process serves every service, that
was a sixth of what a request cost.
"""

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Scope


class PrefixRouter(APIRouter):
    """An APIRouter with a `prefix`, which every other path passes at the price of a comparison."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """No match for a path outside of the prefix."""
        if not scope["path"].startswith(self.prefix):
            return Match.NONE, {}
        return super().matches(scope)
