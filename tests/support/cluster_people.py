"""Those who use the local cluster from this machine, by its public names alone, and how they read their mails.

Nothing here knows what is behind the names. Next: `cluster.py`, for who operates it.
"""

import contextlib
import re
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from conformance.client import Person
from conformance.conftest import signed_in
from conformance.server import Server
from support.chat_client import Member, Places
from support.cluster import CHAT, RELEASE, WEBRTC, authority, forwarded

CHAT_URL, WEBRTC_URL = f"https://{CHAT}", f"https://{WEBRTC}"

PATIENCE_MS = 90_000
"""How long a page's condition is waited for on a busy machine; what is there is not waited for."""

ENDED_TWICE = "status of 404"
"""What a console may say: who hangs up ends the session, and so does rtc-service, which hears that the call is over."""

PLACES = Places([CHAT_URL], [CHAT_URL])

_MAIL_WITHIN_S = 120.0
_CODE = re.compile(r"\b\d{6}\b")


@contextlib.contextmanager
def at_home(folder: Path) -> Iterator[None]:
    """Names under .localhost lead to this machine, and the installation's authority is trusted, by every client.

    RFC 6761 asks the first of each resolver, and not every C library does it. `folder` keeps the certificate.
    """
    file = folder / "authority.pem"
    file.write_text(authority())
    asked = socket.getaddrinfo

    def resolve(host: str | bytes | None, *more: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host or ""
        return asked("127.0.0.1" if name.endswith(".localhost") else host, *more, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolve)
        patch.setenv("SSL_CERT_FILE", str(file))
        yield


@contextlib.contextmanager
def installation() -> Iterator[Server]:
    """The product, with the mailbox of everybody at example.org."""
    with forwarded(f"{RELEASE}-mail", 8025) as mails:
        yield Server(CHAT_URL, lambda address: code_for(mails, address), "{}@example.org")


def code_for(mails: str, address: str) -> str:
    """The code in the newest mail to this address, as soon as there is one."""
    until = time.monotonic() + _MAIL_WITHIN_S
    with httpx2.Client(base_url=mails, timeout=10) as http:
        while time.monotonic() < until:
            if code := _newest_code(http, address):
                return code
            time.sleep(0.2)  # a mail catcher has no way to tell us
    raise AssertionError(f"no code has come within {_MAIL_WITHIN_S:.0f} s")


def _newest_code(http: httpx2.Client, address: str) -> str | None:
    found = http.get("/api/v1/search", params={"query": f'to:"{address}"'}).raise_for_status().json()
    for it in found["messages"]:
        mail = http.get(f"/api/v1/message/{it['ID']}").raise_for_status().json()
        if code := _CODE.search(mail["Text"]):
            return code.group()
    return None


def somebody(word: str) -> str:
    """An address that nobody has signed in with."""
    return f"{word}-{uuid.uuid4().hex[:8]}@example.org"


def member(server: Server, name: str) -> Member:
    """Somebody new, for a client that keeps a ledger."""
    person = signed_in(server, name)
    return Member(name, person.id, person.token)


def at_rtc(person: Person) -> Person:
    """The same person, who asks rtc-service."""
    return Person(WEBRTC_URL, person.id, person.email, person.token)
