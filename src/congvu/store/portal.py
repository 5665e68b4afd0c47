"""The people's page: sessions, and what their people see and put on record.

Each call of the page hands over the session, and acts for its person alone; the database sees to that
(``0011_portal.sql``), whatever the page asks for. ``session``: the bytes that the browser holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from congvu.policy import Statement
from congvu.store.database import Store
from congvu.store.sql import SQL


def open_session(db: Store, address: str, present: str, session: bytes) -> bool:
    """Begin a session for whoever was just checked against the hash ``present``; False: it is another now."""
    values = {"address": address, "present": present, "session": session}
    return bool(db.rows(SQL.open_session, **values)[0]["opened"])


def close_session(db: Store, session: bytes) -> None:
    """End a session; there need be none."""
    db.run(SQL.close_session, session=session)


def home(db: Store, session: bytes) -> Mapping[str, Any] | None:
    """Who it is: record, password, roles, whom they sign for, what they acknowledged. None: no session."""
    found: Mapping[str, Any] | None = _found(db, SQL.portal_home, session=session)
    return found


def records(db: Store, session: bytes) -> Sequence[Mapping[str, Any]] | None:
    """The records of changes that concern the person, newest first."""
    found: Sequence[Mapping[str, Any]] | None = _found(db, SQL.portal_records, session=session)
    return found


def logins(db: Store, session: bytes) -> Sequence[Mapping[str, Any]] | None:
    """From where the person came in or was refused, newest first: admitted, door, peer, last, times."""
    found: Sequence[Mapping[str, Any]] | None = _found(db, SQL.portal_logins, session=session)
    return found


def checks(db: Store, session: bytes) -> Mapping[str, Any] | None:
    """The person's own checks of mail; for a head also who of the unit is below the mark (``below``)."""
    found: Mapping[str, Any] | None = _found(db, SQL.portal_checks, session=session)
    return found


def statements(
    db: Store, session: bytes, quarter: str, party: str, unit: str
) -> Mapping[str, Mapping[str, Any]] | None:
    """By provision the last word on a quarter. None: the person does not sign for that unit in that part."""
    values = {"session": session, "quarter": quarter, "party": party, "unit": unit}
    found: Mapping[str, Mapping[str, Any]] | None = _found(db, SQL.portal_statements, **values)
    return found


def difficulties(db: Store, session: bytes) -> Mapping[str, Any] | None:
    """One's own reports; those of all for whoever signs for the Office."""
    found: Mapping[str, Any] | None = _found(db, SQL.portal_difficulties, session=session)
    return found


def acknowledge(db: Store, session: bytes, shown: str) -> str:
    """Put on record that the person knows the regulation whose digest they were shown."""
    return _outcome(db, SQL.portal_acknowledge, session=session, shown=shown)


def state(
    db: Store,
    session: bytes,
    signing: tuple[str, str, str],
    shown: str,
    said: Sequence[Mapping[str, object]],
) -> str:
    """Put statements on record. ``signing``: quarter, party, unit; ``said``: provision, attested, remark."""
    quarter, party, unit = signing
    values = {"quarter": quarter, "party": party, "unit": unit, "shown": shown}
    return _outcome(db, SQL.portal_state, session=session, said=Jsonb([*said]), **values)


def report(db: Store, session: bytes, what: tuple[str, str], told: str, form: bytes) -> str:
    """Put a difficulty or an abuse on record. ``what``: which of the two, and by which provision.

    ``form``: 16 bytes by which a form that is sent twice is known.
    """
    values = {"about": what[0], "provision": what[1], "told": told, "form": form}
    return _outcome(db, SQL.portal_report, session=session, **values)


def answer(db: Store, session: bytes, difficulty: int, told: str) -> str:
    """The Office answers a difficulty."""
    return _outcome(db, SQL.portal_answer, session=session, difficulty=difficulty, told=told)


def take_over(db: Store, session: bytes, handover: int) -> str:
    """The receiver of a handover says that they have the mailbox."""
    return _outcome(db, SQL.portal_take_over, session=session, handover=handover)


def factor(db: Store, session: bytes) -> Mapping[str, Any] | None:
    """Since when the person has a second factor (``confirmed_at``), and their app passwords."""
    found: Mapping[str, Any] | None = _found(db, SQL.portal_factor, session=session)
    return found


def revoke_app(db: Store, session: bytes, app: int) -> str:
    """An app password opens nothing any more; one that is not the person's stays."""
    return _outcome(db, SQL.portal_revoke, session=session, app=app)


def reports(db: Store, session: bytes) -> Mapping[str, Any] | None:
    """Whether the person is an auditor, and the reports that they may read, newest first."""
    found: Mapping[str, Any] | None = _found(db, SQL.portal_reports, session=session)
    return found


def read_report(db: Store, session: bytes, quarter: str) -> Mapping[str, str]:
    """The page of a quarter's report, with the record of its reading; ``outcome``: shown, or why not."""
    found: Mapping[str, str] = _found(db, SQL.portal_read, session=session, quarter=quarter)
    return found


def asked(db: Store) -> dict[str, dict[str, str]]:
    """Who is asked for their word: by party, by key (unit, staff id), how the report names them."""
    found: dict[str, dict[str, str]] = {}
    for row in db.rows(SQL.asked):
        found.setdefault(row["party"], {})[row["key"]] = row["who"]
    return found


def said(db: Store, quarter: str, version: str) -> list[Statement]:
    """What was said for a quarter under a version of the policy."""
    return [Statement(**row) for row in db.rows(SQL.statements, quarter=quarter, version=version)]


def _found(db: Store, statement: bytes, **values: object) -> Any:
    return db.rows(statement, **values)[0]["found"]


def _outcome(db: Store, statement: bytes, **values: object) -> str:
    return str(db.rows(statement, **values)[0]["outcome"])
