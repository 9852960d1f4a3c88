"""The services understand what the chart tells them: each one's settings are loaded from what is rendered for it."""

import datetime

import pytest
from chart import rendering
from chart.test_secrets import plan_of

from parley.chat_service.settings import ChatSettings
from parley.cluster_secrets import certificates, plan
from parley.configuration import ListenSettings, load
from parley.email_worker.settings import WorkerSettings
from parley.message_service.settings import MessageSettings
from parley.messages.cassandra_urls import parse_cassandra_url
from parley.redis.urls import parse as parse_redis
from parley.registration_api.settings import RegistrationSettings
from parley.rtc_service.settings import RtcSettings
from parley.telemetry.settings import TelemetrySettings
from parley.turn.coturn import configuration
from parley.turn.coturn_command import CoturnSettings
from parley.turn.settings import TurnSettings, refuse_dev_secret

SETTINGS = {
    "registration-api": RegistrationSettings,
    "email-worker": WorkerSettings,
    "message-service": MessageSettings,
    "chat-service": ChatSettings,
    "rtc-service": RtcSettings,
}


@pytest.fixture
def pod_folder(tmp_path):
    """Files as a pod has them: secrets of the forms that the hook makes, and an authority."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "ca").mkdir()
    for entry in ("code-key", "code-pepper"):
        (tmp_path / "secrets" / entry).write_text(plan.key())
    for entry in ("turn-secret", "mail-password", "mail-webhook"):
        (tmp_path / "secrets" / entry).write_text(plan.password())
    (tmp_path / "ring").mkdir()
    (tmp_path / "ring/ring.json").write_text(f'{{"keys": [{{"state": "current", "secret": "{plan.password()}"}}]}}')
    authority = certificates.pair(["x.test"], datetime.datetime.now(datetime.UTC))["ca.crt"]
    for engine in ("mysql", "redis", "kafka", "cassandra"):
        (tmp_path / "secrets" / f"{engine}-password").write_text(plan.password())
        (tmp_path / "ca" / f"{engine}.crt").write_text(authority)
    return tmp_path


def told(monkeypatch, variables, folder):
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("/etc/parley", str(folder)))


def environment(found, service):
    maps = [it for it in rendering.kind(found, "ConfigMap") if rendering.component(it) == service]
    return maps[0]["data"]


@pytest.mark.parametrize("service", rendering.SERVICES)
def test_each_service_takes_its_settings(monkeypatch, pod_folder, rendered, service):
    """Every variable is of a form that the service accepts, with the addresses of the engines and their passwords."""
    told(monkeypatch, environment(rendered, service), pod_folder)
    settings = load(SETTINGS[service])
    assert settings.is_https
    assert load(ListenSettings).parley_port == 8080
    assert load(TelemetrySettings).metrics_port == 9090
    if service == "chat-service":
        parse_cassandra_url(settings.message_log_url)
        parse_redis(settings.redis_url)
    if service == "rtc-service":
        refuse_dev_secret()


@pytest.mark.parametrize("service", rendering.SERVICES)
def test_no_variable_is_in_vain(monkeypatch, pod_folder, rendered, service):
    """Every variable that a service is told is one of its settings."""
    kinds = (SETTINGS[service], ListenSettings, TelemetrySettings)
    known = {name.upper() for kind in kinds for name in kind.model_fields}
    assert set(environment(rendered, service)) <= known


def test_the_lobby_is_one_setting(rendered):
    """The three services that must agree on the lobby are told the same."""
    services = ("chat-service", "message-service", "rtc-service")
    assert len({environment(rendered, it)["PARLEY_LOBBY"] for it in services}) == 1


def coturn_configurations(monkeypatch, folder, found):
    """What coturn of these objects is configured by, in a pod at 10.1.2.3."""
    for component, pod in rendering.pods(found):
        if component != "turn":
            continue
        given = {it["name"]: it["value"] for it in rendering.containers(pod)[0]["env"] if "value" in it}
        own = {"POD_IP": "10.1.2.3", "HOST_IP": "192.0.2.1"}
        for name, address in own.items():
            given = {key: value.replace(f"$({name})", address) for key, value in given.items()}
        told(monkeypatch, given, folder)
        yield configuration(load(CoturnSettings).server(load(TurnSettings).ring().ring().secrets))


def test_coturn_gets_a_configuration(monkeypatch, pod_folder, rendered):
    """What the relay's pod is told makes a configuration, with its own address and the agent's database in it."""
    for text in coturn_configurations(monkeypatch, pod_folder, rendered):
        assert "relay-ip=10.1.2.3\n" in text
        assert "userdb=/var/lib/coturn/turndb\n" in text
        assert "static-auth-secret=" not in text


def test_without_the_operator_coturn_has_the_secret(monkeypatch, pod_folder):
    """Without the operator coturn's configuration has the one secret, which rtc-service reads from the same Secret."""
    found = rendering.documents("minimal", "operator.enabled=false")
    (text,) = coturn_configurations(monkeypatch, pod_folder, found)
    assert "static-auth-secret=" in text
    assert "userdb=" not in text
    assert environment(found, "rtc-service")["TURN_SHARED_SECRET_FILE"] == "/etc/parley/secrets/turn-secret"


def test_made_secrets_have_the_forms_that_settings_take():
    """The hook's forms are those of the settings: keys are keys, everything else is letters and digits."""
    entries = plan_of(rendering.documents("minimal"))["p-generated"].entries
    assert {it for it, form in entries.items() if form == "key"} == {"code-key", "code-pepper"}
