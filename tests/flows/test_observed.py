"""What the running product tells about a sign-in and a chat: enough to follow them, nothing of a person."""

import json
import re
import socket
from contextlib import closing
from dataclasses import dataclass

import httpx2
import pytest
from support.collector import collecting
from support.parley_process import ParleyProcess
from support.person import LOBBY, Person

ADDRESS, TEXT = "ann.observed@example.org", "between us alone"
CLIENTS_TRACE = "c" * 32


@dataclass
class Told:
    """Everything that came out, and what must not be in it."""

    lines: list[dict]
    metrics: str
    spans: list
    bodies: bytes
    secrets: list[str]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def use(parley, ann, secrets):
    """Sign in with mistakes on the way, chat, and send what nobody should."""
    ann.http.headers["traceparent"] = f"00-{CLIENTS_TRACE}-{'d' * 16}-01"
    ann.http.post("/otp", json={"email": f"{ADDRESS} {TEXT}"})
    challenge = ann.http.post("/otp", json={"email": ADDRESS}).json()["challenge"]
    code = parley.code_for(ADDRESS)
    ann.http.post(f"/otp/{challenge}/verify", json={"code": "000000", "transport": "cookie"})
    entered = ann.http.post(f"/otp/{challenge}/verify", json={"code": code, "transport": "cookie"})
    ann.id = entered.json()["user"]["id"]
    token = ann.http.cookies["sid"]
    with ann.socket() as at_ann:
        at_ann.say(LOBBY, TEXT)
        at_ann.wait_for_text(TEXT)
        at_ann.notice(TEXT, {"conv": TEXT})
    ann.http.get(f"/nothing/{ADDRESS}", params={"token": token})
    ann.http.request("BREW", "/me")
    ann.http.post("/users/lookup", json={"emails": [ADDRESS, TEXT]})
    ann.http.get("/me", headers={"authorization": f"Bearer {token}x"})
    secrets += [ADDRESS, "ann.observed", code, token, TEXT, challenge, ann.id]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """One run with everything turned on and every line wanted."""
    port, secrets = free_port(), []
    with collecting() as collector:
        settings = {"LOG_FORMAT": "json", "LOG_LEVEL": "debug", "METRICS_PORT": str(port)}
        settings |= {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        parley = ParleyProcess(tmp_path_factory.mktemp("observed") / "data", **settings).start()
        try:
            with closing(Person(parley, ADDRESS)) as ann:
                use(parley, ann, secrets)
            metrics = httpx2.get(f"http://127.0.0.1:{port}/metrics").text
            spans = collector.wait_for(lambda spans: "send mail" in {span.name for span in spans})
            output = parley.output()
        finally:
            assert parley.stop() == 0
        lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        yield Told(lines, metrics, collector.spans or spans, b"".join(collector.bodies), secrets)


def test_no_line_holds_what_is_a_persons(told):
    """No log line at any level, no number and no span holds an address, a code, a token, an id or a text."""
    assert len(told.lines) > 5
    everything = "\n".join(json.dumps(line) for line in told.lines)
    for secret in told.secrets:
        assert secret not in everything
        assert secret not in told.metrics
        assert secret.encode() not in told.bodies


def test_each_request_is_a_line(told):
    """A request is told by its route, with an id, a status and a duration; an unknown path and method are not told."""
    requests = [line for line in told.lines if line["logger"] == "parley.rest"]
    assert {(line["method"], line["route"], line["status"]) for line in requests} >= {
        ("POST", "/otp", 202),
        ("POST", "/otp", 422),
        ("POST", "/otp/{challenge}/verify", 200),
        ("POST", "/otp/{challenge}/verify", 422),
        ("GET", "/me", 401),
        ("GET", "unmatched", 404),
    }
    assert all(line["duration_ms"] >= 0 and line["request_id"] and line["trace_id"] for line in requests)
    assert {line["method"] for line in requests} <= {"GET", "POST", "other"}


def test_numbers_follow_what_was_done(told):
    """Requests, appends, deliveries, mails and events are counted, and every engine is up."""
    samples = dict(re.findall(r"^(\S+(?:\{.*\})?) (\S+)$", told.metrics, re.MULTILINE))
    counted = 'parley_http_request_duration_seconds_count{method="POST",route="/otp",status="202"}'
    assert samples[counted] == "1.0"
    assert samples['parley_message_append_duration_seconds_count{result="stored"}'] == "1.0"
    assert samples['parley_mail_duration_seconds_count{result="accepted"}'] == "1.0"
    handled = 'parley_bus_handling_duration_seconds_count{result="done",topic="new-registration"}'
    assert samples[handled] == "1.0"
    assert float(samples["parley_websocket_frames_received_total"]) >= 3
    assert float(samples["parley_websocket_deliveries_total"]) >= 1
    engines = {name: value for name, value in samples.items() if name.startswith("parley_engine_up{")}
    assert len(engines) == 4
    assert set(engines.values()) == {"1.0"}


def test_one_trace_leads_from_the_request_to_the_mail(told):
    """Request, publication, handling and mail are one trace, each below the one that caused it; not the client's."""
    (mail,) = [span for span in told.spans if span.name == "send mail"]
    trace = {span.name: span for span in told.spans if span.trace_id == mail.trace_id}
    assert set(trace) == {"POST /otp", "new-registration publish", "new-registration process", "send mail"}
    request = trace["POST /otp"]
    assert request.parent_span_id == b""
    assert trace["new-registration publish"].parent_span_id == request.span_id
    assert trace["new-registration process"].parent_span_id == request.span_id
    assert mail.parent_span_id == trace["new-registration process"].span_id
    assert [link.trace_id.hex() for link in request.links] == [CLIENTS_TRACE]
    assert mail.trace_id.hex() != CLIENTS_TRACE
    (line,) = [it for it in told.lines if it.get("route") == "/otp" and it["status"] == 202]
    assert line["trace_id"] == mail.trace_id.hex()
