"""Starting, refusing to start, stopping, and what survives each kind of end."""

import os
import socket
import sqlite3
import subprocess
import sys

import pytest
from support.person import LOBBY


def start(folder, **environment):
    """Run the product, which is expected to end by itself; its exit code and what it said."""
    services = ("REGISTRATION_API", "CHAT_SERVICE", "MESSAGE_SERVICE", "RTC_SERVICE")
    ports = {f"{name}_PORT": "0" for name in services}
    done = subprocess.run(
        [sys.executable, "-m", "parley", "all"],
        env=os.environ | ports | {"PARLEY_DATA_DIR": str(folder)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).strip().splitlines()


def test_a_taken_port_is_told(tmp_path):
    """A port that somebody else listens on is one sentence with the variable that moves it, and exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, lines = start(tmp_path, REGISTRATION_API_PORT=str(taken.getsockname()[1]))
    assert code == 2
    assert len(lines) == 1
    assert "REGISTRATION_API_PORT" in lines[0]
    assert "in use" in lines[0]


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    """A data folder that cannot be made is one sentence and exit code 2."""
    (tmp_path / "file").touch()
    code, lines = start(tmp_path / "file" / "data")
    assert (code, len(lines)) == (2, 1)
    assert "PARLEY_DATA_DIR" in lines[0]


@pytest.mark.parametrize("variable", ["DATABASE_URL", "MESSAGE_LOG_URL", "MAIL_URL"])
def test_an_unknown_scheme_is_told(tmp_path, variable):
    """A URL that no adapter answers to is one sentence with the known schemes, without the URL's password."""
    code, lines = start(tmp_path, **{variable: "gopher://user:hunter2@host/x"})
    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith(f"parley: {variable}:")
    assert "gopher:" in lines[0]
    assert "hunter2" not in lines[0]


def test_all_mistakes_are_told_at_once(tmp_path):
    """Wrong variables of all services, those of engines too, are one sentence each in one start."""
    wrong = {"DRAIN_SECONDS": "soon", "PARLEY_LOBBY": "perhaps", "CODE_PEPPER": "short"}
    wrong |= {"DATABASE_URL": "gopher://x", "MAIL_URL": "pigeon:", "REDIS_URL": "drum:"}
    code, lines = start(tmp_path, **wrong)
    assert code == 2
    assert sorted(name for name in wrong for line in lines if name in line) == sorted(wrong)
    assert len(lines) == len(wrong)


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("parley.db", "UPDATE alembic_version SET version_num = 'ffff'"),
        ("messages.db", "PRAGMA user_version = 999"),
    ],
)
def test_a_newer_schema_is_refused(parley, file, change):
    """A database that a newer version has changed is one sentence, exit code 2, and is left as it is."""
    parley.stop()
    with sqlite3.connect(parley.folder / file) as database:
        database.execute(change)
    database.close()
    code, lines = start(parley.folder)
    assert (code, len(lines)) == (2, 1)
    assert "newer" in lines[0]


def test_a_stop_is_orderly(parley, person):
    """SIGTERM says goodbye on open sockets, closes them with 1012 and ends with exit code 0."""
    with person("ann@example.org").socket() as at_ann:
        parley_code = None
        import threading

        def stop():
            nonlocal parley_code
            parley_code = parley.stop()

        stopping = threading.Thread(target=stop)
        stopping.start()
        bye = at_ann.wait_for(lambda frame: frame.get("t") == "bye")
        stopping.join()
    assert bye["d"]["reason"] == "drain"
    assert parley_code == 0


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_loses_nothing(parley, person, end):
    """After an orderly stop and after SIGKILL everybody is still signed in and every acknowledged message is there."""
    ann = person("ann@example.org")
    with ann.socket() as at_ann:
        said = [at_ann.say(LOBBY, f"line {number}")["seq"] for number in range(20)]
        if end == "kill":
            parley.kill()
    if end == "stop":
        parley.stop()
    parley.start()
    assert ann.http.get("/me").json()["email"] == "ann@example.org"
    items = ann.http.get(f"/api/conversations/{LOBBY}/messages", params={"after": 0}).json()["items"]
    assert [item["seq"] for item in items] == said == list(range(1, 21))


def test_a_code_survives_a_crash(parley, person):
    """A code that was mailed before a SIGKILL still signs in after the restart, once."""
    import httpx2

    with httpx2.Client(base_url=parley.url, headers={"origin": parley.url}) as browser:
        challenge = browser.post("/otp", json={"email": "ann@example.org"}).json()["challenge"]
        code = parley.code_for("ann@example.org")
        parley.kill()
        parley.start()
        path = f"/otp/{challenge}/verify"
        first = browser.post(path, json={"code": code, "transport": "cookie"})
        assert first.status_code == 200, first.text
        assert browser.post(path, json={"code": code, "transport": "cookie"}).status_code == 422


def test_one_service_starts_alone(tmp_path):
    """`python -m parley chat-service` without its settings says everything that is missing, and exits with 2."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "MESSAGE_LOG"))}
    done = subprocess.run(
        [sys.executable, "-m", "parley", "chat-service"], env=bare, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "DATABASE_URL" in done.stderr
    assert "MESSAGE_LOG_URL" in done.stderr
