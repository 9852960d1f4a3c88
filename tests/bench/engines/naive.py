"""The chat on FastAPI and redis-py as tutorials begin it, to be compared with in the same run: several rooms, replicas.

One subscription per process and channel, which is better than the usual one per socket, which fails at a thousand. It
signs nobody in, stores nothing and limits nothing. Started by `stack.py`; REDIS_URL says where Redis is.
"""

import asyncio
import os
import signal
import socket
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from redis.asyncio import Redis

_LIFETIME_S = 900
"""It ends by itself even if nobody is left to stop it."""


class Rooms:
    """Who is here, by room."""

    def __init__(self, redis: Redis) -> None:
        self._redis, self._heard = redis, redis.pubsub()
        self._members: dict[str, set[WebSocket]] = defaultdict(set)

    async def enter(self, room: str, ws: WebSocket) -> None:
        self._members[room].add(ws)
        if len(self._members[room]) == 1:
            await self._heard.subscribe(room)

    def leave(self, room: str, ws: WebSocket) -> None:
        self._members[room].discard(ws)

    async def say(self, room: str, text: str) -> None:
        await self._redis.publish(room, text)

    async def listen(self) -> None:
        await self._heard.subscribe("nobody")
        async for message in self._heard.listen():
            if message["type"] == "message":
                for ws in list(self._members[message["channel"]]):
                    await ws.send_text(message["data"])


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True, socket_timeout=None)
    app.state.rooms = rooms = Rooms(redis)
    listening = asyncio.create_task(rooms.listen())
    yield
    listening.cancel()
    await redis.aclose()


app = FastAPI(openapi_url=None, lifespan=lifespan)


@app.websocket("/ws")
async def join(ws: WebSocket) -> None:
    await ws.accept()
    room, rooms = ws.headers["x-room"], ws.app.state.rooms
    await rooms.enter(room, ws)
    try:
        while True:
            await rooms.say(room, await ws.receive_text())
    except WebSocketDisconnect:
        return
    finally:
        rooms.leave(room, ws)


def main() -> None:
    signal.alarm(_LIFETIME_S)
    bound = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(bound.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main()
