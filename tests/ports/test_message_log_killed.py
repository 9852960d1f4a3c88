"""The message log under SIGKILL: a real process dies at random points, and what it had acknowledged is there."""

import os
import random
import signal
import subprocess
import sys

import pytest
from support.message_logs import ADAPTERS, LOGS, URLS

APPENDER = """
import asyncio, sys
from support.message_logs import draft
from parley.messages.model import Cursor
from parley.messages.opening import open_log
from parley.messages.port import LogUnavailable

async def chat(log, conv, sender):
    head = (await log.heads([conv]))[conv]
    text = draft(conv, sender)
    while True:
        try:
            head = await log.append(text, Cursor(1, head.seq))
        except LogUnavailable:
            continue
        print(conv, head.seq, text.id, flush=True)
        text = draft(conv, sender)

async def main():
    async with open_log(sys.argv[1]) as log:
        await asyncio.gather(*(chat(log, f"c{n % 3}", f"sender{n}") for n in range(8)))

asyncio.run(main())
"""


def killed_after(url: str, acknowledgements: int) -> list[list[str]]:
    """Run the appender, kill it once it has acknowledged that many, and return everything that it acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", APPENDER, url],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(acknowledgements)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    return [line.split() for line in lines if line.endswith("\n")]


@pytest.mark.parametrize("adapter", ADAPTERS)
async def test_nothing_acknowledged_is_lost(adapter, tmp_path):
    """After each of six kills every acknowledged entry is in its place, and there is no hole."""
    url, rng = URLS[adapter](tmp_path), random.Random(4)
    acknowledged = []
    for _ in range(6):
        acknowledged += killed_after(url, rng.randint(1, 300))
        async with LOGS[adapter](tmp_path) as log:
            stored = {conv: await log.read_after(conv, 0, 100_000) for conv in ("c0", "c1", "c2")}
        for entries in stored.values():
            assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        for conv, seq, entry_id in acknowledged:
            assert stored[conv][int(seq) - 1].id == entry_id
