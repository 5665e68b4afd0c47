"""Whether a chain and a key, as PEM, will serve a mail host. Reads what is given, asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from congvu.accounts.faults import Faults

if TYPE_CHECKING:
    from congvu.preflight import Given

_CHAIN, _KEY = "certificates_chain_file", "certificates_key_file"
_UNREADABLE = (
    "cannot be read",
    "name a file of the controller; if it is in ansible-vault, give the password",
)


def check(given: Given, now: datetime, found: Faults) -> None:
    """Add every fault of the chain and the key. No fault quotes the key."""
    chain, key = _chain(given, found), _public_key(given, found)
    if not chain:
        return
    matching = [number for number, one in enumerate(chain) if key == _spki(one.public_key())]
    if key and not matching:
        rule = f"does not belong to the certificate in {given.chain_file}"
        found.add(0, _KEY, given.key_file, rule, "give the key that the certificate was asked for with")
    leaf = matching[0] if matching else 0
    _check_order(chain, leaf, given, found)
    for number, one in enumerate(chain, start=1):
        _check_dates(one, number, given, now, found)
    names = _names(chain[leaf])
    if not any(_covers(name, given.hostname) for name in names):
        rule = f"is for {', '.join(names) or 'no name'}, and not for {given.hostname} (mail_hostname)"
        found.add(0, _CHAIN, given.chain_file, rule, "have one issued for that name")
    # Of the home domain they may be missing: whoever began without them knows.
    for domain in (str(each.get("name")) for each in given.names):
        lacking = [
            service
            for service in given.service_names
            if service.partition(".")[2] == domain and not any(_covers(name, service) for name in names)
        ]
        if lacking:
            rule = f"does not hold {', '.join(lacking)}, which {domain} needs (mail_domain_names)"
            found.add(0, _CHAIN, given.chain_file, rule, "have one issued for these names, too")


def _chain(given: Given, found: Faults) -> list[x509.Certificate]:
    if given.chain is None:
        found.add(0, _CHAIN, given.chain_file, *_UNREADABLE)
        return []
    try:
        return x509.load_pem_x509_certificates(given.chain.encode())
    except ValueError:
        rule = "holds no certificates in PEM"
        found.add(0, _CHAIN, given.chain_file, rule, "convert it: certificate first, then its issuers")
        return []


def _public_key(given: Given, found: Faults) -> bytes:
    """The public part of the key, or nothing."""
    if given.key is None:
        found.add(0, _KEY, given.key_file, *_UNREADABLE)
        return b""
    try:
        key = serialization.load_pem_private_key(given.key.encode(), password=None)
    except (ValueError, UnsupportedAlgorithm):
        rule, remedy = "holds no private key in PEM", "give the key file that belongs to the certificate"
    except TypeError:  # how the library says that there is a pass phrase
        rule = "is closed by a pass phrase, which no daemon could give"
        remedy = "take the pass phrase off, and encrypt the file by ansible-vault instead"
    else:
        return _spki(key.public_key())
    found.add(0, _KEY, given.key_file, rule, remedy)
    return b""


def _spki(key: object) -> bytes:
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    encoded: bytes = key.public_bytes(*form)  # type: ignore[attr-defined]  # every kind of public key has it
    return encoded


def _check_order(chain: Sequence[x509.Certificate], leaf: int, given: Given, found: Faults) -> None:
    remedy = "put the host's certificate first, and after each certificate the one that issued it"
    if leaf:
        rule = f"holds the host's certificate as number {leaf + 1}, not as the first"
        found.add(0, _CHAIN, given.chain_file, rule, remedy)
        return
    for number, (one, issuer) in enumerate(pairwise(chain), start=1):
        try:
            one.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            rule = f"is out of order: certificate {number} was not issued by the one after it"
            found.add(0, _CHAIN, given.chain_file, rule, remedy)
            return


def _check_dates(one: x509.Certificate, number: int, given: Given, now: datetime, found: Faults) -> None:
    begins, ends = one.not_valid_before_utc, one.not_valid_after_utc
    if now > ends:
        rule = f"has expired: certificate {number} was valid until {ends:%Y-%m-%d %H:%M} UTC"
        found.add(0, _CHAIN, given.chain_file, rule, "have it renewed")
    if now < begins:
        rule = f"is not valid yet: certificate {number} begins on {begins:%Y-%m-%d %H:%M} UTC"
        found.add(0, _CHAIN, given.chain_file, rule, "wait, or set the controller's clock right")


def _names(leaf: x509.Certificate) -> list[str]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [name.lower() for name in names.get_values_for_type(x509.DNSName)]


def _covers(name: str, host: str) -> bool:
    """Whether a certificate's name stands for a host; a star stands for one whole first label."""
    return name == host or (name.startswith("*.") and name[2:] == host.partition(".")[2])
