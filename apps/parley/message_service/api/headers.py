"""The link to the next page of a list. Header fields that several services have are in `parley.rest.headers`."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

PageToken = Annotated[str | None, Query(max_length=64, description="From the `next` link of the page before.")]


def link_next(request: Request, response: Response, rest_after: str | None) -> None:
    """Add the link to the next page (RFC 8288), if there is one: the same request from there on."""
    if rest_after is not None:
        query = dict(request.query_params) | {"page": rest_after}
        response.headers["Link"] = f'<{request.url.path}?{urlencode(query)}>; rel="next"'
