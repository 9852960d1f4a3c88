"""What `k8s/images/live.py` takes for a change, and in which folders; what follows from one is seen in a cluster."""

import runpy
from pathlib import Path

import pytest

LIVE = runpy.run_path(str(Path(__file__).parents[2] / "k8s/images/live.py"))


@pytest.fixture
def sources(tmp_path):
    """A folder with a source in it."""
    (tmp_path / "parley").mkdir()
    (tmp_path / "parley" / "a.py").write_text("1")
    return tmp_path


def state(folder):
    return LIVE["state"]([folder])


def written(folder):
    (folder / "parley" / "a.py").write_text("2")


def made(folder):
    (folder / "parley" / "b.py").write_text("1")


def removed(folder):
    (folder / "parley" / "a.py").unlink()


def replaced_by_its_like(folder):
    """As tar does it: another file with the same bytes."""
    (folder / "new").write_text("1")
    (folder / "new").rename(folder / "parley" / "a.py")


@pytest.mark.parametrize("change", [written, made, removed, replaced_by_its_like])
def test_each_change_of_a_file_is_seen(sources, change):
    """The wait ends with what is there now."""
    before = state(sources)
    change(sources)
    assert state(sources) != before
    assert LIVE["wait_for_change"]([sources], before) == state(sources)


def test_bytecode_is_no_change(sources):
    """What Python itself writes beside the sources starts nothing anew."""
    before = state(sources)
    (sources / "parley" / "__pycache__").mkdir()
    (sources / "parley" / "__pycache__" / "a.pyc").write_text("1")
    assert state(sources) == before


def test_the_client_is_followed_by_who_serves_it():
    """registration-api reads it when it starts; the others would be interrupted for nothing."""
    names = {it: {folder.name for folder in LIVE["watched"](it)} for it in LIVE["SERVICES"]}
    assert names.pop("registration-api") == {"parley", "chat-web"}
    assert set(map(frozenset, names.values())) == {frozenset({"parley"})}
