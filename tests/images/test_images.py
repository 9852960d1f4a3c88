"""The images as a cluster runs them: by number, without privileges, without a writable file, told what is missing."""

import json

import pytest
from support import mysql
from support.images import BASE, CHECK, OPERATOR, SERVICES, docker, image, layers, python, run, size

pytestmark = pytest.mark.image

OURS = (*SERVICES, CHECK)
ALL = (*OURS, OPERATOR)
MAY_ADD = 70_000_000

EXTENSIONS = """
import importlib.util, pathlib, sys
library = pathlib.Path("/opt/parley/lib")
for file in sorted(library.rglob("*.so")):
    name = ".".join(file.relative_to(library).with_name(file.name.partition(".")[0]).parts)
    # Libraries of libraries are no modules, and one parser is for those who have NumPy.
    if ".libs" not in str(file) and name != "cassandra.numpy_parser":
        importlib.import_module(name)
        print(name)
"""

WRITABLE = """
import os, pathlib
print(os.getuid(), os.getgid(), [str(p) for p in pathlib.Path("/opt").rglob("*") if os.access(p, os.W_OK)])
"""


@pytest.mark.parametrize("service", OURS)
def test_a_service_without_settings_says_what_is_missing(service):
    """The image's own command is its service, which ends with 2 and a sentence for each variable."""
    done = run(service)
    assert done.returncode == 2, done.stderr
    assert "Field required" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "told"), [("operate", "POD_NAMESPACE is missing"), ("agent", "RING_SECRET is missing; POD_NAME")]
)
def test_the_operator_without_settings_says_what_is_missing(command, told):
    """Both commands of the operator's image end with a sentence, and the first is its own."""
    for words in ((command,), ()) if command == "operate" else ((command,),):
        done = run(OPERATOR, *words)
        assert done.returncode == 1
        assert told in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("service", ALL)
def test_it_runs_by_number_and_owns_nothing(service):
    """The user is 10001, which needs no entry anywhere, and may write no file of the image."""
    assert docker("image", "inspect", "-f", "{{.Config.User}}", image(service)) == "10001:10001"
    assert python(service, WRITABLE) == "10001 10001 []"


@pytest.mark.parametrize("service", ALL)
def test_every_library_loads(service):
    """What was left out and stripped leaves each compiled module whole."""
    loaded = python(service, EXTENSIONS).split()
    assert ("confluent_kafka.cimpl" if service == OPERATOR else "pydantic_core._pydantic_core") in loaded


@pytest.mark.parametrize("service", [*SERVICES, OPERATOR])
def test_it_is_small(service):
    """At most 70 MB lie on top of the base, which is the same for all."""
    name = image(service)
    assert layers(name)[: len(layers(BASE))] == layers(BASE)
    assert size(name) - size(BASE) <= MAY_ADD


@pytest.mark.parametrize("service", ALL)
def test_it_has_no_compiler_and_no_health_check(service):
    """A probe is the cluster's business, and nothing is built where it runs."""
    assert docker("image", "inspect", "-f", "{{.Config.Healthcheck}}", image(service)) == "<nil>"
    assert python(service, "import shutil; print([shutil.which(it) for it in ('cc', 'gcc', 'ld', 'strip')])") == str(
        [None] * 4
    )


@pytest.mark.parametrize("service", ALL)
def test_its_labels_say_what_it_is(service):
    """The labels are those of the OCI's specification."""
    labels = json.loads(docker("image", "inspect", "-f", "{{json .Config.Labels}}", image(service)))
    prefix = "org.opencontainers.image."
    assert labels[f"{prefix}title"] == f"parley/{service}"
    assert {f"{prefix}{it}" for it in ("description", "licenses", "version", "revision", "base.name")} <= set(labels)


def test_registration_api_alone_has_the_client():
    """The page is served by one service, and costs the others nothing."""
    code = "import pathlib; print(pathlib.Path('/opt/parley/apps/chat-web/dist/.vite/manifest.json').exists())"
    assert [python(it, code) for it in SERVICES] == ["True", "False", "False", "False", "False"]


@pytest.mark.parametrize("service", SERVICES)
def test_it_migrates_an_empty_database(service):
    """An init container of any service brings a database up to date."""
    done = run(service, "migrate", env={"DATABASE_URL": "sqlite+aiosqlite:////tmp/parley.db"})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_it_has_the_driver_of_mysql(service, tmp_path):
    """The same over MySQL, whose password is proven without TLS here."""
    done = run(service, "migrate", env={"DATABASE_URL": mysql.server().url()})
    assert done.returncode == 0, done.stderr


def test_the_same_inputs_give_the_same_layers():
    """Built twice from nothing, an image has the same layers to the last bit."""
    names = [f"parley/email-worker:again-{it}" for it in (1, 2)]
    for name in names:
        docker("build", "-q", "--no-cache", "--build-arg=SERVICE=email-worker", "-t", name, ".")
    try:
        first, second = map(layers, names)
        assert first == second
        assert len(first) > len(layers(BASE))
    finally:
        docker("image", "rm", *names)


def test_a_build_without_a_service_says_so():
    """Whoever forgets the argument reads how it is given."""
    with pytest.raises(AssertionError, match="build-arg SERVICE="):
        docker("build", "--progress=plain", ".")
