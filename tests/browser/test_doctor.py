"""The doctor's page over the real product: what it says with a TURN server, without one, and with broken ones."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect
from support import coturn
from support.browsers import PHONE, Visitor
from support.fault_proxy import free_port
from support.parley_process import ParleyProcess
from support.person import Person

SECRET = "of-both"
FINE = "Works: a packet went through the relay and came back."


@pytest.fixture
def examined(browser, tmp_path):
    """Starts the product with an environment and opens the doctor's page in it."""
    opened = []

    def examine(**environment: str) -> Visitor:
        process = ParleyProcess(tmp_path / "data", **{"PATH": str(tmp_path)} | environment).start()
        person, visitor = Person(process, "ann@example.org").sign_in(), Visitor(browser, process)
        opened.append((process, person, visitor))
        visitor.enter(person).page.goto(f"{process.url}/doctor")
        return visitor

    yield examine
    for process, person, visitor in opened:
        visitor.close()
        person.close()
        process.stop()
    assert [complaint for _, _, visitor in opened for complaint in visitor.complaints] == []


@pytest.fixture
def program(tmp_path_factory) -> str:
    """A folder for PATH with a turnserver."""
    return str(coturn.unpack_program(tmp_path_factory.mktemp("coturn")))


@pytest.fixture
def broken():
    """Starts the TURN server in its container, which is then broken in some way, and returns the product's settings."""
    container = coturn.server()
    with ThreadPoolExecutor() as threads:
        # Playwright's event loop runs in the thread of the test.
        def start(*secrets: str, **changes) -> dict[str, str]:
            threads.submit(container.start, container.hardened(*secrets, **changes)).result()
            return {"TURN_SERVER_URLS": f"turn:{container.address}:3478", "TURN_SHARED_SECRET": SECRET}

        yield start
        container.stop()


def diagnoses(visitor: Visitor) -> list[str]:
    """What is said, once everything was examined."""
    expect(visitor.page.get_by_role("button", name="Check again")).to_be_enabled(timeout=40_000)
    return [it.strip() for it in visitor.page.locator(".diagnosis p:first-of-type").all_inner_texts()]


def test_without_a_relay_server(examined):
    """Where there is none that is said, with what to do."""
    page = examined()
    assert diagnoses(page) == ["No relay server is set up, so only people with a direct path to each other can talk."]
    expect(page.page.get_by_text("TURN_SERVER_URLS")).to_be_visible()
    assert page.axe() == []
    page.page.set_viewport_size(PHONE)
    page.page.emulate_media(color_scheme="dark")
    assert page.axe() == []


def test_nobody_answers(examined):
    """A server that is not there is told from one that refuses, and the page can be asked again."""
    page = examined(TURN_SERVER_URLS=f"turn:127.0.0.1:{free_port()}?transport=tcp")
    assert diagnoses(page) == ["The relay server does not answer from here."]
    page.page.get_by_role("button", name="Check again").click()
    assert diagnoses(page) == ["The relay server does not answer from here."]


@pytest.mark.engine
def test_the_laptops_own(examined, program):
    """With a turnserver on PATH a packet goes through it and back, over UDP and over TCP."""
    page = examined(PATH=program)
    assert diagnoses(page) == [FINE, FINE]
    urls = page.page.locator(".diagnosis-url").all_inner_texts()
    assert [it.rpartition("=")[2] for it in urls] == ["udp", "tcp"]


@pytest.mark.engine
def test_another_secret(examined, broken):
    """A server that does not accept what rtc-service hands out."""
    page = examined(**broken("another"))
    assert diagnoses(page) == ["The relay server does not accept the access that this server gave us."]


@pytest.mark.engine
def test_its_own_address_is_denied(examined, broken):
    """A server on which two people who both relay never meet; the same one is fine when it allows its address."""
    page = examined(**broken(SECRET, allowed=[]))
    assert diagnoses(page) == ["The relay server answers, but two people who both need it do not meet there."]


@pytest.mark.engine
def test_a_server_that_is_as_it_should_be(examined, broken):
    """The chart's configuration, with an address that is not loopback."""
    assert diagnoses(examined(**broken(SECRET))) == [FINE]
