"""What cannot be sent, and windows that get in each other's way."""

import json
import uuid

from playwright.sync_api import expect
from support.person import LOBBY


def refusing(page, texts):
    """Lets a page's socket through, but answers the first sending of these texts with 422."""

    def interpose(route):
        server = route.connect_to_server()

        def sent(message):
            frame = json.loads(message)
            if frame["t"] == "msg.send" and frame["d"]["body"] in texts:
                texts.remove(frame["d"]["body"])
                problem = {"type": "/problems/invalid", "title": "Invalid", "status": 422}
                route.send(json.dumps({"re": frame["id"], "ok": False, "err": problem}))
            else:
                server.send(message)

        route.on_message(sent)

    page.route_web_socket("**/ws", interpose)


def test_a_refused_message(visitor, person):
    """A refused message says so, holds up nothing, and is sent once more or thrown away as asked."""
    ann = visitor()
    refusing(ann.page, ["not this", "nor this"])
    ann.enter(person("Ann")).open("Lobby")
    ann.say("not this")
    failed = ann.message("not this")
    expect(failed.get_by_role("alert")).to_contain_text("Not sent")
    expect(ann.row("Lobby")).to_contain_text("Not sent")
    ann.say("but this")
    expect(ann.message("but this").get_by_title("Stored")).to_be_visible()
    failed.get_by_role("button", name="Try again").click()
    expect(ann.message("not this").get_by_title("Stored")).to_be_visible()
    ann.say("nor this")
    ann.message("nor this").get_by_role("button", name="Delete").click()
    expect(ann.message("nor this")).to_have_count(0)
    expect(ann.log.get_by_role("listitem")).to_have_count(2)


def test_a_second_tab(guest):
    """Two tabs of one browser live beside each other, even where one is a duplicate of the other."""
    ann = guest("Ann").open("Lobby")
    with ann.context.expect_page() as opening:
        ann.page.evaluate("void window.open(location.href)")
    second = opening.value
    second.get_by_role("textbox", name="Message").fill("from the second")
    second.get_by_role("textbox", name="Message").press("Enter")
    expect(ann.message("from the second")).to_be_visible()
    ann.say("from the first")
    expect(second.get_by_role("region", name="Messages").get_by_text("from the first").first).to_be_visible()
    for page in (ann.page, second):
        expect(page.get_by_role("status")).to_have_text("")


def test_a_tab_that_is_replaced(visitor, person):
    """A tab whose name is used elsewhere says so, stays quiet, and takes over when asked."""
    me = person("Ann")
    ann = visitor().enter(me).open("Lobby")
    party = ann.page.evaluate("sessionStorage.getItem('parley.party')")
    with me.socket(party=party):
        expect(ann.page.get_by_text("Parley is open in another tab.")).to_be_visible()
        ann.page.get_by_role("button", name="Use here").click()
        expect(ann.banner).to_have_text("")
        ann.say("here again")
        expect(ann.message("here again").get_by_title("Stored")).to_be_visible()
    assert uuid.UUID(ann.page.evaluate("sessionStorage.getItem('parley.party')")) != uuid.UUID(party)


def test_signed_out_from_elsewhere(visitor, person):
    """A device that is signed out elsewhere ends at the sign-in form within seconds."""
    me = person("Ann")
    ann = visitor().enter(me).open("Lobby")
    assert me.http.delete("/session").status_code == 204
    expect(ann.page.get_by_label("E-mail")).to_be_visible(timeout=15_000)


def test_a_burst_meets_the_limit_and_loses_nothing(visitor, person):
    """Whoever has used up the budget is slowed down, not cut off: everything arrives, in order, each once."""
    me = person("Ann")
    ann = visitor().enter(me).open("Lobby")
    number = 0
    while me.http.post(f"/api/conversations/{LOBBY}/messages", json=text(number)).status_code == 201:
        number += 1
    assert number >= 20
    burst = [f"burst {count}" for count in range(6)]
    for one in burst:
        ann.say(one)
    expect(ann.message(burst[-1]).get_by_title("Stored")).to_be_visible(timeout=20_000)
    expect(ann.log.get_by_title("Sending")).to_have_count(0)
    assert ann.log.locator(".bubble").all_inner_texts()[-6:] == burst
    expect(ann.banner).to_have_text("")


def text(number):
    """The body of a POST that says something."""
    return {"id": str(uuid.uuid4()), "after": [1, number], "kind": "text", "body": f"said before {number}"}
