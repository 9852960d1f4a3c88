"""An OpenTelemetry collector on loopback, over OTLP/HTTP: keeps what it is sent, read by the protocol's own types."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

_WAIT_S = 60


@dataclass
class Collector:
    """`spans` in the order of their arrival, and the bytes they came in."""

    url: str
    spans: list[Span]
    bodies: list[bytes]
    grown: threading.Condition

    def wait_for(self, condition: Callable[[list[Span]], bool]) -> list[Span]:
        """The spans, once they are as wanted."""
        with self.grown:
            assert self.grown.wait_for(lambda: condition(self.spans), _WAIT_S), [span.name for span in self.spans]
            return list(self.spans)


@contextmanager
def collecting() -> Iterator[Collector]:
    found = Collector("", [], [], threading.Condition())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            request = ExportTraceServiceRequest.FromString(body)
            with found.grown:
                found.bodies.append(body)
                found.spans += [s for r in request.resource_spans for scope in r.scope_spans for s in scope.spans]
                found.grown.notify_all()
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
