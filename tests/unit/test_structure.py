"""The rules of the tree that no linter keeps: sizes, names, docstrings on ports, and what may not be shared."""

import ast
import importlib
import inspect
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES_TREE, OPERATOR_TREE = ROOT / "apps" / "parley", ROOT / "operator" / "parley_operator"
SOURCES = sorted([*SERVICES_TREE.rglob("*.py"), *OPERATOR_TREE.rglob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SERVICES = {
    "registration_api",
    "email_worker",
    "message_service",
    "chat_service",
    "rtc_service",
    "doctor",
    "cluster_secrets",
    "callcheck",
}
PORTS = sorted(
    ".".join(path.relative_to(ROOT).parts[1:]).removesuffix(".py")
    for path in SOURCES
    if path.name in ("port.py", "ports.py")
)


def functions(path):
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def body_lines(function):
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and len(body) > 1:
        body = body[1:]
    return body[-1].end_lineno - body[0].lineno + 1


def test_functions_are_short():
    """Half of all functions have at most 6 lines, nine in ten at most 25, and none more than 50."""
    sizes = sorted((body_lines(function), str(path), function.name) for path in SOURCES for function in functions(path))
    lines = [size for size, _, _ in sizes]
    assert statistics.median(lines) <= 6
    assert lines[len(lines) * 9 // 10] <= 25
    assert sizes[-1][0] <= 50, sizes[-1]


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short(path):
    """No file has more than 300 lines."""
    assert len(path.read_text().splitlines()) <= 300


def test_no_junk_drawers():
    """No folder or module is named for being shared instead of for what it holds."""
    banned = {"common", "shared", "core", "utils", "util", "lib", "helpers", "helper", "misc"}
    found = [path for path in SOURCES if banned & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}]
    assert found == []


def test_shared_nouns_have_two_users():
    """A folder at the top is used by at least two services, else it belongs into the one that uses it."""
    users: dict[str, set[str]] = {}
    for path in SERVICES_TREE.rglob("*.py"):
        owner = path.relative_to(SERVICES_TREE).parts[0]
        for imported in imports(path):
            users.setdefault(imported, set()).add(owner)
    nouns = {path.parent.name for path in SERVICES_TREE.glob("*/__init__.py")} - SERVICES
    lonely = {noun for noun in nouns if len(reached_by(noun, users) & SERVICES) < 2}
    assert lonely == set()


def imports(path):
    names = [node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[1] for name in names if name.startswith("parley.")}


def reached_by(noun, users):
    reached, todo = set(), {noun}
    while todo:
        one = todo.pop()
        fresh = users.get(one, set()) - reached
        reached |= fresh
        todo |= fresh
    return reached


@pytest.mark.parametrize("module", PORTS)
def test_ports_are_documented(module):
    """Every port and every method of it says what comes back, what absence is and what is raised."""
    loaded = importlib.import_module(module)
    protocols = [it for _, it in inspect.getmembers(loaded, inspect.isclass) if it.__module__ == module]
    for protocol in protocols:
        assert protocol.__doc__, protocol
        methods = [it for name, it in vars(protocol).items() if inspect.isfunction(it) and not name.startswith("_")]
        undocumented = [it.__qualname__ for it in methods if not it.__doc__]
        assert undocumented == []


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_tests_say_their_rule(path):
    """Each test has a docstring of one sentence."""
    tests = [function for function in functions(path) if function.name.startswith("test_")]
    for test in tests:
        rule = ast.get_docstring(test)
        assert rule, f"{test.name} has no docstring"
        assert rule.rstrip().endswith("."), f"{test.name}: {rule}"
        assert "\n\n" not in rule, f"{test.name}: more than a sentence"


def test_operator_folder_does_not_shadow_the_standard_library():
    """The folder `operator/` holds no package marker, which would break the interpreter itself."""
    assert not (ROOT / "operator" / "__init__.py").exists()
    assert list((ROOT / "tests").rglob("__init__.py")) == []
