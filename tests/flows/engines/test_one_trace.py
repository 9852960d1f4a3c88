"""One trace leads from the request through Kafka to the mail, over two processes."""

import httpx2
import pytest
from support.asking import new_address
from support.collector import collecting
from support.fleet import REGISTRATION, WORKER, Fleet

pytestmark = pytest.mark.engine


@pytest.fixture
def traced(stores, sink):
    """A registration-api and an email-worker that send their spans to a collector."""
    with collecting() as collector:
        tracing = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        fleet = Fleet(stores.folder, stores.environment | tracing)
        fleet.add(REGISTRATION)
        fleet.add(WORKER, **sink.environment)
        try:
            fleet.start()
            yield fleet, collector
        finally:
            fleet.end()


def test_one_trace_over_kafka(traced):
    """Request, publication, handling and mail are spans of one trace, and none of them tells the address."""
    fleet, collector = traced
    address = new_address()
    httpx2.post(f"{fleet.urls(REGISTRATION)[0]}/otp", json={"email": address}).raise_for_status()
    spans = collector.wait_for(
        lambda spans: {"send mail", "POST /otp"} <= {span.name for span in spans} and _is_whole(spans)
    )
    (mail,) = [span for span in spans if span.name == "send mail"]
    trace = {span.name: span for span in spans if span.trace_id == mail.trace_id}
    assert trace["new-registration process"].parent_span_id == trace["POST /otp"].span_id
    assert trace["new-registration publish"].parent_span_id == trace["POST /otp"].span_id
    assert mail.parent_span_id == trace["new-registration process"].span_id
    assert address.encode() not in b"".join(collector.bodies)


def _is_whole(spans) -> bool:
    mails = [span for span in spans if span.name == "send mail"]
    return len({span.name for span in spans if span.trace_id == mails[0].trace_id}) == 4
