"""The bodies of this service's calls, as OpenAPI shows them. Unknown members are ignored."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from parley.identity.model import Account, Device
from parley.onetimecodes.model import CodeRequest
from parley.registration_api.model import plain_text
from parley.registration_api.service import Entered, NewDevice, Progress

Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(plain_text)]
Platform = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(plain_text)]
TypedAddress = Annotated[str, Field(min_length=1, max_length=320, json_schema_extra={"format": "email"})]
ShownState = Literal["queued", "sent", "delayed", "failed", "delivered", "bounced", "expired"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class AskBody(_Body):
    """Where to mail a code."""

    email: TypedAddress


class DeviceBody(_Body):
    """What a device calls itself."""

    name: Name
    platform: Platform


class EnterBody(_Body):
    """The code, how the session is to be carried, and on what it will live."""

    code: Annotated[str, Field(max_length=64)]
    transport: Literal["cookie", "bearer"] = "cookie"
    device: DeviceBody | None = None

    def new_device(self, client: str) -> NewDevice:
        """The device as described, or else by the program that sent the request."""
        if self.device:
            return NewDevice(name=self.device.name, platform=self.device.platform)
        return NewDevice(name=client[:1].upper() + client[1:], platform="web" if self.transport == "cookie" else "app")


class NameBody(_Body):
    """What others are to see."""

    name: Name


class LookupBody(_Body):
    """Whom to find."""

    emails: Annotated[list[TypedAddress], Field(max_length=50)]


class ChallengeDocument(BaseModel):
    """A code was asked for: where to enter it, how long it will work, when the next one may be asked for."""

    challenge: str
    expires_ms: int
    resend_ms: int


class ProgressDocument(BaseModel):
    """How the delivery stands. `expires_ms` is null until there is a code, `delivered_at` unless it is known."""

    state: ShownState
    resend_ms: int
    expires_ms: int | None
    delivered_at: datetime | None

    @classmethod
    def of(cls, progress: Progress) -> "ProgressDocument":
        """From the service's words."""
        request = progress.request
        return cls(
            state=shown_state(request),
            resend_ms=progress.resend_ms,
            expires_ms=request.code_left_ms,
            delivered_at=None if request.delivered_ms is None else _time(request.delivered_ms),
        )


class UserDocument(BaseModel):
    """A person, as others see them."""

    id: str
    email: str
    name: str

    @classmethod
    def of(cls, account: Account) -> "UserDocument":
        """From the noun."""
        return cls(id=account.id, email=account.email, name=account.name)


class NewDeviceDocument(BaseModel):
    """The device that has just signed in."""

    id: str
    name: str
    platform: str


class EnteredDocument(BaseModel):
    """Who signed in on what; `token` only for transport `bearer`."""

    user: UserDocument
    device: NewDeviceDocument
    token: str | None = None

    @classmethod
    def of(cls, entered: Entered, device: NewDevice, transport: str) -> "EnteredDocument":
        """From the service's words."""
        return cls(
            user=UserDocument.of(entered.account),
            device=NewDeviceDocument(id=entered.device, name=device.name, platform=device.platform),
            token=entered.token if transport == "bearer" else None,
        )


class DeviceDocument(BaseModel):
    """One sign-in; `current` marks the one that asks."""

    id: str
    name: str
    platform: str
    created_at: datetime
    seen_at: datetime
    current: bool

    @classmethod
    def of(cls, device: Device, current: str) -> "DeviceDocument":
        """From the noun."""
        return cls(
            id=device.id,
            name=device.name,
            platform=device.platform,
            created_at=_time(device.created_ms),
            seen_at=_time(device.seen_ms),
            current=device.id == current,
        )


def shown_state(request: CodeRequest) -> ShownState:
    """The state as people are told it."""
    return "failed" if request.state == "dead" else request.state


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
