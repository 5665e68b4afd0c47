"""Further names of a domain: the province was merged, the department was renamed. Pure.

Addresses never change: they are keys in their home domain, and a name is another spelling of all of them.
Mail to every name arrives; from a name's cut-over on, people send under it. SQL says the same (migration
0017).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from congvu.accounts.faults import Fault, Faults, refuse
from congvu.accounts.lookalike import meant
from congvu.accounts.model import Directory, Holder

VARIABLE = "mail_domain_names"
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
_KEYS = {"name", "cut_over", "in_use"}


@dataclass(frozen=True, slots=True)
class Name:
    """A further name of a domain. ``cut_over``: from then on people send under it; None: it only receives.

    ``in_use``: what is before the @ of addresses that the name has elsewhere so far, and whose they are here:
    a staff id, a unit's code or an address.
    """

    name: str
    cut_over: date | None = None
    in_use: Mapping[str, str] = field(default_factory=dict, compare=False)
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class NamesPlan:
    """What changes: (before, after) of each name, None for what is not there."""

    home: str
    changes: tuple[tuple[Name | None, Name | None], ...]

    def __bool__(self) -> bool:
        return bool(self.changes)

    def diff(self) -> tuple[str, str]:
        """The changed names before and after, one line each."""
        before, after = ("".join(self._line(change[side]) for change in self.changes) for side in (0, 1))
        return before, after

    def _line(self, name: Name | None) -> str:
        if name is None:
            return ""
        return f"{name.name}: name of {self.home}, {_turn(name)}\n"


def _turn(name: Name) -> str:
    return f"people send under it from {name.cut_over}" if name.cut_over else "only receives"


# Spellings and keys ----------------------------------------------------------------------------------


def home_address(written: str, home: str, names: Collection[Name]) -> str:
    """The key that is meant, by whatever spelling; what is not ours comes back as it is."""
    local, _, of = written.partition("@")
    return f"{local}@{home}" if of in {each.name for each in names} else written


def present_name(home: str, names: Collection[Name], day: date) -> str:
    """The name under which people send on a day: that of the last cut-over."""
    begun = [(each.cut_over, each.name) for each in names if each.cut_over and each.cut_over <= day]
    return max(begun)[1] if begun else home


def sending_names(home: str, names: Collection[Name], day: date) -> set[str]:
    """The names under which may be sent on a day: the present one, and those whose turn is still to come."""
    coming = {each.name for each in names if each.cut_over and each.cut_over > day}
    return {present_name(home, names, day), *coming}


def schedule(home: str, names: Sequence[Name], today: date) -> list[str]:
    """What happens when, one sentence a day, for the operator."""
    said = [f"Mail to {', '.join([home, *(each.name for each in names)])} arrives in the same mailboxes."]
    said.append(f"Today people send under {present_name(home, names, today)}.")
    turns = [(each.cut_over, each.name) for each in names if each.cut_over and each.cut_over > today]
    if turns:
        said[-1] += f" They may try {', '.join(name for _, name in turns)}, too."
    for day, name in turns:
        allowed = ", ".join(sorted(sending_names(home, names, day)))
        said.append(
            f"On {day}, at midnight in Viet Nam, people send under {name}, and from then on"
            f" under nothing but {allowed}; the webmail does so at the next login."
        )
    return said


# What an inventory says ------------------------------------------------------------------------------


def names_faults(written: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """What can be said of the entries before the directory is asked."""
    faults = Faults(VARIABLE)
    read_names(written, faults)
    return faults.found


def read_names(written: Sequence[Mapping[str, Any]], faults: Faults) -> list[Name]:
    """The entries of an inventory that are sound by themselves; the others are faults."""
    return [name for row, entry in enumerate(written, start=1) if (name := _name(entry, row, faults))]


def _name(entry: Mapping[str, Any], row: int, faults: Faults) -> Name | None:
    before = len(faults.found)
    for key in sorted(entry.keys() - _KEYS):
        faults.add(row, key, "", "is unknown here", f"use {', '.join(sorted(_KEYS))}")
    name, in_use = str(entry.get("name") or ""), entry.get("in_use") or {}
    if not _NAME.fullmatch(name):
        remedy = "write it in lower case and ASCII, as snv.gialai.gov.vn"
        faults.add(row, "name", name, "is no domain name" if name else "is missing", remedy)
    cut_over = None
    if (text := str(entry.get("cut_over") or "")) != "":
        try:
            cut_over = date.fromisoformat(text)
        except ValueError:
            remedy = 'write it in quotes as "2026-12-15", or leave it out if the name only receives'
            faults.add(row, "cut_over", text, "is no date", remedy)
    if not isinstance(in_use, Mapping):
        faults.add(row, "in_use", in_use, "is no mapping", "write {what is before the @: whose it is here}")
    if len(faults.found) > before:
        return None
    return Name(name, cut_over, {str(key): str(value) for key, value in in_use.items()}, row)


def plan_names(
    home: str,
    written: Sequence[Mapping[str, Any]],
    current: Mapping[str, Sequence[Name]],
    directory: Directory,
    today: date,
) -> NamesPlan:
    """What must change so that a domain has these names. Raises InputError with all faults.

    ``current``: the names that domains have, by domain.
    """
    faults = Faults(VARIABLE)
    wanted = read_names(written, faults)
    had = {each.name: each for each in current.get(home, ())}
    others = {each.name: of for of, names in current.items() if of != home for each in names}
    _check_names(home, wanted, others, directory, faults)
    _check_days(wanted, had, directory, today, faults)
    for name in wanted:
        _check_addresses(home, name, directory, faults)
    listed = {each.name for each in wanted}
    for left_out in sorted(had.keys() - {str(entry.get("name")) for entry in written}):
        if (day := had[left_out].cut_over) and day <= today:
            rule = f"is left out, and people send under it since {day}"
            faults.add(0, "name", left_out, rule, "put its entry back: names are never taken from people")
    refuse(faults)
    changes: list[tuple[Name | None, Name | None]] = [
        (had.get(each.name), each) for each in wanted if had.get(each.name) != each
    ]
    changes += [(had[gone], None) for gone in sorted(had.keys() - listed)]
    return NamesPlan(home, tuple(changes))


def _check_names(
    home: str, wanted: Sequence[Name], others: Mapping[str, str], directory: Directory, faults: Faults
) -> None:
    """Each is one name of one domain, and no slip of the fingers."""
    seen: set[str] = set()
    for each in wanted:
        if each.name == home:
            faults.add(each.row, "name", each.name, "is the home domain itself", "take this entry out")
        elif each.name in seen:
            faults.add(each.row, "name", each.name, "stands twice", "keep one of them")
        elif each.name in others:
            rule = f"is a name of {others[each.name]} already"
            faults.add(each.row, "name", each.name, rule, "a name has one meaning: choose another")
        elif ours := meant(each.name, {home, *directory.domains, *seen} - {each.name}):
            rule = f"looks like {ours}, and would be taken for it"
            faults.add(each.row, "name", each.name, rule, "correct it, or choose a name that nobody mixes up")
        seen.add(each.name)


def _check_days(
    wanted: Sequence[Name], had: Mapping[str, Name], directory: Directory, today: date, faults: Faults
) -> None:
    """Cut-overs follow one another, and what was in force stays so."""
    last: Name | None = None
    for each in wanted:
        day, before = each.cut_over, had.get(each.name)
        if before and before.cut_over and before.cut_over <= today:
            if day != before.cut_over:
                rule = f"moves a cut-over that is in force since {before.cut_over}"
                faults.add(each.row, "cut_over", day, rule, f'write "{before.cut_over}" again')
        elif day and day < today and directory.holders:
            rule = f"lies before today, {today}, and people send under another name"
            faults.add(each.row, "cut_over", day, rule, "write today, or a day to come")
        if day and last and last.cut_over and day <= last.cut_over:
            rule = f"does not come after {last.cut_over}, the cut-over of {last.name} above it"
            faults.add(
                each.row, "cut_over", day, rule, "write the names in the order in which they come into force"
            )
        if day:
            last = each


def _check_addresses(home: str, name: Name, directory: Directory, faults: Faults) -> None:
    """Addresses that exist under the name elsewhere, or here as its own, and mean somebody else."""
    for address in sorted(directory.holders):
        local, _, of = address.partition("@")
        if of != name.name or of == home:
            continue
        ours = directory.holders.get(f"{local}@{home}")
        rule = f"is {_whose(directory.holders[address])} here by itself"
        rule += f", and {local}@{home} is {_whose(ours)}" if ours else ""
        faults.add(
            name.row, "name", address, rule, "a name that has addresses of its own cannot be another's"
        )
    for written, whose in sorted(name.in_use.items()):
        local = written.removesuffix(f"@{name.name}")
        holder = directory.holders.get(f"{local}@{home}")
        if holder is None:
            rule = f"is {whose}'s there, and nobody has {local}@{home}: mail to it would be refused"
            remedy = "give it a mailbox or an alias first (playbooks/accounts.yml)"
            faults.add(name.row, "in_use", f"{local}@{name.name}", rule, remedy)
        elif whose not in set(_called(f"{local}@{home}", holder, home)):
            rule = f"is {whose}'s there, and {local}@{home} is {_whose(holder)}"
            remedy = "give one of the two another address before the change, and tell those who write to it"
            faults.add(name.row, "in_use", f"{local}@{name.name}", rule, remedy)


def _whose(holder: Holder) -> str:
    return f"{holder.use} {holder.key}".strip() if holder.use != "retired" else "retired, and given to nobody"


def _called(address: str, holder: Holder, home: str) -> Iterator[str]:
    """How an inventory may call the holder of an address."""
    if holder.use == "retired":
        return
    for called in (address, holder.key):
        yield called
        if called.endswith(f"@{home}"):
            yield called.partition("@")[0]
