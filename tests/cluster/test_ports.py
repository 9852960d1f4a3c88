"""One set of ports in five files: what this machine listens on, what the node does, and what the chart is told.

This needs no cluster. A relay's port must be the same everywhere, because coturn tells it to its peers.
"""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
VALUES = yaml.safe_load((ROOT / "charts/parley/values.yaml").read_text())
DEV_VALUES = yaml.safe_load((ROOT / "k8s/dev-values.yaml").read_text())
KIND = yaml.safe_load((ROOT / "kind-config.yaml").read_text())
K3D = yaml.safe_load((ROOT / "k3d-config.yaml").read_text())
TURN = VALUES["turn"]["bundled"] | DEV_VALUES["turn"]["bundled"]
SERVICE = yaml.safe_load((ROOT / "k8s/ingress/traefik/service.yaml").read_text())

Mapping = tuple[str, int, int, str]
"""Address and port of this machine, port of the node, protocol."""


def of_kind() -> set[Mapping]:
    (node,) = KIND["nodes"]
    return {
        (it["listenAddress"], it["hostPort"], it["containerPort"], it["protocol"]) for it in node["extraPortMappings"]
    }


def of_k3d() -> set[Mapping]:
    found: set[Mapping] = set()
    for line in (it["port"] for it in K3D["ports"]):
        address, outside, inside, protocol = re.fullmatch(r"([\d.]+):([\d-]+):([\d-]+)(?:/(tcp|udp))?", line).groups(
            "tcp"
        )
        pairs = zip(ports(outside), ports(inside), strict=True)
        found |= {(address, here, there, protocol.upper()) for here, there in pairs}
    return found


def ports(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def of_the_chart() -> set[Mapping]:
    web = {(80, SERVICE["spec"]["ports"][0]["nodePort"]), (443, SERVICE["spec"]["ports"][1]["nodePort"])}
    turn = {(TURN["publicPort"], TURN["nodePort"])}
    relays = range(TURN["relayPorts"]["first"], TURN["relayPorts"]["last"] + 1)
    tcp = {(*it, "TCP") for it in web | turn}
    udp = {(*it, "UDP") for it in turn | {(it, it) for it in relays}}
    return {("127.0.0.1", *it) for it in tcp | udp}


@pytest.mark.parametrize("mappings", [of_kind, of_k3d])
def test_what_is_mapped_is_what_is_served(mappings):
    """Web, TURN over both transports and each relay port, on loopback, and nothing else."""
    assert mappings() == of_the_chart()


def test_the_fixed_addresses_are_services_addresses():
    """Both clusters give services the range that the fixed addresses are taken from."""
    (ingress, turn) = (it["ip"] for it in DEV_VALUES["helmTest"]["hostAliases"])
    assert ingress == SERVICE["spec"]["clusterIP"]
    assert turn == TURN["clusterIP"]
    assert KIND["networking"]["serviceSubnet"] == "10.96.0.0/16"
    assert "--service-cidr=10.96.0.0/16" in [it["arg"] for it in K3D["options"]["k3s"]["extraArgs"]]
    assert all(it.startswith("10.96.0.") for it in (ingress, turn))


def test_the_other_controller_is_at_the_same_place():
    """ingress-nginx gets the node ports and the address that Traefik has."""
    text = (ROOT / "k8s/ingress/ingress-nginx/kustomization.yaml").read_text()
    (patch,) = yaml.safe_load(text)["patches"]
    values = [it["value"] for it in yaml.safe_load(patch["patch"])]
    assert values == [SERVICE["spec"]["clusterIP"], *(it["nodePort"] for it in SERVICE["spec"]["ports"])]


def test_every_public_image_is_loaded():
    """What the chart and the controller run is what `make cluster` loads, by the same tags."""
    script = (ROOT / "k8s/cluster").read_text()
    engines = re.search(r"engines=\(([^)]+)\)", script)[1].split()
    ours = re.search(r"services=\(([^)]+)\)", script)[1].split()
    images = {name: it for name, it in VALUES["images"].items() if isinstance(it, dict)}
    assert {f"{it['repository']}:{it['tag']}" for name, it in images.items() if name not in ours} == set(engines)
    assert {it["repository"] for name, it in images.items() if name in ours} == {f"parley/{it}" for it in ours}
    deployment = yaml.safe_load((ROOT / "k8s/ingress/traefik/deployment.yaml").read_text())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert f"engines+=({container['image']})" in script
