"""Each service as a process of its own over the same files, as it runs where there are several."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading

import httpx2
import pytest

KEYS = {"CODE_KEY": "11" * 32, "CODE_PEPPER": "22" * 32}
CALLS = {
    "registration-api": {"/otp", "/me", "/devices", "/session", "/users/lookup"},
    "message-service": {"/api/conversations", "/api/people"},
    "chat-service": set(),
    "email-worker": set(),
}
_READY = re.compile(r"is ready")


def environment(folder):
    urls = {
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'parley.db'}",
        "MESSAGE_LOG_URL": f"sqlite:///{folder / 'messages.db'}",
    }
    return os.environ | urls | KEYS


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A migrated database."""
    made = tmp_path_factory.mktemp("alone")
    command = [sys.executable, "-m", "parley", "migrate"]
    subprocess.run(command, env=environment(made), check=True, timeout=60)
    return made


@pytest.mark.parametrize("service", CALLS)
def test_it_starts_answers_and_stops(folder, service):
    """A service alone is ready, describes its own calls and no others, and ends in order on SIGTERM."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "parley", service],
        env=environment(folder) | {"PARLEY_PORT": str(port), "DRAIN_SECONDS": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    guard = threading.Timer(60, process.kill)
    guard.start()
    try:
        assert process.stdout is not None
        assert any(_READY.search(line) for line in process.stdout)
        base = f"http://127.0.0.1:{port}"
        assert httpx2.get(f"{base}/healthz").json() == {"status": "ok"}
        assert httpx2.get(f"{base}/readyz").json() == {"ready": True, "checks": {"database": "ok"}}
        paths = set(httpx2.get(f"{base}/openapi.json").json()["paths"])
        assert paths >= CALLS[service]
        foreign = set().union(*(calls for name, calls in CALLS.items() if name != service))
        assert not paths & foreign
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        guard.cancel()
        process.kill()
        process.communicate()


def test_a_migration_is_done_once(folder):
    """Migrating again, and several at once, changes nothing and fails nowhere."""
    command = [sys.executable, "-m", "parley", "migrate"]
    running = [subprocess.Popen(command, env=environment(folder)) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
