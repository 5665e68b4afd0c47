"""Who reads the reports of past quarters on the people's page, by which order, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from congvu.store.database import Store
from congvu.store.sql import SQL


@dataclass(frozen=True, slots=True)
class Auditor:
    """``warrant``: number of the order; ``reads``: today."""

    staff_id: str
    warrant: str
    until: date
    reads: bool


def read(db: Store) -> list[Auditor]:
    """All there ever were, in that order."""
    with db.connection.cursor(row_factory=class_row(Auditor)) as cursor:
        return cursor.execute(SQL.auditors).fetchall()


def serves(db: Store, staff_id: str) -> bool:
    """Whether the directory has somebody of this id whose mailbox is open: nobody else could come in."""
    return bool(db.rows(SQL.serves, staff_id=staff_id))


def grant(db: Store, staff_id: str, warrant: str, until: date, actor: str) -> None:
    """Let somebody read, with its record."""
    db.record(actor, "auditor.grant", staff_id, {"warrant": warrant, "until": until.isoformat()})
    db.run(SQL.add_auditor, staff_id=staff_id, warrant=warrant, until=until)


def end(db: Store, staff_id: str, warrant: str, actor: str) -> None:
    """Let them read no more, with its record."""
    db.record(actor, "auditor.end", staff_id, {"warrant": warrant})
    db.run(SQL.end_auditor, staff_id=staff_id, warrant=warrant)
