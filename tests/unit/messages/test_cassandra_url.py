"""The URL of a Cassandra cluster: what it says, and what is told of a wrong one, without its password."""

import pytest

from parley.configuration import ConfigurationError
from parley.messages.cassandra_urls import parse_cassandra_url
from parley.messages.opening import migrate_log, open_log

LOGIN = "cassandra://ann:hidden@"


async def opened(url):
    async with open_log(url):
        raise AssertionError("there is nothing to open")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("cassandra:", "name the nodes"),
        (f"{LOGIN}/parley", "name the nodes"),
        (f"{LOGIN}one,/parley?dc=x", "name the nodes"),
        (f"{LOGIN}one:port/parley", "name the nodes"),
        (f"{LOGIN}one:0/parley", "name the nodes"),
        (f"{LOGIN}one:65536/parley", "name the nodes"),
        (f"{LOGIN}[::1/parley", "not a URL"),
        (f"{LOGIN}one", "name a keyspace"),
        (f"{LOGIN}one/Chat", "name a keyspace"),
        (f"{LOGIN}one/chat/x", "name a keyspace"),
        (f"{LOGIN}one/chat; DROP", "name a keyspace"),
        (f"{LOGIN}one/{'x' * 49}", "name a keyspace"),
        (f"{LOGIN}one,two/parley", "with dc=…"),
        (f"{LOGIN}one/parley?replication=3", "with dc=…"),
        (f"{LOGIN}one/parley?dc=it's", "'dc' is the name"),
        (f"{LOGIN}one/parley?dc=", "'dc' is the name"),
        (f"{LOGIN}one/parley?dc=x&replication=0", "from 1 to 99"),
        (f"{LOGIN}one/parley?dc=x&replication=many", "from 1 to 99"),
        (f"{LOGIN}one/parley?datacentre=x", "'datacentre' is not known; use one of dc, replication, ssl"),
        (f"{LOGIN}one/parley?ssl=yes", "'ssl' is true or false"),
        (f"{LOGIN}one/parley?ssl_ca=/missing.pem", "ssl_ca names no file"),
    ],
)
@pytest.mark.parametrize("use", [opened, migrate_log])
async def test_a_wrong_url_is_one_sentence(url, sentence, use):
    """Each mistake stops the start and the migration with what to do about it."""
    with pytest.raises(ConfigurationError, match=sentence) as error:
        await use(url)
    (told,) = error.value.sentences
    assert told.startswith("MESSAGE_LOG_URL: ")
    assert told.endswith(".")
    assert "hidden" not in told


def test_the_parts_of_a_url():
    """Nodes, ports, keyspace, data centre, user and password come out as they were meant."""
    url = parse_cassandra_url("cassandra://a%40b:p%2F%3A@one,two:9043,[::1]:9044/chat_1?dc=eu%20west&replication=2")
    assert url.nodes == [("one", 9042), ("two", 9043), ("::1", 9044)]
    assert (url.keyspace, url.dc, url.user, url.password) == ("chat_1", "eu west", "a@b", "p/:")
    assert url.tls is None
    assert "p/:" not in repr(url)


@pytest.mark.parametrize(
    ("rest", "replication"),
    [
        ("one/k", {"class": "SimpleStrategy", "replication_factor": 1}),
        ("one/k?dc=eu", {"class": "NetworkTopologyStrategy", "eu": 1}),
        ("one/k?dc=eu&replication=3", {"class": "NetworkTopologyStrategy", "eu": 3}),
        ("one,two/k?dc=eu", {"class": "NetworkTopologyStrategy", "eu": 2}),
        ("one,two,three,four/k?dc=eu", {"class": "NetworkTopologyStrategy", "eu": 3}),
        ("one,two,three/k?dc=eu&replication=1", {"class": "NetworkTopologyStrategy", "eu": 1}),
    ],
)
def test_replication_follows_the_nodes(rest, replication):
    """One node keeps one copy; several keep up to three in their data centre, or as many as the URL says."""
    assert parse_cassandra_url(f"cassandra://{rest}").replication == replication


@pytest.mark.parametrize(
    ("query", "is_on", "checks_name"),
    [
        ("", False, None),
        ("?ssl=false", False, None),
        ("?ssl=true", True, True),
        ("?ssl=true&ssl_check_hostname=false", True, False),
    ],
)
def test_tls_by_option(query, is_on, checks_name):
    """TLS is off unless it is asked for, and then the node's name is checked unless that is switched off."""
    tls = parse_cassandra_url(f"cassandra://one/k{query}").tls
    assert (tls is not None) == is_on
    assert tls is None or tls.check_hostname == checks_name
