"""What is installed in the local cluster: every pod Ready under restricted Pod Security, TLS, and a way in."""

import asyncio
import hashlib
import secrets
import socket
import ssl
from base64 import b64decode

import httpx2
import pytest
from support.cluster import CHAT, NAMESPACE, RELEASE, TURN, WEBRTC, forwarded, kubectl, read, trust

from parley.callcheck.mailbox import code_for
from parley.callcheck.person import enter_code, request_code

pytestmark = pytest.mark.cluster

COMPONENTS = {
    "registration-api",
    "email-worker",
    "message-service",
    "chat-service",
    "rtc-service",
    "mysql",
    "redis",
    "kafka",
    "cassandra",
    "turn",
    "mail",
    "operator",
}
PATIENT_S = 60


def test_every_pod_is_ready_where_only_restricted_pods_may_be():
    """The namespace refuses whatever is not restricted, and each component has a pod in it that is Ready."""
    labels = read("namespace", NAMESPACE)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    pods = [it for it in read("pods")["items"] if it["status"]["phase"] == "Running"]
    ready = {it["metadata"]["labels"]["app.kubernetes.io/component"] for it in pods if is_ready(it)}
    assert ready == COMPONENTS
    assert all(is_ready(it) for it in pods)


def is_ready(pod: dict) -> bool:
    return {it["type"]: it["status"] for it in pod["status"]["conditions"]}["Ready"] == "True"


@pytest.mark.parametrize("host", [CHAT, WEBRTC, TURN])
def test_each_name_has_the_installations_certificate(host):
    """The controller shows the Secret's certificate, which is good for the name, to whoever trusts its authority."""
    pem = b64decode(read("secret", f"{RELEASE}-tls")["data"]["tls.crt"]).decode()
    first = pem[: pem.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"
    with socket.create_connection(("127.0.0.1", 443), 10) as plain, trusted(plain, host) as secure:
        shown = secure.getpeercert(binary_form=True)
    assert hashlib.sha256(shown).digest() == hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).digest()


def trusted(plain: socket.socket, host: str) -> ssl.SSLSocket:
    return trust().wrap_socket(plain, server_hostname=host)


def test_a_stranger_does_not_trust_it():
    """The certificate is of our own, and nobody takes it for another."""
    with socket.create_connection(("127.0.0.1", 443), 10) as plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname=CHAT)


async def test_somebody_signs_in_with_a_mailed_code():
    """The code in the mail that was caught opens a session, with which one's own account is read."""
    with forwarded(f"{RELEASE}-mail", 8025) as mails:
        async with here() as http, httpx2.AsyncClient() as plain, asyncio.timeout(PATIENT_S):
            address = f"{secrets.token_hex(6)}@example.org"
            challenge = await request_code(http, f"https://{CHAT}", address)
            person = await enter_code(http, f"https://{CHAT}", challenge, await code_for(plain, mails, address))
            found = await person.ask("GET", f"https://{CHAT}/me")
    assert found["email"] == address


async def test_the_page_is_served():
    """The first page comes over HTTPS, with the client's own files."""
    async with here() as http:
        answer = await http.get(f"https://{CHAT}/")
    assert answer.status_code == 200
    assert "/assets/" in answer.text


def here() -> httpx2.AsyncClient:
    """A user on this machine, to whom the names are itself, whatever its resolver knows of them."""
    return httpx2.AsyncClient(transport=_Here(verify=trust()), timeout=30)


class _Here(httpx2.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        # A request of its own, because cookies are kept by the name that was asked for.
        way = request.url.copy_with(host="127.0.0.1")
        more = {**request.extensions, "sni_hostname": request.url.host}
        moved = httpx2.Request(request.method, way, headers=request.headers, stream=request.stream, extensions=more)
        return await super().handle_async_request(moved)


def test_a_privileged_pod_is_refused():
    """The restriction is not only a label."""
    with pytest.raises(AssertionError, match="violates PodSecurity"):
        kubectl("run", "stranger", "--image=python:3.13-slim", "--dry-run=server", "--privileged")
