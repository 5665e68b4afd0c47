"""Reminders of passwords that are due, of statements that are missing: which are to be sent, which were."""

from __future__ import annotations

from itertools import groupby

from psycopg.rows import class_row

from congvu.chase import Missing, Moment, Part, moments
from congvu.duties import Duties
from congvu.policy import Resolved
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


def statements_missing(db: Store, policy: Resolved) -> list[Missing]:
    """Who is to be reminded today of statements, one a person and quarter at most, by quarter and address.

    Nobody while the policy is not the one in force: the page takes no statement then, either.
    """
    duties = Duties(policy)
    return [
        each
        for held in db.rows(SQL.version_in_force, version=policy.version)
        for moment in moments(duties, held["now"], held["since"])
        for each in _missing(db, duties, moment)
    ]


def record_statement_reminder(db: Store, sent: Missing) -> None:
    """It was handed over: it is not due any more. Recorded twice, it stays as it was."""
    values = {"quarter": sent.moment.period.quarter, "version": sent.version, "step": sent.moment.step}
    db.run(SQL.record_statement_reminder, address=sent.address, **values)


def _missing(db: Store, duties: Duties, moment: Moment) -> list[Missing]:
    policy = duties.policy
    asked = [row for party in policy.parties for row in duties.rows(party)]
    found = db.rows(
        SQL.statements_missing, quarter=moment.period.quarter, version=policy.version, step=moment.step,
        parties=[row.attests for row in asked], provisions=[row.id for row in asked],
    )  # fmt: skip
    return [
        Missing(address, full_name, policy.version, moment, tuple(
            Part(row["unit_name"], policy.parties[row["party"]].vi,
                 tuple(duties.known[each] for each in row["missing"]))
            for row in rows))
        for (address, full_name), rows in groupby(found, lambda row: (row["address"], row["full_name"]))
    ]  # fmt: skip
