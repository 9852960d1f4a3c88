"""The one vocabulary of errors (RFC 9457), for REST answers and for replies on the socket.

`PROBLEMS` is the whole list; nothing else may be answered. `ProblemError` carries one of them to the edge, where
`parley.rest.problems` writes the answer and the chat gateway writes the reply.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its HTTP status, its title, and what it means to a person."""

    status: int
    title: str
    meaning: str


PROBLEMS: Mapping[str, Kind] = {
    "malformed": Kind(400, "Malformed request", "The request could not be read as what it says it is."),
    "unauthenticated": Kind(401, "Not signed in", "The request carries no session, or one that has ended."),
    "forbidden": Kind(403, "Not allowed", "You may see this, but not do that with it."),
    "bad-origin": Kind(403, "Wrong origin", "The request came from a page that this service does not serve."),
    "not-found": Kind(404, "Not found", "There is nothing here, or nothing that you may see."),
    "method-not-allowed": Kind(405, "Method not allowed", "This resource does not take that method."),
    "not-accepted": Kind(
        406, "Not accepted", "The signature of this report is wrong, out of time or used before; do not send it again."
    ),
    "busy": Kind(409, "Busy", "The person called is in another call."),
    "answered-elsewhere": Kind(409, "Answered elsewhere", "Another of your devices has answered the call."),
    "call-ended": Kind(409, "Call ended", "The call is over."),
    "call-full": Kind(409, "Call full", "The call has as many people as it can carry."),
    "stale-cursor": Kind(
        409, "Stale cursor", "The position given is too far back, or not filled; read on and send again."
    ),
    "stale-offer": Kind(409, "Stale offer", "The offer that this answers has been replaced."),
    "in-progress": Kind(409, "In progress", "The same request is still being worked on."),
    "precondition-failed": Kind(412, "Precondition failed", "The resource has changed since you read it."),
    "too-large": Kind(413, "Too large", "The request is larger than this service takes."),
    "unsupported-media": Kind(415, "Unsupported media type", "The body is of a type that this service does not read."),
    "invalid": Kind(422, "Invalid", "The request was read, but something in it is not as it must be."),
    "key-reused": Kind(422, "Key reused", "The idempotency key was used before, for another request."),
    "rate-limited": Kind(429, "Too many requests", "There were too many requests in a short time; wait a little."),
    "internal": Kind(500, "Internal error", "Something failed on our side; it has been written down."),
    "unavailable": Kind(503, "Unavailable", "Something that this service needs does not answer; try again soon."),
}


@dataclass(frozen=True)
class FieldError:
    """What is wrong at one place of a body; `pointer` is a JSON pointer (RFC 6901)."""

    pointer: str
    detail: str


class ProblemError(Exception):
    """One of PROBLEMS, on its way to whoever asked.

    `detail` is a sentence for a person. `retry_after_ms` says when the same request may succeed. `limit` names the
    bound that was hit.
    """

    def __init__(
        self,
        slug: str,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        retry_after_ms: int | None = None,
        limit: int | None = None,
    ) -> None:
        kind = PROBLEMS[slug]
        super().__init__(slug)
        self.slug, self.status, self.title = slug, kind.status, kind.title
        self.detail = detail or kind.meaning
        self.errors, self.retry_after_ms, self.limit = tuple(errors), retry_after_ms, limit

    def document(self) -> dict[str, Any]:
        """The members of the problem document, those that are set."""
        members: dict[str, Any] = {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            members["errors"] = [{"pointer": item.pointer, "detail": item.detail} for item in self.errors]
        if self.retry_after_ms is not None:
            members["retry_after_ms"] = self.retry_after_ms
        if self.limit is not None:
            members["limit"] = self.limit
        return members
