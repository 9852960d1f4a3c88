"""The routes as documented: each service describes its own, and the one process describes all of them."""

import httpx2
import pytest

DOCUMENTED = {
    "registration-api": {
        "POST /otp",
        "GET /otp/{challenge}",
        "POST /otp/{challenge}/verify",
        "DELETE /session",
        "GET /me",
        "PATCH /me",
        "GET /devices",
        "DELETE /devices/{id}",
        "POST /users/lookup",
        "POST /webhooks/mailgun",
    },
    "message-service": {
        "GET /api/conversations",
        "POST /api/conversations",
        "GET /api/conversations/{c}",
        "PATCH /api/conversations/{c}",
        "GET /api/conversations/{c}/members",
        "PUT /api/conversations/{c}/members/{u}",
        "DELETE /api/conversations/{c}/members/{u}",
        "GET /api/conversations/{c}/messages",
        "POST /api/conversations/{c}/messages",
        "PUT /api/conversations/{c}/read",
        "GET /api/people",
    },
    "rtc-service": {
        "POST /sessions",
        "GET /sessions",
        "GET /sessions/{id}",
        "DELETE /sessions/{id}",
        "PUT /sessions/{id}/offer",
        "PUT /sessions/{id}/answer",
        "POST /sessions/{id}/candidates",
        "POST /sessions/{id}/keepalive",
    },
}


def operations(document):
    """`METHOD /path` of each operation, with path parameters by position only."""
    return {
        f"{method.upper()} {path}"
        for path, item in document["paths"].items()
        for method in item
        if method in ("get", "post", "put", "patch", "delete")
    }


@pytest.mark.parametrize("service", sorted(DOCUMENTED))
def test_the_documented_calls_exist(parley, service):
    """Every call of the protocol is in the OpenAPI 3.1 document under its path and method."""
    document = httpx2.get(f"{parley.url}/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert DOCUMENTED[service] <= operations(document)
