"""The pages for authors of clients speak of calls and frames that there are."""

import json
import re

import pytest
from contracts.descriptions import FOLDER
from support.frames import SCHEMA

PAGES = FOLDER.parent
_CALL = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/[^\s?,`)]*)")
_FRAME = re.compile(r"\b(?:call|msg|presence)\.[a-z]+\b")
_LINK = re.compile(r"\]\(([^)#]+)")


def operations() -> set[str]:
    """Every `METHOD /path` of the OpenAPI documents, with all parameters alike; and the upgrade."""
    documents = [json.loads(file.read_text()) for file in FOLDER.glob("*.json")]
    found = {f"{m.upper()} {path}" for it in documents for path, item in it["paths"].items() for m in item}
    return {alike(it) for it in found} | {"GET /ws"}


def alike(call: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", call)


@pytest.mark.parametrize("page", ["client.md", "sequences.md"])
def test_every_call_that_is_named_exists(page):
    """Methods and paths in a page are those of an OpenAPI document."""
    named = {alike(" ".join(it)) for it in _CALL.findall((PAGES / page).read_text())}
    assert len(named) > 5
    assert named - operations() == set()


@pytest.mark.parametrize("page", ["client.md", "sequences.md"])
def test_every_frame_that_is_named_exists(page):
    """Kinds of frames in a page are those of the schema."""
    named = set(_FRAME.findall((PAGES / page).read_text()))
    assert len(named) > 2
    assert [it for it in named if f'"{it}"' not in json.dumps(SCHEMA)] == []


@pytest.mark.parametrize("page", ["client.md", "sequences.md", "README.md"])
def test_every_link_leads_somewhere(page):
    """Files that a page links to are there."""
    links = _LINK.findall((PAGES / page).read_text())
    assert links
    assert [it for it in links if not (PAGES / it).exists()] == []
