"""Pictures of the running product in every state a person meets, into build/screenshots: `make screenshots`.

Each picture is taken four times: on a phone and on a desk, light and dark. The people in it sign in through the forms
and write to each other; only a refusal that a correct client never earns is put on the wire by hand.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from browser.call_screenshots import picture_calls
from playwright.sync_api import Browser, Route, WebSocketRoute, expect
from support.browsers import Visitor, chromium
from support.chromium import FAKE_DEVICES
from support.parley_process import ParleyProcess
from support.picturing import FOLDER, Cast, take

REFUSED = "This one is refused"

NAMES = {
    "ann": "Ann Weber",
    "bob": "Bob Keller",
    "eve": "Eve Lang",
    "dan": "Dan Osei",
    "mia": "Mia Rossi",
    "omar": "عمر حداد",
}


def picture_sign_in(browser: Browser, parley: ParleyProcess) -> None:
    """The two forms, empty and after a wrong code."""
    visitor = Visitor(browser, parley)
    visitor.page.goto(parley.url + "/")
    visitor.page.get_by_label("E-mail").fill("ann@example.org")
    take(visitor.page, "sign-in")
    visitor.page.get_by_role("button", name="Send code").click()
    field = visitor.page.get_by_label("6-digit code")
    field.press_sequentially("407")
    take(visitor.page, "verify")
    code = parley.code_for("ann@example.org")
    field.fill("000000" if code != "000000" else "111111")
    expect(visitor.page.get_by_role("alert")).to_be_visible()
    take(visitor.page, "verify-wrong")
    visitor.close()


def picture_empty(browser: Browser, parley: ParleyProcess) -> None:
    """Somebody who is the first here."""
    visitor = Visitor(browser, parley).sign_in("first@example.org")
    expect(visitor.page.get_by_role("link", name="Lobby")).to_be_visible()
    take(visitor.page, "empty-list")
    visitor.page.goto(parley.url + "/chat/people")
    expect(visitor.page.get_by_text("Nobody else is here yet")).to_be_visible()
    take(visitor.page, "empty-people")
    visitor.open("Lobby")
    take(visitor.page, "empty-conversation")
    visitor.close()


def gather(browser: Browser, parley: ParleyProcess) -> Cast:
    """Everybody signs in and says what they are called."""
    people = {}
    for who, name in NAMES.items():
        people[who] = visitor = Visitor(browser, parley)
        if who == "ann":
            visitor.page.route_web_socket("**/ws", refusing)
        visitor.sign_in(f"{who}@example.org")
        send(visitor, "PATCH", "/me", {"name": name})
    for visitor in people.values():
        visitor.page.reload()
    return Cast(parley, people)


def send(visitor: Visitor, method: str, path: str, body: object) -> dict[str, Any]:
    """A call of the API with this person's cookie."""
    script = """async ([method, path, body]) => {
        const headers = {'content-type': 'application/json'}
        return (await fetch(path, {method, headers, body: JSON.stringify(body)})).json()
    }"""
    return visitor.page.evaluate(script, [method, path, body])


def refusing(socket: WebSocketRoute) -> None:
    """Passes everything on, but answers one message as if the server did not accept it."""
    server = socket.connect_to_server()

    def from_page(text: str | bytes) -> None:
        frame = json.loads(text)
        if frame["t"] == "msg.send" and frame["d"]["body"] == REFUSED:
            problem = {"type": "/problems/invalid", "title": "invalid", "status": 422}
            socket.send(json.dumps({"re": frame["id"], "ok": False, "err": problem}))
        else:
            server.send(text)

    socket.on_message(from_page)


def talk(cast: Cast) -> None:
    """A group, two conversations between two, and what is said there."""
    bob, eve, dan, omar = (cast.people[who] for who in ("bob", "eve", "dan", "omar"))
    group = {"kind": "group", "members": ids_of(cast, "bob", "eve", "omar"), "title": "String quartet"}
    send(cast.ann, "POST", "/api/conversations", group)
    for other in ("bob", "eve", "dan", "mia"):
        send(cast.ann, "POST", "/api/conversations", {"kind": "direct", "members": ids_of(cast, other)})
    say(dan, "Ann Weber", "Thanks!")
    say(bob, "String quartet", "Who brings the stands on Thursday?", "I can take two.")
    say(eve, "String quartet", "The parts are at https://example.org/quartet/parts?movement=2 for everybody.")
    say(omar, "String quartet", "مساء الخير، سأصل قبل السابعة بقليل.")
    say(eve, "Lobby", "Welcome, everyone")
    say(bob, "Ann Weber", "Is the rehearsal still on for Thursday?")
    say(cast.ann, "Bob Keller", "Yes, seven o'clock, same room.")
    say(bob, "Ann Weber", "Morning! I put the new parts into the folder.")
    say(bob, "Ann Weber", "The second page has the changed ending, have a look before we start.")
    say(cast.ann, "Bob Keller", "Great, I'll read it on the train.")


def ids_of(cast: Cast, *who: str) -> list[str]:
    """The account ids of these people, by their addresses."""
    emails = [f"{one}@example.org" for one in who]
    return [user["id"] for user in send(cast.ann, "POST", "/users/lookup", {"emails": emails})]


def say(visitor: Visitor, title: str, *texts: str) -> None:
    """Open a conversation, write there, and see it stored."""
    visitor.open(title)
    for text in texts:
        visitor.say(text)
        expect(visitor.page.get_by_title("Sending")).to_have_count(0)


def picture_conversations(cast: Cast) -> None:
    """The list with what is new, and conversations of two and of several."""
    page, bob = cast.ann.page, cast.people["bob"]
    page.goto(cast.parley.url + "/chat")
    bob.say("Shall we call in ten minutes? 🙂")
    expect(page.get_by_role("link", name="Bob Keller").get_by_text("1", exact=True)).to_be_visible()
    take(page, "list")
    page.get_by_role("searchbox", name="Search").fill("zebra")
    take(page, "list-nothing-found")
    page.get_by_role("button", name="Clear").click()
    cast.ann.open("Bob Keller")
    cast.ann.say("Yes")
    bob.composer.press_sequentially("I will")
    expect(page.get_by_text("Bob Keller is typing")).to_be_visible()
    take(page, "conversation")
    page.goto(cast.parley.url + "/chat")
    cast.ann.open("String quartet")
    take(page, "group")
    page.get_by_role("button", name="Details").click()
    expect(page.get_by_role("button", name="Leave group")).to_be_visible()
    take(page, "details")
    page.get_by_role("button", name="Add people").click()
    take(page, "details-add")
    page.keyboard.press("Escape")


def picture_pages(cast: Cast) -> None:
    """People, a new group, settings, and a conversation that is not there."""
    page, url = cast.ann.page, cast.parley.url
    page.goto(url + "/chat/people")
    expect(page.get_by_role("button", name="Mia Rossi")).to_be_visible()
    take(page, "people")
    page.goto(url + "/chat/new")
    for name in ("Bob Keller", "Eve Lang", "Mia Rossi"):
        page.get_by_role("list", name="People").get_by_role("button", name=name).click()
    take(page, "new")
    page.goto(url + "/chat/settings")
    expect(page.get_by_text("this device")).to_be_visible()
    take(page, "settings")
    take(page, "settings-end", shows="text='Sign out'")
    page.goto(url + "/chat/00000000-0000-7000-8000-000000000000")
    expect(page.get_by_text("This conversation is not there")).to_be_visible()
    take(page, "not-there")


def picture_long_content(cast: Cast) -> None:
    """Words without end, many lines, and a text that is too long."""
    page = cast.ann.page
    page.goto(cast.parley.url + "/chat")
    cast.ann.open("Dan Osei")
    cast.ann.say("Donaudampfschiff" * 13)
    cast.ann.say("\n".join(f"Line {number}" for number in range(1, 9)))
    cast.ann.composer.fill("far too long " * 630)
    take(page, "long")
    cast.ann.composer.fill("")


def picture_waiting(cast: Cast) -> None:
    """What a slow server looks like."""
    page = cast.ann.page
    held: list[Route] = []
    page.route("**/messages?**", lambda route: held.append(route))
    page.goto(cast.parley.url + "/chat")
    page.get_by_role("link", name="String quartet").click()
    page.wait_for_timeout(500)
    take(page, "loading-conversation")
    for route in held:
        route.abort()
    expect(page.get_by_text("The messages could not be loaded")).to_be_visible()
    take(page, "error-conversation")
    page.unroute("**/messages?**")


def picture_trouble(cast: Cast) -> None:
    """A message that was refused, a server that is away, and a page that cannot begin."""
    page = cast.ann.page
    page.goto(cast.parley.url + "/chat")
    cast.ann.open("Bob Keller")
    cast.ann.say(REFUSED)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    take(page, "failed-message")
    cast.parley.kill()
    expect(page.get_by_role("status")).to_contain_text("Connection lost")
    cast.ann.say("This one waits until the connection is back")
    take(page, "offline")
    cast.parley.start()
    page.route("**/api/conversations?**", lambda route: route.abort())
    page.goto(cast.parley.url + "/chat")
    expect(page.get_by_text("Parley cannot be reached")).to_be_visible()
    take(page, "error-start")


@contextmanager
def running() -> Iterator[ParleyProcess]:
    """The product on a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        parley = ParleyProcess(Path(folder) / "data").start()
        try:
            yield parley
        finally:
            parley.stop()


def main() -> None:
    """Take all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=30_000)
    with chromium(*FAKE_DEVICES) as browser:
        with running() as parley:
            picture_sign_in(browser, parley)
            picture_empty(browser, parley)
        with running() as parley:
            cast = gather(browser, parley)
            talk(cast)
            for picture in (
                picture_conversations,
                picture_pages,
                picture_long_content,
                picture_waiting,
                picture_calls,
                picture_trouble,
            ):
                picture(cast)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures are in {FOLDER}")


if __name__ == "__main__":
    main()
