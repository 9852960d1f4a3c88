"""A program that knows the documented calls alone, through the public names, in a call with a browser."""

import pytest
from conformance.client import client
from conformance.conftest import signed_in
from conformance.window import window
from playwright.sync_api import expect
from support.browsers import Visitor
from support.cluster_people import ENDED_TWICE, PATIENCE_MS, at_rtc, somebody
from support.pictures import Pictures, kept_connections
from support.polling_peer import Watching, answer_the_ring, beside

pytestmark = pytest.mark.cluster

FRAMES = 30


@pytest.fixture
def ann(browser, server):
    """A browser that is signed in."""
    visitor = Visitor(browser, server, expected=ENDED_TWICE)
    visitor.context.set_default_timeout(PATIENCE_MS)
    visitor.context.add_init_script(kept_connections())
    yield visitor.sign_in(somebody("ann")).connected()
    visitor.close()
    assert visitor.complaints == []


@pytest.fixture
def native(server):
    """A program that is signed in."""
    return signed_in(server, "native")


def test_a_browser_calls_a_polling_client(ann, native):
    """It takes the ring and asks rtc-service again and again what the other says; both see each other's picture."""
    watching = Watching()
    conv = ann.page.evaluate(
        """members => fetch('/api/conversations', {
          method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify({kind: 'direct', members})
        }).then(it => it.json()).then(it => it.conv)""",
        [native.id],
    )

    async def answer() -> None:
        async with client(at_rtc(native)) as http, window(native) as seen:
            await answer_the_ring(http, seen, conv, watching)

    ann.page.goto(f"{ann.parley.url}/chat/{conv}")
    expect(ann.composer).to_be_visible()
    with beside(answer):
        ann.page.get_by_role("button", name="Start video call").click()
        Pictures(ann.page).see(native.id, FRAMES)
        watching.see(FRAMES)
        ann.page.get_by_role("button", name="End call").click()
