"""Golden transcripts: what clients and server say to each other, line by line, replayed against a running product.

A transcript is JSON lines in docs/protocol/transcripts. Its first line says what it shows; each further one is a step:
a request with its response, or a frame that somebody sends or receives. `{name}` stands for a value that differs from
run to run: the first place binds it, further ones must be equal. `{time}`, `{ms}` and `{s}` stand for any.
`make protocol` records: it replays every file and writes down what came instead of what was there.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from contracts.recording import abstracted
from contracts.replaying import Stage
from support.parley_process import ParleyProcess

FOLDER = Path(__file__).parents[2] / "docs" / "protocol" / "transcripts"
FILES = sorted(FOLDER.glob("*.jsonl"))
TURN = {"TURN_SERVER_URLS": "turn:turn.example.org:3478?transport=udp,turns:turn.example.org:443?transport=tcp"}
"""A relay that is only talked of."""

Step = dict[str, Any]


def read(file: Path) -> tuple[Step, list[Step]]:
    """The first line, and the steps."""
    first, *steps = [json.loads(line) for line in file.read_text().splitlines()]
    return first, steps


def replay(parley: ParleyProcess, file: Path) -> None:
    """Do what the clients do and compare what comes. Raises AssertionError at the first difference."""
    first, steps = read(file)
    with Stage(parley, first) as stage:
        for number, step in enumerate(steps, 2):
            came = stage.perform(step)
            difference = stage.difference(told(step), came)
            assert difference is None, f"{file.name}, line {number}: {difference}"
        stage.assert_nothing_else_came()


def told(step: Step) -> Any:
    """What a step expects, None if it is only done."""
    return step.get("response") or step.get("receives")


def record(parley: ParleyProcess, file: Path) -> None:
    """Write down what comes now; what had a placeholder keeps it."""
    first, steps = read(file)
    with Stage(parley, first) as stage:
        for step in steps:
            came = stage.perform(step)
            if came is not None:
                key = "response" if "response" in step else "receives"
                step[key] = abstracted(came, step[key], stage.bound)
    file.write_text("".join(json.dumps(it, ensure_ascii=False) + "\n" for it in (first, *steps)))


def main() -> None:
    """Record every transcript anew."""
    with tempfile.TemporaryDirectory() as folder:
        parley = ParleyProcess(Path(folder), **TURN).start()
        try:
            for file in FILES:
                record(parley, file)
        finally:
            parley.stop()


if __name__ == "__main__":
    main()
