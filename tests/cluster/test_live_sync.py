"""A changed line is served by the pod that is there, without an image: what skaffold.yaml and the Tiltfile count on.

Neither tool runs here; the files are copied as each of them does it, to where `skaffold.yaml` says. registration-api
shows both halves, because it serves the client. Next: `k8s/images/live.py`.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
import uuid

import httpx2
import pytest
from loops import skaffold
from support.cluster_live import COPIES, ROOT, copy, follows_its_sources, identity, remove, served
from support.cluster_people import CHAT_URL
from support.cluster_releases import until

pytestmark = [pytest.mark.cluster, pytest.mark.drill]

HEADER = '"Cross-Origin-Opener-Policy": "same-origin",'
HEADERS_ARE_IN = "apps/parley/rest/middleware.py"
WEB, BUILT, LOGIN = "apps/chat-web", "apps/chat-web/dist", "src/features/login/login.ts"

PLACES = {it["strip"]: it["dest"] for it in skaffold.artifacts("dev")["parley/dev"]["sync"]["manual"]}


def place(file):
    """Where skaffold.yaml says that a file of the repository goes."""
    (source,) = [it for it in PLACES if file.startswith(f"{it}/")]
    return PLACES[source] + file.removeprefix(source)


@pytest.fixture(scope="module")
def pod(home):
    """registration-api, following its sources."""
    with follows_its_sources("registration-api") as name:
        yield name


def with_header(word):
    """The source with one more header in each answer."""
    return (ROOT / HEADERS_ARE_IN).read_text().replace(HEADER, f'{HEADER} "X-Live": "{word}",').encode()


@pytest.mark.parametrize("tool", COPIES)
def test_a_changed_line_of_python_is_served(pod, figures, tool):
    """The pod stays, and its answers have what the new line says."""
    before, word = identity(pod), uuid.uuid4().hex
    begun = time.monotonic()
    copy(tool, pod, {place(HEADERS_ARE_IN): with_header(word)})
    served(CHAT_URL, lambda it: it.headers.get("x-live") == word, "the changed line")
    figures(f"Python, as {tool} copies: {time.monotonic() - begun:.1f} s from the change until it is served")
    assert identity(pod) == before


def test_a_mistake_lasts_until_it_is_mended(pod):
    """A source that Python refuses takes the service away, and the next change brings it back into the same pod."""
    before, word = identity(pod), uuid.uuid4().hex
    copy("skaffold", pod, {place(HEADERS_ARE_IN): b"this is no Python"})
    served(CHAT_URL, lambda it: it.is_server_error, "an error of the way in")
    copy("skaffold", pod, {place(HEADERS_ARE_IN): with_header(word)})
    served(CHAT_URL, lambda it: it.headers.get("x-live") == word, "the mended line")
    assert identity(pod)[0] == before[0]


class Client:
    """A copy of chat-web that is built anew after each change, by the command that the Tiltfile has."""

    def __init__(self, folder):
        self.folder = folder
        shutil.copytree(ROOT / WEB, folder, ignore=shutil.ignore_patterns("node_modules", "dist", "tests"))
        (folder / "node_modules").symlink_to(ROOT / WEB / "node_modules")

    def files(self):
        """What is built: the content by the place in the pod."""
        top = self.folder / "dist"
        found = {f"{BUILT}/{it.relative_to(top)}": it for it in top.rglob("*") if it.is_file()}
        return {place(name): it.read_bytes() for name, it in found.items()}

    def built(self, word):
        """What is built when the word is in it and in nothing older."""

        def is_whole():
            # Vite empties the folder first, and writes the manifest last.
            with contextlib.suppress(FileNotFoundError, KeyError, json.JSONDecodeError):
                found = self.files()
                manifest = json.loads(found[place(f"{BUILT}/.vite/manifest.json")])
                return word.encode() in found[place(f"{BUILT}/{manifest[LOGIN]['file']}")] and found
            return None

        found = {}
        until(lambda: found.update(is_whole() or {}) or found, "the client is not built")
        return found

    def say(self, word):
        """Change a line of the page for signing in."""
        file = self.folder / LOGIN
        text = re.sub(r"\ndocument\.documentElement\.dataset\.live.*", "", file.read_text())
        file.write_text(f"{text}\ndocument.documentElement.dataset.live = '{word}'\n")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """chat-web, watched by Vite."""
    made = Client(tmp_path_factory.mktemp("web") / "chat-web")
    words = ["npm", "run", "--silent", "build", "--", "--watch", "--logLevel", "warn"]
    with subprocess.Popen(words, cwd=made.folder, start_new_session=True) as watching:
        try:
            yield made
        finally:
            # npm does not pass it on to Vite.
            os.killpg(watching.pid, signal.SIGTERM)


@pytest.mark.parametrize("tool", COPIES)
def test_a_changed_line_of_the_client_is_served(pod, client, figures, tool):
    """What Vite has made of it is copied, and the page names the new script."""
    first, word = uuid.uuid4().hex, uuid.uuid4().hex
    client.say(first)
    before = client.built(first)
    begun = time.monotonic()
    client.say(word)
    now = client.built(word)
    made_s = time.monotonic() - begun
    copy(tool, pod, now)
    remove(pod, sorted(before.keys() - now.keys()))
    served(CHAT_URL, lambda it: word in _script(it), "the changed line")
    figures(
        f"chat-web, as {tool} copies: {time.monotonic() - begun:.1f} s until it is served, {made_s:.1f} s of it Vite"
    )


def _script(page):
    found = re.search(r'src="(/assets/login-[^"]+\.js)"', page.text)
    return httpx2.get(CHAT_URL + found[1], timeout=5).text if found else ""
