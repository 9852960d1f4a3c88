"""The local cluster of `make cluster`, as its users and as its operators reach it.

A test that needs it and finds none fails with a sentence, so that nothing is passed over in silence.
"""

import contextlib
import functools
import json
import os
import re
import ssl
import subprocess
from base64 import b64decode
from collections.abc import Iterator, Mapping

CONTEXT = os.environ.get("CLUSTER_CONTEXT", "kind-parley")
NAMESPACE = RELEASE = "parley"

KUBECTL = ("kubectl", "--context", CONTEXT, "--namespace", NAMESPACE)

CHAT, WEBRTC, TURN = (f"{it}.parley.localhost" for it in ("chat", "webrtc", "turn"))


def kubectl(*words: str) -> str:
    """What kubectl prints. Fails with what it says when it refuses."""
    done = _kubectl(*words)
    assert done.returncode == 0, f"{done.stderr}\n(`make cluster` makes the cluster that these tests are for)"
    return done.stdout


def _kubectl(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*KUBECTL, *words], capture_output=True, text=True)


def read(*words: str) -> dict:
    """An object or a list of them."""
    return json.loads(kubectl("get", *words, "-o", "json"))


@functools.cache
def authority() -> str:
    """The certificate, PEM, that the installation made for itself."""
    return b64decode(read("secret", f"{RELEASE}-tls")["data"]["ca.crt"]).decode()


def trust() -> ssl.SSLContext:
    """A user who trusts that certificate and no other."""
    return ssl.create_default_context(cadata=authority())


def connects(component: str, addresses: Mapping[str, int]) -> set[str]:
    """The hosts, of those with their ports, to which a pod of the component gets a TCP connection in three seconds."""
    done = _kubectl("exec", f"deployment/{RELEASE}-{component}", "--", "python", "-c", _CONNECT, json.dumps(addresses))
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


_CONNECT = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor

def connects(address):
    try:
        socket.create_connection(address, 3).close()
        return True
    except OSError:
        return False

addresses = json.loads(sys.argv[1])
with ThreadPoolExecutor(len(addresses)) as threads:
    print(json.dumps([host for host, it in zip(addresses, threads.map(connects, addresses.items())) if it]))
"""
"""All at the same time, because what is forbidden is not refused but gets no answer."""


@contextlib.contextmanager
def forwarded(service: str, port: int) -> Iterator[str]:
    """The URL of a service that is reached from inside alone."""
    command = [*KUBECTL, "port-forward", f"service/{service}", f":{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as forwarding:
        try:
            assert forwarding.stdout is not None
            found = re.search(r"127\.0\.0\.1:(\d+)", forwarding.stdout.readline())
            assert found, "kubectl forwards nothing"
            yield f"http://127.0.0.1:{found[1]}"
        finally:
            forwarding.terminate()
