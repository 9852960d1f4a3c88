"""The events on the bus, as JSON in the shape of CloudEvents 1.0.

An event names what happened and where to read the rest; it holds no code, no token and no address in its data.
"""

from typing import Literal

import msgspec


class RegistrationRequested(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of topic `new-registration`: the request to work on."""

    request_id: str


class RegistrationRequestedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope; `id` is the same in every republication, so that a consumer can tell a repetition."""

    id: str
    data: RegistrationRequested
    source: str = "/registration-api"
    type: Literal["parley.registration.requested.v1"] = "parley.registration.requested.v1"
    specversion: Literal["1.0"] = "1.0"

    traceparent: str | msgspec.UnsetType = msgspec.UNSET
    """CloudEvents' extension for distributed tracing: the W3C trace context of whoever wrote the event. Only there
    while traces are on."""
