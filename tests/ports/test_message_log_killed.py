"""The message log under SIGKILL: a real process dies at random points, and what it had acknowledged is there."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.message_logs import LOGS

APPENDER = """
import asyncio, sys
from pathlib import Path
from support.message_logs import LOGS, draft
from parley.messages.model import Cursor

async def chat(log, conv, sender):
    head = (await log.heads([conv]))[conv]
    while True:
        text = draft(conv, sender)
        head = await log.append(text, Cursor(1, head.seq))
        print(conv, head.seq, text.id, flush=True)

async def main():
    async with LOGS[sys.argv[1]](Path(sys.argv[2])) as log:
        await asyncio.gather(*(chat(log, f"c{n % 3}", f"sender{n}") for n in range(8)))

asyncio.run(main())
"""


def killed_after(adapter: str, folder: Path, acknowledgements: int) -> list[list[str]]:
    """Run the appender, kill it once it has acknowledged that many, and return everything that it acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", APPENDER, adapter, str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(acknowledgements)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    return [line.split() for line in lines if line.endswith("\n")]


@pytest.mark.parametrize("adapter", LOGS)
async def test_nothing_acknowledged_is_lost(adapter, tmp_path):
    """After each of six kills every acknowledged entry is in its place, and there is no hole."""
    rng = random.Random(4)
    acknowledged = []
    for _ in range(6):
        acknowledged += killed_after(adapter, tmp_path, rng.randint(1, 300))
        async with LOGS[adapter](tmp_path) as log:
            stored = {conv: await log.read_after(conv, 0, 100_000) for conv in ("c0", "c1", "c2")}
        for entries in stored.values():
            assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        for conv, seq, entry_id in acknowledged:
            assert stored[conv][int(seq) - 1].id == entry_id
