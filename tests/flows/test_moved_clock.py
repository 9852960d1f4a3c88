"""What ends by itself, in seconds: one real process whose clocks go forward, and people who use it.

Where the clock may not be moved is in here too; how it is moved, in `parley/clock_route.py`.
"""

import os
import subprocess
import sys
import time
import uuid
from datetime import datetime, timedelta

import httpx2
import pytest
from flows.conftest import signing_in
from support.parley_process import ParleyProcess

CODE_S, SESSION_S, RING_S, CREDENTIAL_S = 180, 900, 60, 600
MARGIN_S = 20
"""More than what a step takes on a busy machine, by either side of an end."""


@pytest.fixture(scope="module")
def parley(tmp_path_factory):
    """A product whose clock can be moved, with a TURN server that nobody asks anything."""
    urls = "turn:127.0.0.1:3478?transport=udp"
    process = ParleyProcess(tmp_path_factory.mktemp("moved"), PARLEY_MOVABLE_CLOCK="on", TURN_SERVER_URLS=urls)
    yield process.start()
    process.stop()


@pytest.fixture
def forward(parley):
    """Moves the clock forward by so many seconds."""

    def move(seconds):
        answer = httpx2.post(f"{parley.url}/dev/clock", json={"forward_s": seconds})
        assert answer.status_code == 200, answer.text
        return answer.json()["moved_s"]

    return move


@pytest.fixture(scope="module")
def people(parley):
    """Ann and Bob, signed in."""
    with signing_in(parley) as sign_in:
        yield sign_in("ann@example.org"), sign_in("bob@example.org")


@pytest.fixture
def ann(people):
    return people[0]


@pytest.fixture
def bob(people):
    return people[1]


def opened(someone):
    answer = someone.http.post("/sessions", json={"initiator": someone.address})
    assert answer.status_code == 201, answer.text
    return answer.json()


def reads(someone, session, **query):
    return someone.http.get(f"/sessions/{session['session']['id']}", params=query)


def test_a_session_ends_after_a_quarter_of_an_hour_without_a_sign_of_life(ann, forward):
    """It is there shortly before 15 minutes of silence are over and not after; a sign of life begins them anew."""
    session = opened(ann)
    forward(SESSION_S - MARGIN_S)
    assert ann.http.post(f"/sessions/{session['session']['id']}/keepalive").status_code == 200
    forward(SESSION_S - MARGIN_S)
    assert reads(ann, session).status_code == 200
    forward(MARGIN_S)
    over = reads(ann, session)
    assert (over.status_code, over.json()["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize(("seconds", "status"), [(CODE_S - MARGIN_S, 200), (CODE_S, 422)])
def test_a_code_is_good_for_three_minutes(parley, forward, seconds, status):
    """It signs in shortly before they are over, and not afterwards."""
    with httpx2.Client(base_url=parley.url, headers={"origin": parley.url}) as http:
        address = f"eve-{status}@example.org"
        asked = http.post("/otp", json={"email": address}).json()
        code = parley.code_for(address)
        forward(seconds)
        answer = http.post(f"/otp/{asked['challenge']}/verify", json={"code": code, "transport": "cookie"})
    assert answer.status_code == status, answer.text


def before_it_would_be_missed_anyway(socket, wanted):
    """The next snapshot of a call that is wanted, which must not be there because a minute has really passed."""
    end = time.monotonic() + RING_S - MARGIN_S

    def is_wanted(frame):
        assert time.monotonic() < end, "the clock was not moved"
        return frame.get("t", "").startswith("call.") and wanted(frame)

    return socket.wait_for(is_wanted)


def test_a_call_that_nobody_answers_is_missed_after_a_minute(ann, bob, forward):
    """Both are told so, and the history of both holds it."""
    pair = ann.http.post("/api/conversations", json={"kind": "direct", "members": [bob.id]}).json()["conv"]
    call = str(uuid.uuid4())
    with ann.socket() as at_ann, bob.socket() as at_bob:
        begun = at_ann.request("call.invite", {"conv": pair, "media": "audio"}, call)["d"]
        assert begun["state"] == "ringing"
        forward(RING_S)
        for socket in (at_ann, at_bob):
            ended = before_it_would_be_missed_anyway(socket, lambda it: it["d"]["state"] == "ended")
            assert (ended["d"]["call"], ended["d"]["reason"]) == (call, "missed")
        entry = at_bob.wait_for(lambda it: it.get("t") == "msg" and it["d"]["id"] == call)["d"]
    assert entry["meta"]["reason"] == "missed"
    assert [it["id"] for it in ann.http.get(f"/api/conversations/{pair}/messages").json()["items"]] == [call]


def test_credentials_are_given_anew_when_half_of_their_life_is_over(ann, forward):
    """Until then they stay the same, so that no change of servers disturbs a call; the new ones last as long again."""
    session = opened(ann)
    first = session["turn"]
    assert first["ttl"] == CREDENTIAL_S
    forward(CREDENTIAL_S / 2 - MARGIN_S)
    same = reads(ann, session, participant=ann.address).json()["turn"]
    assert same["username"] == first["username"]
    assert same["ttl"] <= CREDENTIAL_S / 2 + MARGIN_S
    forward(2 * MARGIN_S)
    new = reads(ann, session, participant=ann.address).json()["turn"]
    assert new["username"] != first["username"]
    ends = [datetime.fromisoformat(it["expires_at"]) for it in (first, new)]
    assert ends[1] - ends[0] >= timedelta(seconds=CREDENTIAL_S / 2 + MARGIN_S)


def test_the_clock_goes_forward_only(parley, forward):
    """Going back, further than a year or to no number is refused and moves nothing."""
    before = forward(0)
    assert forward(5) == before + 5
    for body in ({"forward_s": -1}, {"forward_s": 10**9}, {"forward_s": "soon"}, {}, {"forward_s": 1, "back_s": 1}):
        assert httpx2.post(f"{parley.url}/dev/clock", json=body).status_code == 422
    assert forward(0) == before + 5


def test_no_page_of_another_origin_moves_the_clock(parley, ann, forward):
    """Not even with the cookie of somebody who is signed in here."""
    before = forward(0)
    refused = ann.http.post("/dev/clock", json={"forward_s": 900}, headers={"origin": "https://evil.example"})
    assert refused.status_code == 403
    assert forward(0) == before


def test_nobody_moves_a_clock_that_was_not_asked_for(tmp_path):
    """Without the setting there is no such route."""
    process = ParleyProcess(tmp_path / "data").start()
    try:
        assert httpx2.post(f"{process.url}/dev/clock", json={"forward_s": 900}).status_code in (404, 405)
    finally:
        process.stop()


def begun(command, folder, **environment):
    """A command that is expected to end by itself."""
    services = ("REGISTRATION_API", "CHAT_SERVICE", "MESSAGE_SERVICE", "RTC_SERVICE")
    variables = {f"{name}_PORT": "0" for name in services} | {"PARLEY_DATA_DIR": str(folder)}
    variables |= {"PARLEY_MOVABLE_CLOCK": "on"} | environment
    words = [sys.executable, "-m", "parley", command]
    return subprocess.Popen(
        words, env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def refused(process):
    """What it said, a sentence a line, when it ended as for a wrong configuration."""
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 2, said
    return said.strip().splitlines()


def test_no_service_alone_moves_its_clock(tmp_path):
    """Its neighbours would have another, so it does not start."""
    commands = ("registration-api", "email-worker", "message-service", "chat-service", "rtc-service", "migrate")
    for process in [begun(it, tmp_path) for it in commands]:
        (sentence,) = refused(process)
        assert "PARLEY_MOVABLE_CLOCK: only `all`" in sentence


ELSEWHERE = {
    "DATABASE_URL": "mysql+aiomysql://u:hunter2@db/parley",
    "MESSAGE_LOG_URL": "cassandra://db/parley",
    "REDIS_URL": "redis://cache/0",
    "BUS_URL": "kafka://broker",
    "PARLEY_HOST": "0.0.0.0",  # noqa: S104 -- this is what is refused
    "CHAT_WEB_ORIGIN": "https://chat.example.org",
}


def test_no_clock_is_moved_where_others_are(tmp_path):
    """An engine that is a server, an open address and a public page are one sentence each, and exit code 2."""
    sentences = refused(begun("all", tmp_path, **ELSEWHERE))
    assert len(sentences) == len(ELSEWHERE)
    for variable in ELSEWHERE:
        assert [it for it in sentences if f"PARLEY_MOVABLE_CLOCK: {variable} " in it], variable
    assert "hunter2" not in str(sentences)
