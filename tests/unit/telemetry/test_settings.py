"""What the variables of logs, metrics and traces may be."""

import pytest

from parley.configuration import ConfigurationError, load
from parley.telemetry.settings import LogSettings, TelemetrySettings


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    for name in ("LOG_FORMAT", "LOG_LEVEL", "METRICS_PORT", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_set_is_quiet():
    """Without variables there are no metrics and no traces, and the form of lines follows who reads."""
    settings = load(TelemetrySettings)
    assert (settings.metrics_port, settings.otel_exporter_otlp_endpoint) == (None, "")
    assert (settings.log_format, settings.log_level) == ("auto", None)


@pytest.mark.parametrize(("text", "port"), [("off", None), ("0", 0), ("9100", 9100)])
def test_the_port_of_metrics(monkeypatch, text, port):
    """METRICS_PORT is a number or off, and wins over the default of a service alone."""
    monkeypatch.setenv("METRICS_PORT", text)
    assert load(TelemetrySettings, metrics_port=9090).metrics_port == port


def test_levels_may_be_written_large(monkeypatch):
    """LOG_LEVEL and LOG_FORMAT are taken in either case."""
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("LOG_FORMAT", "JSON")
    assert (load(LogSettings).log_level, load(LogSettings).log_format) == ("debug", "json")


def test_mistakes_are_told_at_once(monkeypatch):
    """Each wrong variable is a sentence of its own."""
    wrong = {"LOG_FORMAT": "xml", "LOG_LEVEL": "loud", "METRICS_PORT": "70000", "OTEL_EXPORTER_OTLP_ENDPOINT": "x:4317"}
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as error:
        load(TelemetrySettings)
    assert sorted(sentence.partition(":")[0] for sentence in error.value.sentences) == sorted(wrong)
