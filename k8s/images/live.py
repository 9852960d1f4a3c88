"""Runs one service of the `dev` image from a folder that can be written, and starts it anew when a file there changes.

The pods of the live loop are those of any other installation, so the root of their file system is read-only. The
sources are therefore copied to /tmp, which both skaffold and Tilt copy changed files into. What is no service
(`migrate`, `make-secrets`) runs from the image and ends. Next: `skaffold.yaml` and `Tiltfile`.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

IMAGE, LIVE = Path("/opt/parley/apps"), Path("/tmp/parley/apps")  # noqa: S108 -- the pod's own, in memory or not

SERVICES = {"registration-api", "email-worker", "message-service", "chat-service", "rtc-service"}

LOOKS_S = 0.2
"""How often the files are looked at; they have to stay the same for as long, so that a copy is seen whole."""

State = dict[str, tuple[int, int, int]]


def watched(service: str) -> list[Path]:
    """The folders of which this service reads something."""
    return [LIVE / "parley", *([LIVE / "chat-web"] if service == "registration-api" else [])]


def state(folders: list[Path]) -> State:
    """What would differ after a change: of each file the time, the size and the number."""
    return dict(_stat(folder) for top in folders for folder in _files(top))


def _files(top: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(top):
        names[:] = [it for it in names if it != "__pycache__"]
        yield from (Path(folder, it) for it in files)


def _stat(file: Path) -> tuple[str, tuple[int, int, int]]:
    try:
        found = file.stat()
    except FileNotFoundError:
        # It went between the listing and this; the next look says so.
        return str(file), (0, 0, 0)
    return str(file), (found.st_mtime_ns, found.st_size, found.st_ino)


def wait_for_change(folders: list[Path], known: State) -> State:
    """Return when the files differ from what is known and have stopped to change."""
    seen = known
    while True:
        time.sleep(LOOKS_S)
        before, seen = seen, state(folders)
        if seen == before != known:
            return seen


def start(arguments: list[str]) -> "subprocess.Popen[bytes]":
    """The service, with the sources that can be written; nobody waits for clients while it is stopped."""
    path = f"{LIVE}:{os.environ['PYTHONPATH'].partition(':')[2]}"
    environment = {**os.environ, "PYTHONPATH": path, "DRAIN_SECONDS": "0"}
    return subprocess.Popen([sys.executable, "-m", "parley", *arguments], env=environment)  # noqa: S603


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask it, and end it if it does not listen."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def serve(arguments: list[str]) -> None:
    """Until a signal comes; a service that ends by a mistake in its source is started anew with the next change."""
    folders = watched(arguments[0])
    if not LIVE.exists():
        shutil.copytree(IMAGE, LIVE)
    known = state(folders)
    process = start(arguments)
    try:
        while True:
            known = wait_for_change(folders, known)
            print(f"live: sources have changed, {arguments[0]} starts anew", flush=True)
            stop(process)
            process = start(arguments)
    finally:
        stop(process)


def main() -> None:
    """The service that the first argument names, or any other command of Parley."""
    arguments = sys.argv[1:]
    if not SERVICES & set(arguments[:1]):
        os.execv(sys.executable, [sys.executable, "-m", "parley", *arguments])  # noqa: S606
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(arguments)


if __name__ == "__main__":
    main()
