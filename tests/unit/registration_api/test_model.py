"""What an address is, what a typed code is, what a name may be."""

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from parley.registration_api.errors import InvalidAddress
from parley.registration_api.model import MAX_ADDRESS, code_digits, limit_key, parse_address, plain_text

CANONICAL = [
    ("ann@example.org", "ann@example.org"),
    ("  Ann@Example.ORG\n", "ann@example.org"),
    ("ann+work@example.org", "ann+work@example.org"),
    ("ａｎｎ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ann@example.org"),
    ("ann@bücher.example", "ann@xn--bcher-kva.example"),
    ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
    ("ann@bu\u0308cher.example", "ann@xn--bcher-kva.example"),
    ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
    ("ann@faß.example", "ann@xn--fa-hia.example"),
    ("ｱﾝ@example.org", "アン@example.org"),
    ("o'brien!#$%&*/=?^_`{|}~-@example.org", "o'brien!#$%&*/=?^_`{|}~-@example.org"),
    ("ann@localhost", "ann@localhost"),
]

REFUSED = [
    "",
    " ",
    "ann",
    "@example.org",
    "ann@",
    "ann@@example.org",
    "ann@bob@example.org",
    "ann＠bob@example.org",
    "ann @example.org",
    "ann@exam ple.org",
    "ann@example.org\r\nBcc: bob@example.org",
    "ann\n@example.org",
    "ann\x00@example.org",
    "ann\u200b@example.org",
    "ann\u202e@example.org",
    "ann\u2028@example.org",
    "ann\ud800@example.org",
    "<ann@example.org>",
    "Ann <ann@example.org>",
    '"ann"@example.org',
    "ann,bob@example.org",
    "ann;bob@example.org",
    "ann:x@example.org",
    "ann(x)@example.org",
    "ann\\@example.org",
    "ann%40@example,org",
    ".ann@example.org",
    "ann.@example.org",
    "ann..b@example.org",
    "ann@.example.org",
    "ann@example..org",
    "ann@example.org.",
    "ann@-example.org",
    "ann@example_.org",
    "ann@[127.0.0.1]",
    "ann@127.0.0.1",
    "ann@" + "a" * 64 + ".org",
    "a" * 65 + "@example.org",
    "ä" * 33 + "@example.org",
    "ann@" + ".".join(["a" * 60] * 5),
]

local_parts = st.from_regex(r"[A-Za-z0-9_+\-]{1,20}(\.[A-Za-z0-9+]{1,10}){0,2}", fullmatch=True)
domains = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,10}\.[A-Za-z]{2,8}", fullmatch=True)


@pytest.mark.parametrize(("typed", "canonical"), CANONICAL)
def test_one_mailbox_has_one_canonical_address(typed, canonical):
    """Spellings of one mailbox lead to one canonical address."""
    assert parse_address(typed).canonical == canonical


@pytest.mark.parametrize("typed", REFUSED, ids=ascii)
def test_what_is_no_address_is_refused(typed):
    """Whatever could not be one mailbox, or could reach a header, is refused with a sentence."""
    with pytest.raises(InvalidAddress) as error:
        parse_address(typed)
    assert str(error.value).endswith(".")


@given(st.text(max_size=300))
def test_any_text_is_an_address_or_refused(text):
    """No text makes anything else happen, and what is accepted is safe in a header and fits its column."""
    try:
        address = parse_address(text)
    except InvalidAddress:
        return
    for form in (address.typed, address.canonical, address.limit_key):
        assert form.count("@") == 1
        assert 3 <= len(form) <= MAX_ADDRESS
        assert not any(unicodedata.category(sign)[0] in "CZ" for sign in form)


@given(local_parts, domains)
def test_canonical_addresses_are_their_own(local, domain):
    """Reading a canonical address again gives the same one: there is nothing left to fold."""
    canonical = parse_address(f"{local}@{domain}").canonical
    again = parse_address(canonical)
    assert (again.canonical, again.typed) == (canonical, canonical)


@given(local_parts, domains, st.randoms())
def test_case_and_spaces_never_make_another_person(local, domain, random):
    """Changing case or adding spaces around an address gives no further account and no further budget."""
    address = f"{local}@{domain}"
    shaken = "".join(sign.upper() if random.random() < 0.5 else sign.lower() for sign in address)
    one, other = parse_address(address), parse_address(f"  {shaken} ")
    assert (one.canonical, one.limit_key) == (other.canonical, other.limit_key)


@given(st.from_regex(r"[a-z0-9]{1,10}", fullmatch=True), st.from_regex(r"[a-z0-9+]{0,10}", fullmatch=True), domains)
def test_tags_give_no_further_budget(base, tag, domain):
    """Every +tag of a mailbox is counted together, but each is an address of its own."""
    plain, tagged = parse_address(f"{base}@{domain}"), parse_address(f"{base}+{tag}@{domain}")
    assert tagged.limit_key == plain.limit_key == plain.canonical
    assert tagged.canonical != plain.canonical
    assert limit_key(tagged.canonical) == tagged.limit_key


@given(st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=10))
def test_mail_goes_to_the_mailbox_that_is_proved(local):
    """The address that is mailed to differs from the canonical one in case alone, never in what a mailbox is."""
    try:
        address = parse_address(f"{local}@example.org")
    except InvalidAddress:
        assume(False)
    assert unicodedata.is_normalized("NFKC", address.typed)
    assert unicodedata.normalize("NFKC", address.typed.lower()) == address.canonical


def test_a_look_alike_mailbox_proves_nothing():
    """A code for an address in full-width letters goes to the mailbox in plain ones, whose account it opens."""
    address = parse_address("ａnn@example.org")
    assert (address.typed, address.canonical) == ("ann@example.org", "ann@example.org")


def test_mail_goes_to_what_was_typed():
    """Case and tag of what was typed stay on the envelope."""
    assert parse_address(" Ann.Archer+News@Example.ORG ").typed == "Ann.Archer+News@Example.ORG"


def test_a_local_part_of_a_tag_alone_keeps_it():
    """An address that begins with a plus is counted by itself."""
    assert parse_address("+x@example.org").limit_key == "+x@example.org"


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("012345", "012345"),
        (" 012 345 ", "012345"),
        ("012-345", "012345"),
        ("01234", None),
        ("0123456", None),
        ("01234a", None),
        ("０１２３４５", None),
        ("", None),
    ],
)
def test_a_code_is_six_digits(typed, digits):
    """Six ASCII digits, however they are grouped, and nothing else."""
    assert code_digits(typed) == digits


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "a\x00", "a\u2028x", "\ud800"])
def test_names_hold_no_control_characters(text):
    """A name is never empty and breaks no line of whatever shows it."""
    with pytest.raises(ValueError, match="must not"):
        plain_text(text)


def test_names_are_kept_in_one_form():
    """Spaces around a name are left out and its letters are composed."""
    assert plain_text("  Zoe\u0308 👩‍🚀 ") == "Zoë 👩‍🚀"
