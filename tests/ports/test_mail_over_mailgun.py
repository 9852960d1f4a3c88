"""What only Mailgun has: the form of its request, Retry-After, and a client with connections of its own."""

import base64
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from support.certificates import Certificate
from support.mail_services import KEY, SENDER, OnMailgun, mail
from support.mailgun_server import Answer, MailgunServer

from parley.email_worker.adapters.mail_urls import MailgunDomain
from parley.email_worker.adapters.mailgun import REGIONS, open_mailgun
from parley.email_worker.ports import Accepted, Later, Never


@pytest.fixture
async def server():
    async with MailgunServer().serving() as started:
        yield started


async def later(server, **headers):
    server.answer = Answer(429, {name.replace("_", "-"): value for name, value in headers.items()})
    async with OnMailgun(server).open() as transport:
        answer = await transport.send(mail())
    assert isinstance(answer, Later)
    return answer.delay_s


async def test_the_request_is_mailguns(server):
    """One POST to the domain's messages with the key as password, a tag, and no tracking of who read what."""
    async with OnMailgun(server).open() as transport:
        await transport.send(mail())
    (request,) = server.received
    assert request.line == "POST /v3/mg.example.org/messages HTTP/1.1"
    assert request.headers["authorization"] == f"Basic {base64.b64encode(f'api:{KEY}'.encode()).decode()}"
    assert (request.fields["o:tag"], request.fields["o:tracking"]) == ("sign-in-code", "no")


async def test_retry_after_in_seconds_is_honoured(server):
    """Mailgun's own wish counts where it is longer than ours."""
    assert await later(server, Retry_After="120") == 120


async def test_retry_after_as_a_date_is_honoured(server):
    """The wish may be a moment instead."""
    moment = datetime.now(UTC) + timedelta(minutes=5)
    assert 200 < await later(server, Retry_After=format_datetime(moment, usegmt=True)) <= 300


@pytest.mark.parametrize(
    "wish", ["soon", "-5", "", "1e9", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 99 Oct 2015 07:28:00"]
)
async def test_an_odd_retry_after_is_passed_over(server, wish):
    """A wish that cannot be read, or is over, leaves our own pause."""
    assert 0 < await later(server, Retry_After=wish) <= 1


async def test_an_endless_retry_after_is_cut(server):
    """Nothing waits for longer than a request lives, which is 15 minutes."""
    assert await later(server, Retry_After="9" * 400) == 900


async def test_the_client_closes_with_its_wiring(server):
    """A connection is kept from mail to mail and is gone once the transport is closed."""
    async with OnMailgun(server).open() as transport:
        await transport.send(mail())
        await transport.send(mail())
        assert server.connections_seen == server.open_connections == 1
    await server.no_connections.wait()


async def test_an_unknown_certificate_is_not_trusted(tmp_path):
    """A server with a certificate of an unknown authority sees neither key nor mail."""
    async with MailgunServer().serving(Certificate(tmp_path).server()) as server:
        async with OnMailgun(server).open() as transport:
            assert isinstance(await transport.send(mail()), Later)
        assert server.received == []


async def test_a_redirect_is_not_followed(server):
    """The key goes nowhere but to the address that was configured."""
    async with MailgunServer().serving() as elsewhere:
        server.answer = Answer(307, {"Location": elsewhere.url})
        async with OnMailgun(server).open() as transport:
            assert isinstance(await transport.send(mail()), Later)
        assert elsewhere.received == []


async def test_an_address_beyond_ascii_is_passed_on(server):
    """Whether a local part beyond ASCII can be mailed to is Mailgun's answer, not ours."""
    async with OnMailgun(server).open() as transport:
        assert await transport.send(mail("änn@example.org")) == Accepted()
        server.answer = Answer(400)
        assert isinstance(await transport.send(mail("änn@example.org")), Never)
    assert [it.fields["to"] for it in server.received] == ["änn@example.org"]


@pytest.mark.parametrize("region", ["eu", "us"])
async def test_each_region_has_its_address(region, monkeypatch):
    """Without an address of its own a domain is looked for in its region, over HTTPS."""
    async with MailgunServer().serving() as server:
        monkeypatch.setitem(REGIONS, region, server.url)
        async with open_mailgun(MailgunDomain(name="mg.example.org", region=region), KEY, SENDER) as transport:
            assert await transport.send(mail()) == Accepted()
    monkeypatch.undo()
    assert REGIONS == {"eu": "https://api.eu.mailgun.net", "us": "https://api.mailgun.net"}
