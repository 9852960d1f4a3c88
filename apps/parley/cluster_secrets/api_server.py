"""The Secrets of one namespace, through Kubernetes' API server, with what a pod's service account gives.

Values are only ever added: each run applies them as a field manager of its own, so the API server itself refuses
(409) to change a value that somebody else has set meanwhile. Next: `command.py`.
"""

import base64
import json
import secrets
import ssl
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast

from parley.configuration import ConfigurationError

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_ANSWER_S = 10.0


class SecretsRefused(ConfigurationError):
    """The API server does not let us do this. The sentence says what and with which status."""


class ApiServer:
    """Secrets of the pod's own namespace. `url` is the API server, `account` the folder of the service account."""

    def __init__(self, url: str, account: Path = ACCOUNT) -> None:
        self._account = account
        self._base = f"{url.rstrip('/')}/api/v1/namespaces/{_text(account / 'namespace')}/secrets"
        self._manager = f"parley-make-secrets-{secrets.token_hex(4)}"

    def entries(self, name: str) -> Collection[str]:
        """The names of a Secret's entries; none if there is no such Secret. Raises SecretsRefused."""
        found = self._ask("GET", name, absent_is_none=True)
        return set(found.get("data") or {}) if found else set()

    def add(self, name: str, kind: str, values: Mapping[str, str], labels: Mapping[str, str]) -> None:
        """Add entries to a Secret, which is made if it is not there. Raises SecretsRefused, also where one exists."""
        data = {entry: base64.b64encode(value.encode()).decode() for entry, value in values.items()}
        document = {"apiVersion": "v1", "kind": "Secret", "type": kind, "data": data}
        document["metadata"] = {"name": name, "labels": dict(labels)}
        self._ask("PATCH", f"{name}?fieldManager={self._manager}", json.dumps(document).encode())

    def _ask(self, method: str, path: str, body: bytes | None = None, *, absent_is_none: bool = False) -> Any:
        headers = {"Authorization": f"Bearer {_text(self._account / 'token')}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/apply-patch+yaml"
        url = f"{self._base}/{path}"
        request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 -- the pod's own API server
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_S, context=self._trust()) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404 and absent_is_none:
                return None
            raise SecretsRefused(_sentence(method, path, error)) from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise SecretsRefused(f"the API server does not answer ({reason}).") from None

    def _trust(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self._account / "ca.crt") if self._base.startswith("https:") else None


def _sentence(method: str, path: str, error: urllib.error.HTTPError) -> str:
    name = path.partition("?")[0]
    try:
        told = cast("str", json.load(error)["message"])
    except (ValueError, KeyError, TypeError):
        told = error.reason
    return f"{method} of Secret {name} was answered {error.code}: {told}."


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        raise SecretsRefused(f"{file} cannot be read; this runs in a pod with a service account's token.") from None
