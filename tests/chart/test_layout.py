"""How the chart is laid out: one object a file, names from one place, and who may know about modes."""

import re

from chart import rendering

TEMPLATES = rendering.CHART / "templates"
ENGINES = {"mysql", "redis", "kafka", "cassandra", "mail", "turn"}


def test_one_object_a_file(case):
    """Each file of templates makes one object at most, and lies in the folder of a component."""
    sources = re.findall(r"^# Source: parley/templates/(\S+)$", rendering.text(case), flags=re.MULTILINE)
    assert len(sources) == len(set(sources))
    assert all("/" in it for it in sources)


def test_names_begin_with_the_release(case, rendered):
    """Every object is named for the release, or for what its user wants instead."""
    beginning = rendering.load(case).get("fullnameOverride", "p")
    assert [it["metadata"]["name"] for it in rendered if not it["metadata"]["name"].startswith(f"{beginning}-")] == []


def test_only_helpers_know_modes():
    """Whether an engine is bundled is asked by its own folder and by the helpers that answer for it, by nobody else."""
    for folder in (*rendering.SERVICES, "helm-test", "monitoring", "network", "operator", "secrets"):
        for it in (TEMPLATES / folder).glob("*.yaml"):
            told = re.sub(r"\.Values\.tls\.mode", "", it.read_text())
            assert ".mode" not in told, it
    for name in ("_workload.tpl", "_services.tpl", "_routes.tpl", "_statefulset.tpl"):
        assert ".mode" not in (TEMPLATES / name).read_text(), name


def test_every_helper_is_used():
    """No helper is defined that nobody includes."""
    source = "".join(it.read_text() for it in TEMPLATES.rglob("*") if it.is_file())
    by_service = {f"parley.environment.{it}" for it in rendering.SERVICES}
    by_engine = {f"parley.{engine}.{it}" for engine in ENGINES for it in ("url", "password")}
    by_check = set(re.findall(r"parley\.validate\.\w+", source))
    for name in re.findall(r'define "([\w.-]+)"', source):
        if name not in by_service | by_engine | by_check:
            assert f'include "{name}"' in source or f'"{name}"' in source.replace(f'define "{name}"', ""), name


CONTROL_PLANE = 0.95
"""Cores that Kubernetes itself reserves on a node of kind."""


def test_the_minimal_install_fits_a_laptop():
    """On a node with two cores there is room for every engine, and for each service twice, as in a rollout."""
    memory = cpu = 0
    for component, pod in rendering.pods(rendering.documents("minimal")):
        if component not in ("secrets", "call-check"):
            lasting = [it for it in rendering.containers(pod) if it.get("restartPolicy") == "Always"]
            wanted = [it["resources"]["requests"] for it in (*pod["spec"]["containers"], *lasting)]
            memory += sum(mebibytes(it["memory"]) for it in wanted)
            cpu += sum(cores(it["cpu"]) for it in wanted) * (2 if component in rendering.SERVICES else 1)
    assert memory <= 3.5 * 1024
    assert cpu <= 2 - CONTROL_PLANE


def mebibytes(text):
    number, unit = re.fullmatch(r"(\d+)(Mi|Gi)", text).groups()
    return int(number) * {"Mi": 1, "Gi": 1024}[unit]


def cores(text):
    return int(text.removesuffix("m")) / 1000 if text.endswith("m") else float(text)
