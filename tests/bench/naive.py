"""The loop that a chat on FastAPI starts as, to be compared with in the same run. Started by `servers.py`.

It does nothing but the loop: no sign-in, no storage, no limits, no compression, the faster of uvicorn's two protocols.
"""

import signal
import socket

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

_LIFETIME_S = 600
"""It ends by itself even if nobody is left to stop it."""

room: set[WebSocket] = set()
app = FastAPI(openapi_url=None)


@app.websocket("/ws")
async def join(ws: WebSocket) -> None:
    await ws.accept()
    room.add(ws)
    try:
        while True:
            await tell(await ws.receive_text())
    except WebSocketDisconnect:
        return
    finally:
        room.discard(ws)


async def tell(text: str) -> None:
    for ws in list(room):
        await ws.send_text(text)


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
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main()
