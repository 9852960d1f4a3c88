"""Clients that do what a transcript says: requests, windows, and frames in whatever order they come."""

import json
import uuid
from contextlib import ExitStack
from typing import Any

import httpx2
from contracts.placeholders import Bound, difference, filled
from support.parley_process import ParleyProcess
from support.person import LOBBY, Frame
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

_WAIT_S = 20.0
_SHOWN = ("content-type", "location", "etag", "retry-after")
"""Header fields of a response that a client looks at."""

_SDP = (
    "v=0\r\no=- {number} 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n"
)


class Stage:
    """Everybody in a transcript. `bound` has what names stand for; who is in `signed_in` is so from the beginning."""

    def __init__(self, parley: ParleyProcess, first: dict[str, Any]) -> None:
        self._parley, self._first, self.bound = parley, first, Bound()
        self._open_ones = ExitStack()
        self._http = {
            who: self._open_ones.enter_context(httpx2.Client(base_url=parley.url, timeout=_WAIT_S))
            for who in first["people"]
        }
        self._windows: dict[str, ClientConnection] = {}
        self._waiting: dict[str, list[Frame]] = {}

    def __enter__(self) -> "Stage":
        for name, kind in self._first.get("chosen", {}).items():
            self.bound[name] = _chosen(kind)
        self.bound["lobby"] = LOBBY
        for who in self._first["people"]:
            name = f"{who}-{uuid.uuid4().hex[:8]}"
            self.bound |= {f"{who}.email": f"{name}@example.org", f"{who}.name": name}
        for who in self._first.get("signed_in", ()):
            self._sign_in(who)
        return self

    def __exit__(self, *_: object) -> None:
        self._open_ones.close()

    def perform(self, step: dict[str, Any]) -> Any:
        """Do it; what came, None for a step that only does something."""
        if "request" in step:
            return self._ask(self._http[step["who"]], filled(step["request"], self.bound))
        if "mailed" in step:
            self.bound[f"{step['who']}.code"] = self._parley.code_for(self.bound[f"{step['who']}.email"])
        elif "opens" in step:
            self._open(step["who"], filled(step["opens"], self.bound))
        elif "sends" in step:
            self._windows[step["who"]].send(json.dumps(filled(step["sends"], self.bound)))
        elif "leaves" in step:
            self._windows.pop(step["who"]).close()
        return self._receive(step["who"], step["receives"]) if "receives" in step else None

    def difference(self, written: Any, came: Any) -> str | None:
        """See `placeholders`."""
        return difference(written, came, self.bound)

    def assert_nothing_else_came(self) -> None:
        """Every frame that came is in the transcript, but for kinds that its first line lets come at any time."""
        more = set(self._first.get("may_also_come", ())) | {"ping"}
        left = [frame for frames in self._waiting.values() for frame in frames if frame.get("t") not in more]
        assert left == [], left

    def _sign_in(self, who: str) -> None:
        email = self.bound[f"{who}.email"]
        http = self._http[who]
        challenge = http.post("/otp", json={"email": email}).json()["challenge"]
        body = {"code": self._parley.code_for(email), "transport": "bearer"}
        entered = http.post(f"/otp/{challenge}/verify", json=body).json()
        self.bound[f"{who}.token"], self.bound[f"{who}.id"] = entered["token"], entered["user"]["id"]

    @staticmethod
    def _ask(http: httpx2.Client, request: dict[str, Any]) -> dict[str, Any]:
        more = {"json": request["body"]} if "body" in request else {}
        answer = http.request(request["method"], request["path"], headers=request.get("headers"), **more)
        shown = {name: answer.headers[name] for name in _SHOWN if name in answer.headers}
        came = {"status": answer.status_code, "headers": shown}
        return came | ({"body": answer.json()} if answer.content else {})

    def _open(self, who: str, request: dict[str, Any]) -> None:
        opening = connect(
            self._parley.url.replace("http", "ws", 1) + request["path"],
            subprotocols=[Subprotocol(request["subprotocol"])],
            additional_headers=request["headers"],
            compression=None,
            close_timeout=1,
        )
        self._windows[who] = self._open_ones.enter_context(opening)
        self._waiting[who] = []

    def _receive(self, who: str, written: Frame) -> Frame:
        """The first frame that is as written or, if none comes, one of its kind."""
        waiting = self._waiting[who]
        while True:
            for frame in waiting:
                if self._is_as_written(written, frame):
                    waiting.remove(frame)
                    return frame
            try:
                waiting.append(json.loads(self._windows[who].recv(_WAIT_S)))
            except TimeoutError:
                return self._alike(written, waiting)

    def _is_as_written(self, written: Frame, frame: Frame) -> bool:
        """A stub, a frame without `d`, is any of its kind."""
        trial = dict(self.bound)
        if "d" in written or "err" in written:
            return difference(written, frame, trial) is None
        return all(difference(it, frame.get(key), trial) is None for key, it in written.items())

    def _alike(self, written: Frame, waiting: list[Frame]) -> Frame:
        alike = [it for it in waiting if it.get("t") == written.get("t") and ("re" in it) == ("re" in written)]
        assert alike, f"no frame like {written} among {waiting}"
        return alike[-1]


def _chosen(kind: str) -> str:
    fresh = uuid.uuid4()
    return _SDP.format(number=fresh.int % 10**12) if kind == "sdp" else str(fresh)
