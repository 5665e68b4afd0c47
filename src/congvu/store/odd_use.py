"""Odd logins: what is known of them, what was found, how far the journal was read, and who was told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from psycopg.rows import class_row

from congvu.notices import Odd
from congvu.odd_use import Finding
from congvu.store.database import Store
from congvu.store.sql import SQL


def known(db: Store) -> list[Finding]:
    """What was found of logins, as far as it is kept."""
    return [Finding(**{**row, "networks": tuple(row["networks"])}) for row in db.rows(SQL.odd_use)]


def read_until(db: Store) -> datetime | None:
    """How far the journal was read; None: never."""
    found = db.rows(SQL.odd_use_until)
    return found[0]["until"] if found else None


def keep(db: Store, found: Iterable[Finding], until: datetime, actor: str) -> list[Finding]:
    """Keep what was found, each with its record, and how far the journal was read; what was kept.

    What is no person's login is nobody's finding.
    """
    kept = []
    for each in found:
        account = db.account(each.subject)
        if each.kind != "spray" and (account is None or account.kind != "person"):
            continue
        # Records stay for ever, and what somebody does is not kept that long: from where, only the row says.
        detail = {"networks": len(each.networks), "accounts": each.accounts}
        db.record(actor, f"odd_use.{each.kind}", each.subject, detail)
        login = None if each.kind == "spray" else each.subject
        db.run(SQL.add_odd_use, **{**asdict(each), "networks": list(each.networks), "login": login})
        kept.append(each)
    db.run(SQL.odd_use_read, until=until)
    return kept


def expire(db: Store, before: datetime, actor: str) -> int:
    """Forget what is older; how much that was."""
    count = int(db.rows(SQL.expired_odd_use, before=before)[0]["count"])
    if count:
        db.record(actor, "odd_use.expire", "", {"count": count, "before": before.isoformat()})
        db.run(SQL.expire_odd_use, before=before)
    return count


def notices_due(db: Store) -> list[Odd]:
    """Who is to be told of what, in the order in which it was found."""
    with db.connection.cursor(row_factory=class_row(Odd)) as cursor:
        return cursor.execute(SQL.odd_use_notices).fetchall()


def record_notice(db: Store, sent: Odd) -> None:
    """It was handed over: it is not due any more. Recorded twice, it stays as it was."""
    db.run(SQL.record_odd_use_notice, finding=sent.finding)
