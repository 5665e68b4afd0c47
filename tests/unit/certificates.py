"""Certificates for tests: an authority, one that it lets issue, and a host's, all made anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate, and the key that it is for."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def key_pem(self, phrase: str = "") -> str:
        closed = (
            serialization.BestAvailableEncryption(phrase.encode()) if phrase else serialization.NoEncryption()
        )
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, closed)
        return self.key.private_bytes(*form).decode()


def issue(
    name: str,
    by: Issued | None = None,
    begins: datetime = NOW - DAY,
    ends: datetime = NOW + 90 * DAY,
    further: Iterable[str] = (),
) -> Issued:
    """A certificate for a host's names (or an authority's, which has no dot), from ``by`` or from itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca="." not in name, path_length=None), critical=True)
    )
    if "." in name:
        built = built.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(each) for each in (name, *further)]), critical=False
        )
    return Issued(built.sign((by.key if by else key), hashes.SHA256()), key)
