"""`python -m parley turnserver-conf`: print coturn's configuration for the addresses of one machine or pod.

For an init container beside coturn: `python -m parley turnserver-conf > turnserver.conf`, then `turnserver -c` with the
file. The variables are coturn's own options. Next: `coturn.py`, the text itself.
"""

import ssl
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from parley.configuration import ConfigurationError, Settings, collect, load
from parley.turn.coturn import USER_QUOTA, Certificate, TurnServer, configuration
from parley.turn.settings import TurnSettings, refuse_dev_secret

Port = Annotated[int, Field(ge=1, le=65_535)]


def _each(read: Callable[[str], object], kind: str) -> AfterValidator:
    def check(text: str) -> str:
        for part in _csv(text):
            try:
                read(part)
            except ValueError:
                raise ValueError(f"it must be {kind}, comma-separated") from None
        return text

    return AfterValidator(check)


def _mapping(text: str) -> None:
    for part in text.split("/", 1):
        ip_address(part)


def _plain(text: str) -> str:
    if not all("!" <= sign <= "~" and sign not in "\"'" for sign in text):
        raise ValueError("it must be visible ASCII characters without quotes")
    return text


Plain = Annotated[str, AfterValidator(_plain)]
Addresses = Annotated[str, _each(ip_address, "addresses")]


class CoturnSettings(Settings):
    """Where this one TURN server is, and what it may reach beside the public internet: nothing but itself."""

    turn_relay_ip: Addresses
    """The machine's or pod's own addresses that relay, comma-separated. Needed, because two callers who both use the
    relay meet at this address, which is otherwise denied."""

    turn_external_ip: Annotated[str, _each(_mapping, "public or public/private addresses")] = ""
    """Under which addresses peers find the relay, `public/private`, where a NAT is before it; comma-separated."""

    turn_listening_ip: Addresses = ""
    """Addresses for clients, comma-separated; empty: all."""

    turn_listening_port: Port = 3478
    """For UDP and TCP alike; the port that RFC 8656 gives to TURN."""

    turn_min_port: Port = 49160
    """First port of relays. They are all that a firewall has to open, so there are few."""

    turn_max_port: Port = 49200
    """Last port of relays; one is taken for each allocation."""

    turn_realm: Annotated[Plain, Field(min_length=1)] = "parley"
    """What coturn calls itself towards clients; nobody sees it."""

    turn_userdb: Plain = ""
    """A SQLite file whose table `turn_secret` has the secrets, which may then change while coturn runs. Empty: the
    secrets of TURN_SHARED_SECRET or the ring are written into the configuration."""

    turn_denied_networks: Annotated[str, _each(ip_network, "networks like 203.0.113.0/24")] = ""
    """Networks of the deployment (pods, services, machines) in addition to every private one, comma-separated."""

    turn_user_quota: Annotated[int, Field(ge=1)] = USER_QUOTA
    """Allocations of one person at a time: 2 network interfaces, 3 URLs, 3 others in a video call of four."""

    turn_total_quota: Annotated[int, Field(ge=1)] = 100
    """Allocations of everybody at a time. Each takes a relay port, so it only counts where there are more of those;
    with fewer, whoever comes too late is told that there is none left (508), which is what is wrong then."""

    turn_cert: Plain = ""
    """A file with the certificate's chain, PEM, for `turns:`. Empty: no TLS."""

    turn_pkey: Plain = ""
    """The file with its private key, PEM."""

    turn_tls_listening_port: Port = 5349
    """For TURN over TLS."""

    @model_validator(mode="after")
    def _fits(self) -> "CoturnSettings":
        if not _csv(self.turn_relay_ip):
            raise ValueError("TURN_RELAY_IP must have an address")
        if self.turn_min_port > self.turn_max_port:
            raise ValueError("TURN_MIN_PORT must not be above TURN_MAX_PORT")
        if self.turn_user_quota > self.turn_total_quota:
            raise ValueError("TURN_USER_QUOTA must not be above TURN_TOTAL_QUOTA")
        if bool(self.turn_cert) != bool(self.turn_pkey):
            raise ValueError("TURN_CERT and TURN_PKEY belong together")
        return self

    def server(self, secrets: tuple[str, ...]) -> TurnServer:
        """What the configuration is made from; the relay's own addresses are allowed."""
        relays, external = _csv(self.turn_relay_ip), _csv(self.turn_external_ip)
        own = [*relays, *(part for it in external for part in it.split("/"))]
        return TurnServer(
            listening=_csv(self.turn_listening_ip),
            port=self.turn_listening_port,
            relays=relays,
            external=external,
            relay_ports=(self.turn_min_port, self.turn_max_port),
            realm=self.turn_realm,
            secrets=() if self.turn_userdb else secrets,
            database=self.turn_userdb,
            allowed=list(dict.fromkeys(own)),
            denied=[ip_network(it) for it in _csv(self.turn_denied_networks)],
            user_quota=self.turn_user_quota,
            total_quota=self.turn_total_quota,
            certificate=self._certificate(),
        )

    def _certificate(self) -> Certificate | None:
        if not self.turn_cert:
            return None
        return Certificate(chain=self.turn_cert, key=self.turn_pkey, port=self.turn_tls_listening_port)


async def run() -> None:
    """Print it. Raises ConfigurationError, also for a certificate with which coturn would start and speak no TLS."""
    collect(lambda: load(CoturnSettings), lambda: load(TurnSettings))
    settings = load(CoturnSettings)
    _expect_pair(settings)
    print(configuration(settings.server(_secrets(settings))), end="", flush=True)


def _expect_pair(settings: CoturnSettings) -> None:
    if not settings.turn_cert:
        return
    try:
        # Without a password in hand, a key that has one would be asked for on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.turn_cert, settings.turn_pkey, lambda: "")
    except OSError:
        raise ConfigurationError(
            "TURN_CERT, TURN_PKEY: these files are not a certificate in PEM and its private key."
        ) from None


def _secrets(settings: CoturnSettings) -> tuple[str, ...]:
    if settings.turn_userdb:
        return ()
    refuse_dev_secret()
    return load(TurnSettings).ring().ring().secrets


def _csv(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
