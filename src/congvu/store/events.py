"""The evidence: events, and how far each host's journal was taken in. Both change in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from congvu.events import Event
from congvu.store.database import Store, StoreError
from congvu.store.sql import SQL

_COLUMNS = ("happened_at", "host", "kind", "door", "login", "mailbox", "peer")


@dataclass(frozen=True, slots=True)
class Cursor:
    """``cursor``: of the last entry; ``read_until``: its moment; ``reconciled``: compared up to here."""

    cursor: str
    read_until: datetime
    reconciled: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """From the cursor ``before`` (none: empty) to another entry, of the moment ``read_until``.

    ``not_understood``: so many entries on the way.
    """

    cursor: str
    read_until: datetime
    before: str = ""
    not_understood: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """``caught_up``: when nothing was left to read; ``not_understood``: entries so far."""

    host: str
    read_until: datetime
    caught_up: datetime
    not_understood: int


def add(db: Store, events: Sequence[Event]) -> None:
    """Add events; nothing looks whether they are there already."""
    if events:
        columns = {name: [getattr(each, name) for each in events] for name in _COLUMNS}
        db.run(SQL.add_events, **columns, detail=[json.dumps(dict(each.detail)) for each in events])


def cursor(db: Store, host: str) -> Cursor | None:
    """How far the journal of a host was taken in; None: not at all yet."""
    with db.connection.cursor(row_factory=class_row(Cursor)) as rows:
        return rows.execute(SQL.event_cursor, {"host": host}).fetchone()


def keep_cursor(db: Store, host: str, step: Step) -> None:
    """Move the cursor. StoreError when it is not where it was: somebody else takes in this journal, too."""
    if not db.rows(SQL.keep_event_cursor, host=host, **asdict(step)):
        raise StoreError(f"the cursor of {host} was moved by somebody else; is there a second collector?")


def caught_up(db: Store, host: str) -> None:
    """Nothing is left to read at this moment."""
    db.run(SQL.events_caught_up, host=host)


def missing(db: Store, what: str, seen: Iterable[str], since: datetime) -> set[str]:
    """Which of those seen elsewhere the evidence lacks. ``what``: queue_id, outcome, session."""
    rows = db.rows(SQL.events_missing, what=what, seen=list(seen), since=since)
    return {str(row["missing"]) for row in rows}


def reconciled(db: Store, host: str, until: datetime) -> None:
    """Two sources were compared up to here."""
    db.run(SQL.events_reconciled, host=host, until=until)


def expire(db: Store) -> int:
    """Forget what is older than the policy keeps it, with its audit record; how many events that were."""
    return int(db.rows(SQL.expire_events)[0]["forgotten"])


def progress(db: Store) -> list[Progress]:
    """How far each host is, by name."""
    with db.connection.cursor(row_factory=class_row(Progress)) as rows:
        return rows.execute(SQL.event_cursors).fetchall()


def last_gap(db: Store) -> dict[str, Any] | None:
    """The last thing that is known to be missing: happened_at, host, detail."""
    found = db.rows(SQL.last_gap)
    return found[0] if found else None
