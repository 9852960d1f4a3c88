"""`POST /dev/clock {"forward_s": 900}`: in development the time goes forward, so that nobody waits for an end.

Only the embedded process has it, when PARLEY_MOVABLE_CLOCK asks for it, on loopback and over in-process adapters; see
decision 18. Next: `clocks.py`.
"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from parley.clocks import MovedClocks
from parley.component import Component
from parley.configuration import ConfigurationError

VARIABLE = "PARLEY_MOVABLE_CLOCK"

_LONGEST_S = 366 * 86_400
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_OURS = {
    "DATABASE_URL": "sqlite",
    "MESSAGE_LOG_URL": "sqlite",
    "REDIS_URL": "inprocess",
    "BUS_URL": "inprocess",
}
"""What has no clock of its own."""


class Forward(BaseModel):
    """How far."""

    model_config = ConfigDict(extra="forbid")

    forward_s: Annotated[float, Field(ge=0, le=_LONGEST_S)]


def clock_route(clocks: MovedClocks) -> Component:
    """The route as a component of its own; the answer says by how much the clocks are ahead, in seconds."""
    router = APIRouter()

    @router.post("/dev/clock", include_in_schema=False)
    async def forward(asked: Forward) -> dict[str, float]:
        clocks.move(asked.forward_s)
        return {"moved_s": clocks.moved_s}

    return Component(name="clock", routers=[router])


def refuse_where_others_are(host: str, origin: str, urls: dict[str, str]) -> None:
    """Raises ConfigurationError, a sentence a reason, where moving the clock could reach anybody but the developer."""
    sentences = [
        f"{VARIABLE}: {name} names a server, which has a clock of its own; use it without."
        for name, url in urls.items()
        if url.partition(":")[0].partition("+")[0] != _OURS[name]
    ]
    if host not in _LOOPBACK:
        sentences.append(f"{VARIABLE}: PARLEY_HOST is {host}, and whoever reaches it could move the clock.")
    if origin.startswith("https:"):
        sentences.append(f"{VARIABLE}: CHAT_WEB_ORIGIN is a public address, and the clock is for development alone.")
    if sentences:
        raise ConfigurationError(*sentences)
