"""The DNS records of an installation: what is asked for, how it is written, what counts as different."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace

import dns.zone
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from congvu.zone import Facts, Records, findings, meaning, public_key, quoted, records, zone_text

DOMAIN = "snv.example.vn"
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
FACTS = Facts(
    domain=DOMAIN,
    hostname=f"mail.{DOMAIN}",
    addresses=("192.0.2.25", "2001:db8::25"),
    service_names=(f"mta-sts.{DOMAIN}",),
    dkim={"congvu1": public_key(PEM)},
    tls_key=public_key(PEM),
    spf="v=spf1 mx -all",
    dmarc="v=DMARC1; p=reject; adkim=s; rua=mailto:postmaster@snv.example.vn",
    mta_sts_policy="version: STSv1\nmode: testing\n",
    reports_to=f"postmaster@{DOMAIN}",
)
Answers = dict[tuple[str, str], list[str] | str]


def published(facts: Facts = FACTS) -> Answers:
    """What a DNS answers that has everything."""
    return {(wanted.name, wanted.type): list(wanted.values) for wanted in records(facts)}


def of(name: str, type_: str, facts: Facts = FACTS) -> Records:
    return next(wanted for wanted in records(facts) if (wanted.name, wanted.type) == (name, type_))


def test_a_zone_that_is_published_as_printed_has_no_findings() -> None:
    assert findings(records(FACTS), published()) == []


def test_bind_reads_what_is_printed() -> None:
    """dnspython's own reader, and what it reads means the same. PTR belongs to another zone."""
    head = "@ IN SOA ns.example.vn. hostmaster.example.vn. 1 1 1 1 1\n@ IN NS ns.example.vn.\n"
    zone = dns.zone.from_text(head + zone_text(records(FACTS), DOMAIN), origin=DOMAIN, relativize=False)
    read: Answers = {}
    for name, _, rdata in zone.iterate_rdatas():
        read.setdefault((name.to_text(), rdata.rdtype.name), []).append(rdata.to_text())
    wanted = [entry for entry in records(FACTS) if entry.type != "PTR" and entry.values]
    assert findings(wanted, read) == []


def test_the_keys_are_those_of_the_host() -> None:
    dkim = meaning("TXT", of(f"congvu1._domainkey.{DOMAIN}.", "TXT").values[0])
    der = base64.b64decode(dkim.partition("p=")[2])
    assert load_der_public_key(der) == KEY.public_key()
    (tlsa,) = of(f"_25._tcp.mail.{DOMAIN}.", "TLSA").values
    assert tlsa == f"3 1 1 {hashlib.sha256(der).hexdigest()}"


def test_long_strings_are_split() -> None:
    strings = of(f"congvu1._domainkey.{DOMAIN}.", "TXT").values[0].strip('"').split('" "')
    assert len(strings) == 2
    assert max(map(len, strings)) == 255


def test_every_dkim_key_of_the_host_has_its_record() -> None:
    both = replace(FACTS, dkim={"congvu1": FACTS.tls_key, "congvu2": FACTS.tls_key})
    names = [entry.name for entry in records(both) if "_domainkey" in entry.name]
    assert names == [f"congvu1._domainkey.{DOMAIN}.", f"congvu2._domainkey.{DOMAIN}."]


def test_the_id_of_mta_sts_changes_with_the_policy() -> None:
    other = replace(FACTS, mta_sts_policy="version: STSv1\nmode: enforce\n")
    name = f"_mta-sts.{DOMAIN}."
    assert of(name, "TXT") == of(name, "TXT", FACTS)
    assert of(name, "TXT").values != of(name, "TXT", other).values


def test_what_is_in_another_zone_is_a_comment() -> None:
    printed = zone_text(records(replace(FACTS, hostname="mail.example.net")), DOMAIN).splitlines()
    for line in ("mail.example.net. IN A 192.0.2.25", "25.2.0.192.in-addr.arpa. IN PTR mail.example.net."):
        assert f"; in another zone: {line}" in printed


def test_what_is_not_offered_is_said_to_be_so() -> None:
    for service in ("_imap", "_pop3", "_pop3s", "_submission"):
        assert of(f"{service}._tcp.{DOMAIN}.", "SRV").values == ("0 0 0 .",)
    for service, port in (("_imaps", 993), ("_submissions", 465), ("_sieve", 4190)):
        assert of(f"{service}._tcp.{DOMAIN}.", "SRV").values == (f"0 1 {port} mail.{DOMAIN}.",)


@pytest.mark.parametrize(
    ("name", "type_", "change", "kind"),
    [
        (f"{DOMAIN}.", "MX", lambda _: [], "missing"),
        (f"{DOMAIN}.", "MX", lambda there: [*there, "20 backup.example.net."], "surplus"),
        (f"{DOMAIN}.", "TXT", lambda _: ['"v=spf1 +all"'], "different"),
        (f"{DOMAIN}.", "TXT", lambda there: [*there, '"v=spf1 -all"'], "surplus"),
        (f"{DOMAIN}.", "TXT", lambda there: [*there, '"some-site-verification=abc"'], None),
        (f"_dmarc.{DOMAIN}.", "TXT", lambda _: ['"v=DMARC1; p=none"'], "different"),
        (
            f"_dmarc.{DOMAIN}.",
            "TXT",
            lambda _: ['"v=DMARC1;p=reject ;rua=mailto:postmaster@snv.example.vn; adkim=s;"'],
            None,
        ),
        (f"mta-sts.{DOMAIN}.", "AAAA", lambda _: ["2001:DB8:0::25"], None),
        (f"_imap._tcp.{DOMAIN}.", "SRV", lambda _: [f"0 1 143 mail.{DOMAIN}."], "different"),
        (f"_25._tcp.mail.{DOMAIN}.", "TLSA", lambda there: [there[0].upper()], None),
        (f"mail.{DOMAIN}.", "A", lambda _: "SERVFAIL", "unanswered"),
    ],
)
def test_what_is_found(
    name: str, type_: str, change: Callable[[list[str]], list[str] | str], kind: str | None
) -> None:
    answers = published()
    there = answers[name, type_]
    assert not isinstance(there, str)
    answers[name, type_] = change(there)
    found = findings(records(FACTS), answers)
    assert [(one.kind, one.name, one.type) for one in found] == ([(kind, name, type_)] if kind else [])


def test_an_address_that_nobody_asked_for_is_found() -> None:
    facts = replace(FACTS, addresses=("192.0.2.25",))
    answers = {**published(facts), (f"mail.{DOMAIN}.", "AAAA"): ["2001:db8::bad"]}
    (found,) = findings(records(facts), answers)
    assert (found.kind, found.expected, found.found) == ("surplus", (), ("2001:db8::bad",))
    assert str(found) == f"surplus: mail.{DOMAIN}. AAAA: expected nothing; found 2001:db8::bad. Remove it."


def test_a_policy_may_be_split_anywhere() -> None:
    text = "v=DKIM1; k=rsa; p=" + "A" * 392
    assert meaning("TXT", quoted(text)) == meaning("TXT", f'"{text[:7]}" "{text[7:200]}" "{text[200:]}"')
