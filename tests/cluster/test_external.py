"""A second release that has no engine of its own: it becomes Ready, and a call in it works.

It stands beside the installation, whose MySQL, Kafka, Cassandra, mail catcher and relay it uses as somebody else's, so
that nothing heavy is started; its database there is empty, so the migrations make everything in it. Its Redis is a
Valkey of nobody's release, with a password and TLS. While it is tried the installation mails nothing, so that whatever
arrives has gone through this release's own worker.
"""

import pytest
from support.cluster import NAMESPACE, RELEASE, TURN, kubectl
from support.cluster_broken import give_back, take_away, verdict
from support.cluster_pods import SERVICES
from support.cluster_releases import admitted, done, given_values, helm, install, of, secret, until, workloads
from support.cluster_ring import ring
from support.cluster_telling import everything_outside, merged
from support.cluster_valkey import PORT, Valkey

pytestmark = [pytest.mark.cluster, pytest.mark.drill]

SECOND = "outside"
PORTS = {"mysql": 3306, "kafka": 9092, "cassandra": 9042, "mail": 1025}
HOSTS = {it: f"{it}.outside.localhost" for it in ("chat", "webrtc", "turn")}
GENERATED = {"existingSecret": f"{RELEASE}-generated"}


def at(engine):
    """The address of an engine of the installation."""
    return f"{RELEASE}-{engine}.{NAMESPACE}.svc.cluster.local"


def anonymous(*hosts):
    """An engine with several hosts, without TLS and password."""
    return {"hosts": list(hosts), "user": "", "existingSecret": "", "tls": {"enabled": False, "caSecret": ""}}


def values(installed, redis):
    """The chart's example of a release whose engines are all outside, with addresses at which they are here."""
    (ingress, turn) = installed["helmTest"]["hostAliases"]
    mysql = {
        "host": at("mysql"),
        "database": SECOND,
        "passwordKey": "mysql-password",
        **GENERATED,
        "tls": {"enabled": False, "caSecret": ""},
    }
    valkey = {"kind": "server", "hosts": [f"{redis.host}:{PORT}"], "service": "", "user": ""}
    return merged(
        everything_outside(),
        {
            "hosts": HOSTS,
            "images": installed["images"],
            "tls": {"mode": "selfSigned", "existingSecret": ""},
            "credentials": {
                "codeKey": {"key": "code-key", **GENERATED},
                "codePepper": {"key": "code-pepper", **GENERATED},
                "turnSecret": {"key": "turn-secret", "existingSecret": "outside-turn"},
            },
            "mysql": {"external": mysql},
            "redis": {"external": {**valkey, "existingSecret": "outside-redis", "tls": {"caSecret": "outside-redis"}}},
            "kafka": {"external": anonymous(at("kafka"))},
            "cassandra": {"external": {**anonymous(at("cassandra")), "datacenter": "datacenter1", "replication": 1}},
            "mail": {"external": {**SMTP, "smtp": {"host": at("mail"), "port": 1025, "tls": "never"}}},
            "turn": {"external": {"urls": [f"turn:{TURN}:3478?transport={it}" for it in ("udp", "tcp")]}},
            "networkPolicy": {
                "ingressFrom": installed["networkPolicy"]["ingressFrom"],
                "externalCIDRs": ["10.0.0.0/8"],
            },
            "helmTest": {
                "mailURL": f"http://{at('mail')}:8025",
                "mailDomain": "example.org",
                "hostAliases": [{**ingress, "hostnames": [HOSTS["chat"], HOSTS["webrtc"]]}, turn],
            },
        },
    )


SMTP = {"kind": "smtp", "existingSecret": "", "mailgun": {"domain": "", "webhookKey": ""}}


@pytest.fixture
def redis(tmp_path):
    """Somebody's Valkey, and the Secret by which the release knows it."""
    server = Valkey(NAMESPACE, tmp_path)
    server.start()
    secret("outside-redis", password=server.password, ca__crt=server.authority)
    yield server
    kubectl("delete", "secret", "outside-redis")
    server.stop()


@pytest.fixture
def relay():
    """The secret of the installation's relay, as somebody who runs it would tell it."""
    secret("outside-turn", turn_secret=ring().current.secret)
    yield
    kubectl("delete", "secret", "outside-turn")


@pytest.fixture
def database():
    """A new one in the installation's MySQL, for the user that there is."""
    as_root(f"CREATE DATABASE {SECOND}; GRANT ALL ON {SECOND}.* TO 'parley'@'%'")
    yield
    as_root(f"REVOKE ALL ON {SECOND}.* FROM 'parley'@'%'; DROP DATABASE {SECOND}")


def as_root(statements: str) -> None:
    """What only who runs the server may do."""
    client = 'MYSQL_PWD=$(cat /etc/parley/secrets/mysql-root-password) exec mysql --user=root --execute="$0"'
    kubectl("exec", f"{RELEASE}-mysql-0", "--", "sh", "-c", client, statements)


@pytest.fixture
def mailing_nothing():
    """The installation without its worker, for as long as the test lasts."""
    take_away("email-worker")
    yield
    give_back("email-worker")
    until(lambda: all(workloads().values()), "the installation is not Ready again")


@pytest.fixture
def installed(mailing_nothing, database, redis, relay):
    """The second release; in the end nothing is left of it."""
    peer = {"podSelector": {"matchLabels": {"app.kubernetes.io/instance": SECOND}}}
    with admitted(SECOND, peer, PORTS), admitted(f"{SECOND}-reads", peer, {"mail": 8025}):
        try:
            install(SECOND, values(given_values(), redis))
            yield SECOND
        finally:
            done(helm("uninstall", SECOND, "--wait"))
            kubectl("delete", "pod,secret", "-l", of(SECOND))


def test_a_call_over_engines_of_others(installed, figures):
    """Its workloads are the services and nothing else, all Ready, and sign-in, chat, history and media work."""
    assert workloads(installed) == dict.fromkeys(SERVICES, True)
    found = verdict(installed)
    figures(f"a call over external engines takes {found.took_s:.0f} s")
    assert found.hop == ""
