"""Small organisations for tests, as files or as values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from typing import Any

from congvu import accounts
from congvu.accounts import Alias, Box, Directory, Holder, Organisation, Person, Unit

DOMAIN = "snv.example"
HEADINGS = ("staff_id", "full_name", "kind", "unit", "position", "start", "end", "address")

ORGANISATION = """
units:
  - {code: vp, name: Văn phòng Sở, box: vanphong}
  - {code: ccvc, name: "Phòng Công chức, viên chức", box: ccvc}
boxes:
  - {address: vp, kind: office, unit: vp, roles: {clerk: [CB2], deputy: [CB3]}}
  - {address: ccvc, roles: {head: [CB3]}}
aliases:
  - {address: vanthu, target: vp}
  - {address: nguyenvanan, target: CB1}
"""

PEOPLE = """staff_id,full_name,kind,unit,position,start,end,address
CB1,Nguyễn Văn An,cong_chuc,vp,Chánh Văn phòng,2006-03-01,,
CB2,Nguyễn Vân Ân,Viên chức,Văn phòng Sở,Văn thư,01/09/2014,,
CB3,Lê Thị Hoà,hop_dong,ccvc,,2019-02-01,2026-06-30,
"""


def at(local: str) -> str:
    return f"{local}@{DOMAIN}"


def table(rows: Iterable[dict[str, Any]], headings: Iterable[str] = HEADINGS) -> bytes:
    """A people file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(headings), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def read(
    people: str | bytes = PEOPLE,
    organisation: str | bytes = ORGANISATION,
    rules: accounts.Rules = accounts.STANDARD,
) -> Organisation:
    files = [text.encode() if isinstance(text, str) else text for text in (organisation, people)]
    return accounts.read(files, DOMAIN, rules, ("organisation.yml", "people.csv"))


def faults(people: str | bytes = PEOPLE, organisation: str | bytes = ORGANISATION) -> list[accounts.Fault]:
    """The faults of two files; none if they are sound."""
    try:
        read(people, organisation)
    except accounts.InputError as error:
        return list(error.faults)
    return []


# one row in which a column is at fault: the column, and what stands there
SPOILT = [
    ("unit", "ttra"),
    ("full_name", ""),
    ("start", "31/02/2024"),
    ("staff_id", "N00001"),  # the first row's
]


def ten_thousand() -> tuple[bytes, list[tuple[int, str]]]:
    """A people file of 10,000 rows with 40 faults of four kinds, and the (row, column) of each."""
    rows = [
        {"staff_id": f"N{number:05}", "full_name": "Nguyễn Văn An", "kind": "cong_chuc", "unit": "vp",
         "start": "2020-01-01"}
        for number in range(1, 10_001)
    ]  # fmt: skip
    found = []
    for number in range(40):
        column, value = SPOILT[number % len(SPOILT)]
        rows[249 + 250 * number][column] = value
        found.append((251 + 250 * number, column))  # below the headings, counted from 1
    return table(rows), found


def person(staff_id: str, full_name: str = "Nguyễn Văn An", start: str = "2020-01-01", **more: Any) -> Person:
    fields = {"kind": "cong_chuc", "unit": "vp", "position": "", "end": None, **more}
    return Person(staff_id, full_name, start=date.fromisoformat(start), **fields)


def organisation(
    *people: Person, units: Iterable[str] = ("vp",), boxes: Iterable[Box] = (), aliases: Iterable[Alias] = ()
) -> Organisation:
    """Units with a box `box-CODE` each, these people, further boxes and aliases."""
    made = [Unit(code, f"Phòng {code}", at(f"box-{code.lower()}")) for code in units]
    own = [Box(unit.box, "unit", unit.code) for unit in made]
    return Organisation(
        DOMAIN,
        {unit.code: unit for unit in made},
        {each.staff_id: each for each in people},
        {box.address: box for box in [*own, *boxes]},
        {alias.address: alias for alias in aliases},
    )


# For tests in which many go at once.
UNGUARDED = accounts.Rules(closures_percent=100)
EMPTY = Directory(Organisation(DOMAIN))


def after(plan: accounts.Plan, before: Directory = EMPTY) -> Directory:
    """The directory once a plan is carried out; what the store does, said in three lines."""
    wanted = plan.wanted
    held = {each.address: Holder("person", each.staff_id) for each in wanted.people.values()}
    held |= {box.address: Holder(box.kind, box.unit) for box in wanted.boxes.values()}
    held |= {alias.address: Holder("alias", alias.target) for alias in wanted.aliases.values()}
    held |= {address: Holder("service", address) for address in wanted.services}
    held |= {address: Holder("list", address) for address in wanted.lists}
    return Directory(wanted, before.domains | {wanted.domain}, {**before.holders, **held})
