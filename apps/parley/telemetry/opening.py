"""Which meters and which tracer the settings mean; their packages are imported only where they are wanted."""

from collections.abc import Iterator
from contextlib import contextmanager

from parley.configuration import load
from parley.telemetry.handed import Exposition, Telemetry
from parley.telemetry.nothing import NoMeters, NoTracer
from parley.telemetry.port import Meters, Tracer
from parley.telemetry.settings import TelemetrySettings

METRICS_PORT_ALONE = 9090
"""Where a service that runs alone serves its numbers, unless it is told otherwise."""


@contextmanager
def open_telemetry(service: str, default_port: int | None = METRICS_PORT_ALONE) -> Iterator[Telemetry]:
    """What the environment asks for, until the end, when the last spans are sent. Raises ConfigurationError."""
    settings = load(TelemetrySettings, metrics_port=default_port)
    meters, exposition = _meters(settings, is_default="metrics_port" not in load(TelemetrySettings).model_fields_set)
    with _tracer(settings, service) as tracer:
        yield Telemetry(meters=meters, tracer=tracer, exposition=exposition)


def _meters(settings: TelemetrySettings, *, is_default: bool) -> tuple[Meters, Exposition | None]:
    if settings.metrics_port is None:
        return NoMeters(), None
    from parley.telemetry.exposition import exposing
    from parley.telemetry.metrics import PrometheusMeters

    meters = PrometheusMeters()
    return meters, Exposition(exposing(meters.registry), meters.watch, settings.metrics_port, is_default)


@contextmanager
def _tracer(settings: TelemetrySettings, service: str) -> Iterator[Tracer]:
    if not settings.otel_exporter_otlp_endpoint:
        yield NoTracer()
        return
    from parley.telemetry.tracing import open_tracer

    with open_tracer(service) as tracer:
        yield tracer
