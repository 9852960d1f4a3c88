"""Ids, tokens and default names."""

import hashlib
import uuid

import pytest

from parley.identity.model import default_name, digest, new_id, new_token


def test_ids_are_uuids_of_version_seven():
    """An id is a UUIDv7 of RFC 9562 in its canonical form."""
    for _ in range(100):
        value = uuid.UUID(text := new_id())
        assert (value.version, value.variant, str(value)) == (7, uuid.RFC_4122, text)


def test_ids_sort_by_time(monkeypatch):
    """Ids made in later milliseconds sort after earlier ones, and those of one millisecond differ."""
    times = [1_764_000_000_000, 1_764_000_000_001, 1_864_000_000_000]
    ids = []
    for time_ms in times:
        monkeypatch.setattr("time.time_ns", lambda now=time_ms: now * 1_000_000)
        ids.append(new_id())
        assert uuid.UUID(ids[-1]).int >> 80 == time_ms
        assert len({new_id() for _ in range(1000)}) == 1000
    assert ids == sorted(ids)


def test_tokens_have_256_random_bits():
    """A token is 43 URL-safe characters, and no two are the same."""
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert {len(token) for token in tokens} == {43}


def test_the_digest_is_sha_256():
    """What is stored of a token is its plain SHA-256: 256 random bits need no salt."""
    assert digest("token") == hashlib.sha256(b"token").digest()


@pytest.mark.parametrize(
    ("email", "name"),
    [("ann.archer@example.org", "ann.archer"), ("ann+work@example.org", "ann"), ("+x@example.org", "+x")],
)
def test_a_new_account_is_called_by_its_local_part(email, name):
    """Until a person chooses a name, others see the part before the @ without its tag."""
    assert default_name(email) == name
