"""What MAIL_URL and MAILGUN_BASE_URL may say, and that no mistake in them repeats a password."""

import pytest

from parley.email_worker.adapters.mail_urls import MailgunDomain, SmtpServer, read_base_url, read_mailgun, read_smtp


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.org", SmtpServer(host="mail.example.org")),
        ("smtp://mail:25/", SmtpServer(host="mail", port=25)),
        ("smtp://[::1]:1025", SmtpServer(host="::1", port=1025)),
        ("smtp://mail?starttls=required", SmtpServer(host="mail", starttls="required")),
        ("smtp://mail?starttls=never", SmtpServer(host="mail", starttls="never")),
        ("smtps://mail:465", SmtpServer(host="mail", port=465, tls=True)),
    ],
)
def test_a_server_is_read(url, server):
    """Host, port and how TLS begins are what the URL says; STARTTLS is used where it is offered."""
    assert read_smtp(url) == server


def test_a_password_may_hold_any_sign():
    """User and password are %-escaped, as in every URL."""
    server = read_smtp("smtp://ann%40example.org:a%3Ab%40c%2Fd%25@mail")
    assert (server.user, server.password) == ("ann@example.org", "a:b@c/d%")


def test_a_password_is_not_sent_in_the_clear():
    """A URL with a password insists on TLS unless it says in so many words that it does not."""
    assert read_smtp("smtp://u:p@mail").starttls == "required"
    assert read_smtp("smtp://u:p@mail?starttls=never").starttls == "never"


def test_a_server_does_not_show_its_password():
    """Printing where mails go tells no password."""
    assert "hunter2" not in repr(read_smtp("smtp://u:hunter2@mail"))


@pytest.mark.parametrize(
    "url",
    [
        "smtp:",
        "smtp://",
        "smtp://u:hunter2@",
        "smtp://hunter2@mail",
        "smtp://:hunter2@mail",
        "smtp://u:hunter2/x@mail",
        "smtp://u:hunter2#x@mail",
        "smtp://u:hunter2?x@mail",
        "smtp://u:p@mail:hunter2",
        "smtp://mail:99999",
        "smtp://[hunter2",
        "smtp://mail\u2100hunter2",
        "smtp://mail/hunter2",
        "smtp://mail#hunter2",
        "smtp://mail?starttls=hunter2",
        "smtp://mail?hunter2=required",
        "smtp://mail?starttls=never&starttls=required",
        "smtps://mail?starttls=required",
        "smtp://mail\r\nhunter2",
    ],
)
def test_a_wrong_server_is_refused(url):
    """What is no host, half an account or an unknown option is refused without repeating any part of the URL."""
    with pytest.raises(ValueError) as error:
        read_smtp(url)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(("query", "region"), [("", "us"), ("?region=us", "us"), ("?region=eu", "eu")])
def test_a_domain_is_read(query, region):
    """A sending domain lies in one region, the United States if nothing else is said."""
    assert read_mailgun(f"mailgun://MG.example.org{query}") == MailgunDomain(name="mg.example.org", region=region)


@pytest.mark.parametrize(
    "url",
    [
        "mailgun:",
        "mailgun://mg",
        "mailgun://mg.example.org:443",
        "mailgun://mg.example.org?region=asia",
        "mailgun://mg.example.org?key=hunter2",
        "mailgun://mg.example.org/hunter2",
        "mailgun://api:hunter2@mg.example.org",
        "mailgun://hunter2@mg.example.org",
        "mailgun://mg.example.org%2fhunter2",
    ],
)
def test_a_wrong_domain_is_refused(url):
    """What is no domain, or carries a key, is refused without repeating any part of the URL."""
    with pytest.raises(ValueError) as error:
        read_mailgun(url)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["https://api.eu.mailgun.net", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1"]
)
def test_a_base_url_is_https_or_this_machine(url):
    """The key goes over TLS, or does not leave the machine."""
    assert read_base_url(url + "/") == url


@pytest.mark.parametrize(
    "url",
    ["http://api.mailgun.net", "ftp://localhost", "localhost", "https://", "https://u:hunter2@h", "https://h/?a=b"],
)
def test_a_wrong_base_url_is_refused(url):
    """Plain HTTP to elsewhere, an account or anything behind the host is refused."""
    with pytest.raises(ValueError) as error:
        read_base_url(url)
    assert "hunter2" not in str(error.value)
