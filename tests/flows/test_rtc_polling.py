"""Two clients that follow the documented API alone and simply poll, against the one process and rtc-service alone."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import httpx2
import pytest
from support.signaling import candidate, sdp

_READY = re.compile(r"rtc-service is ready")
_PATIENCE_S = 20


@contextmanager
def rtc_service_alone(parley):
    """rtc-service over the same database; where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    variables = {
        "DATABASE_URL": f"sqlite+aiosqlite:///{parley.folder / 'parley.db'}",
        "CHAT_WEB_ORIGIN": parley.url,
        "TURN_SHARED_SECRET": "of-this-test",
        "TURN_SERVER_URLS": "turn:127.0.0.1:3478",
        "METRICS_PORT": "0",
        "PARLEY_PORT": str(port),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "parley", "rtc-service"],
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    guard = threading.Timer(60, process.kill)
    guard.start()
    try:
        assert any(_READY.search(line) for line in process.stdout)
        yield f"http://localhost:{port}"
    finally:
        guard.cancel()
        process.terminate()
        process.communicate()


@pytest.fixture(params=["embedded", "alone"])
def place(request, parley_for_module):
    """Where `/sessions` is."""
    if request.param == "embedded":
        yield parley_for_module.url
        return
    with rtc_service_alone(parley_for_module) as url:
        yield url


class Poller:
    """A client that knows nothing but the documented calls and members."""

    def __init__(self, person, place):
        cookie = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
        headers = {"origin": person.http.headers["origin"], "cookie": cookie}
        self.email = person.address
        self.http = httpx2.Client(base_url=place, headers=headers, timeout=_PATIENCE_S)

    def say(self, method, path, **body):
        answer = self.http.request(method, path, json={"from": self.email} | body)
        assert answer.status_code == 200, answer.text

    def poll(self, path, wanted):
        """The session once it is as wanted."""
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            answer = self.http.get(path, params={"participant": self.email})
            assert answer.status_code == 200, answer.text
            if wanted(answer.json()["session"]):
                return answer.json()
            time.sleep(0.02)
        raise AssertionError("it never came to be so")


def test_two_who_poll_come_to_a_call(place, people_for_module):
    """Offer, answer and single candidates of one reach the other by polling, and the end ends it for both."""
    ann, bob = (Poller(people_for_module(f"{name}-{place[-4:]}@example.org"), place) for name in ("ann", "bob"))
    made = ann.http.post("/sessions", json={"initiator": ann.email})
    assert made.status_code == 201, made.text
    path = made.headers["location"]
    assert "turn" in made.json()
    ann.say("PUT", f"{path}/offer", sdp=sdp("aaaa"))
    ann.say("POST", f"{path}/candidates", **candidate(1, "aaaa"))

    seen = bob.poll(path, lambda session: session["offer"] and session["candidates"])
    assert seen["session"]["offer"]["from"] == ann.email
    bob.say("PUT", f"{path}/answer", sdp=sdp("bbbb"))
    bob.say("POST", f"{path}/candidates", candidate=candidate(2, "bbbb"))
    bob.say("POST", f"{path}/candidates", candidate="", sdpMid="0", sdpMLineIndex=0)

    seen = ann.poll(path, lambda session: session["answer"] and len(session["candidates"]) == 3)["session"]
    assert (seen["answer"]["sdp"], seen["peer"]) == (sdp("bbbb"), bob.email)
    assert [it["from"] for it in seen["candidates"]] == [ann.email, bob.email, bob.email]
    assert bob.http.delete(path).status_code == 204
    assert ann.http.get(path).status_code == 404
    for poller in (ann, bob):
        poller.http.close()


def test_a_held_request_is_released_over_http(place, people_for_module):
    """A request that waits over a real connection is answered by what the other writes."""
    names = (f"{name}-{place[-4:]}@example.org" for name in ("kim", "eve"))
    kim, eve = (Poller(people_for_module(name), place) for name in names)
    path = kim.http.post("/sessions", json={"initiator": kim.email, "peer": eve.email}).headers["location"]
    answers = []

    def wait():
        answers.append(kim.http.get(path, params={"wait": 25}, headers={"if-none-match": 'W/"1"'}))

    waiting = threading.Thread(target=wait)
    waiting.start()
    eve.say("PUT", f"{path}/offer", sdp=sdp())
    waiting.join(_PATIENCE_S)
    (answer,) = answers
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    for poller in (kim, eve):
        poller.http.close()
