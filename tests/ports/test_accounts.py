"""The port Accounts: finding people and renaming oneself."""

import pytest
from support.signing_in import SignInSteps

from parley.identity.sql import SqlAccounts

ADAPTERS = {"sql": SqlAccounts}


@pytest.fixture(params=ADAPTERS.values(), ids=ADAPTERS)
def accounts(request, database):
    return request.param(database)


@pytest.fixture
async def people(database):
    steps = SignInSteps.on(database)
    return {name: (await steps.sign_in(f"{name}@example.org"))[2] for name in ("ann", "bob")}


async def test_accounts_are_found_by_id(accounts, people):
    """Known ids give their accounts, unknown ones nothing."""
    found = await accounts.get([people["ann"], "nobody"])
    assert [(it.id, it.email, it.name) for it in found] == [(people["ann"], "ann@example.org", "ann")]


async def test_accounts_are_found_by_their_whole_address(accounts, people):
    """An address is matched exactly: neither a part of it nor a pattern finds anybody."""
    assert {it.id for it in await accounts.lookup(["bob@example.org"])} == {people["bob"]}
    assert await accounts.lookup(["bob@example.or", "%@example.org", "bob", ""]) == []


async def test_renaming_changes_what_others_see(accounts, people):
    """A new name is in the answer and in every later one, the address stays."""
    renamed = await accounts.rename(people["ann"], "Ann Archer")
    assert (renamed.name, renamed.email) == ("Ann Archer", "ann@example.org")
    assert await accounts.get([people["ann"]]) == [renamed]
    assert [it.name for it in await accounts.get([people["bob"]])] == ["bob"]


async def test_nobody_can_be_renamed(accounts, people):
    """Renaming an account that does not exist gives nothing and makes none."""
    assert await accounts.rename("nobody", "Ghost") is None
    assert await accounts.get(["nobody"]) == []


async def test_disabled_accounts_are_absent(database, accounts, people):
    """A disabled account is found by nothing and cannot be renamed."""
    async with database.write() as connection:
        await connection.exec_driver_sql("UPDATE accounts SET disabled_at = 1 WHERE email = 'ann@example.org'")
    assert await accounts.get(people.values()) == await accounts.lookup(["ann@example.org", "bob@example.org"])
    assert {it.id for it in await accounts.get(people.values())} == {people["bob"]}
    assert await accounts.rename(people["ann"], "Ann") is None
