"""Joining and leaving while windows are open: exact to the entry."""

import json

from support.chatting import LOBBY

from parley.contracts import frames
from parley.fanout import channels
from parley.identity.model import new_id
from parley.message_service.service.members import MemberService
from parley.messages.model import Cursor, Draft
from parley.messages.posting import post


def members(chat):
    """What message-service does with members, over the same engines."""
    e = chat.engines
    return MemberService(conversations=e.people, accounts=None, log=e.log, fanout=e.fanout)


async def add(chat, conv, name, by="ann"):
    await members(chat)._change(conv, chat.accounts[name].id, chat.accounts[by].id, "joined")


async def remove(chat, conv, name, by="ann"):
    await members(chat).remove(chat.accounts[by].id, conv, chat.accounts[name].id)


def last_word(window, body):
    return window.until(lambda frame: frame.get("t") == "msg" and frame["d"].get("body") == body)


async def test_a_new_member_hears_what_comes_after(chat, here, ann, bob):
    """Who is added while a window is open is told, and from then on gets every entry."""
    group = await chat.group("ann", "eve")
    ann2 = await chat.window(here, "ann").greet()
    await add(chat, group, "bob")
    await bob.until(lambda frame: frame.get("t") == "conv" and frame["d"] == {"conv": group, "change": "added"})
    await ann2.say(group, "welcome")
    await last_word(bob, "welcome")


async def test_a_removed_member_hears_nothing_later(chat, here):
    """The entry of the removal is the last that the removed get, however fast the next one follows."""
    group = await chat.group("ann", "bob", "eve")
    ann, bob = [await chat.window(here, name).greet() for name in ("ann", "bob")]
    await ann.say(group, "before")
    await remove(chat, group, "bob")
    await ann.say(group, "after")
    await ann.say(LOBBY, "the end")
    await last_word(bob, "the end")
    assert [d["seq"] for d in bob.pushes("msg") if d["conv"] == group] == [1, 2]
    assert bob.pushes("msg")[1]["meta"] == {"change": "removed", "user": chat.accounts["bob"].id}
    assert bob.pushes("conv")[-1] == {"conv": group, "change": "removed"}


async def test_the_log_alone_is_enough_to_end_a_membership(chat, here):
    """When the notice to the person is lost, the entry in the log ends what they hear all the same."""
    group = await chat.group("ann", "bob")
    ann, bob = [await chat.window(here, name).greet() for name in ("ann", "bob")]
    meta = {"change": "removed", "user": chat.accounts["bob"].id}
    draft = Draft(conv=group, id=new_id(), sender=chat.accounts["ann"].id, kind="member", meta=meta)
    await post(chat.engines.log, chat.engines.fanout, draft, Cursor(1, 0))
    await ann.say(group, "after")
    await ann.say(LOBBY, "the end")
    await last_word(bob, "the end")
    assert [d["seq"] for d in bob.pushes("msg") if d["conv"] == group] == [1]


async def test_a_removal_overtakes_a_slow_addition(chat, ann, bob):
    """Added and at once removed again, somebody hears nothing, although the addition was still being worked on."""
    group = await chat.group("ann", "bob")
    await remove(chat, group, "bob")
    eve = chat.accounts["eve"].id
    window = await chat.window(chat.replica(), "eve").greet()
    for change in ("added", "removed"):
        notice = channels.Published(0, 0, frames.conversation_changed(group, change))
        await chat.engines.fanout.publish(channels.account(eve), channels.pack(notice))
    await window.until(lambda frame: frame.get("t") == "conv" and frame["d"]["change"] == "removed")
    await (await chat.window(chat.replica(), "ann").greet()).say(group, "just me")
    await ann.say(LOBBY, "the end")
    await last_word(window, "the end")
    assert window.texts(group) == []


async def test_a_rejoined_member_hears_again(chat, here):
    """After removal and addition everything from the second joining on arrives, once."""
    group = await chat.group("ann", "bob")
    ann, bob = [await chat.window(here, name).greet() for name in ("ann", "bob")]
    await remove(chat, group, "bob")
    await bob.until(lambda frame: frame.get("t") == "conv" and frame["d"]["change"] == "removed")
    await add(chat, group, "bob")
    await bob.until(lambda frame: frame.get("t") == "conv" and frame["d"]["change"] == "added")
    await ann.say(group, "again")
    await last_word(bob, "again")
    assert bob.texts(group) == ["again"]


async def test_no_text_can_pretend_to_be_a_removal(chat, ann, bob):
    """A text that spells out the entry of a removal removes nobody."""
    spell = json.dumps({"kind": "member", "meta": {"change": "removed", "user": chat.accounts["bob"].id}})
    await ann.say(LOBBY, spell)
    await ann.say(LOBBY, '"kind":"member"')
    await ann.say(LOBBY, "the end")
    await last_word(bob, "the end")
    assert len(bob.texts(LOBBY)) == 3
