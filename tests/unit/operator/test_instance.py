"""Whose objects an operator looks at, where two releases share a namespace."""

import pytest

from parley_operator.instance import LABEL, is_ours, watched


@pytest.mark.parametrize(("labels", "ours"), [({LABEL: "a", "x": "y"}, True), ({LABEL: "b"}, False), ({}, False)])
def test_only_objects_of_the_release_are_ours(monkeypatch, labels, ours):
    """With WATCHED_INSTANCE, only objects with that label are ours."""
    monkeypatch.setenv("WATCHED_INSTANCE", "a")
    assert is_ours(labels=labels, name="x") is ours
    assert watched() == {LABEL: "a"}


def test_without_a_release_every_object_is(monkeypatch):
    """Without WATCHED_INSTANCE, every object of the namespace is ours."""
    monkeypatch.delenv("WATCHED_INSTANCE", raising=False)
    assert is_ours(labels={LABEL: "b"})
    assert watched() == {}
