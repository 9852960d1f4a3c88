"""Bar 7: after many sign-ins no store and no log holds a code or a token that would open anything."""

import asyncio
import random
import re

import pytest
from support import cassandra, engines, kafka
from support.asking import Browser, new_address, query
from support.chat_client import ChatClient, Member, Places
from support.crowds import make_group
from support.fleet import CHAT, MESSAGES, REGISTRATION
from support.ledger import Ledger

from parley.contracts.topics import NEW_REGISTRATION, NEW_REGISTRATION_DEAD_LETTERS

pytestmark = pytest.mark.engine

PEOPLE = 40


async def signed_in(sign_in, sink, number):
    """Somebody new, and the code they used."""
    address, browser = new_address(f"p{number}"), Browser(sign_in.urls(REGISTRATION), random.Random(number))
    try:
        answer = (await browser.sign_in(address, sink, "bearer")).json()
        return Member(address, answer["user"]["id"], answer["token"]), sink.to(address)[0].code
    finally:
        await browser.close()


async def talk(members, chat):
    """Everybody connects and says something."""
    places = Places(chat.urls(CHAT), chat.urls(MESSAGES))
    conv = await make_group(places, members)
    clients = [ChatClient(it, places, Ledger(), random.Random(at), [conv]) for at, it in enumerate(members)]
    running = [asyncio.create_task(client.run()) for client in clients]
    async with asyncio.timeout(60):
        await asyncio.gather(*(client.say(conv) for client in clients))
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def in_mysql():
    """Every row of every table as text, and the server's files as they are."""
    tables = [
        it[0] for it in await query("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
    ]
    rows = [str(row) for table in tables for row in await query(f"TABLE `{table}`")]
    files = engines.database().run("bash", "-c", "cat /var/lib/mysql/fleet/*.ibd /var/lib/mysql/#innodb_redo/*")
    return "\n".join(rows).encode() + files


async def in_kafka():
    """Every record with its headers, and the segments on the broker's disk."""
    records = [*await kafka.records(NEW_REGISTRATION), *await kafka.records(NEW_REGISTRATION_DEAD_LETTERS)]
    text = "\n".join(str((it.key, it.value, it.headers)) for it in records)
    find = "cat $(find / -name '*.log' -path '*new-registration*' 2>/dev/null)"
    return text.encode() + kafka.broker().container.exec(["bash", "-c", find]).output


async def in_redis():
    """Every key with its value, in the server's own format."""
    engines.redis().run("valkey-cli", "SAVE")
    return engines.redis().run("bash", "-c", "cat $(valkey-cli CONFIG GET dir | tail -1)/dump.rdb; valkey-cli --scan")


async def in_cassandra():
    """Every row of every table, and the node's files as they are."""
    names = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = 'fleet'"
    (tables,) = await cassandra.execute(names)
    found = await cassandra.execute(*(f"SELECT JSON * FROM fleet.{it['table_name']}" for it in tables))  # noqa: S608
    files = engines.log().run(
        "bash", "-c", "cat /var/lib/cassandra/commitlog/* $(find /var/lib/cassandra/data/fleet -name '*-Data.db')"
    )
    return str(found).encode() + files


def secrets_in(data, codes, tokens):
    """Which codes and tokens some data holds. A code counts as a number of its own, and not as a part of an id, a time
    or a hash, which hold every six digits sooner or later.
    """
    numbers = set(re.findall(rb"(?<![0-9A-Za-z.\-_:])\d{6}(?![0-9A-Za-z\-_])", data))
    return {code for code in codes if code.encode() in numbers} | {it for it in tokens if it.encode() in data}


async def test_no_secret_at_rest(chat, sign_in, sink, figures):
    """What was mailed and what was handed out is in no table, record, key, segment, file or log line."""
    found = [await signed_in(sign_in, sink, number) for number in range(PEOPLE)]
    members, codes = [it for it, _ in found], [code for _, code in found]
    tokens = [it.token for it in members]
    await talk(members, chat)
    stores = {"mysql": in_mysql, "kafka": in_kafka, "redis": in_redis, "cassandra": in_cassandra}
    data = {name: await read() for name, read in stores.items()}
    data["logs"] = (chat.output() + sign_in.output()).encode()
    for name, content in data.items():
        assert secrets_in(content, codes, tokens) == set(), name
        assert members[0].id.encode() in content or name in ("kafka", "logs"), f"{name} was not read"
    for address in (it.name for it in members):
        assert address.encode() not in data["logs"]
        assert address.encode() in data["kafka"], "kafka was not read"
    figures(", ".join(f"{name} {len(content)} bytes" for name, content in data.items()))


def test_the_search_finds_a_secret():
    """A code and a token that are there are found, whatever stands around them."""
    data = b'{"code": "123456"} 2026-11-28T02:20:27.222654Z abcdef-987654 token-of-somebody'
    assert secrets_in(data, ["123456", "222654", "987654"], ["token-of-somebody", "another"]) == {
        "123456",
        "token-of-somebody",
    }
