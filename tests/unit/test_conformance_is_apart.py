"""The conformance suite tests whatever speaks the protocol, so it may know nothing of this implementation."""

import ast
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parents[1] / "conformance").glob("*.py"))


def imported(path: Path) -> set[str]:
    """The first words of what a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return {name.partition(".")[0] for name in plain} | {
        (node.module or "").partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_imports_nothing_of_ours(path):
    """No file of the suite imports Parley, or what the other tests share."""
    assert not imported(path) & {"parley", "support", "bench"}
