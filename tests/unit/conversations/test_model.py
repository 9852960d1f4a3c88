"""Who is in a conversation, and whether its members are told how far the others have read."""

import pytest

from parley.conversations.model import LOBBY, RECEIPTS_UP_TO, Conversation


def conversation(size, kind="group"):
    members = tuple(f"member{number}" for number in range(size))
    return Conversation(id="c", kind=kind, title=None, members=members, version=1)


@pytest.mark.parametrize("kind", ["direct", "group"])
def test_members_are_in_it(kind):
    """Those who are named are in it, and nobody else."""
    assert conversation(2, kind).has("member1")
    assert not conversation(2, kind).has("member2")
    assert not conversation(2, kind).has("member")


def test_everybody_is_in_the_lobby():
    """The lobby names nobody and has everybody; its id sorts before every other."""
    assert conversation(0, "lobby").has("anybody")
    assert LOBBY < "00000001"


@pytest.mark.parametrize(
    ("size", "kind", "told"),
    [
        (2, "direct", True),
        (1, "group", True),
        (RECEIPTS_UP_TO, "group", True),
        (RECEIPTS_UP_TO + 1, "group", False),
        (0, "lobby", False),
    ],
)
def test_receipts_are_for_small_conversations(size, kind, told):
    """Up to RECEIPTS_UP_TO members are told, and in the lobby nobody."""
    assert conversation(size, kind).has_receipts == told
