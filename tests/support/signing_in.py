"""The steps of a sign-in at the level of the ports, for tests that need a request, a code or a session."""

import hashlib
from dataclasses import dataclass
from typing import Any

from parley.identity.model import NewSession, digest, new_id, new_token
from parley.onetimecodes.model import Asker, RequestLimits
from parley.onetimecodes.port import Attempt, NewRequest, PendingEvent
from parley.onetimecodes.sql import SqlOneTimeCodes
from parley.onetimecodes.sql_deliveries import SqlDeliveries
from parley.sql.database import Database

WORKER = "worker-1"
UNLIMITED = RequestLimits(spacing_ms=0, per_hour=10_000, per_day=10_000, network_per_hour=10_000)


def new_request(email: str = "ann@example.org", **changes: Any) -> NewRequest:
    """A request of one browser from one network; `known_device`, `network` and `limit_key` go to its Asker."""
    asker = {"limit_key": email, "network": "network-1", "known_device": None}
    asker |= {name: changes.pop(name) for name in list(changes) if name in asker}
    values = {"id": new_id(), "email": email, "typed": email, "browser": "browser-1", "asked_from": "a test"}
    return NewRequest(**values | changes, asker=Asker(**asker))


def event_of(request: NewRequest) -> PendingEvent:
    """The outbox row that belongs to a request."""
    return PendingEvent(event_id=new_id(), topic="new-registration", key=request.email, payload=request.id.encode())


def mac_of(text: str) -> bytes:
    """Some keyed hash; the ports never look inside."""
    return hashlib.sha256(text.encode()).digest()


@dataclass
class SignInSteps:
    """Both faces of one-time codes on one database."""

    codes: SqlOneTimeCodes
    deliveries: SqlDeliveries

    @classmethod
    def on(cls, database: Database) -> "SignInSteps":
        return cls(SqlOneTimeCodes(database), SqlDeliveries(database))

    async def ask(self, email: str = "ann@example.org", limits: RequestLimits = UNLIMITED, **changes: Any) -> str:
        """Ask for a code and return the request's id."""
        request = new_request(email, **changes)
        await self.codes.request(request, event_of(request), limits)
        return request.id

    async def deliver(self, request_id: str, generation: int = 1, code: str = "123456") -> None:
        """Store a code and record it as sent."""
        assert await self.deliveries.lease(request_id, WORKER, 60_000)
        assert await self.deliveries.store_code(request_id, WORKER, generation, mac_of(code))
        await self.deliveries.record(request_id, WORKER, "sent")

    async def code(self, email: str = "ann@example.org", **changes: Any) -> str:
        """Ask for a code that arrives at once, and return the request's id."""
        request_id = await self.ask(email, **changes)
        await self.deliver(request_id)
        return request_id

    async def guess(self, request_id: str, browser: str = "browser-1") -> Attempt | None:
        return await self.codes.claim_attempt(request_id, browser)

    async def sign_in(self, email: str = "ann@example.org", **changes: Any) -> tuple[str, str, str]:
        """Token, device and account of a new session."""
        attempt = await self.guess(await self.code(email, **changes), changes.get("browser", "browser-1"))
        assert attempt is not None
        token, session = new_session()
        signed_in = await self.codes.consume(attempt, attempt.codes[0], session)
        assert signed_in is not None
        return token, session.device, signed_in.account.id


def new_session(name: str = "Firefox on Linux") -> tuple[str, NewSession]:
    """A token and the session that it will open."""
    token = new_token()
    return token, NewSession(device=new_id(), token_digest=digest(token), name=name, platform="web")
