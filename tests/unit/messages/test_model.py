"""What may be the body of a text."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.messages.model import MAX_BODY, is_text


@pytest.mark.parametrize("body", ["x", "two\nlines\tand a tab", "👩‍👩‍👧‍👦 שלום", "x" * MAX_BODY, "👋" * MAX_BODY, " "])
def test_texts(body):
    """Any characters of any script, up to MAX_BODY of them."""
    assert is_text(body)


@pytest.mark.parametrize("body", ["", "x" * (MAX_BODY + 1), "a\rb", "a\x00b", "\x1b[31m", "\x7f", "\x85", "a\ud800"])
def test_other_strings(body):
    """Nothing, too much, control characters and halves of characters are no text."""
    assert not is_text(body)


def test_exactly_the_controls_are_refused():
    """Of all code points, those of category Cc but newline and tab, and the surrogates, are refused."""
    refused = {code for code in range(sys.maxunicode + 1) if not is_text(chr(code))}
    expected = {code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Cc", "Cs")}
    assert refused == expected - {ord("\n"), ord("\t")}


@given(st.text(max_size=50))
def test_a_text_can_be_stored(body):
    """Every text can be encoded as UTF-8."""
    assert not is_text(body) or body.encode().decode() == body
