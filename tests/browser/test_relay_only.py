"""Two browsers that may reach each other only through the real TURN server, over UDP, over TCP and over TLS."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect
from support import coturn
from support.browsers import Visitor, chromium
from support.call_windows import Window
from support.certificates import Certificate
from support.chromium import FAKE_DEVICES
from support.parley_process import ParleyProcess
from support.person import Person
from support.pictures import Pictures, kept_connections

from parley.turn.coturn import Certificate as InFiles

SECRET = "of-both"

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def browser():
    """One with a camera, to which a certificate of our own making is as good as any."""
    with chromium(*FAKE_DEVICES, "--ignore-certificate-errors") as running:
        yield running


@pytest.fixture
def relay(tmp_path):
    """The TURN server in its container, configured as a cluster's is, with a certificate; yields its address."""
    container = coturn.server()
    made = Certificate(tmp_path, container.address)
    made.key_file.chmod(0o644)
    container.put(tmp_path, made.file.name, made.key_file.name)
    files = InFiles(chain=f"{coturn.FOLDER}/{made.file.name}", key=f"{coturn.FOLDER}/{made.key_file.name}")
    with ThreadPoolExecutor(1) as threads:
        # Playwright's event loop runs in the thread of the test.
        threads.submit(container.start, container.hardened(SECRET, certificate=files)).result()
        yield container.address
        container.stop()


@pytest.fixture(params=["udp", "tcp", "tls"])
def transport(request):
    """How the browsers talk to the TURN server."""
    return request.param


@pytest.fixture
def parley(tmp_path, relay, transport):
    """A running product that hands out this TURN server."""
    urls = f"turns:{relay}:5349?transport=tcp" if transport == "tls" else f"turn:{relay}:3478?transport={transport}"
    process = ParleyProcess(tmp_path / "data", TURN_SERVER_URLS=urls, TURN_SHARED_SECRET=SECRET)
    yield process.start()
    process.stop()


def test_both_are_seen_through_the_relay(parley, person, visitor, transport):
    """Pictures move on both sides, the nominated pair is relay to relay, and the account of the call says how."""
    ann, bob = person("Ann"), person("Bob")
    conv = ann.http.post("/api/conversations", json={"kind": "direct", "members": [bob.id]}).json()["conv"]
    at_ann, at_bob = [opened(visitor(), one, f"{parley.url}/chat/{conv}") for one in (ann, bob)]
    at_ann.page.get_by_role("button", name="Start video call").click()
    at_bob.page.get_by_role("button", name="Accept", exact=True).click()
    for visitor_, other in ((at_ann, bob), (at_bob, ann)):
        pictures = Pictures(visitor_.page)
        pictures.see(other.id)
        assert pictures.pairs() == [{"own": "relay", "other": "relay", "by": transport}]
    at_ann.page.get_by_role("button", name="End call").click()
    for visitor_ in (at_ann, at_bob):
        expect(Window(visitor_).card).to_contain_text(f"Pathrelayed ({transport.upper()})")


def opened(visitor: Visitor, one: Person, url: str) -> Visitor:
    """The conversation, in a page whose connections use relays only."""
    visitor.context.add_init_script(kept_connections("relay"))
    visitor.enter(one).page.goto(url)
    expect(visitor.composer).to_be_visible()
    return visitor
