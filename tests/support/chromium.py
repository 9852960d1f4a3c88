"""Finds the Chromium that the browser tests drive, and installs one where there is none.

One that is there comes first, then Playwright's own, then the distribution's package. `python -m support.chromium` does
the installing and says in one line what to do when it cannot.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Flags that keep a headless browser quiet and off the network."""

FAKE_DEVICES = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
"""Flags that give every page a microphone that beeps, a camera that shows a moving picture, and leave to use them."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of a usable Chromium: `CHROMIUM`, one on PATH, or Playwright's; None if there is none."""
    for candidate in (os.environ.get("CHROMIUM"), *map(shutil.which, _NAMES)):
        if candidate and Path(candidate).exists():
            return candidate
    return _playwrights()


def _playwrights() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _install() -> None:
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get"):
        sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
        attempts.append([*sudo, "apt-get", "update", "-qq"])
        attempts.append([*sudo, "apt-get", "install", "-y", "-qq", "chromium", "fonts-noto-color-emoji"])
    for command in attempts:
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if find():
            return


def main() -> None:
    """Make sure that there is a Chromium, or exit with one line that says how to get one."""
    if find() is None:
        print("Installing Chromium for the browser tests …", flush=True)
        _install()
    if find() is None:
        sys.exit("Chromium is missing: install the package `chromium`, or set CHROMIUM to its path")


if __name__ == "__main__":
    main()
