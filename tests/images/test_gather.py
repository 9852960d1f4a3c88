"""What gets into an image: the packages that a service asks for, with theirs, and of those only what runs.

This needs no engine; `test_images.py` looks at the images themselves.
"""

import ast
import importlib.util
import os
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PathDistribution, distributions, packages_distributions
from pathlib import Path, PurePath

import pytest
from support.images import CHECK, ROOT, SERVICES

from parley.configuration import Settings

APPS = ROOT / "apps"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


DRIVERS = {
    "bus_url": {"aiokafka"},
    "redis_url": {"redis"},
    "message_log_url": {"cassandra-driver"},
    "mail_url": {"aiosmtplib", "httpx2"},
}
"""Packages by the setting that says where their engine is."""


def module():
    spec = importlib.util.spec_from_file_location("gather", ROOT / "k8s/images/gather.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


gather = module()
INSTALLED = {gather.canonicalize_name(it.name): it for it in distributions()}


def packages(service: str) -> set[str]:
    return gather.closure(gather.asked(PROJECT, service), INSTALLED)


@pytest.mark.parametrize(
    ("file", "is_wanted"),
    [
        ("redis/asyncio/client.py", True),
        ("uvloop/loop.cpython-313-x86_64-linux-gnu.so", True),
        ("certifi/cacert.pem", True),
        ("uvloop/loop.pyx", False),
        ("pydantic/py.typed", False),
        ("greenlet/tests/test_greenlet.py", False),
        ("latest/test_client.py", True),
        ("attr/__pycache__/x.pyc", False),
        ("redis-8.1.0.dist-info/METADATA", True),
        ("redis-8.1.0.dist-info/licenses/LICENSE", True),
        ("redis-8.1.0.dist-info/RECORD", False),
        ("../../bin/alembic", False),
    ],
)
def test_what_never_runs_is_left_out(file, is_wanted):
    """Sources of libraries, tests and records stay behind; data, names, entry points and licences do not."""
    assert gather.runs(PurePath(file)) is is_wanted


def test_a_package_brings_its_own_and_those_of_its_extras(tmp_path):
    """What is needed is followed to its end, with markers as they hold here, and rings are no trouble."""
    needs = {
        "a": ["b", "c[fast]"],
        "b": ["a"],
        "c": ["d; extra == 'fast'", "e; extra == 'slow'", "f; python_version < '3'"],
        "d": [],
        "e": [],
    }
    installed = {name: distribution(tmp_path, name, lines) for name, lines in needs.items()}
    assert gather.closure(iter([gather.Requirement("a")]), installed) == {"a", "b", "c", "d"}


def test_what_is_needed_and_not_installed_is_an_error(tmp_path):
    """An image that lacks something is not made."""
    with pytest.raises(KeyError, match="absent"):
        gather.closure(iter([gather.Requirement("a")]), {"a": distribution(tmp_path, "a", ["absent"])})


def distribution(folder: Path, name: str, needs: list[str]) -> PathDistribution:
    place = folder / f"{name}-1.dist-info"
    place.mkdir()
    lines = "".join(f"Requires-Dist: {it}\n" for it in needs)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{lines}")
    return PathDistribution(place)


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_imports_is_in_its_image(service):
    """Whatever can be reached from the service, also within a function, is there, but for engines of others."""
    top = {name.partition(".")[0] for name in reached(f"parley.{service.replace('-', '_')}.wiring")}
    names = {gather.canonicalize_name(it) for name in top for it in packages_distributions().get(name, ())}
    assert names - packages(service) <= {it for drivers in DRIVERS.values() for it in drivers}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_drivers_of_its_engines(service):
    """What a service's settings let it be pointed at, it can talk to; what no setting names, it has no driver of."""
    settings = importlib.import_module(f"parley.{service.replace('-', '_')}.settings")
    kinds = [it for it in vars(settings).values() if isinstance(it, type) and issubclass(it, Settings)]
    fields = {name for kind in kinds if kind.__module__ == settings.__name__ for name in kind.model_fields}
    drivers = {it for name, of in DRIVERS.items() if name in fields for it in of}
    assert packages(service) & {it for of in DRIVERS.values() for it in of} == drivers


def test_the_images_have_every_engine():
    """The services together have what one process over all engines has, and nothing beside."""
    extra = {name for it in EXTRAS["engines"] for name in [gather.Requirement(it).name]}
    ours = {it.name for service in SERVICES for it in gather.asked(PROJECT, service)}
    assert ours == extra | {gather.Requirement(it).name for it in PROJECT["dependencies"]}
    assert "aiortc" in packages(CHECK)


def test_the_operator_has_what_it_names_and_no_service_has(monkeypatch):
    """A distribution of its own gets what its own pyproject.toml names, and nothing of the services'."""
    monkeypatch.chdir(ROOT)
    found = gather.closure(gather.wanted("operator"), INSTALLED)
    assert {"kopf", "lightkube", "aioice", "confluent-kafka", "tzdata"} <= found
    assert not {"fastapi", "sqlalchemy", "aiokafka"} & found
    assert not {"kopf", "lightkube", "confluent-kafka"} & {it for service in SERVICES for it in packages(service)}


def reached(start: str) -> Iterator[str]:
    """Every module that is imported from there on, ours and others'."""
    seen, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name
            waiting.extend(imports(name) if name.startswith("parley") else ())


def imports(name: str) -> Iterator[str]:
    place = APPS.joinpath(*name.split("."))
    file = place.with_suffix(".py") if place.with_suffix(".py").exists() else place / "__init__.py"
    for node in ast.walk(ast.parse(file.read_text())) if file.exists() else ():
        if isinstance(node, ast.Import):
            yield from (it.name for it in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{it.name}" for it in node.names))


def test_bytecode_tells_nothing_of_its_making(tmp_path, monkeypatch):
    """Two trees of the same sources become the same, whenever and wherever they were written."""
    made = []
    for name, age_s in (("one", 0), ("two", 1_000_000)):
        root = tmp_path / name
        monkeypatch.setattr(gather, "ROOT", root)
        (root / "lib").mkdir(parents=True)
        (root / "lib/a.py").write_text("def f(x={1, 2}):\n    return 'text', x\n")
        os.utime(root / "lib/a.py", (age_s, age_s))
        gather.precompile(root / "lib", is_alone=True)
        gather.settle(315532800)
        made.append([(it.relative_to(root), it.read_bytes(), it.stat().st_mtime) for it in root.rglob("*.*")])
    assert made[0] == made[1]
    assert [it[0] for it in made[0]] == [Path("lib/a.pyc")]


def test_a_traceback_names_the_file_in_the_image(tmp_path, monkeypatch):
    """Bytecode without its source still tells where it would be."""
    monkeypatch.setattr(gather, "ROOT", tmp_path)
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt/broken_here.py").write_text("raise RuntimeError\n")
    gather.precompile(tmp_path / "opt", is_alone=True)
    monkeypatch.syspath_prepend(str(tmp_path / "opt"))
    with pytest.raises(RuntimeError) as caught:
        importlib.import_module("broken_here")
    assert str(caught.traceback[-1].path) == "/opt/broken_here.py"
    assert "broken_here" not in sys.modules
