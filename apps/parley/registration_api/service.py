"""What registration-api does: ask for a code, tell how its delivery stands, exchange it for a session; people, devices.

Nothing on the way of `SignIn.ask` depends on whether an account exists. Every decision that others compete for is made
by the database (`parley.onetimecodes.port`).
"""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import msgspec

from parley.contracts import frames
from parley.contracts.events import RegistrationRequested, RegistrationRequestedEvent
from parley.contracts.topics import NEW_REGISTRATION
from parley.conversations.model import LOBBY
from parley.fanout import channels
from parley.fanout.port import Fanout
from parley.identity.model import Account, Caller, Device, NewSession, digest, new_id, new_token
from parley.identity.port import Accounts, Sessions
from parley.onetimecodes.model import Asker, CodeRequest, RequestLimits, code_mac, keyed_tag
from parley.onetimecodes.port import Attempt, NewRequest, OneTimeCodes, PendingEvent, StoredCode
from parley.registration_api.errors import UnknownChallenge, WrongCode
from parley.registration_api.model import code_digits, limit_key, parse_address
from parley.registration_api.ports import Offer
from parley.registration_api.visitors import KnownDevice, Visitor
from parley.telemetry import context


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How often a code may be asked for: from anywhere, and from the machine that this service runs on."""

    elsewhere: RequestLimits
    loopback: RequestLimits

    def of(self, visitor: Visitor) -> RequestLimits:
        """Those that hold for this visitor."""
        return self.loopback if visitor.network.is_local else self.elsewhere


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that was accepted: its id, and how long until another one would be."""

    challenge: str
    resend_ms: int


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How a request stands, and how long until a new code may be asked for."""

    request: CodeRequest
    resend_ms: int


@dataclass(frozen=True, kw_only=True)
class NewDevice:
    """What a device says about itself when it signs in."""

    name: str
    platform: str


@dataclass(frozen=True, kw_only=True)
class Entered:
    """A sign-in that succeeded. `token` is told once, to the one who signed in."""

    account: Account
    device: str
    token: str = field(repr=False)
    known: KnownDevice = field(repr=False)


class SignIn:
    """The way from an address to a session. `key` is the pepper."""

    def __init__(
        self, *, codes: OneTimeCodes, sessions: Sessions, fanout: Fanout, key: bytes, limits: Limits, offer: Offer
    ) -> None:
        self._codes, self._sessions, self._fanout = codes, sessions, fanout
        self._key, self._limits, self._offer = key, limits, offer

    async def ask(self, text: str, visitor: Visitor) -> Asked:
        """Write the request down; the code comes by mail. Raises InvalidAddress and TooManyRequests."""
        address = parse_address(text)
        new = NewRequest(
            id=new_id(),
            email=address.canonical,
            typed=address.typed,
            browser=self._browser(visitor),
            asked_from=visitor.client,
            asker=self._asker(address.canonical, visitor),
        )
        event, limits = _event(new), self._limits.of(visitor)
        await self._codes.request(new, event, limits)
        self._offer(event)
        return Asked(challenge=new.id, resend_ms=await self._codes.wait_ms(new.asker, limits))

    async def progress(self, challenge: str, visitor: Visitor) -> Progress:
        """How the delivery stands. Raises UnknownChallenge for any browser but the one that asked."""
        request = await self._codes.find(challenge, self._browser(visitor))
        if request is None:
            raise UnknownChallenge
        wait = await self._codes.wait_ms(self._asker(request.email, visitor), self._limits.of(visitor))
        return Progress(request=request, resend_ms=wait)

    async def enter(
        self, challenge: str, text: str, visitor: Visitor, device: NewDevice, replaces: Caller | None = None
    ) -> Entered:
        """Exchange a code for a session; the session that this browser had until now ends. Raises WrongCode."""
        digits = code_digits(text)
        attempt = await self._codes.claim_attempt(challenge, self._browser(visitor)) if digits else None
        code = self._matching(attempt, digits) if attempt and digits else None
        if attempt is None or code is None:
            raise WrongCode
        entered = await self._open(attempt, code, visitor, device)
        if replaces:
            await _end_session(self._sessions, self._fanout, replaces.account.id, replaces.device)
        return entered

    def _matching(self, attempt: Attempt, digits: str) -> StoredCode | None:
        # Every code is compared to its end, so that the time taken does not tell which one it was.
        macs = [code_mac(self._key, code.request_id, code.email, digits) for code in attempt.codes]
        hits = [hmac.compare_digest(code.mac, mac) for code, mac in zip(attempt.codes, macs, strict=True)]
        return next((code for code, hit in zip(attempt.codes, hits, strict=True) if hit), None)

    async def _open(self, attempt: Attempt, code: StoredCode, visitor: Visitor, device: NewDevice) -> Entered:
        token = new_token()
        session = NewSession(device=new_id(), token_digest=digest(token), name=device.name, platform=device.platform)
        signed_in = await self._codes.consume(attempt, code, session)
        if signed_in is None:
            raise WrongCode
        if signed_in.is_new:
            await _tell_lobby(self._fanout)
        known = (visitor.known or KnownDevice.fresh()).vouching_for(self._key, code.email)
        return Entered(account=signed_in.account, device=session.device, token=token, known=known)

    def _asker(self, email: str, visitor: Visitor) -> Asker:
        return Asker(
            limit_key=limit_key(email),
            network=keyed_tag(self._key, "network", visitor.network.name),
            known_device=visitor.known.tag_for(self._key, email) if visitor.known else None,
        )

    def _browser(self, visitor: Visitor) -> str:
        return keyed_tag(self._key, "browser", visitor.browser)


class Profile:
    """What a signed-in person does with their own account, and how they find others."""

    def __init__(self, *, accounts: Accounts, sessions: Sessions, fanout: Fanout) -> None:
        self._accounts, self._sessions, self._fanout = accounts, sessions, fanout

    async def rename(self, caller: Caller, name: str) -> Account:
        """Change what others see."""
        account = await self._accounts.rename(caller.account.id, name)
        await _tell_lobby(self._fanout)
        return account or caller.account

    async def devices(self, caller: Caller) -> Sequence[Device]:
        """Where this person is signed in, newest use first."""
        return await self._sessions.devices(caller.account.id)

    async def sign_out(self, caller: Caller, device: str) -> bool:
        """End a session of this person everywhere. False if there is none such, or it has ended already."""
        return await _end_session(self._sessions, self._fanout, caller.account.id, device)

    async def lookup(self, addresses: Collection[str]) -> Sequence[Account]:
        """The accounts of exactly these addresses. Raises InvalidAddress."""
        return await self._accounts.lookup({parse_address(text).canonical for text in addresses})


async def _end_session(sessions: Sessions, fanout: Fanout, account: str, device: str) -> bool:
    ended = await sessions.revoke(account, device)
    if ended:
        await fanout.publish(channels.REVOKED, device.encode())
    return ended


async def _tell_lobby(fanout: Fanout) -> None:
    notice = channels.Published(0, 0, frames.conversation_changed(LOBBY, "updated"))
    await fanout.publish(channels.conversation(LOBBY), channels.pack(notice))


def _event(new: NewRequest) -> PendingEvent:
    event = RegistrationRequestedEvent(
        id=new_id(), data=RegistrationRequested(request_id=new.id), traceparent=context.traceparent() or msgspec.UNSET
    )
    return PendingEvent(event_id=event.id, topic=NEW_REGISTRATION, key=new.email, payload=msgspec.json.encode(event))
