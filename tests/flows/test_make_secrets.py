"""The chart's hook against an API server of our own that keeps Kubernetes' rules of applying, over real HTTP."""

import base64
import http.server
import json
import threading
from urllib.parse import parse_qs, urlsplit

import pytest

from parley.cluster_secrets import plan
from parley.cluster_secrets.api_server import ApiServer, SecretsRefused
from parley.cluster_secrets.command import make

WANTED = plan.parse(
    '{"p-generated": {"entries": {"code-key": "key", "redis-password": "password"}}, "p-tls": {"hosts": ["a.test"]}}'
)
LABELS = {"app.kubernetes.io/instance": "p"}
TOKEN = "a-token"


class Kubernetes:
    """Secrets and who manages which entry; `allowed` are the names that the token may touch."""

    def __init__(self):
        self.secrets, self.managers, self.allowed = {}, {}, {"p-generated", "p-tls"}

    def answer(self, method, path, query, headers, body):
        namespace, name = path.split("/")[4], path.split("/")[6]
        if headers["Authorization"] != f"Bearer {TOKEN}":
            return 401, {"message": "Unauthorized"}
        if namespace != "talk" or name not in self.allowed:
            return 403, {"message": f'secrets "{name}" is forbidden'}
        if method == "PATCH":
            return self.apply(name, json.loads(body), parse_qs(query)["fieldManager"][0], headers)
        return (200, self.secrets[name]) if name in self.secrets else (404, {"message": "not found"})

    def apply(self, name, document, manager, headers):
        assert headers["Content-Type"] == "application/apply-patch+yaml"
        held = self.secrets.setdefault(name, {**document, "data": {}})
        others = self.managers.setdefault(name, {})
        for entry, value in document["data"].items():
            if others.get(entry, manager) != manager and held["data"][entry] != value:
                return 409, {"message": f'conflict with "{others[entry]}": .data.{entry}'}
        held["data"].update(document["data"])
        others.update(dict.fromkeys(document["data"], manager))
        return 200, held

    def values(self, name):
        return {entry: base64.b64decode(it).decode() for entry, it in self.secrets[name]["data"].items()}


@pytest.fixture
def kubernetes():
    return Kubernetes()


@pytest.fixture
def url(kubernetes):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.do_PATCH()

        def do_PATCH(self):
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, document = kubernetes.answer(self.command, parts.path, parts.query, self.headers, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_):
            """Tells nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


@pytest.fixture
def account(tmp_path):
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "namespace").write_text("talk")
    return tmp_path


def test_missing_secrets_are_made(kubernetes, url, account):
    """Of an empty namespace the first run makes each Secret with its type, its labels and its entries."""
    list(make(ApiServer(url, account), WANTED, LABELS))
    assert set(kubernetes.values("p-generated")) == {"code-key", "redis-password"}
    assert set(kubernetes.values("p-tls")) == {"tls.crt", "tls.key", "ca.crt"}
    assert kubernetes.secrets["p-tls"]["type"] == "kubernetes.io/tls"
    assert kubernetes.secrets["p-generated"]["metadata"]["labels"] == LABELS


def test_a_second_run_changes_nothing(kubernetes, url, account):
    """What the first run has made is there after the second, to the letter."""
    list(make(ApiServer(url, account), WANTED, LABELS))
    before = json.dumps(kubernetes.secrets)
    lines = list(make(ApiServer(url, account), WANTED, LABELS))
    assert json.dumps(kubernetes.secrets) == before
    assert lines == [
        "Secret p-generated: is complete and stays as it is",
        "Secret p-tls: is complete and stays as it is",
    ]


def test_only_what_is_missing_is_added(kubernetes, url, account):
    """An entry that somebody has put there stays, and the other one is added."""
    ApiServer(url, account).add("p-generated", "Opaque", {"code-key": "mine"}, {})
    list(make(ApiServer(url, account), WANTED, LABELS))
    found = kubernetes.values("p-generated")
    assert found["code-key"] == "mine"
    assert len(found["redis-password"]) == plan.PASSWORD_LENGTH


def test_of_two_at_once_one_makes_it(kubernetes, url, account):
    """Two runs that both find nothing never leave one with another value than the other: the second is refused."""
    first, second = ApiServer(url, account), ApiServer(url, account)
    assert first.entries("p-generated") == second.entries("p-generated") == set()
    first.add("p-generated", "Opaque", {"code-key": "one"}, LABELS)
    with pytest.raises(SecretsRefused, match="answered 409: conflict"):
        second.add("p-generated", "Opaque", {"code-key": "two"}, LABELS)
    assert kubernetes.values("p-generated") == {"code-key": "one"}


def test_lines_repeat_no_value(kubernetes, url, account):
    """What is printed names Secrets and entries, and no value of any."""
    told = "\n".join(make(ApiServer(url, account), WANTED, LABELS))
    assert "Secret p-generated: made code-key, redis-password" in told
    values = [it for name in kubernetes.secrets for it in kubernetes.values(name).values()]
    assert not any(it in told for it in values)


def test_a_refusal_is_told_in_a_sentence(kubernetes, url, account):
    """Without the right to a Secret the command ends with which one, and with what the API server says."""
    kubernetes.allowed = set()
    with pytest.raises(SecretsRefused, match=r'^GET of Secret p-generated was answered 403: secrets "p-generated" is'):
        list(make(ApiServer(url, account), WANTED, LABELS))


def test_an_absent_api_server_is_told(account):
    """An API server that does not answer is one sentence."""
    with pytest.raises(SecretsRefused, match="the API server does not answer"):
        ApiServer("http://127.0.0.1:9", account).entries("p-generated")


def test_outside_a_pod_it_is_told(tmp_path):
    """Without a service account's files the sentence says what is missing."""
    with pytest.raises(SecretsRefused, match="cannot be read; this runs in a pod with a service account's token"):
        ApiServer("http://127.0.0.1:9", tmp_path)


def test_an_empty_secret_is_made_for_somebody_else_to_fill(kubernetes, url, account):
    """A Secret without wanted entries is made, and what somebody has written into it meanwhile stays."""
    kubernetes.allowed.add("p-turn-ring")
    wanted = plan.parse('{"p-turn-ring": {"entries": {}}}')
    lines = [*make(ApiServer(url, account), wanted, LABELS)]
    assert kubernetes.secrets["p-turn-ring"]["data"] == {}
    assert kubernetes.secrets["p-turn-ring"]["metadata"]["labels"] == LABELS
    kubernetes.secrets["p-turn-ring"]["data"] = {"ring.json": "e30="}
    lines += make(ApiServer(url, account), wanted, LABELS)
    assert kubernetes.values("p-turn-ring") == {"ring.json": "{}"}
    assert lines == [
        "Secret p-turn-ring: is there, empty, for somebody else to fill",
        "Secret p-turn-ring: is complete and stays as it is",
    ]
