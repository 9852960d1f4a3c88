"""Combinations that cannot work are refused at render, each in a sentence that says what to do, and all at once."""

import functools
import re

import pytest
from chart import rendering

MINIMAL, EXTERNAL, GATEWAY, AVAILABLE = "minimal", "external-everything", "gateway-only", "high-availability"

REFUSALS = [
    ("", ["development=true"], "mail.from is empty"),
    ("", ["mail.from=a@b.test"], "mail.external.smtp.host is empty"),
    (MINIMAL, ["development=false"], "mail.mode is bundled, which catches mails and delivers none"),
    (MINIMAL, ["mail.external.smtp.host=x"], "mail.mode is bundled, but mail.external names a server"),
    (GATEWAY, ["mail.external.existingSecret="], "mail.external.existingSecret with the password is not"),
    (GATEWAY, ["mail.external.smtp.user="], "mail.external.smtp.user is empty"),
    (GATEWAY, ["mail.external.smtp.tls=never"], "a password must not travel without TLS"),
    (EXTERNAL, ["mail.external.mailgun.domain="], "which needs mail.external.mailgun.domain"),
    (EXTERNAL, ["mail.from="], "mail.from is empty"),
    (MINIMAL, ["credentials.turnSecret.value=devsecret"], "is devsecret, which everybody knows"),
    (MINIMAL, ["development=false", "credentials.codeKey.value=" + 64 * "a"], "for development: true only"),
    (MINIMAL, ["credentials.codeKey.value=abc"], "must be 64 or more hexadecimal digits"),
    (MINIMAL, ["credentials.mysqlPassword.value=a'b"], "must be letters and digits"),
    (MINIMAL, ["credentials.turnSecret.value==abc"], "must be visible ASCII characters"),
    (MINIMAL, ["credentials.turnSecret.value=x", "credentials.turnSecret.existingSecret=y"], "has both a value and an"),
    (MINIMAL, ["hosts.turn=turn.example.org"], "which is not directly under parley.localhost"),
    (MINIMAL, [f"hosts.{it}={it}.localhost" for it in ("chat", "webrtc", "turn")], "a whole top-level domain"),
    (MINIMAL, ["hosts.turn=chat.parley.localhost"], "are the same, and each leads to a service of its own"),
    (MINIMAL, ["fullnameOverride=" + 41 * "a"], "has more than 40 letters"),
    (MINIMAL, ["mysql.external.host=db"], "mysql.mode is bundled, but mysql.external.host is given"),
    (MINIMAL, ['redis.external.hosts=["r"]'], "redis.mode is bundled, but redis.external.hosts is given"),
    (MINIMAL, ['kafka.external.hosts=["k"]'], "kafka.mode is bundled, but kafka.external.hosts is given"),
    (MINIMAL, ['cassandra.external.hosts=["c"]'], "cassandra.mode is bundled, but cassandra.external.hosts is given"),
    (MINIMAL, ["mysql.mode=external"], "mysql.mode is external, but mysql.external.host is empty"),
    (MINIMAL, ["redis.mode=external"], "redis.mode is external, but redis.external.hosts is empty"),
    (MINIMAL, ["kafka.mode=external"], "kafka.mode is external, but kafka.external.hosts is empty"),
    (MINIMAL, ["cassandra.mode=external"], "cassandra.mode is external, but cassandra.external.hosts is empty"),
    (EXTERNAL, ["mysql.external.existingSecret="], "mysql.external.existingSecret with the password is not"),
    (EXTERNAL, ["kafka.external.user="], "kafka.external.user is empty"),
    (EXTERNAL, ["kafka.external.tls.enabled=false"], "kafka.external.tls.enabled is false"),
    (EXTERNAL, ["redis.external.service="], "the name that the sentinels have for the primary, is empty"),
    (EXTERNAL, ["redis.external.kind=server"], "redis.external.hosts names several hosts"),
    (EXTERNAL, ["redis.external.existingSecret="], "redis.external.existingSecret with the password is not"),
    (AVAILABLE, ["redis.external.database=3"], "a cluster has only database 0"),
    (AVAILABLE, ["cassandra.external.datacenter="], "cassandra.external.datacenter is needed"),
    (EXTERNAL, ["turn.external.urls=[]"], "turn.external.urls is empty"),
    (EXTERNAL, ["credentials.turnSecret.existingSecret="], "must hold the secret that this relay has"),
    (MINIMAL, ['turn.external.urls=["turn:x"]'], "turn.mode is bundled, but turn.external.urls is given"),
    (MINIMAL, ["turn.bundled.relayPorts.first=30516"], "relayPorts.first is above turn.bundled.relayPorts.last"),
    (MINIMAL, ["turn.bundled.relayPorts.last=30900"], "has more than 250 ports"),
    (MINIMAL, ["turn.bundled.relayPorts.first=29999"], "must be between 30000 and 32767"),
    (MINIMAL, ["turn.bundled.nodePort=30505"], "turn.bundled.nodePort is one of turn.bundled.relayPorts"),
    (MINIMAL, ["turn.bundled.tls=true"], "which exposure nodePort cannot have"),
    (MINIMAL, ["tls.mode=existingSecret"], "tls.existingSecret is empty"),
    (MINIMAL, ["tls.existingSecret=x"], "tls.existingSecret is given, but tls.mode is selfSigned"),
    (MINIMAL, ["tls.mode=certManager"], "tls.certManager.issuer is empty"),
    (AVAILABLE, ["ingress.enabled=false"], "which acts on the Ingress, but ingress.enabled is false"),
    (MINIMAL, ["gateway.enabled=true"], "gateway.parentRefs names no Gateway"),
    (AVAILABLE, ["services.chat-service.autoscaling.minReplicas=13"], "autoscaling.minReplicas is above maxReplicas"),
    (AVAILABLE, ["services.rtc-service.resources.requests.cpu=null"], "resources.requests.cpu is not set"),
]


@functools.cache
def sentences(case, *sets):
    """What is told when this is rendered."""
    with pytest.raises(rendering.Refused) as refused:
        rendering.text(case, *sets)
    return re.findall(r"^- (.+)$", str(refused.value), flags=re.MULTILINE)


@pytest.mark.parametrize(("case", "sets", "told"), REFUSALS, ids=[told for _, _, told in REFUSALS])
def test_impossible_combinations_are_refused(case, sets, told):
    """What cannot work is refused in one whole sentence that names the value."""
    matching = [it for it in sentences(case, *sets) if told in it]
    assert len(matching) == 1, sentences(case, *sets)
    assert matching[0].endswith(".")


def test_every_sentence_is_tried():
    """Each sentence that the templates can tell is told by one of the cases above."""
    source = (rendering.CHART / "templates" / "_validations.tpl").read_text()
    code = re.sub(r"\{\{/\*.*?\*/\}\}", "", source, flags=re.DOTALL)
    lines = [it for it in code.splitlines() if it.endswith(".") and not it.startswith("{{-")]
    told = {it for case, sets, _ in REFUSALS for it in sentences(case, *sets)}
    assert len(lines) > 40
    assert [line for line in lines if not any(re.fullmatch(pattern(line), it) for it in told)] == []


def pattern(line):
    """A line of the templates with anything in its holes."""
    return ".*".join(map(re.escape, re.split(r"\{\{.*?\}\}", line)))


def test_all_mistakes_are_told_at_once():
    """Whoever has made three mistakes reads three sentences."""
    found = sentences("minimal", "tls.mode=existingSecret", "redis.mode=external", "gateway.enabled=true")
    assert [it.partition(".")[0] for it in found] == ["redis", "tls", "gateway"]


def test_a_sentence_repeats_no_secret():
    """A refused credential is not written out."""
    assert "hunter2" not in "".join(sentences("minimal", "credentials.redisPassword.value=hunter2-x"))
