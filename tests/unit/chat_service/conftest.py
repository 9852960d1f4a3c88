"""Replicas of chat-service over one set of engines, and the people who use them."""

import pytest
from support.chatting import Wire, chatting


@pytest.fixture
async def chat(tmp_path):
    """Engines, and ann, bob and eve signed in."""
    async with chatting(tmp_path) as running:
        await running.people("ann", "bob", "eve")
        yield running


@pytest.fixture
async def here(chat):
    """One replica."""
    return chat.replica()


@pytest.fixture
async def ann(chat, here):
    """A greeted window of ann."""
    return await chat.window(here, "ann").greet()


@pytest.fixture
async def bob(chat, here):
    """A greeted window of bob."""
    return await chat.window(here, "bob").greet()


@pytest.fixture
async def wire():
    """A transport without a service."""
    return Wire()
