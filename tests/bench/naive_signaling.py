"""Call signalling as a FastAPI service starts: the documented calls over a dictionary or over redis-py, nothing else.

To be compared with in the same run, started by `signaling.py`, which hands it tokens and addresses in a line of JSON;
REDIS_URL says where Redis is, if there is one. It looks tokens up where it keeps its sessions and checks bodies by
their models; it has no limits, no rules, no notices, and of two who write at once one may be lost.
"""

import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field
from redis.asyncio import Redis

_LIFETIME_S = 600
"""It ends by itself even if nobody is left to stop it."""

_LIFE_S = 900
_People = dict[str, str]
_Session = dict[str, Any]


class InMemory:
    """Sessions and people in dictionaries."""

    def __init__(self) -> None:
        self._people: _People = {}
        self._sessions: dict[str, _Session] = {}

    async def enroll(self, people: _People) -> None:
        self._people.update(people)

    async def person(self, token: str) -> str | None:
        return self._people.get(token)

    async def add(self, session: _Session) -> None:
        self._sessions[session["id"]] = session

    async def find(self, session_id: str) -> _Session | None:
        return self._sessions.get(session_id)

    async def describe(self, session: _Session, kind: str, description: Any) -> None:
        session[kind] = description

    async def append(self, session: _Session, candidate: Any) -> None:
        session["candidates"].append(candidate)


class OverRedis:
    """A hash and a list for each session, a hash for all people."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, decode_responses=True)

    async def enroll(self, people: _People) -> None:
        await self._redis.hset("plain:people", mapping=people)

    async def person(self, token: str) -> str | None:
        return await self._redis.hget("plain:people", token)

    async def add(self, session: _Session) -> None:
        name = f"plain:{session['id']}"
        kept = {key: json.dumps(value) for key, value in session.items() if key != "candidates"}
        await self._redis.pipeline(transaction=False).hset(name, mapping=kept).expire(name, _LIFE_S).execute()

    async def find(self, session_id: str) -> _Session | None:
        name = f"plain:{session_id}"
        reading = self._redis.pipeline(transaction=False).hgetall(name).lrange(f"{name}:c", 0, -1)
        kept, candidates = await reading.execute()
        session = {key: json.loads(value) for key, value in kept.items()}
        return session | {"candidates": [json.loads(it) for it in candidates]} if kept else None

    async def describe(self, session: _Session, kind: str, description: Any) -> None:
        name = f"plain:{session['id']}"
        session[kind] = description
        writing = self._redis.pipeline(transaction=False).hset(name, kind, json.dumps(description))
        await writing.expire(name, _LIFE_S).execute()

    async def append(self, session: _Session, candidate: Any) -> None:
        name = f"plain:{session['id']}"
        session["candidates"].append(candidate)
        writing = self._redis.pipeline(transaction=False).rpush(f"{name}:c", json.dumps(candidate))
        await writing.expire(name, _LIFE_S).expire(f"{name}:c", _LIFE_S).execute()


store = OverRedis(os.environ["REDIS_URL"]) if "REDIS_URL" in os.environ else InMemory()


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    await store.enroll(json.loads(sys.stdin.readline()))
    yield


app = FastAPI(openapi_url=None, lifespan=lifespan)


class NewSession(BaseModel):
    initiator: str
    peer: str | None = None


class Description(BaseModel):
    sender: Annotated[str, Field(alias="from")]
    sdp: str


class Candidate(BaseModel):
    sender: Annotated[str, Field(alias="from")]
    candidate: str
    sdpMid: str | None = None  # noqa: N815 -- the member's name
    sdpMLineIndex: int | None = None  # noqa: N815 -- the member's name


async def caller(authorization: Annotated[str, Header()]) -> str:
    email = await store.person(authorization.removeprefix("Bearer "))
    if email is None:
        raise HTTPException(401)
    return email


Caller = Annotated[str, Depends(caller)]


async def found(session_id: str, email: str) -> _Session:
    session = await store.find(session_id)
    if session is None or email not in (session["initiator"], session["peer"]):
        raise HTTPException(404)
    return session


@app.post("/sessions", status_code=201)
async def create(body: NewSession, email: Caller) -> dict[str, Any]:
    session = {"id": secrets.token_urlsafe(16), "initiator": email, "peer": body.peer}
    session |= {"offer": None, "answer": None, "candidates": []}
    await store.add(session)
    return {"session": session}


@app.get("/sessions/{session_id}")
async def read(session_id: str, email: Caller) -> dict[str, Any]:
    return {"session": await found(session_id, email)}


@app.put("/sessions/{session_id}/{kind}")
async def describe(session_id: str, kind: str, body: Description, email: Caller) -> dict[str, Any]:
    session = await found(session_id, email)
    await store.describe(session, kind, {"from": email, "sdp": body.sdp})
    return {"session": session}


@app.post("/sessions/{session_id}/candidates")
async def trickle(session_id: str, body: Candidate, email: Caller) -> dict[str, Any]:
    session = await found(session_id, email)
    await store.append(session, body.model_dump(by_alias=True))
    return {"session": session}


def main() -> None:
    signal.alarm(_LIFETIME_S)
    bound = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(bound.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", ws="none", lifespan="on", log_config=None, access_log=False
    )
    uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main()
