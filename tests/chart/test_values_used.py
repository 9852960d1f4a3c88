"""Every value has an effect: each leaf of the defaults is changed, and what is rendered changes with it.

The leaves that are the same in several places (the services, the images) are changed all at once, because what differs
between them is told by `test_pods.py`. Where a value counts only beside others, `BESIDE` names a case that has those.
"""

import json
import re

import pytest
from chart import readme, rendering
from chart.test_values import SCHEMA

EXTERNAL, FULL, GATEWAY, AVAILABLE = "external-everything", "full", "gateway-only", "high-availability"
CREDENTIALS = tuple(rendering.values()["credentials"])

BESIDE = [
    (r"\w+\.external\.tls\.enabled", AVAILABLE, ()),
    (r"metrics\.\w+\.enabled", "minimal", ()),
    *((rf"credentials\.{it}\.key", "minimal", (f"credentials.{it}.existingSecret=x",)) for it in CREDENTIALS),
    (r"(mysql|redis|kafka|cassandra|turn)\.external\.", EXTERNAL, ()),
    (r"mail\.external\.(smtp|existingSecret|passwordKey)", GATEWAY, ()),
    (r"mail\.external\.", EXTERNAL, ()),
    (r"mail\.from|trustedProxies", EXTERNAL, ()),
    (r"redis\.external\.service", EXTERNAL, ()),
    (r"credentials\.\w+\.value", "minimal", ()),
    (r"gateway\.", FULL, ()),
    (r"(metrics|tls\.certManager)\.", FULL, ()),
    (r"tls\.existingSecret", GATEWAY, ()),
    (r"turn\.bundled\.(loadBalancer|clusterIP|externalIP|tls)", FULL, ()),
    (r"networkPolicy\.externalCIDRs", EXTERNAL, ()),
    (r"services\.\*\.autoscaling\.(min|max|cpu|connections)", FULL, ("services.*.autoscaling.enabled=true",)),
]
"""What a value needs beside it: the first that matches. Everything else is changed in the minimal case."""

INSTEAD = {
    "hosts.chat": "other.parley.localhost",
    "hosts.webrtc": "other.parley.localhost",
    "hosts.turn": "other.parley.localhost",
    "credentials.codeKey.value": "ab" * 32,
    "credentials.codePepper.value": "ab" * 32,
    "trustedProxies": '["192.0.2.0/24"]',
    "networkPolicy.externalCIDRs": '["192.0.2.0/24"]',
    "turn.bundled.deniedNetworks": '["192.0.2.0/24"]',
    "turn.bundled.relayPorts.first": "30501",
    "turn.bundled.relayPorts.last": "30514",
    "turn.bundled.clusterIP": "10.96.0.9",
    "turn.bundled.externalIP": "192.0.2.9",
    "turn.bundled.tls": "false",
    "turn.external.urls": '["turn:x.test:3478"]',
    "cassandra.external.hosts": '["x.test"]',
    "redis.external.hosts": '["x.test"]',
    "kafka.external.hosts": '["x.test"]',
    "kafka.external.tls.enabled": "true",
    "cassandra.external.tls.enabled": "true",
    "mail.external.mailgun.region": "us",
    "redis.external.kind": "cluster",
    "settings.otlpEndpoint": "http://x.test:4318",
    "helmTest.mailURL": "http://x.test:8025",
    "helmTest.hostAliases": '[{"ip":"10.0.0.1","hostnames":["x.test"]}]',
    "gateway.parentRefs": '[{"name":"x"}]',
    "global.imagePullSecrets": '[{"name":"x"}]',
    "images.*.digest": f"sha256:{'a' * 64}",
    "metrics.serviceMonitor.interval": "15s",
    "mysql.bundled.bufferPool": "64M",
    "redis.bundled.maxMemory": "32mb",
    "kafka.bundled.heap": "256m",
    "operator.rotation.every": "48h",
    "operator.rotation.jitter": "10m",
    "operator.rotation.window": "02:00-05:00",
    "cassandra.bundled.heap": "256M",
}
"""What a value is changed to where its schema alone does not tell."""

SWITCHES = {
    "development": "it allows and forbids; `test_refusals.py` tries it",
    "gateway.enabled": "",
    "mysql.mode": "",
    "redis.mode": "",
    "kafka.mode": "",
    "cassandra.mode": "",
    "mail.mode": "",
    "turn.mode": "",
    "turn.bundled.exposure": "",
    "tls.mode": "",
    "mail.external.kind": "",
}
"""What cannot be changed alone. The cases have each both ways."""


def places():
    """The path of each value that can be set by itself, with * for what is the same in several places."""
    seen = {}
    for path, schema, default in readme.leaves(SCHEMA, rendering.values()):
        if path and not schema.get("properties"):
            seen.setdefault(re.sub(r"^(services|images)\.[a-z-]+\.", r"\1.*.", path), (schema, default))
    return {path: it for path, it in seen.items() if path not in SWITCHES}


PLACES = places()


def changed(path, schema, default):
    """Another value of the same form."""
    if path in INSTEAD:
        return INSTEAD[path]
    match schema.get("type"):
        case "boolean":
            return json.dumps(not default)
        case "integer":
            return str(default - 1 if default == schema["maximum"] else default + 1)
        case "array":
            return '[{"key":"x"}]'
        case "object":
            return '{"cpu":"7m"}' if "resources" in path else '{"x.test/y":"z"}'
    others = [it for it in schema.get("enum", ()) if it != default]
    return others[0] if others else "changed1" if "size" not in path else "9Gi"


def spread(path):
    """The real paths behind one with a *."""
    top, star, rest = path.partition(".*.")
    names = [it for it in rendering.values().get(top, {}) if it != "pullPolicy"] if star else []
    tops = [f"{top}.{it}.{rest}" for it in names if at(rendering.values()[top][it], rest)]
    return tops or [path]


def at(value, rest):
    for name in rest.split("."):
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True


def beside(path):
    for pattern, case, sets in BESIDE:
        if re.match(pattern, path):
            return case, tuple(
                f"{it}={rest}" for one in sets for key, _, rest in [one.partition("=")] for it in spread(key)
            )
    return "minimal", ()


@pytest.mark.parametrize("path", sorted(PLACES))
def test_every_value_has_an_effect(path):
    """What is rendered changes with each value."""
    case, sets = beside(path)
    value = changed(path, *PLACES[path])
    assert rendering.text(case, *sets, *(f"{it}={value}" for it in spread(path))) != rendering.text(case, *sets)


def test_every_switch_is_shown_both_ways():
    """What cannot be changed alone stands in the cases with each of its choices."""
    shown = {path: {at_case(case, path) for case in rendering.CASES} for path in SWITCHES}
    for path, schema, _ in readme.leaves(SCHEMA, rendering.values()):
        if path in SWITCHES:
            assert shown[path] == set(schema.get("enum", (True, False))), path


def at_case(case, path):
    for value in (rendering.load(case), rendering.values()):
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None
