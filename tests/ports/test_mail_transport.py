"""The port MailTransport: accepted, later or never. The console is the only adapter so far, and it always accepts."""

import pytest

from parley.email_worker.adapters.console import ConsoleMail
from parley.email_worker.model import Mail
from parley.email_worker.ports import Accepted

ADAPTERS = {"console": ConsoleMail}


@pytest.fixture(params=ADAPTERS.values(), ids=ADAPTERS)
def transport(request):
    return request.param()


def mail(to="Ann+x@example.org", code="012345"):
    return Mail(to=to, code=code, subject=f"{code} is your code", text=code, html=code, message_id="<1@localhost>")


async def test_a_mail_is_accepted(transport):
    """A mail service that answers takes responsibility for the mail."""
    assert await transport.send(mail()) == Accepted()


async def test_the_console_prints_one_line_a_mail(capsys):
    """The developer reads address and code in exactly one line, leading zeros included."""
    transport = ConsoleMail()
    await transport.send(mail())
    await transport.send(mail("bob@example.org", "999999"))
    assert capsys.readouterr().out == (
        "sign-in code for Ann+x@example.org: 012345 (valid 3 minutes)\n"
        "sign-in code for bob@example.org: 999999 (valid 3 minutes)\n"
    )
