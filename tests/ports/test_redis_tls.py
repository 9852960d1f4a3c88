"""A server that speaks TLS and wants a password: what is wrong about either is told in one sentence, every time."""

import contextlib

import pytest
from support.certificates import Certificate
from support.hearing import Ear
from support.mailpit import engine_address
from support.valkey import IMAGE
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from parley.configuration import ConfigurationError
from parley.fanout.port import FanoutUnavailable
from parley.fanout.redis import open_redis_fanout
from parley.ratelimits.port import Rate
from parley.ratelimits.redis import open_redis_limits

pytestmark = pytest.mark.engine

PASSWORD, ENCODED = "a:b@c/d", "a%3Ab%40c%2Fd"
RATE = Rate(0.001, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def certificate(folder):
    return Certificate(folder, engine_address())


@pytest.fixture(scope="module")
def server(certificate):
    options = ["--tls-port", "6380", "--tls-auth-clients", "no", "--tls-cert-file", "/server.pem"]
    container = DockerContainer(IMAGE).with_exposed_ports(6380)
    container.with_copy_into_container(certificate.file, "/server.pem", 0o644)
    container.with_copy_into_container(certificate.key_file, "/server.key", 0o644)
    container.with_command(
        ["valkey-server", *options, "--tls-key-file", "/server.key", "--requirepass", PASSWORD, "--save", ""]
    )
    container.waiting_for(LogMessageWaitStrategy("Ready to accept connections tls"))
    with container:
        yield container


@pytest.fixture
def place(server):
    return f"{engine_address()}:{server.get_exposed_port(6380)}/0"


async def test_the_right_authority_works(place, certificate):
    """Commands and notices go through TLS when the server's authority is trusted."""
    url, ear = f"rediss://:{ENCODED}@{place}?ssl_ca_certs={certificate.file}", Ear()
    async with open_redis_fanout(url) as fanout, open_redis_limits(url) as limits:
        await fanout.check()
        await fanout.listen(ear).subscribe("c:1")
        await fanout.publish("c:1", b"found")
        await ear.hears("c:1", b"found")
        assert await limits.take("ann", RATE) == 0
        assert await limits.take("ann", RATE) > 0


@contextlib.asynccontextmanager
async def refused(url):
    """What the fan-out says to be checked, three times; it says the same each time and its log no more."""
    async with open_redis_fanout(url) as fanout:
        told = []
        for _ in range(3):
            with pytest.raises(ConfigurationError) as error:
                await fanout.check()
            told += error.value.sentences
        assert len(set(told)) == 1
        yield told[0]


@pytest.mark.parametrize("trusted", ["system", "another", "another name"])
async def test_a_wrong_certificate_is_refused(place, certificate, tmp_path, trusted, caplog):
    """A server that nobody trusted vouches for, or that has another name, is never spoken to."""
    authority = {
        "system": "",
        "another": f"?ssl_ca_certs={Certificate(tmp_path, engine_address()).file}",
        "another name": f"?ssl_ca_certs={certificate.file}",
    }[trusted]
    host = place.replace("127.0.0.1", "127.0.0.2") if trusted == "another name" else place
    async with refused(f"rediss://:{ENCODED}@{host}{authority}") as sentence:
        assert sentence.startswith("REDIS_URL: the server's certificate is refused (")
    assert PASSWORD not in caplog.text


async def test_a_name_that_is_not_checked(place, certificate):
    """Whoever switches off the check of the name is not stopped by it, though the authority still counts."""
    other = place.replace("127.0.0.1", "127.0.0.2")
    url = f"rediss://:{ENCODED}@{other}?ssl_ca_certs={certificate.file}&ssl_check_hostname=false"
    async with open_redis_fanout(url) as fanout:
        await fanout.check()


async def test_wrong_passwords_are_final(place, certificate):
    """A password that is wrong or missing is told as such, without it, and so is a database that is not there."""
    ca = f"ssl_ca_certs={certificate.file}"
    for credentials in (":hidden@", "hidden:hidden@", ""):
        async with refused(f"rediss://{credentials}{place}?{ca}") as sentence:
            assert sentence == "REDIS_URL: the server refuses the user or the password, or there is none."
    async with refused(f"rediss://:{ENCODED}@{place.removesuffix('0')}99?{ca}") as sentence:
        assert sentence == "REDIS_URL: the server has no database of that number."


async def test_a_file_that_is_none(tmp_path):
    """Authorities that cannot be read stop the start."""
    for name in (tmp_path / "missing.pem", tmp_path):
        with pytest.raises(ConfigurationError, match="REDIS_URL: ssl_ca_certs names no file with certificates in PEM"):
            async with open_redis_fanout(f"rediss://host?ssl_ca_certs={name}"):
                raise AssertionError("there is nothing to open")


async def test_a_server_that_is_away_is_waited_for(certificate):
    """Nobody at the address is no mistake of the configuration."""
    async with open_redis_fanout(f"rediss://127.0.0.1:1?ssl_ca_certs={certificate.file}") as fanout:
        with pytest.raises(FanoutUnavailable):
            await fanout.check()
