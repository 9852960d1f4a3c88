"""The wording of the mail with a code."""

import re

import pytest
from support.requests import code_request

from parley.email_worker.adapters.letters import TemplateLetters


@pytest.fixture
def letter():
    return TemplateLetters("chat.example.org:8082").code_letter(code_request(), 3, "012345")


def test_the_code_is_first_in_the_subject_and_alone_on_a_line(letter):
    """A reader finds the code without opening the mail, and a program without parsing it."""
    assert letter.subject.startswith("012345 ")
    assert "012345" in letter.text.splitlines()
    assert re.search(r">012345<", letter.html)


@pytest.mark.parametrize("part", ["text", "html"])
def test_it_says_when_and_from_where_and_what_to_do(letter, part):
    """Both parts tell time, program and site, and to ignore a mail that one did not ask for."""
    words = getattr(letter, part)
    for phrase in ("24 November 2025, 16:00 UTC", "Firefox on Linux", "chat.example.org", "ignore this mail"):
        assert phrase in words


def test_no_link_signs_in(letter):
    """There is nothing to click: a code that is typed cannot be spent by a program that follows links."""
    assert "href" not in letter.html
    assert "://" not in letter.text + letter.html


def test_it_goes_to_what_was_typed(letter):
    """The mail goes to the address as it was typed, under an id that repetitions share."""
    assert letter.to == "Ann@Example.org"
    assert letter.message_id == f"<{code_request().id}.3@chat.example.org>"


@pytest.mark.parametrize(
    ("site", "right"), [("localhost", "localhost"), ("localhost:8082", "localhost"), ("[::1]:8082", "[::1]")]
)
def test_an_id_needs_no_port(site, right):
    """Whatever the page's host is, the Message-ID is one that a mail can be written with."""
    letter = TemplateLetters(site).code_letter(code_request(), 1, "012345")
    assert letter.mime("parley@example.org")["Message-ID"] == f"<{code_request().id}.1@{right}>"


def test_markup_in_words_is_text():
    """What came from a request can never become markup."""
    request = code_request(asked_from="<script>alert(1)</script>")
    assert "<script>" not in TemplateLetters("localhost").code_letter(request, 1, "012345").html
