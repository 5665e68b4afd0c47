"""The whole directory at once: read it, write a plan into it. By COPY and sets, however many there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

from congvu.accounts import (
    Absence,
    Alias,
    Box,
    Credential,
    Directory,
    Holder,
    MailingList,
    Organisation,
    Person,
    Plan,
    Service,
    Unit,
)
from congvu.store.database import Store
from congvu.store.sql import SQL

E = TypeVar("E", Unit, Person, Box, Alias, Absence, Service, MailingList)


def read_directory(db: Store, domain: str) -> Directory:
    """The directory as it stands, locked against other changes until the transaction ends."""
    db.run(SQL.lock_directory)
    units = [Unit(**row) for row in db.rows(SQL.open_units)]
    people = [Person(**row) for row in db.rows(SQL.open_people)]
    boxes = [
        Box(**{**row, "roles": frozenset((holder, role) for holder, role in row["roles"] or ())})
        for row in db.rows(SQL.open_boxes)
    ]
    aliases = [Alias(**row) for row in db.rows(SQL.open_aliases)]
    services = [
        Service(**{**row, "networks": tuple(sorted(row["networks"]))}) for row in db.rows(SQL.open_services)
    ]
    lists = [
        MailingList(**{**row, "members": frozenset(row["members"]), "post": frozenset(row["post"])})
        for row in db.rows(SQL.open_lists)
    ]
    absences = [Absence(**row) for row in db.rows(SQL.absences)]
    return Directory(
        Organisation(
            domain,
            {unit.code: unit for unit in units},
            {person.staff_id: person for person in people},
            {box.address: box for box in boxes},
            {alias.address: alias for alias in aliases},
            {absence.key: absence for absence in absences},
            {service.address: service for service in services},
            {each.address: each for each in lists},
        ),
        frozenset(db.domains()),
        {row["address"]: Holder(row["use"], row["key"]) for row in db.rows(SQL.holders)},
    )


def converge(db: Store, plan: Plan, actor: str) -> None:
    """Write a plan with its audit record. It must have been made from what this transaction has read."""
    db.record_bulk(actor, "directory.converge", plan.counts(), plan.text())
    if plan.new_domain:
        db.run(SQL.add_domain, name=plan.wanted.domain)
    db.run(SQL.stage)
    db.copy("staged_unit", ((u.code, u.name, u.box, closed) for u, closed in _staged(plan, Unit)))
    db.copy(
        "staged_person",
        (
            (p.staff_id, p.full_name, p.kind, p.unit, p.position, p.start, p.end, p.address, closed)
            for p, closed in _staged(plan, Person)
        ),
    )
    db.copy("staged_box", ((b.address, b.kind, b.unit, closed) for b, closed in _staged(plan, Box)))
    db.copy(
        "staged_role",
        (
            (box.address, box.kind, staff_id, role)
            for box, closed in _staged(plan, Box)
            if not closed
            for staff_id, role in box.roles
        ),
    )
    db.copy("staged_alias", ((a.address, a.target, a.duty, closed) for a, closed in _staged(plan, Alias)))
    db.copy(
        "staged_absence",
        ((a.staff_id, a.kind, a.start, a.end, a.part, closed) for a, closed in _staged(plan, Absence)),
    )
    db.copy(
        "staged_service",
        (
            (s.address, s.name, s.owner, s.end, list(s.networks), closed)
            for s, closed in _staged(plan, Service)
        ),
    )
    db.copy(
        "staged_list",
        (
            (each.address, each.name, sorted(each.members), sorted(each.post), each.moderator, closed)
            for each, closed in _staged(plan, MailingList)
        ),
    )
    db.run(SQL.converge)


def read_credentials(db: Store) -> dict[str, Credential]:
    return {row["address"]: Credential(**row) for row in db.rows(SQL.credentials)}


def write_credentials(db: Store, credentials: Collection[Credential], actor: str, verb: str) -> None:
    """Set credentials in bulk, with their record: who and since when, never the hash."""
    db.run(SQL.lock_passwords)
    lines = (f"{each.address} {each.origin} {each.set_at.isoformat()}\n" for each in credentials)
    db.record_bulk(actor, verb, {"credentials": len(credentials)}, "".join(sorted(lines)))
    db.run(SQL.stage_credential)
    db.copy("staged_credential", ((c.address, c.hash, c.origin, c.set_at) for c in credentials))
    db.run(SQL.write_credentials)


def write_service_passwords(db: Store, hashes: Mapping[str, str], actor: str) -> None:
    """Give services, by address, passwords that were made now, with their record."""
    db.run(SQL.lock_passwords)
    moment = db.now()
    db.record_bulk(
        actor, "service.issue", {"services": len(hashes)}, "".join(f"{a}\n" for a in sorted(hashes))
    )
    db.run(SQL.stage_service_password)
    db.copy("staged_service_password", ((address, hash_, moment) for address, hash_ in hashes.items()))
    db.run(SQL.write_service_passwords)


def _staged(plan: Plan, kind: type[E]) -> Iterator[tuple[E, bool]]:
    """The changed entries of one kind as they are to be, and whether they are to be closed."""
    for change in plan.changes:
        entry = change.after or change.before
        if isinstance(entry, kind):
            yield entry, change.after is None
