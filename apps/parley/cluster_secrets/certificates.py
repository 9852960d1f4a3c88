"""A self-signed pair for local clusters: an authority that signs one certificate and is then forgotten.

Nobody can sign a second certificate with it, so trusting it on a laptop trusts these names and nothing else.
"""

import datetime
from collections.abc import Mapping, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LASTS = datetime.timedelta(days=397)
"""Longer ones are refused by browsers."""

_SLACK = datetime.timedelta(hours=1)

_Builder = x509.CertificateBuilder


def pair(hosts: Sequence[str], now: datetime.datetime) -> Mapping[str, str]:
    """`tls.crt`, `tls.key` and `ca.crt` in PEM for these names, good from an hour before `now`."""
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _named("Parley local authority")
    root = _authority(issuer, authority, now)
    leaf = _leaf(hosts, issuer, own, authority, now)
    return {"tls.crt": _pem(leaf) + _pem(root), "tls.key": _key_pem(own), "ca.crt": _pem(root)}


def _authority(name: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime.datetime) -> x509.Certificate:
    signing = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        _begun(name, name, key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signing, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    hosts: Sequence[str],
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    authority: ec.EllipticCurvePrivateKey,
    now: datetime.datetime,
) -> x509.Certificate:
    names = x509.SubjectAlternativeName([x509.DNSName(it) for it in hosts])
    signed_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    return (
        # A common name has room for 64 letters, and nobody reads it any more.
        _begun(_named(hosts[0][:64]), issuer, key, now)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(signed_by, critical=False)
        .sign(authority, hashes.SHA256())
    )


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime.datetime) -> _Builder:
    return (
        _Builder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now - _SLACK + LASTS)
    )


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()
