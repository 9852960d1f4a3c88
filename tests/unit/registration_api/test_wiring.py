"""How registration-api is put together, its settings, and what stops its start."""

import json

import pytest
from support.registration import MANIFEST, PEPPER, registration, write_client

from parley.configuration import ConfigurationError, load
from parley.registration_api.adapters.client_build import CHAT, read_client_build
from parley.registration_api.pages.routes import content_security_policy
from parley.registration_api.settings import RegistrationSettings
from parley.registration_api.wiring import run

DEFAULTS = {"database_url": "sqlite+aiosqlite:///x.db", "code_pepper": PEPPER}


def settings(**changes):
    return load(RegistrationSettings, **DEFAULTS | changes)


async def test_it_is_routes_and_three_tasks(tmp_path):
    """The component brings its pages, its calls, the relay and the sweeper."""
    async with registration(tmp_path) as world:
        assert world.component.name == "registration-api"
        assert list(world.component.tasks) == ["offers", "outbox", "sweeper"]


@pytest.mark.parametrize("missing", [".vite/manifest.json", None])
def test_a_missing_client_stops_the_start(tmp_path, missing):
    """Without a built client the start is refused with the command that builds one."""
    folder = write_client(tmp_path) if missing else tmp_path / "nowhere"
    if missing:
        (folder / missing).unlink()
    with pytest.raises(ConfigurationError, match=r"CHAT_WEB_DIST.*make web"):
        read_client_build(folder)


@pytest.mark.parametrize(
    "manifest", ["", "[]", "{}", json.dumps({CHAT: {"file": "assets/x.js"}}), '{"src/main.tsx": 1}']
)
def test_an_incomplete_client_stops_the_start(tmp_path, manifest):
    """A manifest that cannot be read or lacks an entry is as good as none."""
    folder = write_client(tmp_path)
    (folder / ".vite/manifest.json").write_text(manifest)
    with pytest.raises(ConfigurationError, match="make web"):
        read_client_build(folder)


def test_imports_are_loaded_before_and_once(tmp_path):
    """Modules and styles that are imported along two ways come once, before what imports them."""
    folder = write_client(tmp_path)
    manifest = MANIFEST | {
        CHAT: {"file": "assets/m.js", "css": ["m.css"], "imports": ["a", "b"]},
        "a": {"file": "assets/a.js", "css": ["a.css"], "imports": ["b"]},
        "b": {"file": "assets/b.js", "css": ["b.css"]},
    }
    (folder / ".vite/manifest.json").write_text(json.dumps(manifest))
    chat = read_client_build(folder).chat
    assert (chat.script, chat.preloads) == ("/assets/m.js", ["/assets/b.js", "/assets/a.js"])
    assert chat.styles == ["/b.css", "/a.css", "/m.css"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trusted_proxies", "10.0.0.0/33"),
        ("trusted_proxies", "proxy.example.org"),
        ("chat_rtc_base_url", "webrtc.example.org"),
        ("chat_rtc_base_url", "javascript:alert(1)"),
        ("otp_loopback_per_hour", "0"),
        ("otp_network_per_hour", "0"),
        ("otp_everyone_per_minute", "many"),
        ("code_pepper", "70"),
        ("mailgun_webhook_signing_key", "two\nlines"),
    ],
)
def test_wrong_settings_are_told_by_name(name, value):
    """A setting that cannot be used stops the start and is named."""
    with pytest.raises(ConfigurationError, match=name.upper()):
        settings(**{name: value})


def test_the_webhook_key_may_come_as_a_file(tmp_path):
    """A file with the signing key wins over the variable, and its last line end is not part of the key."""
    (tmp_path / "key").write_text("from-a-file\n")
    given = settings(mailgun_webhook_signing_key="x", mailgun_webhook_signing_key_file=str(tmp_path / "key"))
    assert given.webhook_key == b"from-a-file"
    assert "from-a-file" not in repr(given)
    assert settings().webhook_key == b""


def test_the_policy_names_an_origin():
    """Whatever path rtc-service is found under, the page may connect to its origin."""
    given = settings(chat_rtc_base_url="http://localhost:8085/rtc/")
    assert (given.chat_rtc_base_url, given.rtc_origin) == ("http://localhost:8085/rtc", "http://localhost:8085")


def test_rtc_may_be_where_the_page_is():
    """Without a URL of its own rtc-service is at the page's origin, and the policy names no other."""
    given = settings(chat_rtc_base_url="")
    assert (given.chat_rtc_base_url, given.rtc_origin) == ("", "")
    assert "connect-src 'self';" in content_security_policy(given.rtc_origin)


def test_proxies_are_networks():
    """Several networks may be named, of both families."""
    assert [str(it) for it in settings(trusted_proxies="10.0.0.0/8, ::1/128").proxies] == ["10.0.0.0/8", "::1/128"]


async def test_every_mistake_is_told_at_once(monkeypatch):
    """What is missing and what is wrong about the listener are told in one go."""
    for name in ("DATABASE_URL", "CODE_PEPPER", "CODE_PEPPER_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PARLEY_PORT", "many")
    with pytest.raises(ConfigurationError) as error:
        await run()
    names = {sentence.partition(":")[0] for sentence in error.value.sentences}
    assert names == {"DATABASE_URL", "CODE_PEPPER", "PARLEY_PORT"}
