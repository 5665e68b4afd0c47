"""What is told before the first change: each fault by its sentence, all together, none where all is well."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from certificates import DAY, NOW, Issued, issue

from congvu import preflight

ROOT = Path(__file__).resolve().parents[2]
HOST = "mail.snv.binhdinh.gov.vn"
AUTHORITY = issue("Authority")
ISSUER = issue("Issuer", AUTHORITY)
LEAF = issue(HOST, ISSUER)
BOTH = issue(HOST, ISSUER, further=["autoconfig.snv.gialai.gov.vn"])
PROGRAMS = {
    "mail_hosts": {53: ["unbound"]},
    "mail_edge": {25: ["master", "smtpd"]},
    "mail_web": {80: ["nginx"]},
}
SOUND: dict[str, Any] = {
    "host": "mail1",
    "domain": "snv.binhdinh.gov.vn",
    "hostname": HOST,
    "names": [],
    "service_names": ["autoconfig.snv.binhdinh.gov.vn", "autoconfig.snv.gialai.gov.vn"],
    "organisation": "Sở Nội vụ tỉnh Bình Định",
    "office_networks": ["10.20.0.0/16", "2401:d800::/32"],
    "home_networks": ["14.160.0.0/11"],
    "allowed_networks": ["14.160.16.0/20"],
    "groups": {"mail_edge": ["mail1"], "mail_web": ["mail2"]},
    "group_names": ["mail_edge", "mail_hosts"],
    "policy_keys": preflight.VALUES,
    "package_file": "build/congvu.deb",
    "package_exists": True,
    "chain_file": "chain.pem",
    "chain": LEAF.pem + ISSUER.pem,
    "key_file": "key.pem",
    "key": LEAF.key_pem(),
    "distribution": "Debian",
    "version": "13.8",
    "memory_mb": 3800,
    "mounts": {"/": {"size_available": 9 << 30}, "/proc": {}, "/var": {"size_available": 9 << 30}},
    "listening": [
        {"port": 25, "name": "master", "pid": 7},
        {"port": 80, "name": "apache2", "pid": 8},  # of another group
        {"port": 22, "name": "sshd", "pid": 9},
    ],
    "memory_least": 3500,
    "disk_least": 2048,
    "disk_paths": ["/usr", "/var/vmail"],
    "ports": PROGRAMS,
}


def told(now: datetime = NOW, **changes: Any) -> list[str]:
    return [str(fault) for fault in preflight.faults(preflight.Given(**SOUND | changes), now)]


def test_a_host_in_order_has_no_fault() -> None:
    assert told() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"hostname": "mail.binhdinh.gov.vn", "chain_file": "", "key_file": ""},  # a server of the province
        {"domain": "sonoivu.vn", "hostname": "mail.sonoivu.vn", "chain_file": "", "key_file": ""},
        {"chain": issue("*.snv.binhdinh.gov.vn", ISSUER).pem, "key": None, "key_file": "", "chain_file": ""},
        {"listening": [{"port": 25, "name": "smtpd", "pid": 1}]},
        {"names": [{"name": "snv.gialai.gov.vn"}]} | {"chain": BOTH.pem + ISSUER.pem, "key": BOTH.key_pem()},
        {"office_networks": []},
        {"chain": LEAF.pem},  # its issuer is known to everybody
    ],
)
def test_what_is_unusual_and_right(changes: dict[str, Any]) -> None:
    assert told(**changes) == []


def star(name: str) -> dict[str, Any]:
    issued = issue(name, ISSUER)
    return {"chain": issued.pem + ISSUER.pem, "key": issued.key_pem()}


def test_a_star_stands_for_one_label() -> None:
    assert told(**star("*.snv.binhdinh.gov.vn")) == []
    assert len(told(**star("*.binhdinh.gov.vn"))) == 1


RENAMED = [{"name": "snv.gialai.gov.vn", "cut_over": "2026-12-15"}]
FAULTS = [
    (
        {"names": RENAMED},
        ["does not hold autoconfig.snv.gialai.gov.vn, which snv.gialai.gov.vn needs", "mail_domain_names"],
    ),
    (
        {"names": [{"name": "Gia Lai"}], "chain_file": "", "key_file": ""},
        ['mail_domain_names, row 1, name: "Gia Lai" is no domain name'],
    ),
    ({"domain": ""}, ["mail1, mail_domain: is missing", "group_vars"]),
    ({"domain": "Sở Nội vụ"}, ['mail_domain: "Sở Nội vụ" is no full name in the DNS']),
    ({"domain": "snv"}, ['mail_domain: "snv" is no full name']),
    ({"domain": "snv.example.vn"}, ['mail_domain: "snv.example.vn" is a placeholder']),
    (
        {"domain": "snv.daklak.gov.vn"},
        [f'mail_hostname: "{HOST}" is no host of daklak.gov.vn', "or mail_domain"],
    ),
    ({"organisation": " "}, ["mail_organisation", "names no organisation"]),
    ({"organisation": "Sở Nội vụ tỉnh Ví Dụ"}, ["names no organisation"]),
    ({"office_networks": ["10.20.0.1/16"]}, ['mail_office_networks: "10.20.0.1/16" is no network']),
    ({"home_networks": ["14.160.0.0/10"]}, ['mail_home_networks: "14.160.0.0/10" is no network']),
    ({"allowed_networks": ["10.20.0.1/16"]}, ['mail_allowed_networks: "10.20.0.1/16" is no network']),
    ({"office_networks": ["203.0.113.0/24"]}, ['"203.0.113.0/24" is a placeholder']),
    ({"office_networks": ["2001:db8:1::/48"]}, ['"2001:db8:1::/48" is a placeholder']),
    (
        {"groups": {"mail_edge": ["x"], "mail_web": []}},
        ['inventory: "mail_web" is a group without hosts', "hosts.yml"],
    ),
    ({"policy_keys": preflight.VALUES[1:]}, ['policy: "address.pattern" is no value', "values.yml"]),
    ({"package_exists": False}, ['package_file: "build/congvu.deb" is no file here', "make package"]),
    ({"version": "12.11"}, ['system: "Debian 12.11" is not Debian 13']),
    ({"distribution": "Ubuntu"}, ['"Ubuntu 13.8" is not Debian 13']),
    ({"memory_mb": 3499}, ['memory: "3499 MiB" is less than 3500 MiB (preflight_memory_mb)']),
    ({"mounts": {"/": {"size_available": 1 << 30}}}, ['disk: "1024 MiB free on /" is less than 2048 MiB']),
    ({"mounts": SOUND["mounts"] | {"/var": {"size_available": 1}}}, ['"0 MiB free on /var" is less']),
    ({"listening": None}, ["ports: cannot be looked at", "iproute2"]),
    (
        {"listening": [{"port": 25, "name": "exim4", "pid": 321}] * 2},  # by both families
        ['port: "25" is taken by exim4 (process 321), and belongs to master', "stop exim4"],
    ),
    ({"listening": [{"port": 53, "name": "dnsmasq", "pid": 3}]}, ['"53" is taken by dnsmasq']),
    ({"chain": None}, ['certificates_chain_file: "chain.pem" cannot be read', "ansible-vault"]),
    (
        {"chain": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
        ["holds no certificates in PEM"],
    ),
    ({"chain": ""}, ["holds no certificates in PEM"]),
    ({"key": None}, ['certificates_key_file: "key.pem" cannot be read']),
    ({"key": "$ANSIBLE_VAULT;1.1;AES256\n00"}, ["certificates_key_file", "holds no private key in PEM"]),
    ({"key": LEAF.key_pem("secret")}, ["is closed by a pass phrase", "ansible-vault"]),
    (
        {"key": ISSUER.key_pem(), "chain": LEAF.pem},
        ["key_file", "does not belong to the certificate in chain.pem"],
    ),
    (
        {"chain": ISSUER.pem + LEAF.pem},
        ["holds the host's certificate as number 2", "put the host's certificate first"],
    ),
    ({"chain": LEAF.pem + AUTHORITY.pem + ISSUER.pem}, ["is out of order: certificate 1 was not issued by"]),
    ({"chain": LEAF.pem + issue("Issuer", AUTHORITY).pem}, ["certificate 1 was not issued by"]),  # a namesake
    (star("mail.elsewhere.vn"), [f"is for mail.elsewhere.vn, and not for {HOST}"]),
    (star("snv.binhdinh.gov.vn"), ["is for snv.binhdinh.gov.vn, and not for"]),
    (
        {"now": NOW + 91 * DAY, "chain": LEAF.pem},
        ["has expired: certificate 1 was valid until 2027-02-23 03:00 UTC"],
    ),
    (
        {"now": NOW - 2 * DAY, "chain": LEAF.pem},
        ["is not valid yet: certificate 1 begins on 2026-11-24 03:00 UTC"],
    ),
]


@pytest.mark.parametrize(("changes", "words"), FAULTS, ids=[words[0] for _, words in FAULTS])
def test_a_fault_is_told_in_one_sentence(changes: dict[str, Any], words: list[str]) -> None:
    (sentence,) = told(**changes)
    assert sentence.startswith("mail1, ")
    assert "; " in sentence
    for said in words:
        assert said in sentence


def test_an_issuer_that_has_expired_is_a_fault_too() -> None:
    old = issue("Old", AUTHORITY, ends=NOW - DAY / 2)
    leaf = issue(HOST, old)
    (sentence,) = told(chain=leaf.pem + old.pem, key=leaf.key_pem())
    assert "certificate 2 was valid until" in sentence


def test_a_key_is_never_quoted() -> None:
    for key in (LEAF.key_pem("secret"), ISSUER.key_pem(), "rubbish"):
        (sentence,) = told(key=key, chain=LEAF.pem)
        assert not {line for line in key.splitlines() if len(line) > 6} & set(re.split(r"\W", sentence))


def test_all_faults_come_together() -> None:
    strange: Issued = issue("mail.elsewhere.vn", ISSUER, ends=NOW - DAY / 2)
    sentences = told(
        domain="", hostname="mail", organisation="", office_networks=["x", "y"], package_exists=False,
        groups={"mail_edge": [], "mail_web": []}, policy_keys=preflight.VALUES[2:], version="12", memory_mb=1,
        mounts={"/": {"size_available": 0}}, listening=[{"port": 25, "name": "exim4", "pid": 1}],
        chain=ISSUER.pem + strange.pem, key=LEAF.key_pem(),
    )  # fmt: skip
    assert len(sentences) == len(set(sentences)) == 18


def test_the_values_are_those_that_the_servers_ask_for() -> None:
    """By the text of roles, services and modules: a value asked for and not listed would fail in mid-run."""
    asked = set()
    files = [ROOT / "src/congvu/passwords.py", *(ROOT / "src/congvu/services").glob("*.py")]
    files += [*(ROOT / "plugins/modules").glob("*.py"), *(ROOT / "src/congvu/store").rglob("*.sql")]
    files += [path for path in (ROOT / "roles").rglob("*") if path.is_file()]
    for path in files:
        text = path.read_text(encoding="utf-8")
        asked |= set(
            re.findall(r"(?:values(?:\(\))?['\"]?\]?\[|setting\()['\"]([a-z_]+\.[a-z_]+)['\"]", text)
        )
        asked |= set(re.findall(r"key = '([a-z_]+\.[a-z_]+)'", text))
    # Where they are missing, nobody is below it, and nothing is forgotten.
    asked -= {"check.min_rate", "retention.check_months"}
    assert asked == set(preflight.VALUES)


def test_the_ports_are_those_that_the_firewall_opens() -> None:
    ports = yaml.safe_load((ROOT / "roles/preflight/vars/main.yml").read_text("utf-8"))["__preflight_ports"]
    opened = yaml.safe_load((ROOT / "roles/hardening/defaults/main.yml").read_text("utf-8"))[
        "hardening_ports"
    ]
    for group, numbers in opened.items():
        assert set(numbers) <= set(ports[group])
