"""`turnserver-conf`: from the environment of a pod to coturn's configuration, and every mistake told at once."""

import pytest
from support.certificates import Certificate

from parley.configuration import ConfigurationError
from parley.turn import coturn_command
from parley.turn.coturn_command import CoturnSettings

RELAY = {"TURN_RELAY_IP": "10.1.2.3", "TURN_USERDB": "/turn/db"}
NAMES = [it.upper() for it in CoturnSettings.model_fields]


@pytest.fixture
def configured(monkeypatch, capsys):
    """Prints the configuration for an environment."""
    for name in (*NAMES, "TURN_SHARED_SECRET", "TURN_SHARED_SECRET_FILE", "TURN_SECRET_RING_FILE", "TURN_SERVER_URLS"):
        monkeypatch.delenv(name, raising=False)

    async def run(**environment: str) -> list[str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        await coturn_command.run()
        return capsys.readouterr().out.splitlines()

    return run


async def test_a_pod_behind_an_address_translation(configured):
    """The relay's own addresses, within and without, are allowed; the cluster's networks are denied."""
    lines = await configured(
        TURN_SHARED_SECRET="of-both",
        TURN_RELAY_IP="10.1.2.3",
        TURN_EXTERNAL_IP="198.51.100.7/10.1.2.3",
        TURN_DENIED_NETWORKS="34.118.224.0/20, 2600:1900::/28",
        TURN_MIN_PORT="30500",
        TURN_MAX_PORT="30515",
    )
    assert [it for it in lines if it.startswith("allowed")] == [
        "allowed-peer-ip=10.1.2.3",
        "allowed-peer-ip=198.51.100.7",
    ]
    assert lines[-2:] == [
        "denied-peer-ip=34.118.224.0-34.118.239.255",
        "denied-peer-ip=2600:1900::-2600:190f:ffff:ffff:ffff:ffff:ffff:ffff",
    ]
    assert {"min-port=30500", "max-port=30515", "static-auth-secret=of-both", "no-tls"} <= set(lines)
    assert "allow-loopback-peers" not in lines


async def test_secrets_that_change_in_a_database(configured):
    """With a database of secrets none is written down, and none is needed."""
    lines = await configured(TURN_RELAY_IP="10.1.2.3", TURN_USERDB="/turn/db")
    assert "userdb=/turn/db" in lines
    assert not any(it.startswith("static-auth-secret") for it in lines)


async def test_tls(configured, tmp_path):
    """Chain and key are named, with the port."""
    pair = Certificate(tmp_path)
    lines = await configured(**RELAY, TURN_CERT=str(pair.file), TURN_PKEY=str(pair.key_file))
    assert {f"cert={pair.file}", f"pkey={pair.key_file}", "tls-listening-port=5349"} <= set(lines)


@pytest.mark.parametrize("chain", ["no certificate", "", None])
async def test_a_certificate_that_is_none_is_told(configured, tmp_path, chain):
    """coturn would start without TLS then, so the start ends here, also where a file is missing."""
    file = tmp_path / "chain.pem"
    if chain is not None:
        file.write_text(chain)
    with pytest.raises(ConfigurationError, match="TURN_CERT, TURN_PKEY: these files are not a certificate in PEM"):
        await configured(**RELAY, TURN_CERT=str(file), TURN_PKEY=str(Certificate(tmp_path).key_file))


async def test_the_well_known_secret_is_refused(configured):
    """Nobody runs a public relay with the laptop's secret."""
    with pytest.raises(ConfigurationError, match="devsecret"):
        await configured(TURN_RELAY_IP="10.1.2.3")


async def test_every_mistake_is_told(configured):
    """Wrong addresses, networks, ports, names and secrets in one go, none of the values repeated."""
    with pytest.raises(ConfigurationError) as caught:
        await configured(
            TURN_RELAY_IP="here",
            TURN_EXTERNAL_IP="198.51.100.7/there",
            TURN_LISTENING_IP="10.0.0.300",
            TURN_DENIED_NETWORKS="10.0.0.1/8",
            TURN_MIN_PORT="0",
            TURN_MAX_PORT="65536",
            TURN_REALM="two words",
            TURN_SHARED_SECRET='hunter"2',
        )
    places = [it.split(":")[0] for it in caught.value.sentences]
    assert sorted(places) == [
        "TURN_DENIED_NETWORKS",
        "TURN_EXTERNAL_IP",
        "TURN_LISTENING_IP",
        "TURN_MAX_PORT",
        "TURN_MIN_PORT",
        "TURN_REALM",
        "TURN_RELAY_IP",
        "TURN_SHARED_SECRET",
    ]
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"TURN_RELAY_IP": ","}, "TURN_RELAY_IP must have an address"),
        ({"TURN_MIN_PORT": "50000"}, "must not be above"),
        ({"TURN_TOTAL_QUOTA": "17"}, "TURN_USER_QUOTA must not be above TURN_TOTAL_QUOTA"),
        ({"TURN_CERT": "/tls/tls.crt"}, "belong together"),
    ],
)
async def test_what_does_not_fit_together_is_told(configured, environment, told):
    """Ports or quotas the wrong way round, half a certificate, and no address at all."""
    with pytest.raises(ConfigurationError, match=told):
        await configured(**{"TURN_RELAY_IP": "10.1.2.3", "TURN_USERDB": "/turn/db"} | environment)
