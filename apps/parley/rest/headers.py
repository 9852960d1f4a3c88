"""Header fields that calls of several services read or write: entity tags, media types, what caches may keep."""

import re
from collections.abc import Collection
from typing import Annotated

from fastapi import Depends, Header, Request, Response

from parley.contracts.problems import ProblemError

_TAGS = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')
_STRONG_TAG = re.compile(r'(?<!W/)"(0|[1-9][0-9]{0,8})"')
_ANY_TAG = re.compile(r'"(0|[1-9][0-9]{0,8})"')

IfMatch = Annotated[str | None, Header(max_length=1000)]
IfNoneMatch = Annotated[str | None, Header(max_length=1000)]


async def _json_only(request: Request) -> None:
    # A body that a plain form of another site could send must never be read as JSON.
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json":
        raise ProblemError("unsupported-media", "Send application/json.")


async def _not_stored(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


JSON_BODY = Depends(_json_only)
"""For routes with a body: anything but JSON is the `unsupported-media` problem."""

NOT_STORED = Depends(_not_stored)
"""For every route: what one person sees stays in no cache."""


def entity_tag(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def versions_in(if_match: str | None) -> Collection[int] | None:
    """The versions that an If-Match field names, None for any (`*`).

    Compares strongly, as RFC 9110 asks: weak tags match nothing. Raises `precondition-failed` for a missing field and
    for one that is no list of tags.
    """
    if if_match is not None and if_match.strip() == "*":
        return None
    if if_match is None or not _TAGS.fullmatch(if_match):
        raise ProblemError("precondition-failed", "Send the entity tag that you have read, in If-Match.")
    return {int(version) for version in _STRONG_TAG.findall(if_match)}


def seen_versions(if_none_match: str | None) -> Collection[int]:
    """The versions that an If-None-Match field names, compared weakly; none for a field that is missing or no list."""
    return {int(version) for version in _ANY_TAG.findall(if_none_match or "")}
