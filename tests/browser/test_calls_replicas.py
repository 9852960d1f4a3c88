"""A replica dies while a call rings in a browser that hangs on it: two whole products, one server and one folder."""

import pytest
from playwright.sync_api import expect
from support import valkey
from support.browsers import Visitor
from support.call_windows import Window
from support.chromium import FAKE_DEVICES
from support.fault_proxy import FaultProxy, Network
from support.parley_process import ParleyProcess
from support.person import Person

pytestmark = pytest.mark.engine

FLAGS = FAKE_DEVICES


class Address:
    """One address for two replicas, as a cluster has it. New connections go to the one named last."""

    def __init__(self, way: FaultProxy, first: ParleyProcess) -> None:
        self.url, self.code_for = f"http://localhost:{way.port}", first.code_for
        self._way = way

    def lead_to(self, replica: ParleyProcess) -> None:
        self._way.lead_to("127.0.0.1", int(replica.url.rpartition(":")[2]))


@pytest.fixture
def way():
    """An address that leads nowhere yet."""
    network = Network()
    yield network.proxy("127.0.0.1", 0)
    network.close()


@pytest.fixture
def replicas(tmp_path, way):
    """Two replicas of everything, the first of which runs."""
    shared = {"REDIS_URL": valkey.url(), "CHAT_WEB_ORIGIN": f"http://localhost:{way.port}"}
    here, there = (ParleyProcess(tmp_path / "data", **shared) for _ in range(2))
    yield here.start(), there
    for one in (here, there):
        one.stop()


@pytest.fixture
def pair(replicas, way):
    """The address, and Ann and Bob, who have a conversation."""
    address = Address(way, replicas[0])
    address.lead_to(replicas[0])
    people = [Person(address, f"{name}@example.org").sign_in() for name in ("ann", "bob")]
    for one, name in zip(people, ("Ann", "Bob"), strict=True):
        assert one.http.patch("/me", json={"name": name}).status_code == 200
    made = people[0].http.post("/api/conversations", json={"kind": "direct", "members": [people[1].id]})
    assert made.status_code == 201
    yield address, *people
    for one in people:
        one.close()


def test_the_replica_dies_while_it_rings(browser, replicas, pair):
    """The ring goes on by way of the other replica, is answered there, and leaves one entry in the history."""
    (here, there), (address, *people) = replicas, pair
    ann, bob = (Window(Visitor(browser, address)) for _ in people)
    ann.visitor.enter(people[0])
    address.lead_to(there.start())
    bob.visitor.enter(people[1])
    ann.start("Bob")
    expect(bob.ring).to_be_visible()
    address.lead_to(here)
    there.kill()
    expect(bob.visitor.banner).to_contain_text("Connection lost")
    expect(bob.visitor.banner).to_have_text("", timeout=40_000)
    bob.answer()
    bob.sees("Ann")
    ann.sees("Bob")
    bob.hang_up()
    expect(ann.card).to_contain_text("ended by Bob")
    for window in (ann, bob):
        window.page.get_by_role("button", name="Back to the conversation").click()
        expect(window.history("Video call, 0:")).to_have_count(1)
        assert window.visitor.complaints == []
        window.visitor.close()
