"""Alerts and dashboard ask for numbers that there are, and each alert has its runbook."""

import json
import re
from pathlib import Path

from chart import rendering

DOCS = rendering.CHART.parents[1] / "docs"
METRIC = re.compile(r"\b(?:parley|process|turn)_[a-z_]+")


def known():
    """Every metric in docs/observability.md and docs/operator.md, histograms with the series that they have."""
    text = "".join((DOCS / name).read_text() for name in ("observability.md", "operator.md"))
    for name, meaning in re.findall(r"^\| `((?:parley|turn)_\w+)` \|[^|]*\| (.+) \|$", text, flags=re.MULTILINE):
        yield name
        if meaning.startswith("Histogram"):
            yield from (f"{name}_{it}" for it in ("bucket", "count", "sum"))
    yield "process_resident_memory_bytes"


def alerts():
    (rule,) = rendering.kind(rendering.documents("full"), "PrometheusRule")
    return [it for group in rule["spec"]["groups"] for it in group["rules"]]


def dashboard():
    found = rendering.named(rendering.documents("full"), "ConfigMap", "talk-dashboard")
    return json.loads(found["data"]["talk-dashboard.json"])


def test_alerts_ask_for_numbers_that_there_are():
    """Every metric in an alert is documented, and counts this release only."""
    for it in alerts():
        assert set(METRIC.findall(it["expr"])) <= set(known()), it["alert"]
        assert it["expr"].count("{") == it["expr"].count('namespace="talk"')


def test_the_dashboard_asks_for_numbers_that_there_are():
    """Every metric on the dashboard is documented, and Grafana's sidecar finds it by its label."""
    for panel in dashboard()["panels"]:
        assert panel["title"]
        for target in panel["targets"]:
            assert set(METRIC.findall(target["expr"])) <= set(known()), panel["title"]
    found = rendering.named(rendering.documents("full"), "ConfigMap", "talk-dashboard")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_each_alert_has_a_runbook():
    """Each alert names a page of docs/runbooks, each page is some alert's, and the list has them all."""
    pages = {it.name for it in (DOCS / "runbooks").glob("*.md")} - {"README.md"}
    assert {Path(it["annotations"]["runbook_url"]).name for it in alerts()} == pages
    for it in alerts():
        page = (DOCS / "runbooks" / Path(it["annotations"]["runbook_url"]).name).read_text()
        assert page.startswith(f"# {it['alert']}\n")
        assert all(part in page for part in ("**People notice**", "**It says**", "**Look**", "**Do**"))
    listed = set(re.findall(r"\]\((\S+\.md)\)", (DOCS / "runbooks" / "README.md").read_text()))
    assert listed - {"../observability.md"} == pages


def test_numbers_are_asked_of_every_service():
    """The ServiceMonitor finds the Services of the five and of the operator, by a port that they have."""
    found = rendering.documents("full")
    (monitor,) = rendering.kind(found, "ServiceMonitor")
    (expression,) = monitor["spec"]["selector"]["matchExpressions"]
    assert set(expression["values"]) == {*rendering.SERVICES, "operator"}
    for it in rendering.kind(found, "Service"):
        if rendering.component(it) in expression["values"]:
            assert monitor["spec"]["endpoints"][0]["port"] in {port["name"] for port in it["spec"]["ports"]}
