"""Every operation of every OpenAPI document, called with what the document allows and what it forbids.

No answer may be a server error, have a status, a content type or a body that the document does not tell, accept
what the document forbids, or leave out a header that it promises.
"""

import asyncio
import contextlib

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from support.people import sign_in

from parley.identity.model import Account
from parley.sql.database import open_database

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]

REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "429"]
"""How what the document forbids may be answered; Schemathesis's own list has no 413 for what is too long.

A webhook takes numbers for text, as its sender writes them, and answers 406 to what is not signed.
"""

MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


@pytest.fixture(scope="session")
def operations(parley):
    """Every operation of the whole route table, as the one process describes it."""
    config = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
    document = schemathesis.openapi.from_url(f"{parley.url}/openapi.json", config=config)
    return [found.ok() for found in document.get_all_operations()]


@pytest.fixture(scope="session")
def bearer(parley, ann):
    """How generated calls are signed in."""
    return Bearer(parley, Account(ann.id, ann.address, "Ann"))


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_every_operation_keeps_its_description(operations, parley, bearer, mode, subtests):
    """Each generated call of each operation, with right and with wrong data, is answered as the document says."""
    assert len(operations) > 15
    for operation in operations:
        with subtests.test(operation.label):
            call_all(operation, mode, parley.url, bearer)


def call_all(operation, mode, origin, bearer):
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def call(case):
        headers = {"origin": origin, "authorization": f"Bearer {bearer.token()}"}
        case.call_and_validate(headers=headers, checks=CHECKS)

    with contextlib.suppress(Unsatisfiable):
        # Some operations take nothing that could be wrong.
        call()


class Bearer:
    """A session of Ann's beside her browser's, opened anew when a generated call has ended it."""

    def __init__(self, parley, account):
        self._parley, self._account, self._token = parley, account, ""

    def token(self):
        asking = httpx2.get(f"{self._parley.url}/me", headers={"authorization": f"Bearer {self._token or 'none'}"})
        if asking.status_code == 401:
            self._token = asyncio.run(self._open())
        return self._token

    async def _open(self):
        database = open_database(f"sqlite+aiosqlite:///{self._parley.folder / 'parley.db'}")
        try:
            return await sign_in(database, self._account)
        finally:
            await database.close()
