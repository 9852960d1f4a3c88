"""A conversation in the local cluster, for those who take the installation away and look what comes back."""

import asyncio
import uuid
from collections.abc import Sequence
from http import HTTPStatus

import httpx2
from conformance.client import Person, client

_PATIENCE_S = 60


async def talked(ann: Person, bob: Person, texts: Sequence[str]) -> str:
    """A new conversation of the two, in which she has said all of this, in this order."""
    async with client(ann) as at_ann:
        body = {"kind": "group", "members": [bob.id], "title": "Kept"}
        conv: str = (await at_ann.post("/api/conversations", body, 201))["conv"]
        after = [1, 0]
        for text in texts:
            message = {"id": str(uuid.uuid4()), "after": after, "kind": "text", "body": text}
            posted = await at_ann.post(f"/api/conversations/{conv}/messages", message, 201)
            after = [posted["epoch"], posted["seq"]]
    return conv


async def read_by(person: Person, conv: str) -> list[str]:
    """The texts of the conversation."""
    async with client(person) as http, asyncio.timeout(_PATIENCE_S):
        found = await http.get(f"/api/conversations/{conv}/messages", params={"after": 0, "limit": 200})
    return [it["body"] for it in found["items"] if it["kind"] == "text"]


def answers(person: Person) -> bool:
    """Whether the way in leads to the services, of whose pods the controller hears a moment after they are Ready."""
    paths = ("/me", "/api/conversations")
    return all(
        httpx2.get(person.url + it, headers=person.headers).status_code != HTTPStatus.SERVICE_UNAVAILABLE
        for it in paths
    )


async def whole(people: Sequence[Person], conv: str, texts: Sequence[str]) -> bool:
    """Whether each of them is still signed in as who they were, and reads exactly this in the conversation."""
    for person in people:
        async with client(person) as http:
            if (await http.get("/me"))["email"] != person.email or await read_by(person, conv) != list(texts):
                return False
    return True
