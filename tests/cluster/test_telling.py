"""What is wrong with a configuration is said where an operator looks first: at a pod that is not Ready.

Each case is one workload with one mistake, over the engines of the installation; all are started together. Two engines
that would be a burden are a name behind which nobody is, and a Valkey whose TLS is as good as anybody's.
"""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.certificates import Certificate
from support.cluster import NAMESPACE, RELEASE, read
from support.cluster_releases import admitted, given_values, namespace, secret, until
from support.cluster_telling import everything_outside, merged, rendered, said, start
from support.cluster_valkey import PORT, Valkey

pytestmark = pytest.mark.cluster

PLACE = "telling"
RENDERED_AT_A_TIME = 2
NOBODY = "nobody.telling.svc.cluster.local"
MYSQL = f"{RELEASE}-mysql.{NAMESPACE}.svc.cluster.local"


def plain(host, **more):
    """An engine without TLS."""
    return {"external": {"host": host, "tls": {"enabled": False, "caSecret": ""}, **more}}


def several(*hosts, authority=""):
    """An engine with several hosts, and nobody to sign in; with TLS if its authority is in a Secret of that name."""
    return {
        "external": {
            "hosts": list(hosts),
            "user": "",
            "existingSecret": "",
            "tls": {"enabled": bool(authority), "caSecret": authority},
        }
    }


def redis(authority, host="elsewhere.telling.svc.cluster.local"):
    """One server with TLS, whose authority is in this Secret."""
    server = {"kind": "server", "service": "", "user": "", "existingSecret": "right", "hosts": [f"{host}:{PORT}"]}
    return {"redis": {"external": {**server, "tls": {"caSecret": authority}}}}


SOUND = merged(
    everything_outside(),
    {
        "mysql": plain(MYSQL, existingSecret="right"),
        **redis("good"),
        "kafka": several(NOBODY),
        "cassandra": several(NOBODY),
        "credentials": {it: {"existingSecret": "right"} for it in ("codeKey", "codePepper", "turnSecret")},
        "mail": {"external": {"existingSecret": "right", "mailgun": {"webhookKey": ""}}},
    },
)


TLS_TURN = {
    "turn": {"mode": "bundled", "external": {"urls": []}, "bundled": {"exposure": "loadBalancer", "tls": True}},
    "tls": {"existingSecret": "no-pair"},
}

MISTAKES = {
    "missing-secret": (
        "rtc-service",
        {"credentials": {"turnSecret": {"existingSecret": "not-there"}}},
        'secret "not-there" not found',
    ),
    "missing-key": (
        "rtc-service",
        {"credentials": {"turnSecret": {"key": "not-in-it"}}},
        "references non-existent secret key: not-in-it",
    ),
    "wrong-password": (
        "rtc-service",
        {"mysql": {"external": {"existingSecret": "wrong"}}},
        "DATABASE_URL: the server refuses the user or the password.",
    ),
    "no-mysql": ("rtc-service", {"mysql": plain(NOBODY)}, "DATABASE_URL: the database does not answer"),
    "no-redis": ("rtc-service", redis("good", NOBODY), f"connecting to {NOBODY}:{PORT}"),
    "no-kafka": ("email-worker", {}, "bus (kafka) is away"),
    "no-cassandra": ("message-service", {}, "MESSAGE_LOG_URL: the message log does not answer"),
    "strange-mysql": (
        "rtc-service",
        {"mysql": {"external": {"tls": {"enabled": True, "caSecret": "strange"}}}},
        "DATABASE_URL: the server's certificate is not trusted",
    ),
    "strange-redis": ("rtc-service", redis("strange"), "REDIS_URL: the server's certificate is refused"),
    "strange-kafka": (
        "email-worker",
        {"kafka": several(f"elsewhere.telling:{PORT}", authority="strange")},
        "BUS_URL: Kafka's certificate is not trusted",
    ),
    "strange-cassandra": (
        "message-service",
        {"cassandra": several(f"elsewhere.telling:{PORT}", authority="strange")},
        "MESSAGE_LOG_URL: the cluster's certificate is not trusted",
    ),
    "no-authority": ("rtc-service", redis("none"), "REDIS_URL: ssl_ca_certs names no file with certificates in PEM."),
    "no-certificate": (
        "turn",
        TLS_TURN,
        "TURN_CERT, TURN_PKEY: these files are not a certificate in PEM and its private key.",
    ),
}
"""By name: the workload, what is wrong with its values, and the words by which it is known."""


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """All of them, in a namespace whose pods may ask the installation's MySQL."""
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": PLACE}}}
    with namespace(PLACE), admitted(PLACE, peer, {"mysql": 3306}):
        server = Valkey(PLACE, tmp_path_factory.mktemp("valkey"))
        server.start()
        make_secrets(server, Certificate(tmp_path_factory.mktemp("strange")).file.read_text())
        tags = {"images": given_values()["images"]}
        with ThreadPoolExecutor(RENDERED_AT_A_TIME) as threads:
            start([it for some in threads.map(lambda name: of_the_case(name, tags), MISTAKES) for it in some], PLACE)
        yield


def of_the_case(name: str, tags: dict) -> list[dict]:
    component, wrong, _ = MISTAKES[name]
    return rendered(name, component, merged(merged(SOUND, tags), wrong), PLACE)


def make_secrets(server: Valkey, strange: str) -> None:
    installed = read("secret", f"{RELEASE}-generated")["data"]
    password = base64.b64decode(installed["mysql-password"]).decode()
    key = "0123456789abcdef" * 4
    secret(
        "right", PLACE, password=password, api_key="a-key", code_key=key, code_pepper=key, static_auth_secret="a-secret"
    )
    secret("wrong", PLACE, password="nobody-has-it")
    secret("no-pair", PLACE, tls__crt="no certificate", tls__key="no key")
    for name, text in (("good", server.authority), ("strange", strange), ("none", "no certificate")):
        secret(name, PLACE, ca__crt=text)


@pytest.mark.parametrize("name", MISTAKES)
def test_it_is_told(started, name):
    """The pod is not Ready, and the last line of its log or an event of it says what is wrong."""
    words = MISTAKES[name][2]
    until(lambda: any(words in line for line in said(name, PLACE)), f"nothing says “{words}”")
