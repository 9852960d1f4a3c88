"""The ring of secrets: how its file is read, when it is read again, and what a broken one does."""

import json
import os

import pytest

from parley.configuration import ConfigurationError
from parley.turn.ring import FileRing, FixedRing, Ring, is_secret, parse


def written(*keys, **members):
    return json.dumps({"keys": [{"secret": secret, "state": state} for secret, state in keys]} | members)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "ring.json"


def save(file, text, at=[1_000]):  # noqa: B006 -- each save is a second later than the one before
    at[0] += 1
    file.write_text(text)
    os.utime(file, (at[0], at[0]))


def test_the_current_secret_signs():
    """Whatever the order in the file, the current secret is the first, and next and previous are accepted too."""
    text = written(("old", "previous"), ("new", "next"), ("now", "current"), revision=7)
    assert parse(text) == Ring(("now", "new", "old"))
    assert parse(written(("now", "current"), maxCredentialTTLSeconds=300)) == Ring(("now",), 300)
    assert FixedRing("one").ring() == Ring(("one",))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "[]",
        "null",
        "{}",
        '{"keys": {}}',
        '{"keys": ["s3cret"]}',
        '{"keys": [{"state": "current"}]}',
        '{"keys": [{"state": "current", "secret": 7}]}',
        written(("s3cret", "next")),
        written(("s3cret", "current"), ("s3cret2", "current")),
        written(("s3cret", "current"), ("s3cret2", "later")),
        written(("s3 cret", "current")),
        written(('s3"cret', "current")),
        written(("s3cret\n", "current")),
        written(("", "current")),
        written(("s" * 128, "current")),
        written(("s3cret", "current"), maxCredentialTTLSeconds=0),
        written(("s3cret", "current"), maxCredentialTTLSeconds=True),
        written(("s3cret", "current"), maxCredentialTTLSeconds="600"),
    ],
)
def test_what_is_no_ring(file, text):
    """A file of another shape stops the start with a sentence that repeats nothing of it; so does none."""
    with pytest.raises(ConfigurationError, match="TURN_SECRET_RING_FILE"):
        FileRing(file)
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="TURN_SECRET_RING_FILE") as error:
        FileRing(file)
    assert "s3cret" not in str(error.value)


def test_a_changed_file_is_read_again(file, caplog):
    """A new ring holds from the next time that somebody asks; the log says so without a secret."""
    save(file, written(("s3cret1", "current")))
    ring = FileRing(file)
    assert ring.ring().secrets == ("s3cret1",)
    save(file, written(("s3cret1", "previous"), ("s3cret2", "current")))
    assert ring.ring().secrets == ("s3cret2", "s3cret1")
    assert len(caplog.records) == 1
    assert "s3cret" not in caplog.text


def test_a_file_that_is_replaced_is_read_again(file, tmp_path):
    """As mounted secrets are: another file in the place of the first, of the same size and time."""
    save(file, written(("s3cret1", "current")))
    ring = FileRing(file)
    other = tmp_path / "other"
    other.write_text(written(("s3cret2", "current")))
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    os.replace(other, file)
    assert ring.ring().secrets == ("s3cret2",)


def test_an_unchanged_file_is_not_read(file, monkeypatch):
    """Whoever asks again and again costs a look at the file's time, not its content."""
    save(file, written(("s3cret1", "current")))
    ring = FileRing(file)
    monkeypatch.setattr(type(file), "read_text", lambda self: pytest.fail("it has not changed"))
    assert [ring.ring().secrets for _ in range(3)] == [("s3cret1",)] * 3


@pytest.mark.parametrize("breaks", [lambda file: save(file, "half a fi"), lambda file: file.unlink()])
def test_a_broken_file_keeps_the_last_good_ring(file, caplog, breaks):
    """A ring that cannot be read any more stays in force, is told once, and is replaced by the next good one."""
    save(file, written(("s3cret1", "current")))
    ring = FileRing(file)
    breaks(file)
    assert [ring.ring().secrets for _ in range(3)] == [("s3cret1",)] * 3
    assert [it.levelname for it in caplog.records] == ["ERROR"]
    assert "s3cret" not in caplog.text
    assert "half" not in caplog.text
    save(file, written(("s3cret2", "current")))
    assert ring.ring().secrets == ("s3cret2",)
    breaks(file)
    assert ring.ring().secrets == ("s3cret2",)
    assert [it.levelname for it in caplog.records] == ["ERROR", "WARNING", "ERROR"]


@pytest.mark.parametrize("secret", ["a", "devsecret", "~!#$%&()*+,-./:;<=>?@[]^_`{|}", "x" * 127])
def test_secrets(secret):
    """A secret is what a line of the relay's configuration can hold."""
    assert is_secret(secret)
