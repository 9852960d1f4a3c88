"""Call signalling as a FastAPI service starts: a dictionary of sessions, the documented calls, nothing else.

To be compared with in the same run, started by `signaling.py`, which hands it tokens and addresses in a line of JSON.
It checks tokens against a dictionary and bodies by their models; it has no limits, no rules, no ends, no notices.
"""

import json
import secrets
import signal
import socket
import sys
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field

_LIFETIME_S = 600
"""It ends by itself even if nobody is left to stop it."""

people: dict[str, str] = {}
sessions: dict[str, dict[str, Any]] = {}
app = FastAPI(openapi_url=None)


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


def caller(authorization: Annotated[str, Header()]) -> str:
    email = people.get(authorization.removeprefix("Bearer "))
    if email is None:
        raise HTTPException(401)
    return email


Caller = Annotated[str, Depends(caller)]


def found(session_id: str, email: str) -> dict[str, Any]:
    session = sessions.get(session_id)
    if session is None or email not in (session["initiator"], session["peer"]):
        raise HTTPException(404)
    return session


@app.post("/sessions", status_code=201)
async def create(body: NewSession, email: Caller) -> dict[str, Any]:
    session = {"id": secrets.token_urlsafe(16), "initiator": email, "peer": body.peer}
    sessions[session["id"]] = session | {"offer": None, "answer": None, "candidates": []}
    return {"session": sessions[session["id"]]}


@app.get("/sessions/{session_id}")
async def read(session_id: str, email: Caller) -> dict[str, Any]:
    return {"session": found(session_id, email)}


@app.put("/sessions/{session_id}/{kind}")
async def describe(session_id: str, kind: str, body: Description, email: Caller) -> dict[str, Any]:
    session = found(session_id, email)
    session[kind] = {"from": email, "sdp": body.sdp}
    return {"session": session}


@app.post("/sessions/{session_id}/candidates")
async def trickle(session_id: str, body: Candidate, email: Caller) -> dict[str, Any]:
    session = found(session_id, email)
    session["candidates"].append(body.model_dump(by_alias=True))
    return {"session": session}


def main() -> None:
    signal.alarm(_LIFETIME_S)
    people.update(json.loads(sys.stdin.readline()))
    bound = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(bound.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", ws="none", lifespan="off", log_config=None, access_log=False
    )
    uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main()
