"""Every pod keeps to Pod Security's restricted profile and to more; images obey one registry."""

import yaml
from chart import rendering

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def breaches(pod):
    """What of Pod Security's restricted profile a pod breaks."""
    spec = pod["spec"]
    yield from (it for it in ("hostNetwork", "hostPID", "hostIPC") if spec.get(it))
    for volume in spec.get("volumes", []):
        yield from (f"volume {it}" for it in volume if it != "name" and it not in VOLUMES)
    for it in rendering.containers(pod):
        yield from (f"{it['name']}: {breach}" for breach in container_breaches(it, spec.get("securityContext", {})))


def container_breaches(container, of_pod):
    own = container.get("securityContext", {})
    both = {**of_pod, **own}
    capabilities = own.get("capabilities", {})
    yield from ["privileged"] if own.get("privileged") else []
    yield from ["escalation"] if own.get("allowPrivilegeEscalation") is not False else []
    yield from ["capabilities are kept"] if "ALL" not in capabilities.get("drop", []) else []
    yield from ["capabilities"] if set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"} else []
    yield from ["root"] if both.get("runAsNonRoot") is not True or both.get("runAsUser") == 0 else []
    yield from ["seccomp"] if both.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost") else []
    yield from ["host port"] if any(port.get("hostPort") for port in container.get("ports", [])) else []
    yield from ["host probe"] if any("host" in (container.get(it, {}).get("httpGet") or {}) for it in PROBES) else []


PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def test_restricted_pod_security(case, rendered):
    """Every pod keeps to the restricted profile; only a relay on the nodes' own network has that network besides."""
    for component, pod in rendering.pods(rendered):
        allowed = {"hostNetwork"} if (case, component) == ("gateway-only", "turn") else set()
        assert set(breaches(pod)) == allowed, component


def test_users_have_high_numbers_and_no_disk(rendered):
    """Every process has a numeric user above 10000 and a root file system that it cannot write to."""
    for component, pod in rendering.pods(rendered):
        security = pod["spec"]["securityContext"]
        assert min(security["runAsUser"], security["runAsGroup"], security["fsGroup"]) > 10_000, component
        assert all(it["securityContext"]["readOnlyRootFilesystem"] for it in rendering.containers(pod)), component


TOKENS = {"operator": ["operator"], "turn": ["ring-agent"], "rtc-service": ["ring-agent"]}


def test_a_token_is_for_one_container(case, rendered):
    """Hook, operator and agents have a token, all other containers have none, and no other Services' addresses."""
    ours = {"external-everything": (), "high-availability": ("operator",)}.get(case, TOKENS)
    for component, pod in rendering.pods(rendered):
        assert pod["spec"]["automountServiceAccountToken"] is (component == "secrets"), component
        assert rendering.token_mounts(pod) == (TOKENS[component] if component in ours else []), component
        assert pod["spec"]["enableServiceLinks"] is False


def test_resources_are_bounded(rendered):
    """Every container says what it needs and what it may have at most, and no scratch volume is without a bound."""
    for component, pod in rendering.pods(rendered):
        for it in rendering.containers(pod):
            for bound in ("requests", "limits"):
                assert {"cpu", "memory"} <= set(it["resources"][bound]), (component, it["name"])
        volumes = [it["emptyDir"] for it in pod["spec"].get("volumes", []) if "emptyDir" in it]
        assert all("sizeLimit" in it for it in volumes), component


def test_probes_have_their_own_meanings(rendered):
    """A service is started when it listens, ready when its engines answer, alive when its event loop turns."""
    for component, pod in rendering.pods(rendered):
        if component in rendering.SERVICES:
            container = pod["spec"]["containers"][0]
            paths = [container[it]["httpGet"]["path"] for it in PROBES]
            assert paths == ["/healthz", "/readyz", "/healthz"]
        elif component not in ("secrets", "call-check"):
            assert all(it in pod["spec"]["containers"][0] for it in PROBES), component


def test_a_pod_has_time_to_drain(rendered):
    """A pod that is to go waits for the proxies first, and is not killed before it can have drained."""
    for component, pod in rendering.pods(rendered):
        if component in rendering.SERVICES:
            waits = pod["spec"]["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
            drains = int(environment(rendered, component).get("DRAIN_SECONDS", 0))
            last_answers = 5
            assert pod["spec"]["terminationGracePeriodSeconds"] > waits + drains + last_answers, component


def environment(found, component):
    return next(it for it in rendering.kind(found, "ConfigMap") if rendering.component(it) == component)["data"]


def test_ports_are_named_once(rendered):
    """Every port of a Service has a name of its own and leads to a port that a container has."""
    for service in rendering.kind(rendered, "Service"):
        ports = service["spec"]["ports"]
        assert len({it["name"] for it in ports}) == len(ports)
        for _, pod in rendering.pods(rendered):
            if service["spec"]["selector"].items() <= pod["metadata"]["labels"].items():
                have = {port["name"] for it in pod["spec"]["containers"] for port in it.get("ports", [])}
                relay = {it["targetPort"] for it in ports if it["name"].startswith("relay-")}
                assert {it["targetPort"] for it in ports} - relay <= have, service["metadata"]["name"]


def images(found):
    return {it["image"] for _, pod in rendering.pods(found) for it in rendering.containers(pod)}


def test_one_registry_reaches_every_image(case):
    """`global.imageRegistry` is the registry of every image, and pull secrets reach every pod."""
    found = rendering.documents(
        case, "global.imageRegistry=mirror.test:5000/x", 'global.imagePullSecrets=[{"name":"k"}]'
    )
    assert all(it.startswith("mirror.test:5000/x/") for it in images(found))
    assert all(pod["spec"]["imagePullSecrets"] == [{"name": "k"}] for _, pod in rendering.pods(found))


IMAGES = sorted(set(rendering.values()["images"]) - {"pullPolicy"})


def test_each_image_can_be_replaced():
    """Registry, repository and tag of each image are taken, and nothing that is not asked for floats."""
    parts = [f"images.{it}.{part}={part}-{it}" for it in IMAGES for part in ("registry", "repository", "tag")]
    assert images(rendering.documents("minimal", *parts)) == {
        f"registry-{it}/repository-{it}:tag-{it}" for it in IMAGES
    }
    assert not any(it.endswith(":latest") for it in images(rendering.documents("minimal")))


def test_a_digest_wins_over_a_tag():
    """Every image can be named by its digest."""
    digests = {it: f"sha256:{number:064x}" for number, it in enumerate(IMAGES)}
    found = images(rendering.documents("minimal", *(f"images.{it}.digest={digest}" for it, digest in digests.items())))
    assert {it.partition("@")[2] for it in found} == set(digests.values())


def test_no_image_is_always_pulled(rendered):
    """Images that a node has are not pulled again, so that a cluster without a registry works."""
    for _, pod in rendering.pods(rendered):
        assert all(it["imagePullPolicy"] == "IfNotPresent" for it in rendering.containers(pod))


def test_the_chart_lists_its_images():
    """Chart.yaml lists each image by what it is called when nobody says otherwise, for those who keep a mirror."""
    listed = yaml.safe_load(rendering.chart()["annotations"]["artifacthub.io/images"])
    default = rendering.values()["images"]
    version = rendering.chart()["appVersion"]
    assert {it["name"]: it["image"] for it in listed} == {
        it: f"{default[it]['registry']}/{default[it]['repository']}:{default[it]['tag'] or version}" for it in IMAGES
    }
    assert images(rendering.documents("minimal")) <= {it["image"] for it in listed}
