"""Meters that Prometheus reads, in a registry of their own: one a process, none at import.

`docs/observability.md` says what each means; a test compares. Next: `exposition.py`, which serves them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from parley.telemetry.readings import READINGS

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0)
_RINGS = (1.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0)
_SLOW = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class PrometheusMeters:
    """See the port. `readings` are asked when somebody looks, so that counting them costs nothing in between."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Histogram(
            "parley_http_request_duration_seconds",
            "Time to answer an HTTP request, health checks left out.",
            ("method", "route", "status"),
            buckets=_FAST,
            registry=registry,
        )
        self._appends = Histogram(
            "parley_message_append_duration_seconds",
            "Time of the message log to append an entry.",
            ("result",),
            buckets=_FAST,
            registry=registry,
        )
        self._mails = Histogram(
            "parley_mail_duration_seconds",
            "Time of the mail service to take or refuse a mail.",
            ("result",),
            buckets=_SLOW,
            registry=registry,
        )
        self._handled = Histogram(
            "parley_bus_handling_duration_seconds",
            "Time to handle an event; result dead means that it went to the dead letters.",
            ("topic", "result"),
            buckets=_SLOW,
            registry=registry,
        )
        self._published = Counter(
            "parley_bus_published", "Events handed to the bus.", ("topic", "result"), registry=registry
        )
        self._measure_calls(registry)
        self._up = Gauge("parley_engine_up", "1 when the engine answers, else 0.", ("engine",), registry=registry)
        self._outages = Counter(
            "parley_engine_outages", "How often the engine was found gone.", ("engine",), registry=registry
        )
        self._lag = Histogram(
            "parley_event_loop_lag_seconds",
            "How much too late the event loop came to a timer.",
            buckets=_FAST,
            registry=registry,
        )

    def _measure_calls(self, registry: CollectorRegistry) -> None:
        self._calls_begun = Counter("parley_calls_begun", "Calls that somebody made.", ("media",), registry=registry)
        self._calls_ended = Counter("parley_calls_ended", "Calls that are over.", ("reason",), registry=registry)
        self._rings = Histogram(
            "parley_call_ring_duration_seconds",
            "Time for which a call rang, until somebody answered or it ended.",
            ("result",),
            buckets=_RINGS,
            registry=registry,
        )

    def watch(self, readings: Mapping[str, Callable[[], float]]) -> None:
        """Ask these for their numbers at each look; the names are those of READINGS."""
        self.registry.register(_Asking(readings))

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, status).observe(seconds)

    def appended(self, result: str, seconds: float) -> None:
        self._appends.labels(result).observe(seconds)

    def mailed(self, result: str, seconds: float) -> None:
        self._mails.labels(result).observe(seconds)

    def published(self, topic: str, result: str) -> None:
        self._published.labels(topic, result).inc()

    def handled(self, topic: str, result: str, seconds: float) -> None:
        self._handled.labels(topic, result).observe(seconds)

    def call_begun(self, media: str) -> None:
        self._calls_begun.labels(media).inc()

    def call_rang(self, result: str, seconds: float) -> None:
        self._rings.labels(result).observe(seconds)

    def call_ended(self, reason: str) -> None:
        self._calls_ended.labels(reason).inc()

    def engine(self, name: str, *, is_up: bool, is_change: bool) -> None:
        self._up.labels(name).set(is_up)
        self._outages.labels(name).inc(is_change)

    def loop_lag(self, seconds: float) -> None:
        self._lag.observe(seconds)


class _Asking(Collector):
    def __init__(self, readings: Mapping[str, Callable[[], float]]) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        for name, read in self._readings.items():
            kind, meaning = READINGS[name]
            family = GaugeMetricFamily if kind == "gauge" else CounterMetricFamily
            yield family(name, meaning, value=read())

    def describe(self) -> Iterable[Metric]:
        return ()
