"""The call check against a whole installation: it passes where all is well, and names the hop where it is not."""

import os
import subprocess
import sys

import pytest
from support import coturn
from support.fault_proxy import free_port
from support.mailpit import open_mailpit
from support.parley_process import ParleyProcess

from parley.callcheck.hops import Hop

SECRET = "of-both"
PATIENCE_S = 120

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def relay():
    """The TURN server, configured as a cluster's is."""
    container = coturn.server()
    container.start(container.hardened(SECRET))
    yield container.address
    container.stop()


@pytest.fixture(scope="module")
def mails():
    with open_mailpit() as server:
        yield server


@pytest.fixture(scope="module")
def installed(tmp_path_factory, relay, mails):
    """Starts the product with mail server and relay; what is given stands instead."""
    started = []

    def install(**changes):
        turn = f"turn:{relay}:3478?transport"
        settings = {
            "MAIL_FROM": "Parley <parley@example.org>",
            "MAIL_URL": f"smtp://{mails.host}:{mails.port}?starttls=never",
            "TURN_SERVER_URLS": f"{turn}=udp,{turn}=tcp",
            "TURN_SHARED_SECRET": SECRET,
        }
        process = ParleyProcess(tmp_path_factory.mktemp("checked"), **settings | changes)
        started.append(process)
        return process.start()

    yield install
    for process in started:
        process.stop()


@pytest.fixture
def check(mails):
    """Runs the command, and returns its exit code and its lines."""

    def run(parley, **changes):
        settings = {"CHECK_URL": parley.url, "CHECK_MAIL_URL": mails.root} | changes
        done = subprocess.run(
            [sys.executable, "-m", "parley", "call-check"],
            env=os.environ | settings,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return done.returncode, done.stdout.splitlines(), done.stderr

    return run


def test_a_call_that_works(installed, check):
    """Every hop is passed in order, media over udp and over tcp, and the exit code says so."""
    code, lines, complaints = check(installed())
    assert (code, lines[-1], complaints) == (0, "The call works.", "")
    assert list(dict.fromkeys(line.split("  ")[1] for line in lines[:-1])) == list(Hop)


@pytest.mark.parametrize(
    ("broken", "hop", "suspect"),
    [
        ({"TURN_SHARED_SECRET": "of-nobody"}, Hop.UDP, "turn server"),
        ({"TURN_SERVER_URLS": ""}, Hop.UDP, "turn server"),
        ({"MAIL_URL": "console:"}, Hop.MAIL, "mail server"),
    ],
    ids=["secret", "no-relay", "mail"],
)
def test_a_call_that_breaks(installed, check, broken, hop, suspect):
    """The hop where it ended is the last word, with whom to look at."""
    code, lines, complaints = check(installed(**broken), CHECK_PATIENCE_S="8")
    assert (code, complaints) == (1, "")
    assert lines[-1].startswith(f"FAILED at hop “{hop}”: ")
    assert suspect in lines[-1]


def test_nobody_is_there(check):
    """Where nothing answers it is the first hop."""

    class Nobody:
        url = f"http://127.0.0.1:{free_port()}"

    code, lines, _ = check(Nobody)
    assert (code, lines[-1].split("”")[0]) == (1, "FAILED at hop “page")
