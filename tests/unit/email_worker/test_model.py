"""The code and the mail: known answers computed with openssl, fairness, and what a message holds."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.requests import code_request

from parley.email_worker.model import MIN_LEFT_MS, Mail, derive_code, generation_to_mail, mailbox, to_digits

KEY = bytes(range(32))
REQUEST = "0192f0c1-1111-7000-8000-000000000001"
keys = st.binary(min_size=32, max_size=64)
generations = st.integers(1, 100)


def test_known_answers():
    """The codes of two generations are those that openssl's HMAC-SHA256 gives for the same key and request."""
    assert derive_code(KEY, REQUEST, 1) == "381250"
    assert derive_code(KEY, REQUEST, 2) == "751355"


@given(keys, st.uuids(), generations)
def test_a_code_is_six_digits_and_always_the_same(key, request_id, generation):
    """Every derivation gives six decimal digits, and the repetition of an event gives the same ones."""
    code = derive_code(key, str(request_id), generation)
    assert len(code) == 6
    assert code.isascii()
    assert code.isdecimal()
    assert derive_code(key, str(request_id), generation) == code


def test_codes_depend_on_key_request_and_generation():
    """Changing any one of the three gives codes that have nothing to do with each other."""
    base = [derive_code(KEY, f"{number}", 1) for number in range(500)]
    others = {
        "key": [derive_code(bytes(32), f"{number}", 1) for number in range(500)],
        "generation": [derive_code(KEY, f"{number}", 2) for number in range(500)],
    }
    assert len(set(base)) > 495
    for name, codes in others.items():
        assert sum(a == b for a, b in zip(base, codes, strict=True)) <= 3, name


def test_request_and_generation_do_not_run_together():
    """A request `a1` in generation 1 and a request `a` in generation 11 are different messages."""
    assert derive_code(KEY, "a1", 1) != derive_code(KEY, "a", 11)


def test_unfair_words_are_passed_over():
    """Words at or above 4,294,000,000 are not used; the words just below and the smallest ones are."""
    assert to_digits([4_294_000_000, 2**32 - 1, 42]) == "000042"
    assert to_digits([4_293_999_999]) == "999999"
    assert to_digits([0]) == "000000"


def test_first_digits_are_evenly_spread():
    """Each first digit occurs about as often as any other (chi-squared with 9 degrees of freedom under 33.7)."""
    count = Counter(derive_code(KEY, f"{number}", 1)[0] for number in range(20_000))
    assert sum((count[digit] - 2_000) ** 2 / 2_000 for digit in "0123456789") < 33.7


def test_a_code_that_is_nearly_over_is_replaced():
    """With 60 s left the same generation is mailed, with less the next one, and before any code the first."""
    assert generation_to_mail(code_request(code_left_ms=None)) == 1
    assert generation_to_mail(code_request(code_left_ms=MIN_LEFT_MS)) == 1
    assert generation_to_mail(code_request(code_left_ms=MIN_LEFT_MS - 1)) == 2
    assert generation_to_mail(code_request(generation=4, code_left_ms=0)) == 5


def test_a_message_is_plain_text_with_an_html_alternative():
    """The message goes out as multipart/alternative, plain text first, and asks for no automatic answer."""
    mail = Mail(
        to="änn@example.org",
        code="123456",
        subject="123456 is your Parley code",
        text="123456\n",
        html="<p>123456</p>",
        message_id="<r.1@localhost>",
    )
    message = mail.mime("parley@example.org")
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Subject"].startswith("123456")
    assert (message["Auto-Submitted"], message["Message-ID"]) == ("auto-generated", "<r.1@localhost>")
    assert (message["To"], message["List-Unsubscribe"]) == ("änn@example.org", None)
    assert "123456" in bytes(message).decode()


def test_a_mailbox_is_one_address():
    """Letters beyond ASCII stay before the @ and become DNS's form behind it; the case before the @ is kept."""
    assert str(mailbox("Änn+x@Bücher.example")) == "Änn+x@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "text",
    ["", "ann", "ann@", "@x.org", "a@b@x.org", "a, b@x.org", "<a@x.org>", "a\r\nb@x.org", "a@x.org\n", '"a"@x.org'],
)
def test_anything_else_is_no_mailbox(text):
    """A list, a name or a line break is refused."""
    with pytest.raises(ValueError):
        mailbox(text)
