"""The command line of the doctor: what it prints, and how it ends."""

import pytest

from parley.configuration import ConfigurationError
from parley.doctor import command
from parley.doctor.checks import Seen


@pytest.fixture
def seen(monkeypatch):
    """What is seen at each URL."""
    shown = {}

    async def examine(url, secrets):
        assert secrets == ("devsecret",)
        return shown[url]

    for name in ("TURN_SHARED_SECRET", "TURN_SHARED_SECRET_FILE", "TURN_SECRET_RING_FILE", "TURN_SERVER_URLS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("parley.doctor.command.examine", examine)
    return shown


async def test_one_that_works_and_one_that_does_not(seen, monkeypatch, capsys):
    """Each URL has its sentence, a broken one its remedy, and the exit code is 1."""
    monkeypatch.setenv("TURN_SERVER_URLS", "turn:a, turn:b?transport=tcp")
    seen["turn:a"] = Seen(url="turn:a", relay="198.51.100.7", arrived=True)
    seen["turn:b?transport=tcp"] = Seen(url="turn:b?transport=tcp", refusal=508)
    with pytest.raises(SystemExit) as ended:
        await command.run()
    assert ended.value.code == 1
    assert capsys.readouterr().out == (
        "turn:a\n"
        "  Works: a packet went from one relay address to another at 198.51.100.7.\n"
        "turn:b?transport=tcp\n"
        "  The TURN server has no relay port left, or does not own its relay address.\n"
        "  Widen min-port to max-port, and check relay-ip.\n"
    )


async def test_everything_works(seen, monkeypatch, capsys):
    """Without anything to mend it ends as a success."""
    monkeypatch.setenv("TURN_SERVER_URLS", "turn:a")
    seen["turn:a"] = Seen(url="turn:a", relay="198.51.100.7", arrived=True)
    await command.run()
    assert "Works" in capsys.readouterr().out


async def test_nothing_is_configured(seen, capsys):
    """Without a TURN server that is said, with its remedy, and the exit code is 1."""
    with pytest.raises(SystemExit):
        await command.run()
    assert "TURN_SERVER_URLS" in capsys.readouterr().out


async def test_a_wrong_setting_is_told(seen, monkeypatch):
    """A URL that is none is a configuration error, like everywhere."""
    monkeypatch.setenv("TURN_SERVER_URLS", "stun:a")
    with pytest.raises(ConfigurationError):
        await command.run()
