"""The documents lead where they say, and the handbook knows every alert and every secret of the chart."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "charts/parley/README.md"])
HANDBOOK = (ROOT / "docs/operations.md").read_text()


def links(page):
    """The targets of a page's links and pictures inside the repository."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
    return [it for it in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", it)]


def anchors(page):
    """What its headings are called in links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", it.lower()).replace(" ", "-") for it in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda it: str(it.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """Each file that a page links to is there, and each heading too."""
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_alert_has_a_line():
    """With the runbook of its name."""
    alerts = re.findall(r"- name: (Parley\w+)", (ROOT / "charts/parley/templates/_alerts.tpl").read_text())
    assert alerts
    for name in alerts:
        runbook = re.sub(r"(?<!^)(?=[A-Z])", "-", name.removeprefix("Parley")).lower()
        assert f"| {name} | [{runbook}](runbooks/{runbook}.md) |" in HANDBOOK


def test_every_secret_has_a_line():
    """Each credential of the chart is said how to be replaced, by the key that it has."""
    values = yaml.safe_load((ROOT / "charts/parley/values.yaml").read_text())
    for name, given in values["credentials"].items():
        assert f"| `{name}` | `{given['key']}` |" in HANDBOOK
