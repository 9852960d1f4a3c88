"""Prepares what one service runs on, for the last stage of the Dockerfile.

`gather.py packages SERVICE FROM TO`: all packages of a lock are installed once, for all services. From there this takes
those that the service asks for by its extra in `pyproject.toml`, with whatever they need in turn, and leaves out what
never runs. `gather.py sources FOLDER` does the rest for our own code.

The bytecode is made here, because the container may write nothing, and says nothing of when it was made: the same
inputs give the same bytes, names, modes and times. Next: `Dockerfile`, which copies the folders.
"""

import compileall
import os
import py_compile
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePath
from typing import Any

# pip is there wherever a lock was installed, and brings what reads requirements; not every lock has that.
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

PROJECT = "parley"

ROOT = Path("/release")
"""What is below becomes the root of the image."""

NOT_RUN = {".c", ".cc", ".cpp", ".h", ".hpp", ".proto", ".pth", ".pxd", ".pyi", ".pyx", ".rst", ".typed"}
"""Sources of what is compiled, stubs, documents, and what only an installation into `site-packages` would read."""

TESTS = re.compile(r"(^|/)(tests?|testing_data|__pycache__)/")


def asked(project: Mapping[str, Any], service: str) -> Iterator[Requirement]:
    """What the service needs beside the standard library. Raises KeyError for a service that there is not."""
    yield from map(Requirement, project["dependencies"])
    yield from _extra(project["optional-dependencies"], service)


def _extra(extras: Mapping[str, Sequence[str]], name: str) -> Iterator[Requirement]:
    for requirement in map(Requirement, extras[name]):
        if requirement.name == PROJECT:
            for other in sorted(requirement.extras):
                yield from _extra(extras, other)
        else:
            yield requirement


def wanted(service: str) -> Iterator[Requirement]:
    """What a service needs, or a distribution of its own in the folder of that name."""
    own = Path(service, "pyproject.toml")
    if own.exists():
        # A distribution of its own has no extras for services.
        return map(Requirement, _project(own)["dependencies"])
    return asked(_project(Path("pyproject.toml")), service)


def _project(file: Path) -> Mapping[str, Any]:
    project: Mapping[str, Any] = tomllib.loads(file.read_text())["project"]
    return project


def closure(asked: Iterator[Requirement], installed: Mapping[str, Distribution]) -> set[str]:
    """The names of all that is needed. Raises KeyError for what is needed and not installed."""
    found: set[tuple[str, str]] = set()
    waiting = list(asked)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) not in found:
                found.add((name, extra))
                waiting.extend(_needs(installed[name], extra))
    return {name for name, _ in found}


def _needs(distribution: Distribution, extra: str) -> Iterator[Requirement]:
    for requirement in map(Requirement, distribution.requires or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def runs(file: PurePath) -> bool:
    """Whether a running service could want the file."""
    if ".." in file.parts or file.suffix in NOT_RUN or TESTS.search(file.as_posix()):
        return False
    is_about = file.parts[0].endswith(".dist-info")
    return not is_about or file.name in {"METADATA", "entry_points.txt"} or "licen" in file.as_posix().lower()


def copy(names: set[str], installed: Mapping[str, Distribution], target: Path) -> None:
    """Copy what runs of these packages into the folder."""
    for name in sorted(names):
        for file in filter(runs, installed[name].files or ()):
            place = target / file
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.locate(), place)


def strip(folder: Path) -> None:
    """What only a debugger would read leaves the libraries; in some it is three quarters."""
    libraries = map(str, sorted(folder.rglob("*.so*")))
    subprocess.run(["strip", "--strip-debug", *libraries], check=True)  # noqa: S603, S607 -- in the build alone


def precompile(folder: Path, *, is_alone: bool) -> None:
    """Bytecode that is never compared with a source again; with `is_alone` the sources go."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    names = {"stripdir": str(folder), "prependdir": f"/{folder.relative_to(ROOT)}"}
    if not compileall.compile_dir(folder, quiet=1, workers=1, legacy=is_alone, invalidation_mode=mode, **names):
        sys.exit(f"gather: a source in {folder} does not compile")
    for source in sorted(folder.rglob("*.py")) if is_alone else ():
        source.unlink()


def settle(time_s: int) -> None:
    """One time for everything, readable by everybody, writable by nobody but root."""
    for path in (*ROOT.rglob("*"), ROOT):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (time_s, time_s))


def packages(service: str, source: Path, target: Path) -> None:
    """Packages without their sources: a traceback still tells file and line of them."""
    installed = {canonicalize_name(it.name): it for it in distributions(path=[str(source)])}
    copy(closure(wanted(service), installed), installed, target)
    strip(target)
    precompile(target, is_alone=True)


def main() -> None:
    """What the first argument says, and then `settle`."""
    match sys.argv[1:]:
        case ["packages", service, source, target]:
            packages(service, Path(source), Path(target))
        case ["sources", folder]:
            precompile(Path(folder), is_alone=False)
        case _:
            sys.exit(__doc__)
    settle(int(os.environ["SOURCE_DATE_EPOCH"]))


if __name__ == "__main__":
    main()
