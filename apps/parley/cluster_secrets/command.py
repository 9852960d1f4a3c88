"""`python -m parley make-secrets`: the chart's hook, before each install and upgrade. What is there stays as it is.

It says what it made by name, and never a value. Next: `plan.py`.
"""

import datetime
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

from pydantic import Field, field_validator

from parley.cluster_secrets import plan
from parley.cluster_secrets.api_server import ApiServer
from parley.configuration import Settings, load

_TLS = ("tls.crt", "tls.key")


class MakeSecretsSettings(Settings):
    """What is to be there, and where."""

    secrets_plan: str
    """JSON, `{"name": {"entries": {"entry": "key" or "password"}}, "tls": {"hosts": ["chat.example.org"]}}`. With
    `hosts` it is a self-signed pair for these names."""

    secrets_labels: Mapping[str, str] = {}
    """JSON, the labels of a Secret that is made."""

    kubernetes_service_host: str
    """The API server; Kubernetes itself sets this."""

    kubernetes_service_port_https: Annotated[int, Field(ge=1, le=65_535)] = 443
    """Its port; Kubernetes itself sets this."""

    @field_validator("secrets_plan")
    @classmethod
    def _is_plan(cls, text: str) -> str:
        plan.parse(text)
        return text

    @property
    def api_server(self) -> str:
        """The URL of the API server."""
        host = self.kubernetes_service_host
        return f"https://{f'[{host}]' if ':' in host else host}:{self.kubernetes_service_port_https}"


async def run() -> None:
    """Make what is missing. Raises ConfigurationError."""
    settings = load(MakeSecretsSettings)
    server = ApiServer(settings.api_server)
    for line in make(server, plan.parse(settings.secrets_plan), settings.secrets_labels):
        print(line, flush=True)


def make(server: ApiServer, wanted: tuple[plan.WantedSecret, ...], labels: Mapping[str, str]) -> Iterator[str]:
    """Add what is missing, and a line for each Secret. Raises SecretsRefused."""
    for it in wanted:
        present = server.entries(it.name)
        kind, fresh = _fresh(it, present)
        if fresh or not present:
            server.add(it.name, kind, fresh, labels)
        yield f"Secret {it.name}: {_told(fresh, present)}"


def _told(fresh: Collection[str], present: Collection[str]) -> str:
    if fresh:
        return f"made {', '.join(sorted(fresh))}"
    return "is complete and stays as it is" if present else "is there, empty, for somebody else to fill"


def _fresh(wanted: plan.WantedSecret, present: Collection[str]) -> tuple[str, Mapping[str, str]]:
    if not wanted.hosts:
        return "Opaque", plan.missing(wanted, present)
    # A certificate without its key is of no use, so the pair is made whole or not at all.
    return "kubernetes.io/tls", {} if set(_TLS) & set(present) else _pair(wanted.hosts)


def _pair(hosts: tuple[str, ...]) -> Mapping[str, str]:
    # Only here, because only the image of registration-api has the package.
    from parley.cluster_secrets.certificates import pair

    return pair(hosts, datetime.datetime.now(datetime.UTC))
