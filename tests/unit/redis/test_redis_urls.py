"""What a REDIS_URL names: servers, sentinels or a cluster, each mistake told in one sentence without a password."""

import pytest

from parley.configuration import SCHEMES, ConfigurationError, FanoutSettings, load
from parley.redis.urls import Address, is_redis, parse


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://host", Address(kind="server", nodes=(("host", 6379),))),
        ("redis://host/", Address(kind="server", nodes=(("host", 6379),))),
        ("redis://host:7000/3", Address(kind="server", nodes=(("host", 7000),), database=3)),
        ("redis://[::1]:7000", Address(kind="server", nodes=(("::1", 7000),))),
        (
            "redis://ann:a%40b%2Fc@host",
            Address(kind="server", nodes=(("host", 6379),), username="ann", password="a@b/c"),
        ),
        ("redis://:secret@host", Address(kind="server", nodes=(("host", 6379),), password="secret")),
        ("rediss://host", Address(kind="server", nodes=(("host", 6379),), is_tls=True)),
        (
            "rediss://host?ssl_ca_certs=/a%20b.pem&ssl_check_hostname=false",
            Address(kind="server", nodes=(("host", 6379),), is_tls=True, ca_file="/a b.pem", checks_hostname=False),
        ),
        (
            "redis+sentinel://one,two:7000,[::2]/main/2",
            Address(kind="sentinel", nodes=(("one", 26379), ("two", 7000), ("::2", 26379)), service="main", database=2),
        ),
        (
            "rediss+sentinel://ann:a@one/main?sentinel_username=bob&sentinel_password=b",
            Address(
                kind="sentinel",
                nodes=(("one", 26379),),
                service="main",
                username="ann",
                password="a",
                sentinel_username="bob",
                sentinel_password="b",
                is_tls=True,
            ),
        ),
        ("redis+cluster://one,two:7000", Address(kind="cluster", nodes=(("one", 6379), ("two", 7000)))),
        ("rediss+cluster://:a@one/0", Address(kind="cluster", nodes=(("one", 6379),), password="a", is_tls=True)),
    ],
)
def test_what_a_url_names(url, address):
    """Hosts, ports, service, database, users and TLS are read, with the defaults of what they are."""
    assert parse(url) == address


SERVER = "this is not redis://[user:password@]host[:port][/database]"
SENTINEL = "this is not redis+sentinel://[user:password@]host[:port][,host[:port]…]/service[/database]"
CLUSTER = "this is not rediss+cluster://[user:password@]host[:port][,host[:port]…]"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("redis:", SERVER),
        ("redis:host", SERVER),
        ("redis://", SERVER),
        ("redis://:secret@", SERVER),
        ("redis://ann:secret@one,two", SERVER),
        ("redis://ann:secret@host:port", SERVER),
        ("redis://ann:secret@host:0", SERVER),
        ("redis://ann:secret@host:65536", SERVER),
        ("redis://ann:secret@host/main", SERVER),
        ("redis://ann:secret@host/1/2", SERVER),
        ("redis://ann:secret@host#1", SERVER),
        ("redis://ann:sec/secret@host", SERVER),
        ("redis://ann:secret@[::1", SERVER),
        ("redis+sentinel://:secret@one", SENTINEL),
        ("redis+sentinel://:secret@one//1", SENTINEL),
        ("redis+sentinel://:secret@one,,two/main", SENTINEL),
        ("redis+sentinel://:secret@one/main/first", SENTINEL),
        ("rediss+cluster://:secret@one/1", CLUSTER),
        ("rediss+cluster://:secret@", CLUSTER),
        ("redis://:secret@host?ssl_ca_certs=a", "the option 'ssl_ca_certs' is not known; there are none without TLS"),
        ("redis://:secret@host?health=1", "the option 'health' is not known; there are none without TLS"),
        (
            "rediss://:secret@host?sentinel_password=secret",
            "the option 'sentinel_password' is not known; use one of ssl_ca_certs, ssl_check_hostname",
        ),
        (
            "redis+sentinel://host/main?password=secret",
            "the option 'password' is not known; use one of sentinel_username, sentinel_password",
        ),
        ("rediss://:secret@host?ssl_check_hostname=no", "the option 'ssl_check_hostname' is true or false"),
    ],
)
def test_a_wrong_url_is_one_sentence(url, sentence):
    """Each mistake is told with the form that is wanted, and never with the password."""
    with pytest.raises(ConfigurationError) as error:
        parse(url)
    assert error.value.sentences == (f"REDIS_URL: {sentence}.",)


def test_passwords_are_not_shown():
    """Whoever prints what a URL names prints no password."""
    shown = repr(parse("redis+sentinel://ann:secret@one/main?sentinel_password=secret"))
    assert "ann" in shown
    assert "secret" not in shown


def test_the_settings_know_every_scheme(monkeypatch):
    """Whatever is read here passes the settings, and nothing else but the one process's own."""
    schemes = [scheme.removesuffix(":") for scheme in SCHEMES["REDIS_URL"]]
    assert [scheme for scheme in schemes if not is_redis(scheme)] == ["inprocess"]
    for scheme in schemes[1:]:
        monkeypatch.setenv("REDIS_URL", f"{scheme}://host/main")
        assert load(FanoutSettings).redis_url == f"{scheme}://host/main"
    assert not is_redis("redis+unix")
