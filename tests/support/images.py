"""The images of the Dockerfile, each built once a run, and containers of them as restricted as pods are."""

import functools
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

SERVICES = ("registration-api", "email-worker", "message-service", "chat-service", "rtc-service")
CHECK = "call-check"
OPERATOR = "operator"

BASE = "python:3.13-slim"

RESTRICTED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp", "--network=host")
"""What restricted Pod Security asks of a container, and the read-only root that the chart adds."""


def docker(*words: str) -> str:
    """What the engine prints. Fails with what it says when it refuses."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@functools.cache
def image(service: str) -> str:
    """Build the service's image, or take it from the cache; its name."""
    name = f"parley/{service}:dev"
    docker("build", "-q", f"--build-arg=SERVICE={service}", "-t", name, ".")
    return name


def run(
    service: str, *words: str, env: dict[str, str] | None = None, options: Sequence[str] = RESTRICTED
) -> subprocess.CompletedProcess[str]:
    """Run the service's image to its end."""
    settings = [f"--env={name}={value}" for name, value in (env or {}).items()]
    command = ["docker", "run", "--rm", *options, *settings, image(service), *words]
    return subprocess.run(command, capture_output=True, text=True)


def python(service: str, code: str) -> str:
    """What this code prints within the image. Fails if it fails."""
    done = run(service, "-c", code, options=(*RESTRICTED, "--entrypoint=python"))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def layers(name: str) -> list[str]:
    """The digests of an image's layers, the base's first."""
    return docker("image", "inspect", "-f", '{{join .RootFS.Layers " "}}', name).split()


def size(name: str) -> int:
    """Bytes of an image with its base."""
    return int(docker("image", "inspect", "-f", "{{.Size}}", name))
