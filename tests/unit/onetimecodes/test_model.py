"""The keyed hashes of one-time codes: known answers computed with openssl, and what they depend on."""

from hypothesis import given
from hypothesis import strategies as st

from parley.onetimecodes.model import code_mac, keyed_tag

KEY = bytes(range(32))
texts = st.text(st.characters(blacklist_characters="\x00", blacklist_categories=("Cs",)))


def test_known_answers():
    """Both hashes are HMAC-SHA256 over their parts with a zero byte between them."""
    mac = "e57edf6d043c4354a4747c46dd8ba786697b61491b83f2b66c638fb7bca63767"
    assert code_mac(KEY, "req", "ann@example.org", "123456").hex() == mac
    tag = "3d9a46cd18bbd595f841145dcc752d037d63bc97aec694b194e039a6b78ee1d7"
    assert keyed_tag(KEY, "browser", "secret") == tag


@given(st.tuples(texts, texts, texts), st.tuples(texts, texts, texts))
def test_different_parts_have_different_hashes(one, other):
    """Two codes share a hash only if request, address and code are all the same."""
    assert (code_mac(KEY, *one) == code_mac(KEY, *other)) is (one == other)


def test_the_key_decides():
    """Without the key a hash can be neither made nor checked."""
    assert code_mac(KEY, "r", "a", "1") != code_mac(bytes(32), "r", "a", "1")
    assert keyed_tag(KEY, "browser", "x") != keyed_tag(bytes(32), "browser", "x")


def test_purposes_are_kept_apart():
    """A browser's tag can never be taken for a network's."""
    assert keyed_tag(KEY, "browser", "x") != keyed_tag(KEY, "network", "x")
