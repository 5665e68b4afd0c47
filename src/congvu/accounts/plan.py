"""What must change so that the directory becomes what the files say. Pure.

Three promises: a person has one mailbox, an address is never renamed, and an address that anyone ever held is
never given to anyone else. Addresses of new people are made here, the same way every time: by the first day
of service, then by staff id. Who left a while ago is closed, in the list or not; who comes back finds the
same address and mailbox.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from congvu import names
from congvu.accounts.faults import Faults, refuse
from congvu.accounts.lists import plan_lists
from congvu.accounts.model import (
    STANDARD,
    Absence,
    Alias,
    Box,
    Directory,
    Entry,
    Holder,
    MailingList,
    Organisation,
    Person,
    Rules,
    Service,
    Unit,
    canonical,
)
from congvu.accounts.services import plan_services

# Why an entry is refused, and what to do instead.
_TAKEN = ("was given to someone else, and is never given again", "choose another address")
_RESERVED = ("is reserved for an office or a unit", "choose another, or leave it empty to have one made")
_NO_STAFF = ("is no staff id of the people file", "correct it, or take it out")
_NO_TARGET = ("is no mailbox of these files", "name a box, a person's address or a staff id")
_SPELT = "write it the same way, so that it is the same person"
_RENAMED = "keep it as it is, and add an alias"
_NOT_CLOSED = ("is in the people file, so nobody is closed", "take the row out, or this confirmation")
_NO_MAILBOX = ("has no open mailbox that could be closed", "take this confirmation out")

NOUNS = {"unit": "units", "person": "people", "box": "boxes", "alias": "aliases", "absence": "absences",
         "service": "services", "list": "lists"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that is added (no ``before``), closed (no ``after``) or changed."""

    noun: str
    key: str
    before: Entry | None
    after: Entry | None


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes, in the order of NOUNS and keys, and the organisation with every address made."""

    wanted: Organisation
    changes: tuple[Change, ...]
    new_domain: bool = False
    today: date = date.min

    def __bool__(self) -> bool:
        return bool(self.changes) or self.new_domain

    def of(self, noun: str) -> list[Change]:
        return [change for change in self.changes if change.noun == noun]

    def counts(self) -> dict[str, int]:
        """{"person added": 3, ...}, without zeros."""
        found: dict[str, int] = {}
        for change in self.changes:
            verb = "added" if change.before is None else "closed" if change.after is None else "changed"
            found[f"{change.noun} {verb}"] = found.get(f"{change.noun} {verb}", 0) + 1
        return found

    def diff(self) -> tuple[str, str]:
        """The changed entries before and after, one line each: what Ansible shows with --diff."""
        before, after = ("".join(text[1:] for text in self._lines() if text[0] == sign) for sign in "-+")
        return before, after

    def text(self) -> str:
        """The same as one text, each entry's two lines together: what is kept beside the audit record."""
        return "".join(self._lines())

    def _lines(self) -> Iterator[str]:
        if self.new_domain:
            yield f"+domain {self.wanted.domain}\n"
        for change in self.changes:
            for sign, entry in (("-", change.before), ("+", change.after)):
                if entry:
                    yield f"{sign}{line(change.noun, entry)}\n"


def line(noun: str, entry: Entry) -> str:
    """One entry on one line for people."""
    match entry:
        case Unit():
            text = f"{entry.code}: {entry.name}, box {entry.box}"
        case Person():
            served = f"from {entry.start}" + (f" to {entry.end}" if entry.end else "")
            text = (
                f"{entry.staff_id}: {entry.full_name} <{entry.address}>, {entry.kind}, {entry.unit}, {served}"
            )
            text += f", {entry.position}" if entry.position else ""
        case Box():
            text = f"{entry.address}: {entry.kind} box of {entry.unit}"
            text += "".join(f", {role} {holder}" for role, holder in sorted((r, h) for h, r in entry.roles))
        case Alias():
            text = f"{entry.address} -> {entry.target}"
        case Absence():
            days = f"{entry.start} to {entry.end}" + (f", {entry.part}" if entry.part else "")
            text = f"{entry.staff_id}: {entry.kind}, {days}"
        case Service():
            text = f"{entry.address}: {entry.name}, owner {entry.owner}, until {entry.end}"
            text += f", from {' '.join(entry.networks)}" if entry.networks else ""
        case MailingList():
            said = " ".join(sorted(entry.members)), " ".join(sorted(entry.post)) or "nobody"
            text = f"{entry.address}: {entry.name}, to {said[0]}, from {said[1]}, else to {entry.moderator}"
    return f"{noun} {text}"


def plan(
    current: Directory,
    wanted: Organisation,
    rules: Rules = STANDARD,
    *,
    closures: Collection[str] = (),
    files: tuple[str, str, str] = ("organisation", "people", "closures"),
) -> Plan:
    """Compare, make the missing addresses, and list the changes.

    ``closures``: staff ids of people whose closing is confirmed; needed as soon as more than
    ``closures_percent`` of the open people are missing from the file (rounded down, but one may always go).
    ``files``: how faults call the two files and the confirmation. Raises InputError with all faults.
    """
    in_organisation, in_people, in_closures = map(Faults, files)
    had, listed = current.organisation.people, wanted.people
    gone = {key for key, each in listed.items() if each.end and each.end < rules.close_before}
    # Whose last day was in the directory before has been suspended since; of others it may be a slip.
    slips = {key for key in gone & had.keys() if had[key].end != listed[key].end}
    wanted = _without(gone, current, wanted, rules.names)
    _check_boxes(current, wanted, in_organisation)
    people = _addresses(current, wanted, rules.pattern, in_people)
    aliases = _aliases(current, wanted, people, rules.names, in_organisation)
    lists = plan_lists(current, wanted, rules, gone, in_organisation)
    services = plan_services(current, wanted, rules, gone, in_organisation)
    kept = listed.keys() - slips
    named = set(closures) - (gone - slips)  # who goes by their date needs no confirmation, and may have one
    _check_closures(had, kept, named, rules.closures_percent, (in_people, in_closures))
    refuse(in_organisation, in_people, in_closures)
    absences = _absences(current, wanted, people, rules)
    complete = replace(
        wanted, people=people, aliases=aliases, absences=absences, services=services, lists=lists
    )
    changes = tuple(
        change
        for noun, section in NOUNS.items()
        for change in _changes(noun, getattr(current.organisation, section), getattr(complete, section))
    )
    return Plan(complete, changes, complete.domain not in current.domains, rules.today)


def _without(
    gone: Collection[str], current: Directory, wanted: Organisation, spellings: Collection[str]
) -> Organisation:
    """The same without these people, the roles that they hold, and the aliases that lead to them."""
    if not gone:
        return wanted
    leavers = {Holder("person", key) for key in gone}
    addresses = {address for address, holder in current.holders.items() if holder in leavers}
    boxes = {
        key: replace(box, roles=frozenset(pair for pair in box.roles if pair[0] not in gone))
        for key, box in wanted.boxes.items()
    }
    return replace(
        wanted,
        people={key: each for key, each in wanted.people.items() if key not in gone},
        boxes=boxes,
        aliases={
            key: alias
            for key, alias in wanted.aliases.items()
            if alias.target not in gone and _address(alias.target, wanted.domain, spellings) not in addresses
        },
    )


def _changes(noun: str, before: Mapping[str, Entry], after: Mapping[str, Entry]) -> Iterator[Change]:
    changed = (key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    for key in sorted(changed, key=_natural):
        yield Change(noun, key, before.get(key), after.get(key))


def _natural(text: str) -> list[tuple[int, str]]:
    """annv2 before annv10."""
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", text)]


def _local(address: str) -> str:
    return address.partition("@")[0]


def _held(current: Directory) -> dict[str, list[Holder]]:
    """Who has, or had, the part before the @: it is one person's or one box's in every domain of ours."""
    held: dict[str, list[Holder]] = {}
    for address, holder in current.holders.items():
        held.setdefault(_local(address), []).append(holder)
    return held


def _check_boxes(current: Directory, wanted: Organisation, faults: Faults) -> None:
    """Boxes stand where nobody else's address is or was; roles are held by people who are listed."""
    had = {holder.key: address for address, holder in current.holders.items() if holder.use == "unit"}
    for unit in wanted.units.values():
        if (address := had.get(unit.code, unit.box)) != unit.box:
            faults.add(unit.row, "box", unit.box, f"would rename {address} of unit {unit.code}", _RENAMED)
    held = _held(current)
    for box in wanted.boxes.values():
        mine = {Holder("unit", box.unit)} if box.kind == "unit" else {"office"}
        if not all(holder in mine or holder.use in mine for holder in held.get(_local(box.address), ())):
            faults.add(box.row, "address", box.address, *_TAKEN)
        for staff_id, role in sorted(box.roles):
            if staff_id not in wanted.people:
                faults.add(box.row, f"roles.{role}", staff_id, *_NO_STAFF)


def _check_closures(
    had: Mapping[str, Person],
    kept: Collection[str],
    confirmed: Collection[str],
    percent: int,
    faults: tuple[Faults, Faults],
) -> None:
    """A file that was cut short looks just like one that many have left: these have to be named."""
    in_people, in_closures = faults
    missing = sorted(had.keys() - set(kept), key=_natural)
    most = max(1, len(had) * percent // 100)
    unnamed = [staff_id for staff_id in missing if staff_id not in confirmed]
    if len(missing) > most and unnamed:
        named = ", ".join(f"{staff_id} ({had[staff_id].full_name})" for staff_id in unnamed)
        rule = (
            f"leaves out {len(missing)} of {len(had)} people who have a mailbox, or lets them go long ago,"
            f" more than {most} ({percent} %), and these are not confirmed: {named}"
        )
        remedy = f"restore their rows, or name all who go: {in_closures.file}: [{', '.join(missing)}]"
        in_people.add(0, "", "", rule, remedy)
    for staff_id in sorted(set(confirmed) - set(missing), key=_natural):
        in_closures.add(0, "", staff_id, *(_NOT_CLOSED if staff_id in kept else _NO_MAILBOX))


def _addresses(current: Directory, wanted: Organisation, pattern: str, faults: Faults) -> dict[str, Person]:
    """Everybody with an address: the one they have, the one the file asks for, or one made from the name."""
    had = {holder.key: address for address, holder in current.holders.items() if holder.use == "person"}
    reserved = names.RESERVED | {code.lower() for code in wanted.units}
    reserved |= {
        _local(address) for address in [*wanted.boxes, *wanted.aliases, *wanted.services, *wanted.lists]
    }
    asked = {_local(person.address) for person in wanted.people.values() if person.address}
    held = _held(current)
    taken = held.keys() | reserved | asked
    spelt = {staff_id.casefold(): staff_id for staff_id in had}
    offers: dict[str, Iterator[str]] = {}
    people: dict[str, Person] = {}
    for person in sorted(wanted.people.values(), key=lambda someone: (someone.start, someone.staff_id)):
        address = had.get(person.staff_id) or person.address
        if address != person.address and person.address:
            faults.add(person.row, "address", person.address, f"would rename {address}", _RENAMED)
        elif person.staff_id not in had and _local(address) in held:
            faults.add(person.row, "address", address, *_TAKEN)
        elif person.staff_id not in had and address and _local(address) in reserved:
            faults.add(person.row, "address", address, *_RESERVED)
        if (known := spelt.get(person.staff_id.casefold(), person.staff_id)) != person.staff_id:
            faults.add(person.row, "staff_id", person.staff_id, f"is {known} in the directory", _SPELT)
        if not address:
            base = names.local_part(person.full_name, pattern, person.name_order)
            # What was not free once is never free later: each namesake goes on where the last one stopped.
            offer = offers.setdefault(base, names.candidates(base))
            address = f"{next(local for local in offer if local not in taken)}@{wanted.domain}"
        people[person.staff_id] = person if person.address == address else replace(person, address=address)
    return people


def _aliases(
    current: Directory,
    wanted: Organisation,
    people: Mapping[str, Person],
    spellings: Collection[str],
    faults: Faults,
) -> dict[str, Alias]:
    """Aliases with their targets as addresses. A person's alias stays theirs for ever, a duty's moves on."""
    persons = {person.address for person in people.values()}
    personal = persons | {address for address, holder in current.holders.items() if holder.use == "person"}
    held = _held(current)
    found: dict[str, Alias] = {}
    for alias in wanted.aliases.values():
        target = _target(alias.target, wanted.domain, people, spellings)
        if target not in persons and target not in wanted.boxes:
            faults.add(alias.row, "target", alias.target, *_NO_TARGET)
            continue
        holder = current.holders.get(alias.address, Holder("alias", target))
        moved = holder.key != target and not personal.isdisjoint({holder.key, target}) and not alias.duty
        other = any(each.use != "alias" for each in held.get(_local(alias.address), ()))
        if alias.address in persons or other or moved:
            faults.add(alias.row, "address", alias.address, *_TAKEN)
        found[alias.address] = replace(alias, target=target)
    return found


def _absences(
    current: Directory, wanted: Organisation, people: Mapping[str, Person], rules: Rules
) -> dict[str, Absence]:
    """What the list of absences says, and what was over before it begins: it may start anew each year.

    Without a list everything stays. Of whom the directory never knew, nothing is kept.
    """
    had = current.organisation.absences
    if not wanted.absences:
        return dict(had)
    known = people.keys() | {each.key for each in current.holders.values() if each.use == "person"}
    begins = min(rules.today, *(absence.start for absence in wanted.absences.values()))
    past = {key: absence for key, absence in had.items() if absence.end < begins}
    return past | {key: each for key, each in wanted.absences.items() if each.staff_id in known}


def _target(written: str, domain: str, people: Mapping[str, Person], spellings: Collection[str]) -> str:
    """The address that a staff id, a local part or an address stands for; empty if it can be none."""
    return people[written].address if written in people else _address(written, domain, spellings)


def _address(written: str, domain: str, spellings: Collection[str]) -> str:
    try:
        return canonical(written, domain, spellings)
    except ValueError:
        return ""
