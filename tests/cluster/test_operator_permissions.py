"""What the operator and the agents may do in the cluster, asked of the API server, and who holds a token at all."""

import re

import pytest
from support.cluster import NAMESPACE, RELEASE, kubectl, read
from support.cluster_ring import AGENT, SECRET
from support.cluster_spare import only_pod_of

pytestmark = pytest.mark.cluster

GROUP = "parley.manchik.co.uk"
OPERATOR = {
    ("secrets", SECRET, "get patch"),
    ("leases.coordination.k8s.io", "", "list watch"),
    (f"kafkatopics.{GROUP}", "", "get list patch watch"),
    (f"turnsecretrotations.{GROUP}", "", "get list patch watch"),
    (f"kafkatopics.{GROUP}/status", "", "patch"),
    (f"turnsecretrotations.{GROUP}/status", "", "patch"),
    ("events", "", "create"),
}
RING_AGENT = {("secrets", SECRET, "get list watch"), ("leases.coordination.k8s.io", "", "create patch")}
GOLDEN = {"operator": OPERATOR, "turn": RING_AGENT, "rtc-service": RING_AGENT}
"""By ServiceAccount: resource, name of the one object if it is one, and verbs. Whoever adds one says why here."""

TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"
HOLDERS = {("operator", "operator"), ("turn", AGENT), ("rtc-service", AGENT)}

_ROW = re.compile(r"(\S*) +\[(.*?)\] +\[(.*?)\] +\[(.*?)\]")


def may(account: str) -> set[tuple[str, str, str]]:
    """What an account may do in the namespace beyond what everybody may, who is anybody at all."""
    everybody = rows(f"system:serviceaccount:{NAMESPACE}:default")
    return rows(f"system:serviceaccount:{NAMESPACE}:{account}") - everybody


def rows(user: str) -> set[tuple[str, str, str]]:
    table = kubectl("auth", "can-i", "--list", f"--as={user}")
    found = [_ROW.fullmatch(line.rstrip()) for line in table.splitlines()[1:]]
    assert all(found), table
    return {(it[1], it[3], " ".join(sorted(it[4].split()))) for it in found if it}


@pytest.mark.parametrize("component", GOLDEN)
def test_an_account_may_do_this_and_no_more(component):
    """Its rights are the golden ones."""
    assert may(f"{RELEASE}-{component}") == GOLDEN[component]


def test_every_other_account_may_do_nothing():
    """No pod that serves runs under an account that may ask the API server for anything."""
    pods = [
        it for it in read("pods", "-l", "app.kubernetes.io/name=parley")["items"] if it["status"]["phase"] == "Running"
    ]
    accounts = {it["spec"]["serviceAccountName"] for it in pods} - {f"{RELEASE}-{it}" for it in GOLDEN}
    assert {it: may(it) for it in accounts} == {it: set() for it in accounts}


def test_only_the_operator_and_the_agents_hold_a_token():
    """A token is mounted into these containers and into none beside them."""
    holders = set()
    for pod in read("pods", "-l", "app.kubernetes.io/name=parley")["items"]:
        component, spec = pod["metadata"]["labels"]["app.kubernetes.io/component"], pod["spec"]
        for container in (*spec["containers"], *spec.get("initContainers", ())):
            if any(it["mountPath"] == TOKEN for it in container.get("volumeMounts", ())):
                holders.add((component, container["name"]))
    assert {it for it in holders if it[0] != "secrets"} == HOLDERS


def test_the_secret_cannot_be_read_from_a_container_that_serves():
    """coturn's container has neither a token nor a file with one."""
    pod = only_pod_of("turn")
    found = kubectl("exec", pod, "-c", "coturn", "--", "sh", "-c", f"ls {TOKEN} 2>/dev/null | wc -l")
    assert found.strip() == "0"
