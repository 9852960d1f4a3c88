"""The ways in, from one table, and who may talk to whom inside."""

import pytest
from chart import rendering

ROUTES = {
    ("chat", "/ws"): "chat-service",
    ("chat", "/api"): "message-service",
    ("chat", "/"): "registration-api",
    ("webrtc", "/"): "rtc-service",
    ("turn", "/"): "rtc-service",
}
"""The table of docs/protocol: which service answers what."""

EDGES = {
    "registration-api": {"mysql", "kafka", "redis"},
    "email-worker": {"mysql", "kafka", "mail"},
    "message-service": {"mysql", "cassandra", "redis"},
    "chat-service": {"mysql", "cassandra", "redis"},
    "rtc-service": {"mysql", "redis"},
    "operator": {"kafka"},
    "kafka": {"kafka"},
    "cassandra": {"cassandra"},
    "mysql": set(),
    "redis": set(),
    "mail": set(),
}


def hosts(case):
    return rendering.values()["hosts"] | rendering.load(case).get("hosts", {})


def expected(case, fullname="p"):
    return {(hosts(case)[name], path): f"{fullname}-{service}" for (name, path), service in ROUTES.items()}


def fullname(case):
    return rendering.load(case).get("fullnameOverride", "p")


def test_the_ingress_has_the_table(case, rendered):
    """The Ingress leads each host and path to its service, and has one certificate for all hosts."""
    for it in rendering.kind(rendered, "Ingress"):
        found = {
            (rule["host"], path["path"]): path["backend"]["service"]["name"]
            for rule in it["spec"]["rules"]
            for path in rule["http"]["paths"]
        }
        assert found == expected(case, fullname(case))
        (tls,) = it["spec"]["tls"]
        assert set(tls["hosts"]) == set(hosts(case).values())


def test_the_gateway_has_the_same_table(case, rendered):
    """The HTTPRoutes lead the same hosts and paths to the same services, and end no WebSocket."""
    routes = rendering.kind(rendered, "HTTPRoute")
    found = {
        (route["spec"]["hostnames"][0], rule["matches"][0]["path"]["value"]): rule["backendRefs"][0]["name"]
        for route in routes
        for rule in route["spec"]["rules"]
    }
    assert found in ({}, expected(case, fullname(case)))
    rules = [rule for route in routes for rule in route["spec"]["rules"]]
    assert all(it["timeouts"]["request"] == "0s" for it in rules if it["matches"][0]["path"]["value"] == "/ws")


def test_both_ways_in_are_shown():
    """A case has only the Gateway's routes, one has both, one has only the Ingress."""
    shown = {
        tuple(bool(rendering.kind(rendering.documents(it), kind)) for kind in ("Ingress", "HTTPRoute"))
        for it in rendering.CASES
    }
    assert shown == {(True, False), (False, True), (True, True)}


def test_numbers_are_not_public(rendered):
    """No way in leads to the port of numbers, and nobody may ask there who is not named."""
    for it in rendering.kind(rendered, "Ingress"):
        for rule in it["spec"]["rules"]:
            assert all(path["backend"]["service"]["port"] == {"name": "http"} for path in rule["http"]["paths"])
    for it in rendering.kind(rendered, "HTTPRoute"):
        assert all(rule["backendRefs"][0]["port"] == 80 for rule in it["spec"]["rules"])
    for it in rendering.kind(rendered, "NetworkPolicy"):
        for rule in it["spec"].get("ingress", []):
            asks = any(port["port"] == 9090 for port in rule.get("ports", []))
            assert not asks or rule.get("from"), it["metadata"]["name"]


def test_every_pod_has_a_policy_of_its_own(rendered):
    """Everything is denied first; then each component, whatever there is of them, has a policy with its edges."""
    policies = {rendering.component(it): it for it in rendering.kind(rendered, "NetworkPolicy")}
    denied = policies.pop("network")["spec"]
    assert set(denied) == {"podSelector", "policyTypes"}
    assert denied["policyTypes"] == ["Ingress", "Egress"]
    for component, pod in rendering.pods(rendered):
        assert denied["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
        assert component in policies
    assert set(policies) == {component for component, _ in rendering.pods(rendered)}


def peers(rules, side):
    for rule in rules:
        for peer in rule.get(side, []):
            yield peer.get("podSelector", {}).get("matchLabels", {}).get("app.kubernetes.io/component")


@pytest.mark.parametrize("component", sorted(EDGES))
def test_edges_are_those_that_are_needed(component):
    """Each component may talk to the engines that it works with, and to nothing else in the cluster."""
    policies = {rendering.component(it): it for it in rendering.kind(rendering.documents("minimal"), "NetworkPolicy")}
    spec = policies[component]["spec"]
    assert set(peers(spec["egress"], "to")) - {None} == EDGES[component]
    answers = {it for it, engines in EDGES.items() if component in engines}
    tests = {"call-check"} if component in (*rendering.SERVICES, "mail") else set()
    assert set(peers(spec["ingress"], "from")) - {None} == answers | tests


def test_no_service_may_talk_to_another():
    """No policy lets one service reach another: what they share is in an engine."""
    for it in rendering.kind(rendering.documents("minimal"), "NetworkPolicy"):
        if rendering.component(it) in rendering.SERVICES:
            assert not set(peers(it["spec"]["egress"], "to")) & set(rendering.SERVICES)


def test_a_relay_reaches_no_private_network():
    """The policy of the relay keeps private networks out, as its configuration does."""
    it = next(
        it
        for it in rendering.kind(rendering.documents("minimal"), "NetworkPolicy")
        if rendering.component(it) == "turn"
    )
    rule, to_api_server = it["spec"]["egress"]
    four = rule["to"][0]["ipBlock"]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(four["except"])
    assert {port["protocol"] for port in rule["ports"]} == {"UDP"}
    assert to_api_server == {"ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}]}


def test_relay_ports_are_opened_one_to_one():
    """Each relay port is the same number in coturn, on the Service and on the node, and coturn takes no other."""
    found = rendering.documents("minimal")
    ports = rendering.named(found, "Service", "p-turn-relay")["spec"]["ports"]
    assert all(it["port"] == it["targetPort"] == it["nodePort"] for it in ports)
    environment = {
        it["name"]: it.get("value")
        for _, pod in rendering.pods(found)
        for container in rendering.containers(pod)
        for it in container.get("env", [])
    }
    limits = int(environment["TURN_MIN_PORT"]), int(environment["TURN_MAX_PORT"])
    assert [it["port"] for it in ports] == list(range(limits[0], limits[1] + 1))


def test_external_engines_are_reached_where_they_are():
    """For engines outside, the edges are the given networks and the engines' own ports."""
    policies = {
        rendering.component(it): it
        for it in rendering.kind(rendering.documents("external-everything"), "NetworkPolicy")
    }
    rules = [it for it in policies["chat-service"]["spec"]["egress"] if "to" in it]
    assert all(it["to"] == [{"ipBlock": {"cidr": "10.20.0.0/16"}}] for it in rules)
    assert [sorted({port["port"] for port in it["ports"]}) for it in rules] == [[3306], [9042], [6379, 26379]]


def test_mails_leave_for_anywhere():
    """A mail service is on the internet and not where the engines are, so only its port is named."""
    found = rendering.kind(rendering.documents("external-everything"), "NetworkPolicy")
    spec = next(it for it in found if rendering.component(it) == "email-worker")["spec"]
    assert {"ports": [{"port": 443, "protocol": "TCP"}]} in spec["egress"]


@pytest.mark.parametrize(
    ("case", "ports"), [("minimal", {3478}), ("external-everything", {3478, 443}), ("full", {3478, 5349})]
)
def test_the_doctor_may_look_at_the_relay(case, ports):
    """rtc-service, where `parley doctor` runs, may reach the relay's ports and does so as a client."""
    found = rendering.kind(rendering.documents(case), "NetworkPolicy")
    spec = next(it for it in found if rendering.component(it) == "rtc-service")["spec"]
    opened = [
        it["ports"]
        for it in spec["egress"]
        if "to" not in it and {"UDP", "TCP"} == {p["protocol"] for p in it["ports"]}
    ]
    assert ports in [{port["port"] for port in it} for it in opened]


def test_the_test_asks_pods_that_are_not_ready():
    """Each address of a service that `helm test` asks after a failure leads to its pods, whatever state they are in."""
    found = rendering.documents("minimal")
    (pod,) = rendering.kind(found, "Pod")
    environment = {it["name"]: it["value"] for it in pod["spec"]["containers"][0]["env"]}
    asked = dict(it.split("=") for it in environment["CHECK_PROBES"].split(","))
    assert set(asked) == set(rendering.SERVICES)
    for service, url in asked.items():
        host, port = url.removeprefix("http://").removesuffix("/readyz").split(":")
        spec = rendering.named(found, "Service", host)["spec"]
        assert spec["selector"]["app.kubernetes.io/component"] == service
        assert (spec["clusterIP"], spec["publishNotReadyAddresses"], int(port)) == ("None", True, 8080)
