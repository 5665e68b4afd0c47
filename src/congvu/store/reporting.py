"""What the report of a period tells beside the observations, asked as sets, never person by person."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from psycopg.rows import class_row

from congvu.notices import Issued
from congvu.report.period import Period
from congvu.report.register import (
    ODD_LOGINS,
    Access,
    Group,
    Handover,
    Incident,
    Outage,
    Register,
    Signed,
    Told,
    pooled,
)
from congvu.store.database import Observation, Store
from congvu.store.sql import SQL

Row = TypeVar("Row")


def newest(db: Store, since: datetime, until: datetime) -> list[Observation]:
    """The newest observation of each control and host from ``since`` to before ``until`` (aware)."""
    return _all(db, Observation, SQL.report_observations, since=since, until=until)


def policies(db: Store, window: Period) -> list[tuple[str, str]]:
    """(version, sha256) of the policies that were in force in a period, the last one last."""
    rows = db.rows(SQL.report_policies, since=window.starts, until=window.ends)
    return [(row["version"], row["sha256"]) for row in rows]


def register(db: Store, window: Period, version: str, least: int, signed: Sequence[Signed]) -> Register:
    """What arose in a period. ``version``: of the policy; ``least``: how many people make a group."""
    span = {"since": window.starts, "until": window.ends, "first": window.first, "last": window.last}
    odd = db.rows(SQL.report_odd_logins, kinds=[*ODD_LOGINS], **span)
    groups = _all(db, Group, SQL.report_checks, **span)
    acknowledged = _all(db, Group, SQL.report_acknowledged, version=version, **span)
    return Register(
        handovers=tuple(_all(db, Handover, SQL.report_handovers, **span)),
        incidents=tuple(_all(db, Incident, SQL.report_incidents, **span)),
        accesses=tuple(_all(db, Access, SQL.report_accesses, **span)),
        outages=tuple(_all(db, Outage, SQL.report_outages, **span)),
        told=tuple(_all(db, Told, SQL.report_difficulties, **span)),
        signed=tuple(signed),
        odd_logins={row["kind"]: row["count"] for row in odd},
        working_days=db.rows(SQL.report_check_days, **span)[0]["working"],
        checks=pooled(groups, least),
        acknowledged=pooled(acknowledged, least),
    )


def due(db: Store, window: Period) -> bool:
    """Whether a period was observed, and no report of it was made for those who are to have it.

    One that was begun under another cut-off is that quarter's, too.
    """
    issued = db.rows(SQL.report_issued, quarter=window.quarter)
    return not issued and bool(newest(db, window.starts, window.ends))


def issue(db: Store, window: Period, made: tuple[str, bytes, str], figures: str, actor: str) -> None:
    """Keep a report for those who are to have it, with its record.

    ``made``: form, bytes, page; ``figures``: the report.json that they show.
    """
    form, content, page = made
    digest = hashlib.sha256(figures.encode()).hexdigest()
    db.record(actor, "report.issue", window.quarter, {"quarter": window.quarter, "sha256": digest})
    db.run(
        SQL.add_report_issue, quarter=window.quarter, cutoff=window.cutoff, first=window.first,
        last=window.last, form=form, content=content, page=page, figures=figures,
    )  # fmt: skip


def copies_due(db: Store) -> list[Issued]:
    """Reports that were made, with each recipient to whom they were not handed yet."""
    return _all(db, Issued, SQL.report_copies_due)


def record_copy(db: Store, sent: Issued) -> None:
    """It was handed over: it is not due any more. Recorded twice, it stays as it was."""
    db.run(SQL.add_report_copy, quarter=sent.quarter, address=sent.address)


def _all(db: Store, kind: type[Row], statement: bytes, **values: object) -> list[Row]:
    with db.connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(statement, values).fetchall()
