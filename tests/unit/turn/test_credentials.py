"""TURN credentials, against values that OpenSSL computed: `openssl dgst -sha1 -hmac <secret> -binary | base64`."""

from dataclasses import replace

import pytest

from parley.turn.credentials import Credential, mint, participant_tag, sign

ANN = "01932f00-0000-7000-8000-00000000000a"
TAG = "93e72b05e0b49fb5958587e97484a315"


@pytest.mark.parametrize(
    ("secret", "username", "credential"),
    [
        ("north", "1764000600:0123456789abcdef", "EUZ1qyYHtbCADtGDNfgBr9HAvtg="),
        ("logen", "1433895918506:whitehouse", "7O8I3z2b8eoP6IMWeNyHuFNpf6o="),
    ],
)
def test_known_answers(secret, username, credential):
    """The credential of a username is what the relay computes of it."""
    assert sign(secret, username) == credential


def test_a_minted_credential():
    """It holds from now for its time, names the account by a tag only, and is signed with the first secret."""
    minted = mint(["north", "south"], ANN, 1_764_000_000.9, 600)
    expected = Credential(f"1764000600:{TAG}", "nbiqfRDFZk+Hg7iAsSL81urjdZ8=", 1_764_000_600, 600)
    assert minted == expected
    assert mint(["south", "north"], ANN, 1_764_000_000, 600) != expected
    assert mint(["north"], ANN, 1_764_000_001, 600) == replace(
        expected,
        username=f"1764000601:{TAG}",
        credential=sign("north", f"1764000601:{TAG}"),
        expires_s=1_764_000_601,
    )


def test_a_tag_is_an_accounts_own():
    """Quotas count by it: the same for one account and secret, another for every other, and no part of the account."""
    assert participant_tag("north", ANN) == TAG
    others = {participant_tag("north", f"{ANN}{number}") for number in range(1_000)}
    assert len(others | {TAG, participant_tag("south", ANN)}) == 1_002
    assert ANN not in TAG
