"""Secrets are mounted as files, exist when they are mounted, and are never in the rendered text."""

import json
import re

import pytest
from chart import rendering

from parley.cluster_secrets import plan
from parley.cluster_secrets.command import MakeSecretsSettings

GIVEN = re.compile(r"existingSecret|passwordKey|caSecret")


def plan_of(found):
    jobs = [it for it in rendering.kind(found, "Job") if it["metadata"]["name"].endswith("-secrets")]
    if not jobs:
        return {}
    variables = {it["name"]: it["value"] for it in jobs[0]["spec"]["template"]["spec"]["containers"][0]["env"]}
    return {it.name: it for it in plan.parse(variables["SECRETS_PLAN"])}


def made(found):
    """Secret → entries of what the hook makes, and of what is among the values."""
    pair = {"tls.crt", "tls.key", "ca.crt"}
    by_hook = {it.name: set(it.entries) | (pair if it.hosts else set()) for it in plan_of(found).values()}
    inline = {it["metadata"]["name"]: set(it["stringData"]) for it in rendering.kind(found, "Secret")}
    return by_hook | inline


def mounted(pod):
    """Each Secret or ConfigMap that a pod mounts, with its kind and the keys it needs, None for all."""
    for volume in pod["spec"].get("volumes", []):
        for source in volume.get("projected", {}).get("sources", []) or [volume]:
            if "secret" in source:
                secret = source["secret"]
                name = secret.get("name") or secret["secretName"]
                yield "Secret", name, {it["key"] for it in secret.get("items", [])} or {"tls.crt", "tls.key"}
            # Kubernetes itself puts its authority into every namespace.
            if "configMap" in source and source["configMap"]["name"] != "kube-root-ca.crt":
                yield "ConfigMap", source["configMap"]["name"], None
    for it in rendering.containers(pod):
        yield from (("ConfigMap", source["configMapRef"]["name"], None) for source in it.get("envFrom", []))


def mentioned(value):
    """Every Secret of the user's among the values of a case."""
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from mentioned(inner)
        elif GIVEN.fullmatch(name):
            yield inner


def test_whatever_is_mounted_exists(case, rendered):
    """Each mounted Secret is ours, with each key that is mounted, or is one that the user has named."""
    users = set(mentioned(rendering.load(case)))
    issued = {f"{it}-tls" for it in ("p", "talk")} if "cert-manager" in rendering.text(case) else set()
    ours, maps = made(rendered), {it["metadata"]["name"] for it in rendering.kind(rendered, "ConfigMap")}
    for component, pod in rendering.pods(rendered):
        for kind, name, keys in mounted(pod):
            if kind == "ConfigMap":
                assert name in maps, (component, name)
            elif name in ours:
                assert keys <= ours[name], (component, name)
            else:
                assert name in users | issued, (component, name)


def test_named_files_are_mounted(rendered):
    """Every file that a variable names lies in a volume of that pod, under that very name."""
    for component, pod in rendering.pods(rendered):
        files = set(projected(pod))
        for container in rendering.containers(pod):
            for name, value in variables(rendered, container):
                if name.endswith("_FILE") and name not in ("CHECK_CA_FILE", "TURN_SECRET_RING_FILE", "RING_FILE"):
                    assert value.removeprefix("/etc/parley/secrets/") in files, (component, name)
                for ca in re.findall(r"=/etc/parley/ca/([\w.]+)", value):
                    assert ca in files, (component, name)


def projected(pod):
    for volume in pod["spec"].get("volumes", []):
        for source in volume.get("projected", {}).get("sources", []):
            yield from (it["path"] for it in source.get("secret", {}).get("items", []))


def variables(found, container):
    for source in container.get("envFrom", []):
        yield from rendering.named(found, "ConfigMap", source["configMapRef"]["name"])["data"].items()
    yield from ((it["name"], it.get("value", "")) for it in container.get("env", []))


def test_no_secret_is_an_environment_variable(rendered):
    """No container takes a Secret into its environment, where every child and every crash report would have it."""
    for component, pod in rendering.pods(rendered):
        for it in rendering.containers(pod):
            assert not [v for v in it.get("env", []) if "secretKeyRef" in v.get("valueFrom", {})], component
            assert not [v for v in it.get("envFrom", []) if "secretRef" in v], component


def test_the_hook_makes_what_is_missing_and_no_more():
    """The hook makes each credential that nobody has given; with all given there is neither hook nor rights."""
    assert set(plan_of(rendering.documents("minimal"))["p-generated"].entries) == {
        "code-key",
        "code-pepper",
        "mysql-password",
        "mysql-root-password",
        "redis-password",
    }
    assert plan_of(rendering.documents("minimal"))["p-turn-ring"].entries == {}
    without = plan_of(rendering.documents("minimal", "operator.enabled=false"))
    assert "turn-secret" in without["p-generated"].entries
    assert "p-turn-ring" not in without
    partly = plan_of(rendering.documents("full"))["talk-generated"].entries
    assert {"code-key", "redis-password"}.isdisjoint(partly)
    nothing = rendering.documents("external-everything")
    assert rendering.kind(nothing, "Job", "Role", "RoleBinding", "ServiceAccount", "Secret") == []


def test_the_hook_may_touch_its_secrets_only(rendered):
    """Its rights name each Secret of its plan, for reading and adding; it comes before everything else, always."""
    for it in filter(rendering.is_hook, rendering.kind(rendered, "Role")):
        (rule,) = it["rules"]
        assert rule["resources"] == ["secrets"]
        assert set(rule["verbs"]) == {"get", "create", "patch"}
        assert set(rule["resourceNames"]) == set(plan_of(rendered))
    hooks = [it["metadata"]["annotations"] for it in rendered if rendering.is_hook(it)]
    made_by = [it for it in hooks if it["helm.sh/hook"] != "test"]
    assert all(it["helm.sh/hook"] == "pre-install,pre-upgrade" for it in made_by)
    weights = {
        it["kind"]: int(it["metadata"]["annotations"].get("helm.sh/hook-weight", 0))
        for it in rendered
        if rendering.is_hook(it)
    }
    assert (
        "Job" not in weights or weights["Job"] > weights["Role"] == weights["ServiceAccount"] == weights["RoleBinding"]
    )


def test_what_hooks_need_is_no_part_of_the_release(rendered):
    """A hook mounts nothing that comes about only after it."""
    for it in rendered:
        if rendering.is_hook(it) and it["kind"] == "Job":
            assert list(mounted(it["spec"]["template"])) == []


def test_the_plan_is_one_that_the_command_reads(monkeypatch):
    """The Job's variables are complete and correct for `python -m parley make-secrets`."""
    job = rendering.named(rendering.documents("minimal"), "Job", "p-secrets")
    for it in job["spec"]["template"]["spec"]["containers"][0]["env"]:
        monkeypatch.setenv(it["name"], it["value"])
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    settings = MakeSecretsSettings()
    hosts = plan_of(rendering.documents("minimal"))["p-tls"].hosts
    assert hosts == ("chat.parley.localhost", "webrtc.parley.localhost", "turn.parley.localhost")
    assert settings.secrets_labels["app.kubernetes.io/instance"] == "p"


@pytest.mark.parametrize("case", [it for it in rendering.CASES if it != "full"])
def test_no_secret_is_rendered(case):
    """Unless it is among the values, nothing that is rendered holds a secret."""
    assert rendering.kind(rendering.documents(case), "Secret") == []


def test_an_inline_credential_reaches_its_users():
    """A credential among the values lands in a Secret that its users mount, and they restart when it changes."""
    one, other = (rendering.documents("minimal", f"credentials.redisPassword.value={it}") for it in ("a1", "b2"))
    assert rendering.named(one, "Secret", "p-inline")["stringData"] == {"redis-password": "a1"}
    for name in ("p-chat-service", "p-rtc-service"):
        first, second = (rendering.named(it, "Deployment", name)["spec"]["template"] for it in (one, other))
        assert ("Secret", "p-inline", {"redis-password"}) in list(mounted(first))
        assert json.dumps(first) != json.dumps(second)
