"""How email-worker is put together, and what stops its start."""

import subprocess
import sys

import pytest

from parley.bus.inprocess import InProcessBus
from parley.configuration import SCHEMES, ConfigurationError, load
from parley.email_worker.adapters.console import ConsoleMail
from parley.email_worker.adapters.mailgun import MailgunMail
from parley.email_worker.adapters.smtp import SmtpMail
from parley.email_worker.settings import WorkerSettings
from parley.email_worker.wiring import Parts, assemble, open_transport, run

DEFAULTS = {"database_url": "sqlite+aiosqlite:///x.db", "code_key": "ab" * 32, "code_pepper": "cd" * 32}


def settings(**changes):
    return load(WorkerSettings, **DEFAULTS | changes)


def test_it_is_one_task():
    """The service is a consumer and serves no routes."""
    component = assemble(settings(), Parts(deliveries=None, transport=ConsoleMail(), bus=InProcessBus()))
    assert list(component.tasks) == ["consumer"]
    assert component.routers == ()


def test_an_unknown_mail_service_stops_the_start():
    """An unknown scheme is told with those that are known, without the credentials of the URL."""
    with pytest.raises(ConfigurationError) as error:
        settings(mail_url="pigeon://user:secret@loft")
    assert "pigeon:" in str(error.value)
    assert "console:" in str(error.value)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("console:", ConsoleMail),
        ("smtp://mail", SmtpMail),
        ("smtps://mail", SmtpMail),
        ("mailgun://mg.example.org", MailgunMail),
    ],
)
async def test_the_url_chooses_the_transport(url, kind):
    """Each known scheme opens its adapter, and a closed transport leaves nothing open."""
    async with open_transport(settings(mail_url=url, mail_from="a@example.org", mailgun_api_key="k")) as transport:
        assert type(transport) is kind


async def test_every_known_scheme_has_an_adapter():
    """What the settings let pass is what can be opened, and nothing else can."""
    unchecked = settings().model_copy(update={"mail_url": "pigeon:"})
    with pytest.raises(ConfigurationError, match="pigeon"):
        async with open_transport(unchecked):
            pass
    tested = {"console:", "smtp:", "smtps:", "mailgun:"}
    assert set(SCHEMES["MAIL_URL"]) == tested


def test_drivers_are_loaded_only_when_chosen():
    """A laptop that prints its codes needs neither an SMTP nor an HTTP client."""
    check = "import sys, parley.email_worker.wiring; sys.exit(bool({'aiosmtplib', 'httpx2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


@pytest.mark.parametrize(("key", "reason"), [("", "32 bytes"), ("ab" * 31, "32 bytes"), ("zz" * 32, "hexadecimal")])
@pytest.mark.parametrize("name", ["code_key", "code_pepper"])
def test_weak_keys_are_refused(name, key, reason):
    """A key that is short or no hexadecimal stops the start, and the sentence does not repeat it."""
    with pytest.raises(ConfigurationError, match=name.upper()) as error:
        settings(**{name: key})
    assert reason in str(error.value)
    assert not key or key not in str(error.value)


def test_keys_have_no_default():
    """Without keys the service does not start, and says so for both at once."""
    with pytest.raises(ConfigurationError) as error:
        load(WorkerSettings, database_url="sqlite+aiosqlite:///x.db")
    assert [sentence.partition(":")[0] for sentence in error.value.sentences] == ["CODE_PEPPER", "CODE_KEY"]


def test_keys_may_come_as_files(tmp_path, monkeypatch):
    """A mounted file is read, its line end left out, and wins over a default."""
    (tmp_path / "key").write_text("12" * 40 + "\n")
    monkeypatch.setenv("CODE_KEY_FILE", str(tmp_path / "key"))
    assert settings().code_key.get_secret_value() == "12" * 40


def test_a_missing_key_file_stops_the_start(tmp_path, monkeypatch):
    """A file that cannot be read is named by its variable."""
    monkeypatch.setenv("CODE_PEPPER_FILE", str(tmp_path / "missing"))
    with pytest.raises(ConfigurationError, match="CODE_PEPPER_FILE"):
        settings()


def test_settings_do_not_show_their_keys():
    """Printing the settings, in a log or a traceback, tells no key."""
    assert "ab" * 32 not in repr(settings())


async def test_every_mistake_is_told_at_once(monkeypatch):
    """What is missing and what is wrong about the listener are told in one go."""
    for name in ("DATABASE_URL", "CODE_KEY", "CODE_KEY_FILE", "CODE_PEPPER", "CODE_PEPPER_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PARLEY_PORT", "many")
    monkeypatch.setenv("MAIL_URL", "mailgun://mg.example.org")
    with pytest.raises(ConfigurationError) as error:
        await run()
    names = {sentence.partition(":")[0] for sentence in error.value.sentences}
    assert names == {"DATABASE_URL", "CODE_KEY", "CODE_PEPPER", "PARLEY_PORT", "MAIL_FROM", "MAILGUN_API_KEY"}
