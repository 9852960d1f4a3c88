"""What Prometheus reads of rotations; `docs/operator.md` says what each is for."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from parley_operator.ring.model import Phase
from parley_operator.rotation.reconcile import Looked


class Meters:
    """In a registry of its own, none at import."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._phase = Gauge("turn_rotation_phase", "1 for the phase of the ring.", ("ring", "phase"), registry=registry)
        age, key = "Time since the phase began.", "Time since the signing key was made."
        self._age = Gauge("turn_rotation_age_seconds", age, ("ring",), registry=registry)
        self._key = Gauge("turn_key_age_seconds", key, ("ring",), registry=registry)
        lag = "Revisions that a pod has yet to apply."
        self._lag = Gauge("turn_replica_revision_lag", lag, ("ring", "pod"), registry=registry)
        told = "Steps of rotations, by their event."
        self._events = Counter("turn_rotation_events", told, ("ring", "event"), registry=registry)
        blocked = "1 while a rotation waits for what does not come by itself."
        self._blocked = Gauge("turn_rotation_blocked", blocked, ("ring",), registry=registry)
        failed = "Looks at a rotation that ended with an error of ours."
        self._failures = Counter("turn_rotation_failures", failed, ("ring",), registry=registry)
        self._pods: dict[str, set[str]] = {}

    def looked(self, ring: str, looked: Looked, now_s: int) -> None:
        """After each look."""
        for event in looked.events:
            self._events.labels(ring, event).inc()
        if looked.is_known or looked.wait.is_blocked:
            self._blocked.labels(ring).set(looked.wait.is_blocked)
        if looked.ring is None:
            return
        for phase in Phase:
            self._phase.labels(ring, phase.value).set(phase is looked.ring.phase)
        self._age.labels(ring).set(now_s - looked.ring.rotation.since_s if looked.ring.rotation else 0)
        self._key.labels(ring).set(now_s - looked.ring.current.created_s)
        self._lags(ring, looked, looked.ring.revision)

    def failed(self, ring: str) -> None:
        """After a look that raised what it should not."""
        self._failures.labels(ring).inc()

    def _lags(self, ring: str, looked: Looked, revision: int) -> None:
        pods = {ack.pod for ack in looked.acks}
        for gone in self._pods.get(ring, set()) - pods:
            self._lag.remove(ring, gone)
        self._pods[ring] = pods
        for ack in looked.acks:
            self._lag.labels(ring, ack.pod).set(max(0, revision - ack.revision))
