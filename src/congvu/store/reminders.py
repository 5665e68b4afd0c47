"""Reminders of passwords that are due: which are to be sent, and that they were."""

from __future__ import annotations

from psycopg.rows import class_row

from congvu.reminders import Reminder
from congvu.store.database import Store
from congvu.store.sql import SQL


def reminders_due(db: Store) -> list[Reminder]:
    """Those that are to be sent today, one a person at most, by address."""
    with db.connection.cursor(row_factory=class_row(Reminder)) as cursor:
        return cursor.execute(SQL.reminders_due).fetchall()


def record_reminder(db: Store, sent: Reminder) -> None:
    """It was handed over: it is not due any more. Recorded twice, it stays as it was."""
    values = {"address": sent.address, "password_set_at": sent.password_set_at, "step": sent.step}
    db.run(SQL.record_reminder, **values)
