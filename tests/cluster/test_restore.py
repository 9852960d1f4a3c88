"""The drill of `docs/operations.md`: what it says is done word for word, and people are back where the backup was made.

Everything that holds something is removed in between, but for the certificate that clients trust.
"""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from conformance.conftest import signed_in
from support.cluster import NAMESPACE, RELEASE, kubectl
from support.cluster_history import answers, talked, whole
from support.cluster_releases import done, given_values, helm, install, until

pytestmark = [pytest.mark.cluster, pytest.mark.drill]

ROOT = Path(__file__).parents[2]
TEXTS = [f"before the backup, {it}" for it in range(5)]


def part(heading):
    """The handbook's words under a heading, up to the next one."""
    text = (ROOT / "docs/operations.md").read_text()
    (found,) = re.findall(rf"^#+ {heading}\n(.*?)^#", text, re.MULTILINE | re.DOTALL)
    return found


COMMAND = re.compile(r"^ *```\n(.*?)^ *```|`((?:kubectl|helm) [^`]*-n \$ns[^`]*)`", re.MULTILINE | re.DOTALL)


def commands(text):
    """What it has people type: blocks, and in a line what is a whole command."""
    return [block or line for block, line in COMMAND.findall(text)]


class Terminal:
    """A shell of somebody who has read the first lines of the handbook."""

    def __init__(self, folder, values):
        self.folder = folder
        (folder / "charts").symlink_to(ROOT / "charts")
        (folder / "values.yaml").write_text(yaml.safe_dump(values))
        configuration = kubectl("config", "view", "--raw", "--minify")
        (folder / "kubeconfig").write_text(configuration)
        (folder / "kubeconfig").chmod(0o600)

    def type(self, command):
        """Returns when it has succeeded."""
        known = {"ns": NAMESPACE, "r": RELEASE, "KUBECONFIG": str(self.folder / "kubeconfig")}
        words = ["bash", "-e", "-o", "pipefail", "-c", command]
        process = subprocess.run(words, cwd=self.folder, env=os.environ | known, capture_output=True, text=True)
        assert process.returncode == 0, f"{command}\n{process.stderr}"


def lose_everything():
    """The release, its volumes and its secrets."""
    done(helm("uninstall", RELEASE, "--wait", "--timeout", "3m"))
    kubectl("delete", "pvc", "--all", "--timeout=60s")
    kubectl("delete", "secret", f"{RELEASE}-generated", f"{RELEASE}-turn-ring")


@pytest.fixture(scope="module")
def people(server):
    """Two of them."""
    return [signed_in(server, name) for name in ("ann", "bob")]


async def test_a_backup_is_restored(people, tmp_path, figures):
    """Sessions hold and the conversation is whole; who signed in after the backup is not known any more."""
    ann, bob = people
    conv = await talked(ann, bob, TEXTS)
    values = given_values()
    terminal = Terminal(tmp_path, values)
    begun = time.monotonic()
    for command in commands(part("Back up")):
        terminal.type(command)
    saved_s = time.monotonic() - begun
    keys, *rest = commands(part("Restore"))
    lose_everything()
    begun = time.monotonic()
    terminal.type(keys)
    install(RELEASE, values)
    for command in rest:
        terminal.type(command)
    figures(f"backed up in {saved_s:.0f} s, restored in {time.monotonic() - begun:.0f} s")
    until(lambda: answers(ann), "there is no way in", 60)
    assert await whole(people, conv, TEXTS)
