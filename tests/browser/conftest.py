"""Real browsers against the real product; a console error in any of them fails the test."""

from typing import Any

import pytest
from playwright.sync_api import expect
from support.browsers import Visitor, chromium
from support.call_windows import Window
from support.parley_process import ParleyProcess
from support.person import Person

# How long a condition is waited for on a busy machine; what is there is not waited for.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def browser(request):
    """One Chromium for each file, with the `FLAGS` of the file; each visitor gets a profile of its own.

    Not for the whole run: while Playwright is there its event loop runs, and no other test may have one.
    """
    with chromium(*getattr(request.module, "FLAGS", ())) as running:
        yield running


@pytest.fixture(scope="module")
def next_parley(request, tmp_path_factory):
    """Gives a product that is starting, and starts one for the next test: a browser leaves half of a machine idle.

    Each has the `SETTINGS` of the file.
    """
    settings = getattr(request.module, "SETTINGS", {})

    def launch() -> ParleyProcess:
        return ParleyProcess(tmp_path_factory.mktemp("product") / "data", **settings).launch()

    waiting = [launch()]

    def take() -> ParleyProcess:
        waiting.append(launch())
        return waiting.pop(0)

    yield take
    waiting[0].kill()


@pytest.fixture
def parley(next_parley):
    """A running product on a folder of its own."""
    process = next_parley()
    yield process.ready()
    process.stop()


@pytest.fixture
def visitor(browser, parley):
    """Opens browser profiles; none of them may have complained by the end."""
    visitors: list[Visitor] = []

    def visit(**options):
        visitors.append(Visitor(browser, parley, **options))
        return visitors[-1]

    yield visit
    for one in visitors:
        one.close()
    assert [complaint for one in visitors for complaint in one.complaints] == []


@pytest.fixture
def person(parley):
    """Signs people in without a browser, under a name."""
    people: list[Person] = []

    def sign_in(name: str) -> Person:
        people.append(Person(parley, f"{name.split()[0].lower()}@example.org").sign_in())
        assert people[-1].http.patch("/me", json={"name": name}).status_code == 200
        return people[-1]

    yield sign_in
    for one in people:
        one.close()


@pytest.fixture
def acquaint(person):
    """Signs in several people, of whom the first has a conversation with each of the others."""

    def meet(*names: str) -> list[Person]:
        people = [person(name) for name in names]
        for other in people[1:]:
            made = people[0].http.post("/api/conversations", json={"kind": "direct", "members": [other.id]})
            assert made.status_code == 201, made.text
        return people

    return meet


@pytest.fixture
def pair(acquaint):
    """Ann and Bob, who have a conversation."""
    return acquaint("Ann", "Bob")


@pytest.fixture
def enter(visitor):
    """Opens a window for somebody, with a script that runs before the page's own."""

    def open_window(one: Person, script: str = "", **options: Any) -> Window:
        window = visitor(**options)
        if script:
            window.context.add_init_script(script)
        return Window(window.enter(one))

    return open_window


@pytest.fixture
def guest(person, visitor):
    """Signs people in under a name and opens the chat for each in a browser of their own."""

    def enter(name: str, **options: Any) -> Visitor:
        return visitor(**options).enter(person(name))

    return enter
