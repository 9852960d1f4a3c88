"""The server under test, and three people who are signed in there for the whole run."""

import uuid
from collections.abc import Callable

import httpx2
import pytest
from conformance.client import Person, client
from conformance.server import Server, WrongSetUp, under_test


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Where everything here is sent."""
    try:
        with under_test(tmp_path_factory.mktemp("conformance")) as found:
            yield found
    except WrongSetUp as wrong:
        pytest.exit(str(wrong), returncode=2)


@pytest.fixture(scope="session")
def sign_in(server) -> Callable[[str], Person]:
    """Signs somebody in whom nobody has met."""
    return lambda word: signed_in(server, word)


@pytest.fixture(scope="session")
def ann(sign_in):
    return sign_in("ann")


@pytest.fixture(scope="session")
def bob(sign_in):
    return sign_in("bob")


@pytest.fixture(scope="session")
def eve(sign_in):
    return sign_in("eve")


def signed_in(server: Server, word: str) -> Person:
    """Ask for a code, read it, enter it: the whole way in for a program."""
    address = server.address.format(f"{word}-{uuid.uuid4().hex[:8]}")
    with httpx2.Client(base_url=server.url, timeout=30) as http:
        asked = http.post("/otp", json={"email": address})
        assert asked.status_code == 202, asked.text
        entered = http.post(
            f"/otp/{asked.json()['challenge']}/verify",
            json={
                "code": server.code_for(address),
                "transport": "bearer",
                "device": {"name": "Conformance", "platform": "app"},
            },
        )
    assert entered.status_code == 200, entered.text
    user = entered.json()["user"]
    return Person(server.url, user["id"], user["email"], entered.json()["token"])


@pytest.fixture
async def at_ann(ann):
    """Requests in her name."""
    async with client(ann) as opened:
        yield opened


@pytest.fixture
async def at_bob(bob):
    """Requests in his name."""
    async with client(bob) as opened:
        yield opened
