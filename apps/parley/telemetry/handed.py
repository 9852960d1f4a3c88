"""What a composition root hands to whatever measures or traces. Next: `opening.py`, which makes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp

from parley.telemetry.nothing import NoMeters, NoTracer
from parley.telemetry.port import Meters, Tracer


@dataclass(frozen=True)
class Exposition:
    """What serves the numbers, and on which port: `is_default` says that nobody asked for this very one.

    `watch` is given the functions behind numbers that are asked for at each look.
    """

    app: ASGIApp
    watch: Callable[[Mapping[str, Callable[[], float]]], None]
    port: int
    is_default: bool


@dataclass(frozen=True, kw_only=True)
class Telemetry:
    """What a composition root hands to whatever measures or traces."""

    meters: Meters = field(default_factory=NoMeters)
    tracer: Tracer = field(default_factory=NoTracer)
    exposition: Exposition | None = None
