"""The pair that a local cluster gets: good for its hosts, signed by an authority that can sign nothing else."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from parley.cluster_secrets import certificates

NOW = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)
HOSTS = ("chat.parley.localhost", "webrtc.parley.localhost", "turn.parley.localhost")


@pytest.fixture(scope="module")
def pair():
    return certificates.pair(HOSTS, NOW)


def verified(pair, host, at):
    """The chain that a client builds that trusts `ca.crt`, and the system's rules of RFC 5280."""
    leaf, *between = x509.load_pem_x509_certificates(pair["tls.crt"].encode())
    store = Store(x509.load_pem_x509_certificates(pair["ca.crt"].encode()))
    verifier = PolicyBuilder().store(store).time(at).build_server_verifier(x509.DNSName(host))
    return verifier.verify(leaf, between)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("days", [0, 396])
def test_clients_that_trust_the_authority_take_each_host(pair, host, days):
    """A strict client accepts the certificate for each of the hosts, today and in a year."""
    assert verified(pair, host, NOW + datetime.timedelta(days=days))


@pytest.mark.parametrize(("host", "days"), [("evil.parley.localhost", 0), (HOSTS[0], 398), (HOSTS[0], -1)])
def test_nobody_takes_it_for_another_host_or_time(pair, host, days):
    """It is good for no other name, not before it was made and not after a year and a month."""
    with pytest.raises(VerificationError):
        verified(pair, host, NOW + datetime.timedelta(days=days))


def test_the_key_is_the_certificates(pair):
    """The private key belongs to the first certificate of the chain."""
    key = serialization.load_pem_private_key(pair["tls.key"].encode(), None)
    leaf = x509.load_pem_x509_certificates(pair["tls.crt"].encode())[0]
    assert leaf.public_key() == key.public_key()


def test_the_authority_is_forgotten(pair):
    """The authority's own key is in nothing that is kept, so nothing else can ever be signed by it."""
    authority = x509.load_pem_x509_certificate(pair["ca.crt"].encode())
    key = serialization.load_pem_private_key(pair["tls.key"].encode(), None)
    assert authority.public_key() != key.public_key()
    assert "".join(pair.values()).count("PRIVATE KEY-----") == 2
