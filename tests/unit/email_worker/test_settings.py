"""The settings of mail: what each service needs, and that every mistake is told at once under its own variable."""

import pytest

from parley.configuration import ConfigurationError, load
from parley.email_worker.settings import MailSettings

MAILGUN = {"mail_url": "mailgun://mg.example.org", "mailgun_api_key": "hunter2"}


def mistakes(**values):
    with pytest.raises(ConfigurationError) as error:
        load(MailSettings, **values)
    assert "hunter2" not in str(error.value)
    return [sentence.partition(":")[0] for sentence in error.value.sentences]


def test_nothing_is_needed_for_the_console():
    """Without any setting codes are printed."""
    assert load(MailSettings).mail_url == "console:"


@pytest.mark.parametrize("url", ["smtp://mail", "smtps://mail", "mailgun://mg.example.org"])
def test_a_sender_is_needed(url):
    """Whoever really mails needs MAIL_FROM."""
    assert mistakes(mail_url=url, mailgun_api_key="k") == ["MAIL_FROM"]


@pytest.mark.parametrize("key", [None, ""])
def test_mailgun_needs_a_key(key):
    """`mailgun:` needs its key, told together with the sender."""
    assert mistakes(mail_url="mailgun://mg.example.org", mailgun_api_key=key) == ["MAIL_FROM", "MAILGUN_API_KEY"]


@pytest.mark.parametrize(
    "sender",
    ["parley@example.org", "Parley <parley@example.org>", "Pärley <p@example.org>", '"Parley, Inc." <p@example.org>'],
)
def test_a_sender_is_an_address_with_or_without_a_name(sender):
    """Both usual forms of a sender are taken as they are."""
    assert load(MailSettings, mail_url="smtp://mail", mail_from=sender).mail_from == sender


@pytest.mark.parametrize(
    "sender",
    [
        "parley",
        "parley@",
        "@example.org",
        "a@example.org, b@example.org",
        "a@example.org,",
        "Parley",
        "Parley <>",
        "Parley <a@example.org> x",
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org\nBcc: b@example.org",
        "ä@example.org",
        "a@ä.org",
        "Par, ley <a@example.org>",
    ],
)
def test_anything_else_is_no_sender(sender):
    """What is not exactly one ASCII address stops the start, for the console too."""
    assert mistakes(mail_url="smtp://mail", mail_from=sender) == ["MAIL_FROM"]
    assert mistakes(mail_from=sender) == ["MAIL_FROM"]


def test_all_mistakes_are_told_at_once():
    """One start tells a wrong URL, sender, key and address, and repeats none of them."""
    names = mistakes(
        mail_url="smtp://u:hunter2/@h",
        mail_from="hunter2",
        mailgun_api_key="hunter2\n",
        mailgun_base_url="http://hunter2.example",
    )
    assert names == ["MAIL_URL", "MAIL_FROM", "MAILGUN_API_KEY", "MAILGUN_BASE_URL"]


def test_secrets_may_come_as_files(tmp_path, monkeypatch):
    """The key, and a URL with a password, may be mounted."""
    for name, text in {"MAILGUN_API_KEY": "hunter2\n", "MAIL_URL": "mailgun://mg.example.org\n"}.items():
        (tmp_path / name).write_text(text)
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))
    settings = load(MailSettings, mail_from="parley@example.org")
    assert settings.mail_url == "mailgun://mg.example.org"
    assert settings.mailgun_api_key.get_secret_value() == "hunter2"


def test_settings_do_not_show_their_secrets():
    """Printing the settings, in a log or a traceback, tells neither key nor password."""
    assert "hunter2" not in repr(load(MailSettings, mail_from="a@example.org", **MAILGUN))
    assert "hunter2" not in repr(load(MailSettings, mail_from="a@example.org", mail_url="smtp://u:hunter2@mail"))
