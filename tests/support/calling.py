"""Calls between windows of `chatting.py`: a clock that a test moves, and the words in which windows speak of calls."""

import time
import uuid
from typing import Any

from support.chatting import Chat, Frame, Window


class Moved:
    """The time of day, moved forward by a test: seconds since 1970 UTC."""

    def __init__(self) -> None:
        self._by = 0.0

    def __call__(self) -> float:
        return time.time() + self._by

    def move(self, seconds: float) -> None:
        self._by += seconds


async def direct(chat: Chat, one: str, other: str) -> str:
    """The conversation of these two."""
    return (await chat.engines.people.create_direct(chat.accounts[one].id, chat.accounts[other].id))[0].id


async def invite(window: Window, conv: str, call: str | None = None, **more: str) -> Frame:
    """Call a conversation; the snapshot of the reply, or its problem."""
    return _said(await window.request("call.invite", {"conv": conv, "media": "video", **more}, call or _id()))


async def answer(window: Window, verb: str, snapshot: Frame, **more: str) -> Frame:
    """Accept, decline or end the call of a snapshot; the snapshot of the reply, or its problem."""
    data = {"conv": snapshot["conv"], "call": snapshot["call"], **more}
    return _said(await window.request(f"call.{verb}", data))


async def told(window: Window, **wanted: Any) -> Frame:
    """The first snapshot with these members that this window was or will be told."""

    def matches(frame: Frame) -> bool:
        is_call = frame.get("t", "").startswith("call.")
        return is_call and all(frame["d"].get(name) == value for name, value in wanted.items())

    return (await window.until(matches))["d"]


async def recorded(window: Window, call: str) -> Frame:
    """The entry of a call that this window was or will be told."""
    found = await window.until(lambda frame: frame.get("t") == "msg" and frame["d"]["id"] == call)
    assert found["d"]["kind"] == "call", found
    return found["d"]


def standing(chat: Chat, snapshot: Frame) -> dict[str, str]:
    """How each person stands, by name."""
    names = {account.id: name for name, account in chat.accounts.items()}
    return {names[it["user"]]: it["st"] for it in snapshot["members"]}


def slug(problem: Frame) -> str:
    return problem.get("type", "").removeprefix("/problems/")


def _said(reply: Frame) -> Frame:
    return reply["d"] if reply["ok"] else reply["err"]


def _id() -> str:
    return str(uuid.uuid4())
