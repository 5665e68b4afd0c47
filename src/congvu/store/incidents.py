"""The register of cases under Article 3."""

from __future__ import annotations

from dataclasses import asdict

from congvu.incidents import Case
from congvu.store.database import Store
from congvu.store.sql import SQL


def read_cases(db: Store) -> list[Case]:
    """All cases, in the order in which they were entered."""
    return [Case(**row) for row in db.rows(SQL.incidents)]


def open_case(db: Store, case: Case, actor: str) -> None:
    """Enter a case, with its record."""
    db.record(actor, "incident.open", case.number, {"kind": case.kind, "provision": case.provision})
    db.run(SQL.open_incident, **asdict(case))


def close_case(db: Store, case: Case, actor: str) -> None:
    """Close a case, with its record."""
    db.record(actor, "incident.close", case.number, {"outcome": case.outcome, "decision": case.decision})
    db.run(SQL.close_incident, **asdict(case))
