"""Thousands of frames that are nearly right, through the whole service, beside somebody who is just talking."""

import contextlib
import itertools
import json
import uuid

import pytest
from support.chatting import LOBBY, Closed
from support.fuzzing import frames

from parley.chat_service import gateway

ROUNDS, EACH, AT_ONCE = 5, 1_000, 25
DOCUMENTED = {4400, 4401, 4409, 4413, 4429}


@pytest.fixture(autouse=True)
def a_second_a_frame(monkeypatch):
    """Enough time between frames that the budget of a connection is not what refuses them."""
    seconds = itertools.count(1.0)

    class Clock:
        monotonic = staticmethod(lambda: next(seconds))

    monkeypatch.setattr(gateway, "time", Clock)


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_nothing_but_documented_answers(chat, here, bob, caplog, seed):
    """Whatever is sent, each frame is answered, ignored or closes its own connection with a documented code."""
    window, codes, texts = await chat.window(here, "ann").greet(), [], frames(seed, EACH)
    while few := list(itertools.islice(texts, AT_ONCE)):
        while few:
            few = await sent(window, few)
            if window.wire.closed is not None:
                codes.append((await window.ended())[0])
                window = await chat.window(here, "ann").greet()
    assert DOCUMENTED.issuperset(codes)
    assert 4400 in codes
    await bob.say(LOBBY, "still here")
    assert caplog.text == ""


async def sent(window, texts):
    """Send the texts and wait for what becomes of them; those behind the one that closed the connection."""
    for text in texts:
        window.send(text)
    mark = str(uuid.uuid4())
    window.send(json.dumps({"t": "sync", "id": mark, "d": {"cursors": {}}}))
    with contextlib.suppress(Closed):
        await window.until(lambda frame: frame.get("re") == mark)
    unread = window.wire.events.qsize() if window.wire.closed else 0
    window.wire.taken.clear()
    return texts[len(texts) - unread + 2 :] if unread else []
