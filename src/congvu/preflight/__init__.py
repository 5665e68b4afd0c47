"""What would go wrong on a host, told before anything is changed there. Pure; runs on the controller only.

What is given comes from the inventory and from the host's own facts; what is missing there is empty or None.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from congvu.accounts import Fault
from congvu.accounts.domains import VARIABLE, names_faults
from congvu.accounts.faults import Faults
from congvu.preflight.certificate import check as check_certificate

__all__ = ["VALUES", "Given", "faults"]

# The numbers that roles and services ask the policy for, whatever its regulation (a test keeps it true).
VALUES = (
    "address.pattern",
    "boxes.member_access",
    "break_glass.max_hours",
    "junk.retention_days",
    "login.max_failures",
    "login.window_minutes",
    "mailbox.quota_mb",
    "mailbox.quota_warn_percent",
    "message.max_mb",
    "odd_use.accounts",
    "odd_use.attempts",
    "odd_use.networks",
    "odd_use.window_minutes",
    "password.classes",
    "password.history",
    "password.initial_valid_days",
    "password.max_length",
    "password.min_length",
    "password.min_length_with_second_factor",
    "people.close_after_days",
    "people.kinds",
    "report.cutoff",
    "retention.conduct_days",
    "retention.log_months",
    "rotation.due_months",
    "rotation.expire_months",
    "service.max_days",
    "submission.messages_per_hour",
    "submission.recipients_per_message",
    "tls.min_version",
)

_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})+")
# Names and networks that documents use for nobody (RFC 2606, 5737, 3849); our example inventory does.
_PLACEHOLDER = re.compile(r"(^|\.)(example|invalid|localhost|localdomain)(\.|$)")
_DOCUMENTATION = tuple(
    map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"))
)
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Everything that is looked at, about one host."""

    host: str
    # of the inventory
    domain: str
    hostname: str
    organisation: str
    names: Sequence[Mapping[str, Any]]  # further names of the domain
    service_names: Sequence[str]  # of the web host
    office_networks: Sequence[str]
    home_networks: Sequence[str]
    allowed_networks: Sequence[str]
    groups: Mapping[str, Sequence[str]]  # the groups that have to have hosts, with them
    group_names: Collection[str]
    policy_keys: Collection[str]  # of its values
    package_file: str
    package_exists: bool
    chain_file: str
    chain: str | None  # None: cannot be read
    key_file: str
    key: str | None
    # of the host
    distribution: str
    version: str
    memory_mb: int
    mounts: Mapping[str, Mapping[str, Any]]  # mount point -> size_available (bytes), where it has one
    listening: Sequence[Mapping[str, Any]] | None  # port, name, pid; None: nobody could tell
    # what is demanded
    memory_least: int
    disk_least: int
    disk_paths: Sequence[str]
    ports: Mapping[str, Mapping[int, Sequence[str]]]  # group -> port -> programs of ours


def faults(given: Given, now: datetime) -> list[Fault]:
    """Everything that is wrong with one host, in the order in which one would put it right."""
    found = Faults(given.host)
    _check_names(given, found)
    for fault in names_faults(given.names):
        found.add(0, f"{VARIABLE}, row {fault.row}, {fault.column}", fault.value, fault.rule, fault.remedy)
    _check_networks(given, found)
    _check_inventory(given, found)
    _check_system(given, found)
    _check_ports(given, found)
    if given.chain_file or given.key_file:  # else there are none yet, and somebody else brings them
        check_certificate(given, now, found)
    return found.found


def _check_names(given: Given, found: Faults) -> None:
    sound = True
    for variable, value in (("mail_domain", given.domain), ("mail_hostname", given.hostname)):
        rule = _name_fault(value)
        if rule:
            example = "snv.binhdinh.gov.vn" if variable == "mail_domain" else "mail.snv.binhdinh.gov.vn"
            found.add(0, variable, value, rule, f"write your own into group_vars, such as {example}")
            sound = False
    if sound and not given.hostname.endswith(f".{_zone(given.domain)}"):
        rule = f"is no host of {_zone(given.domain)}: people and other servers would not know it for yours"
        found.add(0, "mail_hostname", given.hostname, rule, "correct it, or mail_domain")
    if not given.organisation.strip() or "ví dụ" in given.organisation.casefold():
        value = given.organisation
        found.add(0, "mail_organisation", value, "names no organisation", "write its Vietnamese name")


def _name_fault(value: str) -> str:
    if not value:
        return "is missing"
    if not _NAME.fullmatch(value):
        return "is no full name in the DNS (lower case, ASCII, with dots)"
    return "is a placeholder" if _PLACEHOLDER.search(value) else ""


def _zone(domain: str) -> str:
    """Where the mail host has its name: in the domain above (a province's server), but no top level."""
    above = domain.partition(".")[2]
    return above if "." in above else domain


def _check_networks(given: Given, found: Faults) -> None:
    named = {
        "mail_office_networks": given.office_networks,
        "mail_home_networks": given.home_networks,
        "mail_allowed_networks": given.allowed_networks,
    }
    for variable, written in [(name, each) for name, networks in named.items() for each in networks]:
        try:
            network = ipaddress.ip_network(written)
        except ValueError:
            rule, remedy = "is no network", "write it as 10.20.0.0/16, with no bits set beyond the mask"
        else:
            if not any(network.version == doc.version and network.subnet_of(doc) for doc in _DOCUMENTATION):  # type: ignore[arg-type]
                continue
            rule, remedy = "is a placeholder", "write a network of your own"
        found.add(0, variable, written, rule, remedy)


def _check_inventory(given: Given, found: Faults) -> None:
    for group, hosts in given.groups.items():
        if not hosts:
            found.add(0, "inventory", group, "is a group without hosts", "name a host for it in hosts.yml")
    for key in VALUES:
        if key not in given.policy_keys:
            rule = "is no value of the policy, and the servers ask for it"
            found.add(0, "policy", key, rule, "add it to values.yml (docs/develop/policy-format.md)")
    if not given.package_exists:
        found.add(0, "package_file", given.package_file, "is no file here", "run `make package`")


def _check_system(given: Given, found: Faults) -> None:
    system = f"{given.distribution} {given.version}"
    if (given.distribution, given.version.partition(".")[0]) != ("Debian", "13"):
        remedy = "install Debian 13, or take the host out of the inventory"
        found.add(0, "system", system, "is not Debian 13, the only one that congvu knows", remedy)
    if given.memory_mb < given.memory_least:
        rule = f"is less than {given.memory_least} MiB (preflight_memory_mb)"
        found.add(0, "memory", f"{given.memory_mb} MiB", rule, "give the host more memory")
    for mount, available in _mounts(given):
        if available < given.disk_least * _MEBIBYTE:
            value = f"{available // _MEBIBYTE} MiB free on {mount}"
            rule = f"is less than {given.disk_least} MiB (preflight_disk_mb)"
            found.add(0, "disk", value, rule, "make room, or give the host a larger disk")


def _mounts(given: Given) -> Iterator[tuple[str, int]]:
    """The mounts that hold the paths in question, each once, and what is free there."""
    holding = {
        max((m for m in given.mounts if f"{path}/".startswith(f"{m.rstrip('/')}/")), key=len, default="")
        for path in given.disk_paths
    }
    for mount in sorted(holding - {""}):
        if (available := given.mounts[mount].get("size_available")) is not None:
            yield mount, int(available)


def _check_ports(given: Given, found: Faults) -> None:
    if given.listening is None:
        found.add(0, "ports", "", "cannot be looked at", "install iproute2 on the host")
        return
    wanted = {
        port: programs for group in given.group_names for port, programs in given.ports.get(group, {}).items()
    }
    taken = {
        (entry["port"], entry["name"], entry["pid"])
        for entry in given.listening
        if entry["name"] not in wanted.get(entry["port"], [entry["name"]])
    }
    for port, name, pid in sorted(taken):
        rule = f"is taken by {name} (process {pid}), and belongs to {wanted[port][0]}"
        found.add(0, "port", port, rule, f"stop {name} and remove it from the host")
