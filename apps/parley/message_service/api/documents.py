"""The bodies of this service's calls, as OpenAPI shows them. Unknown members of a request are ignored."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from parley.contracts import frames
from parley.conversations.model import MAX_MEMBERS, ConversationKind, Role
from parley.identity.model import Account
from parley.message_service.model import MAX_TITLE, History, Seat, View, is_title
from parley.messages.model import MAX_BODY, Cursor, Draft, Entry, EntryKind, is_text

MAX_NUMBER = 2**53 - 1
"""The largest integer that every JSON reader reads exactly."""


def _checked_title(text: str) -> str:
    if not is_title(text):
        raise ValueError("a title is one line without control characters")
    return text


def _checked_text(text: str) -> str:
    if not is_text(text):
        raise ValueError("a text has no control characters but newline and tab")
    return text


Id = Annotated[str, Field(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Number = Annotated[int, Field(strict=True, ge=0, le=MAX_NUMBER)]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TITLE),
    AfterValidator(_checked_title),
]
Text = Annotated[str, Field(min_length=1, max_length=MAX_BODY), AfterValidator(_checked_text)]


def _is_none(value: object) -> bool:
    return value is None


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class NewConversationBody(_Body):
    """A direct conversation has one other member; a title is for groups, and ignored elsewhere."""

    kind: Literal["direct", "group"]
    members: Annotated[list[Id], Field(min_length=1, max_length=MAX_MEMBERS)]
    title: Title | None = None


class TitleBody(_Body):
    """The new title of a group; null for none."""

    title: Title | None


class MessageBody(_Body):
    """A text. `after` is the sender's cursor when they pressed send; every retry repeats it together with `id`."""

    id: Id
    after: tuple[Number, Number]
    kind: Literal["text"]
    body: Text
    reply_to: Annotated[int, Field(strict=True, ge=1, le=MAX_NUMBER)] | None = None

    def draft(self, conv: str, sender: str) -> Draft:
        """As the noun."""
        return Draft(conv=conv, id=self.id, sender=sender, kind=self.kind, body=self.body, reply_to=self.reply_to)

    @property
    def cursor(self) -> Cursor:
        """`after` as the noun."""
        return Cursor(*self.after)


class ReadBody(_Body):
    """How far the caller has read."""

    seq: Number


class ReadDocument(BaseModel):
    """Where the caller's read mark stands now."""

    seq: int


class EntryDocument(BaseModel):
    """One entry of a log, with the members of a `msg` frame's `d`."""

    conv: str
    epoch: int
    seq: int
    id: str
    sender: Annotated[str, Field(alias="from")]
    kind: EntryKind
    body: Annotated[str | None, Field(exclude_if=_is_none)] = None
    meta: Annotated[Mapping[str, Any] | None, Field(exclude_if=_is_none)] = None
    reply_to: Annotated[int | None, Field(exclude_if=_is_none)] = None
    at: str

    @classmethod
    def of(cls, entry: Entry) -> "EntryDocument":
        """From the noun, by way of the one function that knows the frame."""
        return cls.model_validate(frames.entry_document(entry))


class ConversationDocument(BaseModel):
    """A conversation as the caller sees it; unread entries are those after `read` up to `head`."""

    conv: str
    kind: ConversationKind
    title: str | None
    members: tuple[str, ...]
    epoch: int
    head: int
    read: int
    last: EntryDocument | None

    @classmethod
    def of(cls, view: View) -> "ConversationDocument":
        """From the service's words."""
        conversation = view.conversation
        return cls(
            conv=conversation.id,
            kind=conversation.kind,
            title=conversation.title,
            members=conversation.members,
            epoch=view.head.epoch,
            head=view.head.seq,
            read=view.read,
            last=EntryDocument.of(view.last) if view.last else None,
        )


class HistoryDocument(BaseModel):
    """A stretch of a log, ascending; `head` is the number of the newest entry there is."""

    epoch: int
    head: int
    items: list[EntryDocument]

    @classmethod
    def of(cls, history: History) -> "HistoryDocument":
        """From the service's words."""
        items = [EntryDocument.of(entry) for entry in history.entries]
        return cls(epoch=history.head.epoch, head=history.head.seq, items=items)


class PersonDocument(BaseModel):
    """A person, as others see them."""

    id: str
    email: str
    name: str

    @classmethod
    def of(cls, account: Account) -> "PersonDocument":
        """From the noun."""
        return cls(id=account.id, email=account.email, name=account.name)


class MemberDocument(PersonDocument):
    """A member, or a former one; `read` only where members are told how far others have read."""

    role: Role
    left: bool
    read: Annotated[int | None, Field(exclude_if=_is_none)] = None

    @classmethod
    def seated(cls, seat: Seat) -> "MemberDocument":
        """From the service's words."""
        it = seat.member
        return cls(id=it.account, email=it.email, name=it.name, role=it.role, left=it.left, read=seat.read)
