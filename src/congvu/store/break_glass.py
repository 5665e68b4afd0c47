"""Access to another person's mailbox: what was ever opened, open one, end one, write down what is over."""

from __future__ import annotations

from dataclasses import asdict

from psycopg.rows import class_row

from congvu.accounts import Access
from congvu.notices import Opened
from congvu.store.database import Store
from congvu.store.sql import SQL


def read_accesses(db: Store) -> list[Access]:
    """All that were ever opened, in that order."""
    return [Access(**row) for row in db.rows(SQL.break_glass)]


def open_access(db: Store, access: Access, box: str, actor: str) -> None:
    """Open it at once, with its record. It ends at its moment, whether anything runs or not."""
    act = asdict(access)
    db.record(actor, "break_glass.open", box, {**act, "ends_at": access.ends_at.isoformat()})
    db.run(SQL.add_break_glass, **act)


def end_access(db: Store, access: Access, by: str, actor: str) -> bool:
    """End it before its time, as ``by`` says. False: it is over already, or never was."""
    found = db.rows(SQL.open_break_glass, ticket=access.ticket, owner=access.owner, reader=access.reader)
    for each in found:
        detail = {"ticket": access.ticket, "reader": access.reader, "by": by}
        db.record(actor, "break_glass.end", each["address"], detail)
        db.run(SQL.end_break_glass, id=each["id"], by=by)
    return bool(found)


def settle_accesses(db: Store, actor: str) -> int:
    """Write down which are over, and note whose sessions end; how many there were."""
    return int(db.rows(SQL.settle_break_glass, actor=actor)[0]["count"])


def opened_boxes(db: Store) -> dict[str, bool]:
    """The personal mailboxes that were ever opened to somebody else, and whether each is open now."""
    return {row["box"]: row["open"] for row in db.rows(SQL.break_glass_boxes)}


def notices_due(db: Store) -> list[Opened]:
    """What owners are to be told, in the order in which it happened."""
    with db.connection.cursor(row_factory=class_row(Opened)) as cursor:
        return cursor.execute(SQL.break_glass_notices).fetchall()


def record_notice(db: Store, sent: Opened) -> None:
    """It was handed over: it is not due any more. Recorded twice, it stays as it was."""
    db.run(SQL.record_break_glass_notice, access=sent.access, step=sent.step)
