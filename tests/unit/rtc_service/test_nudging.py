"""Who is told that a session has changed, and in which words."""

from parley.conversations.model import LOBBY
from parley.identity.model import new_id


async def told(world):
    """The frames since the last call, by account channel."""
    return [(channel, frame["d"]) for channel, frame in await world.listening.frames()]


async def test_each_change_is_told_to_the_other(world, ann, bob):
    """A new session, offer, answer, candidates and the end are told with session, revision, call and who did it."""
    await world.listening.follow(f"u:{ann.id}", f"u:{bob.id}")
    call = new_id()
    session = await ann.opens(peer=bob.email, call_id=call)
    await ann.offers(session)
    await bob.answers(session)
    await ann.trickles(session, 1)
    await bob.http.delete(f"/sessions/{session}")
    base = {"session": session, "call": call}
    assert await told(world) == [
        (f"u:{bob.id}", base | {"rev": 1, "from": ann.id}),
        (f"u:{bob.id}", base | {"rev": 2, "from": ann.id}),
        (f"u:{ann.id}", base | {"rev": 3, "from": bob.id}),
        (f"u:{bob.id}", base | {"rev": 4, "from": ann.id}),
        (f"u:{ann.id}", base | {"rev": 5, "from": bob.id, "gone": True}),
    ]


async def test_what_changes_nothing_is_not_told(world, ann, bob):
    """Repetitions, refusals and reading are nobody's news."""
    session = await ann.opens(peer=bob.email)
    await ann.offers(session)
    await world.listening.follow(f"u:{ann.id}", f"u:{bob.id}")
    await ann.offers(session)
    await bob.offers(session, "late", **{"if-none-match": "*"})
    await bob.sees(session, participant=bob.email)
    await bob.http.post(f"/sessions/{session}/keepalive")
    assert await told(world) == []


async def test_a_second_who_writes_is_told_from_then_on(world, ann, bob):
    """In a session for anybody there is nobody to be told until a second writes; without a call none is named."""
    await world.listening.follow(f"u:{ann.id}", f"u:{bob.id}")
    session = await ann.opens()
    await ann.offers(session)
    assert await told(world) == []
    await bob.answers(session)
    await ann.trickles(session, 1)
    assert await told(world) == [
        (f"u:{ann.id}", {"session": session, "rev": 3, "from": bob.id}),
        (f"u:{bob.id}", {"session": session, "rev": 4, "from": ann.id}),
    ]


async def test_a_sign_of_life_makes_a_second(world, ann, bob, eve):
    """Keepalive by a second person makes the session one between these two, which is a change."""
    session = await ann.opens()
    assert (await bob.http.post(f"/sessions/{session}/keepalive")).json()["session"]["peer"] == bob.email
    assert (await eve.reads(session)).status_code == 404
    assert (await ann.sees(session))["sync"]["rev"] == 2


async def test_a_conversation_is_told(world, ann, bob, eve):
    """Without a peer all members of the conversation are told, in the lobby those who have written."""
    group = (await world.conversations.create_group(new_id(), ann.id, [ann.id, bob.id, eve.id], "Three")).id
    await world.listening.follow(*(f"u:{it.id}" for it in (ann, bob, eve)))
    session = await ann.opens(conversation_id=group)
    assert {channel for channel, _ in await told(world)} == {f"u:{bob.id}", f"u:{eve.id}"}
    in_lobby = await ann.opens(conversation_id=LOBBY)
    assert await told(world) == []
    await bob.trickles(in_lobby, 1)
    assert {channel for channel, _ in await told(world)} == {f"u:{ann.id}"}
    await ann.offers(in_lobby)
    assert {channel for channel, _ in await told(world)} == {f"u:{bob.id}"}
    assert session != in_lobby
