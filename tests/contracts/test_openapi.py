"""Every operation of every OpenAPI document, called with what the document allows and what it forbids.

No answer may be a server error, have a status, a content type or a body that the document does not tell, accept
what the document forbids, or leave out a header that it promises.
"""

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture(scope="session")
def document(parley):
    """The whole route table, as the one process describes it."""
    return schemathesis.openapi.from_url(f"{parley.url}/openapi.json")


schema = schemathesis.pytest.from_fixture("document")


@schema.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_its_description(case, parley, ann):
    """Each generated call of each operation is answered as the document says."""
    headers = {"origin": parley.url, "authorization": f"Bearer {bearer(parley, ann)}"}
    case.call_and_validate(headers=headers, checks=CHECKS)


def bearer(parley, ann):
    """The token of Ann's browser: some of the generated calls sign out, so it is made anew when it has died."""
    token = next(value for name, value in ann.http.cookies.items() if name.endswith("sid"))
    with httpx2.Client(base_url=parley.url) as asking:
        if asking.get("/me", headers={"authorization": f"Bearer {token}"}).status_code == 401:
            ann.http.cookies.clear()
            ann.sign_in()
    return next(value for name, value in ann.http.cookies.items() if name.endswith("sid"))
