"""Accounts of devices and applications: a scanner, a register. They send from one address, and open nothing.

Each has somebody who answers for it and a last day. It ends with that day or with that person's service, and
is prolonged by writing another one. In the organisation file::

    services:
      - {address: mayquet, name: Máy quét tầng 2, owner: SNV007, end: 2027-06-30, networks: [192.0.2.0/28]}
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from congvu import words
from congvu.accounts.dates import as_date
from congvu.accounts.faults import Faults
from congvu.accounts.model import Directory, Organisation, Person, Rules, Service
from congvu.accounts.table import plain
from congvu.names import RESERVED

_TAKEN = ("was given to someone else, and is never given again", "choose another address")


def read_service(entry: Mapping[str, Any], row: int, address: str, faults: Faults) -> Service:
    """One entry of the section. What is at fault is reported, and the rest is read all the same."""
    end = as_date(entry["end"])
    if end is None:
        faults.add(row, "end", entry["end"], "is no date", "write it as 2026-11-23 or 23/11/2026")
    if address.partition("@")[0] in RESERVED:
        faults.add(row, "address", address, "is reserved for an office or a unit", "choose another address")
    networks = entry.get("networks") or []
    if not isinstance(networks, list):
        faults.add(row, "networks", networks, "is no list", "write [192.0.2.0/28], or leave it out")
        networks = []
    found = {_network(written, row, faults) for written in networks}
    return Service(
        address, plain(entry["name"]), entry["owner"], end or date.max, tuple(sorted(found - {""})), row
    )


def _network(written: object, row: int, faults: Faults) -> str:
    try:
        return str(ipaddress.ip_network(str(written)))
    except ValueError as error:
        faults.add(row, "networks", written, f"is no network ({error})", "write it as 192.0.2.0/28")
        return ""


def plan_services(
    current: Directory, wanted: Organisation, rules: Rules, gone: Collection[str], faults: Faults
) -> dict[str, Service]:
    """Those that may be open today. ``gone``: who was closed because they left long ago."""
    held: dict[str, set[str]] = {}
    for address, holder in current.holders.items():
        held.setdefault(address.partition("@")[0], set()).add(holder.use)
    owners = wanted.people.keys() | set(gone)
    found = {}
    for address, service in wanted.services.items():
        uses = held.get(address.partition("@")[0], set())
        _check(service, uses, owners, rules, faults)
        owner = wanted.people.get(service.owner)
        if not uses and owner and owner.end and owner.end < rules.today:
            rule = f"left on {owner.end}, and the service never began"
            faults.add(service.row, "owner", service.owner, rule, "name somebody who serves")
        if not ended(service, wanted.people, rules.today):
            found[address] = service
    return found


def ended(service: Service, people: Mapping[str, Person], today: date) -> str:
    """Why a service may not go on, in Vietnamese; empty if it may."""
    owner = people.get(service.owner)
    if service.end < today:
        return f"hết thời hạn ngày {words.day(service.end)}"
    if owner is None:
        return f"người chịu trách nhiệm {service.owner} không còn công tác"
    if owner.end and owner.end < today:
        name = f"{owner.full_name} ({owner.staff_id})"
        return f"người chịu trách nhiệm {name} đã nghỉ, ngày làm việc cuối cùng {words.day(owner.end)}"
    return ""


def _check(
    service: Service, held: Collection[str], owners: Collection[str], rules: Rules, faults: Faults
) -> None:
    """``held``: what the part before the @ is, or was, in any domain of ours."""
    row = service.row
    if set(held) - {"service"}:
        faults.add(row, "address", service.address, *_TAKEN)
    if service.owner not in owners:
        rule = "is no staff id of the people file"
        faults.add(row, "owner", service.owner, rule, "name somebody who serves, or take the service out")
    if service.end > rules.service_until:
        rule = f"is too far ahead: a service is given until {rules.service_until} at most, and prolonged then"
        faults.add(row, "end", str(service.end), rule, "write an earlier day")
    if service.end < rules.today and not held:
        faults.add(row, "end", str(service.end), "is past, and it never began", "correct the day")
