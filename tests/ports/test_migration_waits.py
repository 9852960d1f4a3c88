"""`migrate` beside a database that is not there yet, as in a cluster where everything starts at once."""

import asyncio
import os
import sys

import pytest
from support.mysql import server
from support.relaying import Relay

pytestmark = pytest.mark.engine


async def migrating(url: str):
    """The command, told to wait longer than any test."""
    settings = {"DATABASE_URL": url, "MIGRATE_WAIT_SECONDS": "600"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "parley", "migrate", env=os.environ | settings, stderr=asyncio.subprocess.PIPE
    )


async def test_a_database_that_comes_later():
    """An attempt that finds nobody is told once and followed by others, until one finds the database."""
    asked = asyncio.Event()

    def hang_up(_, writer):
        asked.set()
        writer.close()

    nobody = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = nobody.sockets[0].getsockname()[1]
    process = await migrating(f"mysql+aiomysql://parley:a-test@127.0.0.1:{port}/parley")
    await asked.wait()
    nobody.close()
    await nobody.wait_closed()
    host, _, of_server = server().address.partition(":")
    relay = Relay(host, int(of_server), port)
    await relay.restore()
    _, told = await process.communicate()
    assert told == b"WARNING parley.migrate: DATABASE_URL: the database does not answer; waiting until it does.\n"
    assert process.returncode == 0
    await relay.cut()


async def test_a_wrong_password_is_not_waited_for():
    """What time does not mend is told at once, with exit code 2."""
    process = await migrating(server().url().replace("a-test", "wrong"))
    _, told = await process.communicate()
    assert (process.returncode, told) == (2, b"parley: DATABASE_URL: the server refuses the user or the password.\n")
