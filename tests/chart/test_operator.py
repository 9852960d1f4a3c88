"""The operator in the chart: its rights to the last verb, agents beside each key, and life without it."""

import pytest
from chart import rendering

from parley.bus.kafka_link import _described
from parley.contracts.topics import NEW_REGISTRATION, NEW_REGISTRATION_DEAD_LETTERS

OPERATOR_MAY = [
    ("", ["secrets"], ["p-turn-ring"], ["get", "patch"]),
    ("coordination.k8s.io", ["leases"], None, ["list", "watch"]),
    ("parley.manchik.co.uk", ["kafkatopics", "turnsecretrotations"], None, ["get", "list", "watch", "patch"]),
    ("parley.manchik.co.uk", ["kafkatopics/status", "turnsecretrotations/status"], None, ["patch"]),
    ("", ["events"], None, ["create"]),
]
AGENT_MAY = [
    ("", ["secrets"], ["p-turn-ring"], ["get", "list", "watch"]),
    ("coordination.k8s.io", ["leases"], None, ["create", "patch"]),
]
OF_THE_OPERATOR = {"TurnSecretRotation", "KafkaTopic"}


def rights(found, name):
    rules = rendering.named(found, "Role", name)["rules"]
    return [(it["apiGroups"][0], it["resources"], it.get("resourceNames"), it["verbs"]) for it in rules]


def pod_of(found, component):
    return next(pod for name, pod in rendering.pods(found) if name == component)


def agents(found):
    for component, pod in rendering.pods(found):
        for it in pod["spec"].get("initContainers", []):
            if it["name"] == "ring-agent":
                yield component, pod, it


def environment(container):
    return {it["name"]: it.get("value") for it in container["env"]}


@pytest.mark.parametrize(("name", "may"), [("p-operator", OPERATOR_MAY), ("p-ring-agent", AGENT_MAY)])
def test_rights_are_these_and_no_others(name, may):
    """Operator and agents may do what is listed, in their namespace, and read no Secret but that of the ring."""
    found = rendering.documents("minimal")
    assert rights(found, name) == may
    assert rendering.kind(found, "ClusterRole", "ClusterRoleBinding") == []


def test_accounts_have_the_rights_that_are_meant(case, rendered):
    """Each RoleBinding gives a Role that there is to accounts that there are, and each pod runs as one of those."""
    named = {
        kind: {it["metadata"]["name"] for it in rendering.kind(rendered, kind)} for kind in ("Role", "ServiceAccount")
    }
    for it in rendering.kind(rendered, "RoleBinding"):
        assert it["roleRef"]["name"] in named["Role"]
        assert {subject["name"] for subject in it["subjects"]} <= named["ServiceAccount"]
    for component, pod in rendering.pods(rendered):
        if rendering.token_mounts(pod):
            assert pod["spec"]["serviceAccountName"] in named["ServiceAccount"], component


def test_an_agent_is_beside_every_key():
    """coturn and rtc-service have an agent as long as they run, and start when it has put the ring in force."""
    found = {component: it for component, _, it in agents(rendering.documents("minimal"))}
    assert {component: environment(it)["RING_ROLE"] for component, it in found.items()} == {
        "turn": "relay",
        "rtc-service": "minter",
    }
    for it in found.values():
        assert it["restartPolicy"] == "Always"
        assert environment(it)["RING_SECRET"] == "p-turn-ring"
        probes = [it[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")]
        assert probes == ["/started", "/ready", "/alive"]


def test_agent_and_neighbour_have_the_same_memory():
    """What an agent writes lies in memory, where its neighbour looks for it; a minter cannot write there."""
    found = rendering.documents("minimal")
    for component, pod, agent in agents(found):
        (neighbour,) = pod["spec"]["containers"]
        place = environment(agent).get("RING_DATABASE") or environment(agent)["RING_FILE"]
        of_agent, of_neighbour = (mount(it, place.rpartition("/")[0]) for it in (agent, neighbour))
        volume = next(it for it in pod["spec"]["volumes"] if it["name"] == of_agent["name"])
        assert of_agent["name"] == of_neighbour["name"], component
        assert volume["emptyDir"]["medium"] == "Memory"
        assert of_neighbour.get("readOnly", False) is (component == "rtc-service")


def mount(container, folder):
    return next(it for it in container["volumeMounts"] if it["mountPath"] == folder)


def test_coturn_and_its_agent_mean_the_same_database():
    """The database that the agent fills is the one of coturn's configuration, and the ring's file rtc-service's own."""
    found = rendering.documents("minimal")
    containers = {it["name"]: it for it in rendering.containers(pod_of(found, "turn"))}
    database = environment(containers["ring-agent"])["RING_DATABASE"]
    assert environment(containers["configuration"])["TURN_USERDB"] == database
    told = rendering.named(found, "ConfigMap", "p-rtc-service")["data"]
    minter = next(it for component, _, it in agents(found) if component == "rtc-service")
    assert told["TURN_SECRET_RING_FILE"] == environment(minter)["RING_FILE"]


@pytest.mark.parametrize(("wanted_s", "ring"), [(60, "300s"), (600, "600s"), (3600, "3600s")])
def test_a_key_drains_as_long_as_credentials_last(wanted_s, ring):
    """The rotation waits for the credentials that rtc-service makes, and no less than its definition allows."""
    found = rendering.documents("minimal", f"settings.turnCredentialTTL={wanted_s}")
    spec = rendering.named(found, "TurnSecretRotation", "p-turn")["spec"]
    assert (spec["maxCredentialTTL"], spec["ringSecretName"]) == (ring, "p-turn-ring")


@pytest.mark.parametrize("topic", [NEW_REGISTRATION, NEW_REGISTRATION_DEAD_LETTERS])
def test_topics_are_those_that_the_services_would_make(topic):
    """Whoever comes first, operator or service, makes the same topic, so that neither changes the other's."""
    topics = rendering.kind(rendering.documents("minimal"), "KafkaTopic")
    (spec,) = (it["spec"] for it in topics if it["spec"]["topicName"] == topic)
    made = _described(topic)
    assert spec["partitions"] == made.num_partitions
    assert spec["config"] == made.topic_configs
    assert "replicas" not in spec


@pytest.mark.parametrize(
    ("case", "setting", "is_there"),
    [
        ("minimal", "credentials.turnSecret.existingSecret=mine", False),
        ("minimal", "credentials.turnSecret.value=notmuch", False),
        ("minimal", "turn.bundled.userQuota=19", True),
        ("high-availability", "operator.enabled=true", False),
    ],
)
def test_a_secret_that_was_given_is_not_rotated(case, setting, is_there):
    """Only a secret that nobody has given, for a relay of this release, is the operator's to replace."""
    found = rendering.documents(case, setting)
    assert bool(rendering.kind(found, "TurnSecretRotation")) is is_there
    assert bool(list(agents(found))) is is_there
    assert ("secrets" in {rule[1][0] for rule in rights(found, "p-operator")}) is is_there


def test_without_the_operator_nothing_of_it_is_there():
    """With operator.enabled false there is no object, container or account of it, and nobody waits for a ring."""
    text = rendering.text("minimal", "operator.enabled=false")
    found = rendering.documents("minimal", "operator.enabled=false")
    assert not {it["kind"] for it in found} & OF_THE_OPERATOR
    assert "operator" not in {rendering.component(it) for it in found}
    assert all(word not in text for word in ("ring-agent", "TURN_SECRET_RING_FILE", "TURN_USERDB", "turn-ring"))


def test_a_password_of_kafka_reaches_the_operator():
    """Towards a Kafka of the user's, the operator has its address, authority and password as the services have them."""
    found = rendering.documents("external-everything", "operator.enabled=true")
    (container,) = pod_of(found, "operator")["spec"]["containers"]
    told = environment(container)
    assert told["KAFKA_URL"] == rendering.named(found, "ConfigMap", "p-email-worker")["data"]["BUS_URL"]
    assert told["KAFKA_URL_PASSWORD_FILE"] == "/etc/parley/secrets/kafka-password"
    assert {"/etc/parley/secrets", "/etc/parley/ca"} <= {it["mountPath"] for it in container["volumeMounts"]}


def test_each_release_has_its_own_operator():
    """The operator of a release looks at objects with its label only, which all objects of the chart have."""
    found = rendering.documents("minimal", release="other")
    (container,) = pod_of(found, "operator")["spec"]["containers"]
    assert environment(container)["WATCHED_INSTANCE"] == "other"
    for it in rendering.kind(found, *OF_THE_OPERATOR):
        assert it["metadata"]["labels"]["app.kubernetes.io/instance"] == "other"


def test_one_operator_at_a_time():
    """There is one pod of the operator, and the next one starts when it is gone."""
    spec = rendering.named(rendering.documents("minimal"), "Deployment", "p-operator")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
