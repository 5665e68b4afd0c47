"""The DNS records of an installation: facts become records, records become text, answers become findings.

Pure: who asks the resolver is `congvu.services.resolver`. Values are compared by their meaning: addresses and
names as dnspython reads them, policies in TXT (SPF, DKIM ...) tag by tag, wherever their strings are split.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.reversename
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dns.rdtypes.txtbase import TXTBase

# What mail programs look for and shall not find (RFC 6186): it is not there.
_NOT_OFFERED = ("_imap._tcp", "_pop3._tcp", "_pop3s._tcp", "_submission._tcp")
_OFFERED = (("_imaps._tcp", 993), ("_submissions._tcp", 465), ("_sieve._tcp", 4190))
_LONGEST_STRING = 255  # RFC 1035: a TXT record is a sequence of strings of at most so many bytes


@dataclass(frozen=True)
class Facts:
    """What the records are made of. `dkim`: selector to public key; a key is base64 of its DER form."""

    domain: str
    hostname: str
    addresses: tuple[str, ...]
    service_names: tuple[str, ...]
    dkim: Mapping[str, str]
    tls_key: str
    spf: str
    dmarc: str
    mta_sts_policy: str
    reports_to: str


@dataclass(frozen=True)
class Records:
    """All records of one name and type. None at all is a demand, too: a stray AAAA leads mail astray.

    `tag`: only TXT that begin with it are meant; a domain's own name carries those of other services as well.
    """

    name: str
    type: str
    values: tuple[str, ...]
    why: str
    tag: str = ""


@dataclass(frozen=True)
class Finding:
    """`kind`: missing, different, surplus, or unanswered (then `found` holds the reason)."""

    kind: str
    name: str
    type: str
    expected: tuple[str, ...]
    found: tuple[str, ...]
    advice: str

    def __str__(self) -> str:
        expected, found = (", ".join(values) or "nothing" for values in (self.expected, self.found))
        return f"{self.kind}: {self.name} {self.type}: expected {expected}; found {found}. {self.advice}"


def public_key(pem: bytes) -> str:
    """The public key of a private key or a certificate (the first of a chain), base64 of its DER form."""
    holder = (
        x509.load_pem_x509_certificate(pem)
        if b"CERTIFICATE" in pem
        else serialization.load_pem_private_key(pem, None)
    )
    key = holder.public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def records(facts: Facts) -> list[Records]:
    """Everything that has to be in the DNS, in reading order."""
    domain, host = _absolute(facts.domain), _absolute(facts.hostname)
    return [
        _one(domain, "MX", [f"10 {host}"], "Mail for the domain comes to this host alone."),
        *_addresses(host, facts.addresses, "The mail host."),
        *(
            _one(
                str(dns.reversename.from_address(address)),
                "PTR",
                [host],
                "Mail from an address without a name is refused by many.",
            )
            for address in facts.addresses
        ),
        *_policies(facts, domain),
        *_encryption(facts, domain, host),
        *_clients(facts, domain, host),
    ]


def _policies(facts: Facts, domain: str) -> Iterator[Records]:
    """Who may send as the domain."""
    yield _text(domain, facts.spf, "Only these hosts send as the domain (SPF).")
    for selector, key in facts.dkim.items():
        yield _text(
            f"{selector}._domainkey.{domain}", f"v=DKIM1; k=rsa; p={key}", "The key of its signatures (DKIM)."
        )
    yield _text(f"_dmarc.{domain}", facts.dmarc, "What to do with mail that is neither (DMARC).")


def _encryption(facts: Facts, domain: str, host: str) -> Iterator[Records]:
    """That mail on its way to the domain is encrypted, and to whom."""
    version = hashlib.sha256(facts.mta_sts_policy.encode()).hexdigest()[:20]
    yield _text(
        f"_mta-sts.{domain}", f"v=STSv1; id={version}", "There is an MTA-STS policy; the id changes with it."
    )
    yield _text(
        f"_smtp._tls.{domain}",
        f"v=TLSRPTv1; rua=mailto:{facts.reports_to}",
        "Where failures are reported (TLS-RPT).",
    )
    digest = hashlib.sha256(base64.b64decode(facts.tls_key)).hexdigest()
    why = "The key of the certificate on port 25 (DANE). Without DNSSEC on this zone nobody heeds it."
    yield _one(f"_25._tcp.{host}", "TLSA", [f"3 1 1 {digest}"], why)


def _clients(facts: Facts, domain: str, host: str) -> Iterator[Records]:
    """What mail programs look for."""
    for service, port in _OFFERED:
        yield _one(f"{service}.{domain}", "SRV", [f"0 1 {port} {host}"], "For mail programs.")
    for service in _NOT_OFFERED:
        yield _one(f"{service}.{domain}", "SRV", ["0 0 0 ."], "Not offered to mail programs.")
    for name in facts.service_names:
        yield from _addresses(_absolute(name), facts.addresses, "Served by the web host.")


def _addresses(name: str, addresses: Iterable[str], why: str) -> Iterator[Records]:
    known = list(addresses)
    yield _one(name, "A", [address for address in known if ":" not in address], why)
    yield _one(name, "AAAA", [address for address in known if ":" in address], why)


def _absolute(name: str) -> str:
    return dns.name.from_text(name).to_text()


def _one(name: str, type_: str, values: Iterable[str], why: str) -> Records:
    return Records(name, type_, tuple(values), why)


def _text(name: str, policy: str, why: str) -> Records:
    return Records(name, "TXT", (quoted(policy),), why, tag=re.split(r"[ ;]", policy)[0])


def quoted(text: str) -> str:
    """A TXT record's text form: strings of at most 255 bytes, in quotes."""
    data = text.encode()
    strings = [data[start : start + _LONGEST_STRING] for start in range(0, len(data), _LONGEST_STRING)]
    return TXTBase(dns.rdataclass.IN, dns.rdatatype.TXT, strings).to_text()


def meaning(type_: str, text: str) -> str:
    """The one form of all texts that mean the same: of a TXT its policy, else what dnspython makes of it."""
    rdata = dns.rdata.from_text("IN", type_, text)
    if not isinstance(rdata, TXTBase):
        return rdata.to_text().lower()
    policy = b"".join(rdata.strings).decode("utf-8", "replace")
    if not re.match(r"v=\w+\s*;", policy):  # SPF: words, in their order
        return " ".join(policy.split())
    first, *tags = (re.sub(r"\s", "", tag) for tag in policy.split(";") if tag.strip())
    return "; ".join([first, *sorted(tags)])


def zone_text(wanted: Iterable[Records], domain: str) -> str:
    """The records as a fragment of a zone file (RFC 1035); what belongs into another zone is a comment."""
    lines, why = [f"$ORIGIN {_absolute(domain)}", "$TTL 3600"], ""
    for records_ in wanted:
        if records_.values and records_.why != why:
            why = records_.why
            lines.append(f"; {why}")
        below = dns.name.from_text(records_.name).is_subdomain(dns.name.from_text(domain))
        place = "" if below else "; in another zone: "
        lines += [f"{place}{records_.name} IN {records_.type} {value}" for value in records_.values]
    return "\n".join(lines) + "\n"


def findings(
    wanted: Iterable[Records], answers: Mapping[tuple[str, str], Iterable[str] | str]
) -> list[Finding]:
    """What the DNS says otherwise. `answers`: by name and type; a str tells why there is no answer."""
    found = []
    for records_ in wanted:
        answer = answers[records_.name, records_.type]
        if isinstance(answer, str):
            advice = "Ask again, or ask another server (dns_servers)."
            found.append(_finding("unanswered", records_, (), (answer,), advice))
            continue
        wanted_here = {meaning(records_.type, text): text for text in records_.values}
        there = {
            means: text for text in answer if (means := meaning(records_.type, text)).startswith(records_.tag)
        }
        lacking = tuple(sorted(text for means, text in wanted_here.items() if means not in there))
        stray = tuple(sorted(text for means, text in there.items() if means not in wanted_here))
        if lacking and stray:
            found.append(
                _finding("different", records_, lacking, stray, "Replace it by the line of the zone above.")
            )
        elif lacking:
            found.append(_finding("missing", records_, lacking, (), "Add the line of the zone above."))
        elif stray:
            found.append(_finding("surplus", records_, (), stray, "Remove it."))
    return found


def _finding(
    kind: str, records_: Records, expected: tuple[str, ...], found: tuple[str, ...], advice: str
) -> Finding:
    return Finding(kind, records_.name, records_.type, expected, found, advice)
