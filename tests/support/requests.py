"""Requests for codes as a worker and a page see them."""

from typing import Any

from parley.onetimecodes.model import CodeRequest


def code_request(**changes: Any) -> CodeRequest:
    """A request as its row stands; every member can be changed."""
    values = {
        "id": "0192f0c1-1111-7000-8000-000000000001",
        "email": "ann@example.org",
        "typed": "Ann@Example.org",
        "generation": 1,
        "state": "queued",
        "asked_ms": 1_764_000_000_000,
        "age_ms": 0,
        "code_left_ms": None,
        "asked_from": "Firefox on Linux",
    }
    return CodeRequest(**values | changes)
