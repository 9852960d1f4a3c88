"""The documented calls of rtc-service, one after another over a sound network: shapes, and what is refused."""

import pytest
from conformance.client import Client, Json, client, slug, told
from conformance.descriptions import candidate_lines, description

PARTIES = {"initiator", "conversation_id", "call_id", "peer"}
SESSION = PARTIES | {"id", "created_at", "expires_at", "offer", "answer", "candidates"}


@pytest.fixture
async def at_eve(eve):
    async with client(eve) as opened:
        yield opened


@pytest.fixture
async def path(at_ann):
    """A session for whoever knows its id, ended after the test."""
    made = await at_ann.post("/sessions", {"initiator": at_ann.person.email}, 201)
    yield f"/sessions/{made['session']['id']}"
    await at_ann.ask("DELETE", f"/sessions/{made['session']['id']}")


def described(by: Client, **more) -> Json:
    return {"from": by.person.email, "sdp": description()[0]} | more


async def test_a_new_session(at_ann):
    """It is told with 201, where it is, credentials for the relay or that there is none, and nothing in it yet."""
    answer = await at_ann.ask("POST", "/sessions", json={"initiator": at_ann.person.email})
    made = told(answer, 201)
    assert set(made) == {"session", "turn", "ice_servers", "sync"}
    assert set(made["session"]) == SESSION
    assert answer.headers["location"] == f"/sessions/{made['session']['id']}"
    assert made["session"]["initiator"] == at_ann.person.email
    assert (made["session"]["offer"], made["session"]["answer"], made["session"]["candidates"]) == (None, None, [])
    if made["turn"] is None:
        assert made["ice_servers"] == []
    else:
        assert set(made["turn"]) == {"username", "credential", "urls", "ttl", "expires_at"}
        assert {tuple(it) for it in made["ice_servers"]} == {("urls", "username", "credential")}
    assert (await at_ann.ask("DELETE", answer.headers["location"])).status_code == 204


async def test_the_latest_offer_and_answer_win(at_ann, at_bob, path):
    """Without a condition each description replaces the one before, and a reader gets the latest of both."""
    for _ in range(2):
        offered = await at_ann.put(f"{path}/offer", described(at_ann))
    answered = await at_bob.put(f"{path}/answer", described(at_bob))
    seen = await at_ann.get(path, params={"participant": at_ann.person.email})
    assert seen["session"]["offer"] == offered["session"]["offer"]
    assert seen["session"]["answer"] == answered["session"]["answer"]
    assert seen["session"]["offer"]["from"] == at_ann.person.email
    assert "turn" in seen


async def test_both_forms_of_one_candidate_and_many(at_ann, path):
    """A candidate beside `from`, in an object of its own, and a batch: all are kept in the order of their arrival."""
    lines = candidate_lines("abcd", 4)
    flat = {"candidate": lines[0], "sdpMid": "0", "sdpMLineIndex": 0}
    init = {"candidate": lines[1], "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "abcd"}
    batch = [{"candidate": it, "sdpMid": "0", "sdpMLineIndex": 0} for it in (*lines[2:], "")]
    for body in (flat, {"candidate": init}, {"candidates": batch}):
        seen = await at_ann.post(f"{path}/candidates", {"from": at_ann.person.email} | body)
    kept = seen["session"]["candidates"]
    assert [it["candidate"] for it in kept] == [*lines, ""]
    assert [it["index"] for it in kept] == [0, 1, 2, 3, 4]
    assert kept[1] == {"from": at_ann.person.email, "index": 1} | init
    assert seen["sync"]["next"] == 5


async def test_it_ends_once(at_ann, at_bob, path):
    """DELETE is 204, and from then on every call of everybody is 404."""
    await at_bob.get(path)
    assert (await at_bob.ask("DELETE", path)).status_code == 204
    for who in (at_ann, at_bob):
        gone = [
            await who.ask("DELETE", path),
            await who.ask("GET", path),
            await who.ask("PUT", f"{path}/offer", json=described(who)),
            await who.ask("PUT", f"{path}/answer", json=described(who)),
            await who.ask("POST", f"{path}/candidates", json={"from": who.person.email, "candidate": ""}),
            await who.ask("POST", f"{path}/keepalive"),
        ]
        assert [(it.status_code, slug(it)) for it in gone] == [(404, "not-found")] * 6


async def test_the_second_to_write_closes_it(at_ann, at_bob, at_eve, path):
    """Who writes first beside the initiator is the other side; nobody else finds the session any more."""
    await at_ann.put(f"{path}/offer", described(at_ann))
    assert (await at_eve.ask("GET", path)).status_code == 200
    await at_bob.put(f"{path}/answer", described(at_bob))
    assert (await at_eve.ask("GET", path)).status_code == 404
    assert (await at_eve.ask("DELETE", path)).status_code == 404
    assert (await at_bob.ask("GET", path)).status_code == 200


async def test_everybody_speaks_for_themselves(at_ann, at_bob, path):
    """`initiator`, `from` and `participant` are the address of who is signed in, else 403."""
    refused = [
        await at_bob.ask("POST", "/sessions", json={"initiator": at_ann.person.email}),
        await at_bob.ask("PUT", f"{path}/offer", json=described(at_ann)),
        await at_bob.ask("PUT", f"{path}/answer", json=described(at_ann)),
        await at_bob.ask("POST", f"{path}/candidates", json={"from": at_ann.person.email, "candidate": ""}),
        await at_bob.ask("GET", path, params={"participant": at_ann.person.email}),
    ]
    assert [(it.status_code, slug(it)) for it in refused] == [(403, "forbidden")] * 5


BAD = [
    ("offer", {"sdp": "v=1\r\n"}, 422, "invalid"),
    ("offer", {}, 422, "invalid"),
    ("offer", {"sdp": "v=0\r\n" * 20_000}, 413, "too-large"),
    ("candidates", {"candidate": "candidate:" + "a" * 2100}, 413, "too-large"),
    ("candidates", {"candidates": [{"candidate": f"candidate:{it}"} for it in range(33)]}, 422, "invalid"),
    ("candidates", {}, 422, "invalid"),
]


@pytest.mark.parametrize(("what", "body", "status", "problem"), BAD)
async def test_what_is_wrong_is_refused_and_changes_nothing(at_ann, path, what, body, status, problem):
    """A wrong body gets the one problem that says why, and the session stays as it was."""
    good = await at_ann.put(f"{path}/offer", described(at_ann))
    method = "POST" if what == "candidates" else "PUT"
    refused = await at_ann.ask(method, f"{path}/{what}", json={"from": at_ann.person.email} | body)
    assert (refused.status_code, slug(refused)) == (status, problem)
    assert (await at_ann.get(path))["session"]["offer"] == good["session"]["offer"]


async def test_nobody_without_a_token(at_ann, path):
    """Every call without a session, or with one that nobody has, is 401."""
    for token in ("", "Bearer nobody"):
        refused = await at_ann.ask("GET", path, headers={"authorization": token})
        assert (refused.status_code, slug(refused)) == (401, "unauthenticated")
