"""A native client that knows the documented calls only, in a call with a browser: both see the other's picture."""

import uuid

import pytest
from conformance.client import client
from conformance.conftest import signed_in
from conformance.server import Server
from conformance.window import window
from playwright.sync_api import expect
from support.browsers import Visitor, chromium
from support.chromium import FAKE_DEVICES
from support.parley_process import ParleyProcess
from support.person import Person
from support.pictures import Pictures, kept_connections
from support.polling_peer import PollingPeer, Watching, answer_the_ring, beside

FRAMES = 30


@pytest.fixture(scope="module")
def browser():
    """One with a camera."""
    with chromium(*FAKE_DEVICES) as running:
        yield running


@pytest.fixture(scope="module")
def parley(tmp_path_factory):
    """A running product for both tests."""
    process = ParleyProcess(tmp_path_factory.mktemp("native"))
    yield process.start()
    process.stop()


@pytest.fixture(scope="module")
def ann(parley):
    person = Person(parley, "ann@example.org").sign_in()
    yield person
    person.close()


@pytest.fixture(scope="module")
def native(parley):
    """Bob, who has signed in with a program."""
    return signed_in(Server(parley.url, parley.code_for, "{}@example.org"), "bob")


@pytest.fixture(scope="module")
def conv(ann, native):
    """The conversation of both."""
    made = ann.http.post("/api/conversations", json={"kind": "direct", "members": [native.id]})
    return made.json()["conv"]


@pytest.fixture
def page(browser, parley, ann, conv):
    """Ann's browser, with the conversation open."""
    visitor = Visitor(browser, parley)
    visitor.context.add_init_script(kept_connections())
    visitor.enter(ann).page.goto(f"{parley.url}/chat/{conv}")
    expect(visitor.composer).to_be_visible()
    yield visitor.page
    visitor.close()
    assert visitor.complaints == []


def test_a_browser_calls_a_polling_peer(page, native, conv):
    """The native client is rung, takes the session's id from the ring, and answers by polling."""
    watching = Watching()

    async def answer() -> None:
        async with client(native) as http, window(native) as seen:
            await answer_the_ring(http, seen, conv, watching)

    with beside(answer):
        page.get_by_role("button", name="Start video call").click()
        Pictures(page).see(native.id, FRAMES)
        watching.see(FRAMES)
        page.get_by_role("button", name="End call").click()


def test_a_polling_peer_calls_a_browser(page, native, conv):
    """The native client makes the session, rings with its id, and takes the answer by polling."""
    watching = Watching()

    async def call() -> None:
        async with client(native) as http, window(native) as seen:
            document = await http.post("/sessions", {"initiator": native.email}, 201)
            session = document["session"]["id"]
            peer = PollingPeer(http, session, document, watching)
            ring = {"conv": conv, "media": "video", "session": session}
            assert (await seen.request("call.invite", ring, str(uuid.uuid4())))["ok"]
            await peer.offer()
            await peer.stay()

    with beside(call):
        page.get_by_role("button", name="Accept", exact=True).click()
        Pictures(page).see(native.id, FRAMES)
        watching.see(FRAMES)
        page.get_by_role("button", name="End call").click()
