"""Two people in two real browsers, who know nothing but the address of the product: they talk and see each other."""

import pytest
from playwright.sync_api import expect
from support.browsers import Visitor
from support.call_windows import Window
from support.cluster_people import ENDED_TWICE, PATIENCE_MS, somebody
from support.pictures import Pictures, kept_connections

pytestmark = pytest.mark.cluster


@pytest.fixture
def visit(browser, server):
    """Signs people in with the code of their mail; their connections use relays only, and no console may complain."""
    visitors: list[Visitor] = []

    def enter(name: str) -> Visitor:
        visitors.append(Visitor(browser, server, expected=ENDED_TWICE))
        visitors[-1].context.set_default_timeout(PATIENCE_MS)
        visitors[-1].context.add_init_script(kept_connections("relay"))
        return visitors[-1].sign_in(somebody(name)).connected()

    yield enter
    for one in visitors:
        one.close()
    assert [it for one in visitors for it in one.complaints] == []


def me(visitor: Visitor) -> dict:
    return visitor.page.evaluate("fetch('/me').then(it => it.json())")


def test_two_people_talk_and_see_each_other(visit):
    """What each says is at the other, the pictures of their call move on both sides, and its path is the relay."""
    ann, bob = visit("ann"), visit("bob")
    at_ann, at_bob = me(ann), me(bob)
    ann.page.get_by_role("link", name="People").click()
    ann.page.get_by_role("button", name=at_bob["name"]).click()
    ann.say("good morning")
    bob.open(at_ann["name"])
    expect(bob.message("good morning")).to_be_visible()
    bob.say("to you too")
    expect(ann.message("to you too")).to_be_visible()

    ann.page.get_by_role("button", name="Start video call").click()
    bob.page.get_by_role("button", name="Accept", exact=True).click()
    for visitor, other in ((ann, at_bob), (bob, at_ann)):
        pictures = Pictures(visitor.page)
        pictures.see(other["id"])
        assert {(it["own"], it["other"]) for it in pictures.pairs()} == {("relay", "relay")}
    ann.page.get_by_role("button", name="End call").click()
    for visitor in (ann, bob):
        expect(Window(visitor).card).to_contain_text("Pathrelayed")
