"""Coming back: what was missed, then what is live, without a hole or a repetition between them."""

import pytest
from support.chatting import LOBBY

from parley.chat_service.model import REPLAY_PER_CONVERSATION
from parley.chat_service.service import greeting
from parley.messages.model import Cursor, Draft


async def fill(chat, conv, count, sender="eve"):
    """Entries that were written while nobody was connected."""
    account = chat.accounts[sender].id
    for number in range(count):
        draft = Draft(conv=conv, id=f"00000000-0000-7000-8000-{number:012x}", sender=account, body=f"line {number}")
        await chat.engines.log.append(draft, Cursor(1, number))


async def test_the_greeting_says_where_everything_stands(chat, ann):
    """The reply to hello names the person, the limits, and each conversation with its head and the own read mark."""
    group = await chat.group("ann", "bob")
    await fill(chat, group, 3)
    window = await chat.window(chat.replica(), "ann").greet()
    data = window.wire.frames()[0]["d"]
    assert data["user"] == chat.accounts["ann"].id
    assert data["calls"] == []
    assert data["limits"]["body_chars"] == 8000
    heads = {head["conv"]: head for head in data["heads"]}
    assert heads[group] == {"conv": group, "epoch": 1, "head": 3, "read": 0}
    assert heads[LOBBY]["head"] == 0


async def test_what_was_missed_comes_before_synced(chat, here):
    """Entries behind the cursor are replayed in order, between the reply and `synced`; those before it are not."""
    await fill(chat, LOBBY, 5)
    window = await chat.window(here, "ann").greet({LOBBY: [1, 2]})
    kinds = [frame.get("t", "reply") for frame in window.wire.frames()]
    assert kinds == ["reply", "msg", "msg", "msg", "synced"]
    assert [d["seq"] for d in window.pushes("msg")] == [3, 4, 5]


async def test_nothing_is_replayed_to_who_has_it_all(chat, here):
    """A cursor at the head leads to nothing but `synced`."""
    await fill(chat, LOBBY, 2)
    window = await chat.window(here, "ann").greet({LOBBY: [1, 2]})
    assert [frame.get("t", "reply") for frame in window.wire.frames()] == ["reply", "synced"]


async def test_too_much_is_told_as_behind(chat, here):
    """Of one conversation at most 200 entries are replayed; that there are more is told with the head."""
    await fill(chat, LOBBY, REPLAY_PER_CONVERSATION + 1)
    window = await chat.window(here, "ann").greet({LOBBY: [1, 0]})
    assert [d["seq"] for d in window.pushes("msg")] == list(range(1, REPLAY_PER_CONVERSATION + 1))
    assert [place["head"] for told in window.pushes("behind") for place in told["convs"]] == [201]


@pytest.mark.parametrize("cursor", [[2, 1], [1, 9]], ids=["another epoch", "beyond the head"])
async def test_a_cursor_of_another_log_is_behind(chat, here, cursor):
    """A cursor that this log never had leads to `behind`, so that the client drops its copy, and to no entries."""
    await fill(chat, LOBBY, 3)
    window = await chat.window(here, "ann").greet({LOBBY: cursor})
    assert window.pushes("msg") == []
    assert [place["conv"] for told in window.pushes("behind") for place in told["convs"]] == [LOBBY]


async def test_the_lobby_is_in_every_greeting(chat, here, monkeypatch):
    """Of more conversations than a greeting holds the lobby is one, and so many are told."""
    monkeypatch.setattr(greeting, "MAX_HEADS", 2)
    for _ in range(3):
        await chat.group("ann", "bob")
    window = await chat.window(here, "ann").greet()
    convs = [head["conv"] for head in window.wire.frames()[0]["d"]["heads"]]
    assert len(convs) == 2
    assert LOBBY in convs


async def test_foreign_conversations_are_not_replayed(chat, here):
    """A cursor of a conversation that one is not in leads to nothing."""
    group = await chat.group("bob", "eve")
    await fill(chat, group, 2)
    window = await chat.window(here, "ann").greet({group: [1, 0]})
    assert window.pushes("msg") == window.pushes("behind") == []
    assert group not in [head["conv"] for head in window.wire.frames()[0]["d"]["heads"]]


async def test_sync_asks_again(chat, ann):
    """`sync` replays behind its cursors as `hello` does, after its reply."""
    await fill(chat, LOBBY, 4)
    reply = await ann.request("sync", {"cursors": {LOBBY: [1, 1]}})
    assert reply == {"re": reply["re"], "ok": True, "d": {}}
    await ann.until(lambda frame: frame.get("t") == "msg" and frame["d"]["seq"] == 4)
    assert [d["seq"] for d in ann.pushes("msg")] == [2, 3, 4]


async def test_what_is_said_during_the_greeting_comes_once(chat, here, bob):
    """An entry that arrives between hearing and replaying is delivered exactly once, in its place."""
    log = chat.engines.log

    class SaysMore:
        """The log, in whose replay somebody says one more thing."""

        def __getattr__(self, name):
            return getattr(log, name)

        async def read_after(self, conv, seq, limit):
            entries = await log.read_after(conv, seq, limit)
            await bob.say(LOBBY, "in between")
            return entries

    await bob.say(LOBBY, "before")
    window = await chat.window(chat.replica(log=SaysMore()), "ann").greet({LOBBY: [1, 0]})
    await bob.say(LOBBY, "after")
    await window.until(lambda frame: frame.get("t") == "msg" and frame["d"]["seq"] == 3)
    assert window.texts(LOBBY) == ["before", "in between", "after"]


async def test_the_same_window_replaces_itself(chat, here, ann):
    """A window that connects again closes the connection that it left behind with 4409, and stays present."""
    again = await chat.window(here, "ann", ann.party).greet()
    assert (await ann.ended())[0] == 4409
    statuses = await again.request("presence.watch", {"users": [chat.accounts["ann"].id]})
    assert statuses["d"]["statuses"][0]["status"] == "active"


async def test_the_same_window_replaces_itself_at_another_replica(chat, ann):
    """The connection that was left behind is closed although it is held elsewhere."""
    await chat.window(chat.replica(), "ann", ann.party).greet()
    assert (await ann.ended())[0] == 4409


async def test_the_eleventh_window_closes_the_first(chat, here, ann):
    """One person has at most ten connections; the newest win."""
    windows = [await chat.window(here, "ann").greet() for _ in range(10)]
    assert (await ann.ended())[0] == 4409
    assert [window.wire.closed for window in windows] == [None] * 10
