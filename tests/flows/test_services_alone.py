"""Each service as a process of its own over the same files, as it runs where there are several."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx2
import pytest

KEYS = {"CODE_KEY": "11" * 32, "CODE_PEPPER": "22" * 32, "TURN_SHARED_SECRET": "of-this-test"}
CHECKS = {
    "registration-api": {"checks": {"database"}, "optional": {"bus", "fan-out"}},
    "message-service": {"checks": {"database", "message-log"}, "optional": {"fan-out"}},
    "chat-service": {"checks": {"database", "message-log"}, "optional": {"fan-out"}},
    "rtc-service": {"checks": {"database", "rtc-sessions"}, "optional": {"fan-out"}},
    "email-worker": {"checks": {"database", "bus"}, "optional": set()},
}
CALLS = {
    "registration-api": {"/otp", "/me", "/devices", "/session", "/users/lookup"},
    "message-service": {"/api/conversations", "/api/people"},
    "chat-service": set(),
    "rtc-service": {"/sessions", "/sessions/{id}"},
    "email-worker": set(),
}
ASKS_DATABASE = {"registration-api": "/me", "message-service": "/api/conversations", "rtc-service": "/sessions/x"}
_READY = re.compile(r"is ready")


def environment(folder):
    urls = {
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'parley.db'}",
        "MESSAGE_LOG_URL": f"sqlite:///{folder / 'messages.db'}",
    }
    return os.environ | urls | KEYS | {"METRICS_PORT": "0", "DRAIN_SECONDS": "0"}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@contextmanager
def running(service, variables):
    """A service and where it listens; it ends with the block or after a minute."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "parley", service],
        env=variables | {"PARLEY_PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    guard = threading.Timer(60, process.kill)
    guard.start()
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        guard.cancel()
        process.kill()
        process.communicate()


def lines_until(process, wanted):
    """The objects that were logged, up to the first that is wanted."""
    found = []
    for line in process.stdout:
        found.append(json.loads(line))
        if wanted(found[-1]):
            return found
    raise AssertionError(found)


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
    with running(service, environment(folder)) as (process, base):
        assert any(_READY.search(line) for line in process.stdout)
        assert httpx2.get(f"{base}/healthz").json() == {"status": "ok"}
        ready = httpx2.get(f"{base}/readyz").json()
        assert ready.pop("ready") is True
        assert ready == {kind: dict.fromkeys(names, "ok") for kind, names in CHECKS[service].items()}
        paths = set(httpx2.get(f"{base}/openapi.json").json()["paths"])
        assert paths >= CALLS[service]
        foreign = set().union(*(calls for name, calls in CALLS.items() if name != service))
        assert not paths & foreign
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.parametrize("service", CALLS)
def test_it_lives_without_its_database(folder, service):
    """While its database is away a service is alive and not ready, answers 503, says which engine once, and stops."""
    absent = environment(folder) | {"DATABASE_URL": "mysql+aiomysql://parley:hunter2@127.0.0.1:1/parley"}
    with running(service, absent) as (process, base):
        (line,) = lines_until(process, lambda line: line.get("engine"))[-1:]
        assert line["event"] == "database (mysql) is away"
        assert httpx2.get(f"{base}/healthz").status_code == 200
        ready = httpx2.get(f"{base}/readyz")
        assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "away")
        if path := ASKS_DATABASE.get(service):
            answer = httpx2.get(base + path, headers={"authorization": f"Bearer {'t' * 43}"})
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(30) == 0
    assert "is ready" not in rest
    assert "is away" not in rest
    assert "hunter2" not in rest


def test_a_database_without_tables_is_final(tmp_path):
    """A service on a database that nobody has migrated says so in one sentence, and its exit code is 2."""
    with running("message-service", environment(tmp_path)) as (process, _):
        output = process.stdout.read()
        assert process.wait(30) == 2
    (line,) = map(json.loads, output.splitlines())
    assert "python -m parley migrate" in line["event"]


def test_several_services_share_a_machine(folder):
    """When the port of metrics is taken that nobody has asked for, another is; one that was asked for must be free."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with running("email-worker", environment(folder) | {"METRICS_PORT": port}) as (process, _):
            output = process.stdout.read()
            assert process.wait(30) == 2
    assert "METRICS_PORT" in output
    default = environment(folder)
    del default["METRICS_PORT"]
    with running("email-worker", default) as (first, _), running("email-worker", default) as (second, _):
        for process in (first, second):
            assert any(_READY.search(line) for line in process.stdout)


ABSENT = {
    "DATABASE_URL": ("mysql+aiomysql://parley:hunter2@127.0.0.1:1/parley", "the database"),
    "MESSAGE_LOG_URL": ("cassandra://parley:hunter2@127.0.0.1:1/parley", "the message log"),
}


@pytest.mark.parametrize("variable", ABSENT)
@pytest.mark.parametrize("command", ["migrate", "all"])
def test_who_migrates_needs_the_stores_at_once(tmp_path, command, variable):
    """Without its stores neither a migration nor the one process can begin, and one sentence says why."""
    url, store = ABSENT[variable]
    absent = environment(tmp_path) | {variable: url}
    absent |= {"PARLEY_DATA_DIR": str(tmp_path), "REGISTRATION_API_PORT": "0"}
    absent |= {"CHAT_SERVICE_PORT": "0", "MESSAGE_SERVICE_PORT": "0", "RTC_SERVICE_PORT": "0"}
    with running(command, absent) as (process, _):
        output = process.stdout.read()
        assert process.wait(30) == 1
    assert output == f"parley: {variable}: {store} does not answer; try again when it does.\n"


def test_a_migration_is_done_once(folder):
    """Migrating again, and several at once, changes nothing and fails nowhere."""
    command = [sys.executable, "-m", "parley", "migrate"]
    running = [subprocess.Popen(command, env=environment(folder)) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
