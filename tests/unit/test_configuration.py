"""Settings: defaults that hold only for what is unset, and all mistakes told at once without repeating values."""

import pytest

from parley.configuration import ConfigurationError, PageSettings, Settings, collect, load, unknown_scheme


class Sample(Settings):
    parley_count: int
    parley_size: int = 3


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch):
    for name in ("PARLEY_COUNT", "PARLEY_SIZE", "CHAT_WEB_ORIGIN", "CORS_ALLOWED_ORIGINS"):
        monkeypatch.delenv(name, raising=False)


def test_the_environment_wins_over_a_default(monkeypatch):
    """A default given by the caller holds only where the environment says nothing."""
    monkeypatch.setenv("PARLEY_COUNT", "7")
    assert load(Sample, parley_count=1, parley_size=2) == Sample(parley_count=7, parley_size=2)


def test_every_mistake_is_told(monkeypatch):
    """Two wrong variables give two sentences that name them and repeat neither value."""
    monkeypatch.setenv("PARLEY_COUNT", "hunter2")
    monkeypatch.setenv("PARLEY_SIZE", "hunter3")
    with pytest.raises(ConfigurationError) as caught:
        load(Sample)
    assert [sentence.split(":")[0] for sentence in caught.value.sentences] == ["PARLEY_COUNT", "PARLEY_SIZE"]
    assert "hunter" not in str(caught.value)


def test_mistakes_of_several_classes_are_told_together():
    """`collect` runs every attempt before it raises."""
    seen = []

    def fail(name):
        seen.append(name)
        raise ConfigurationError(f"{name} is wrong.")

    with pytest.raises(ConfigurationError) as caught:
        collect(lambda: fail("A"), lambda: None, lambda: fail("B"))
    assert seen == ["A", "B"]
    assert caught.value.sentences == ("A is wrong.", "B is wrong.")


def test_an_unknown_scheme_is_told_without_the_password():
    """The error for a URL repeats its scheme, the known ones, and nothing else of it."""
    text = str(unknown_scheme("BUS_URL", "amqp://user:hunter2@host"))
    assert "amqp:" in text
    assert "use one of inprocess:" in text
    assert "hunter2" not in text


def test_origins_are_lists(monkeypatch):
    """Both variables take several origins, separated by commas."""
    monkeypatch.setenv("CHAT_WEB_ORIGIN", "https://a.example, https://b.example")
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", "")
    settings = load(PageSettings)
    assert settings.allowed_origins == {"https://a.example", "https://b.example"}
    assert settings.is_https
