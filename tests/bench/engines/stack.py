"""The product as it runs in a cluster: two replicas of each service, over the real servers, all on this machine.

Next: `../../support/fleet.py`, the processes; `conversations.py`, `sign_in.py`, `memory.py`, what is measured.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bench import accounts
from bench.accounts import Accounts
from support import cassandra, kafka, mysql, valkey
from support.fleet import CHAT, MESSAGES, REGISTRATION, WORKER, Fleet, Replica

from parley.conversations.sql import SqlConversations
from parley.identity.model import new_id
from parley.sql.database import open_database

IMAGES = (mysql.IMAGE, kafka.IMAGE, valkey.IMAGE, cassandra.IMAGE)
SERVICES = (REGISTRATION, WORKER, CHAT, MESSAGES)
REPLICAS = 2
DATABASE = "bench"
MEMBERS = 5


class Stack(NamedTuple):
    """The running services, who is signed in, and the conversations: the n-th is of the n-th five accounts."""

    fleet: Fleet
    accounts: Accounts
    convs: list[str]

    def of(self, service: str) -> list[Replica]:
        """The replicas of one service."""
        return self.fleet.of(service)


@contextmanager
def stack(folder: Path, conversations: int, smtp_port: int) -> Iterator[Stack]:
    """Everything started and ready; mails go to a server on this port."""
    asyncio.run(_make_database())
    fleet = Fleet(folder, environment(folder, smtp_port))
    fleet.migrate()
    people, convs = asyncio.run(_fill(fleet.environment["DATABASE_URL"], conversations))
    for service in SERVICES:
        fleet.add(service, REPLICAS)
    try:
        fleet.start()
        yield Stack(fleet, people, convs)
    finally:
        fleet.end()


def environment(folder: Path, smtp_port: int) -> Mapping[str, str]:
    """Where the services find the servers."""
    return {
        "DATABASE_URL": mysql.server().url(DATABASE),
        "BUS_URL": kafka.broker().url(),
        "REDIS_URL": valkey.url(),
        "MESSAGE_LOG_URL": cassandra.url(DATABASE),
        "MAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
        "MAIL_FROM": "Parley <parley@example.org>",
        "PARLEY_LOBBY": "off",
        "TRUSTED_PROXIES": "127.0.0.1",
    }


def redis_pid() -> int:
    """The server's process, whose CPU is part of what a delivery costs."""
    container = valkey.server().get_wrapped_container()
    container.reload()
    pid: int = container.attrs["State"]["Pid"]
    return pid


class Load:
    """A generator's process, and the orders that it takes."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def order(self, what: str, **details: float) -> dict[str, Any]:
        """Give one order and return what came of it."""
        return self.tell({"order": what, **details})

    def tell(self, document: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(document) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the generator has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def load(setup: Mapping[str, Any]) -> Iterator[Load]:
    """A generator for these servers, with every socket open."""
    with child("bench.engines.generator") as process:
        made = Load(process)
        made.tell(setup)
        made.order("fill")
        yield made


@contextmanager
def child(module: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """A program of the bench, ended in the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def _make_database() -> None:
    await mysql.server().as_root(
        f"DROP DATABASE IF EXISTS {DATABASE}",
        f"CREATE DATABASE {DATABASE}",
        f"GRANT ALL ON {DATABASE}.* TO parley",
    )


async def _fill(url: str, conversations: int) -> tuple[Accounts, list[str]]:
    people = await accounts.sign_in(url, conversations * MEMBERS)
    database = open_database(url)
    try:
        groups = SqlConversations(database, lobby=False)
        return people, [await _group(groups, members) for members in _fives(people.users)]
    finally:
        await database.close()


async def _group(groups: SqlConversations, members: Sequence[str]) -> str:
    return (await groups.create_group(new_id(), members[0], list(members), None)).id


def _fives(users: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(users), MEMBERS):
        yield users[start : start + MEMBERS]


__all__ = ["CHAT", "IMAGES", "REGISTRATION", "SERVICES", "Load", "Stack", "child", "load", "redis_pid", "stack"]
