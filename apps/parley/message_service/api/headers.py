"""Header fields that more than one call reads or writes: entity tags, links to the next page, media types."""

import re
from collections.abc import Collection
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Header, Query, Request, Response

from parley.contracts.problems import ProblemError

_TAGS = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')
_STRONG_TAG = re.compile(r'(?<!W/)"(0|[1-9][0-9]{0,8})"')

PageToken = Annotated[str | None, Query(max_length=64, description="From the `next` link of the page before.")]
IfMatch = Annotated[str | None, Header(max_length=1000)]


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


def link_next(request: Request, response: Response, rest_after: str | None) -> None:
    """Add the link to the next page (RFC 8288), if there is one: the same request from there on."""
    if rest_after is not None:
        query = dict(request.query_params) | {"page": rest_after}
        response.headers["Link"] = f'<{request.url.path}?{urlencode(query)}>; rel="next"'
