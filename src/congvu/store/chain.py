"""The chain of evidence: what a day holds, the seals, and who got them.

A day is sealed in one transaction. Records of that day that are still being written are waited for, and
after it there can be none (migration ``chain``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from congvu import clock
from congvu.chain import GENESIS, SEALED, SOURCES, Pseudonyms, Seal, Segment, lines, segment
from congvu.chain.letter import Copy
from congvu.store.database import Store
from congvu.store.sql import SQL

_DAY = timedelta(days=1)
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_ROWS = 2000  # fetched at once


@dataclass(frozen=True, slots=True)
class Kept:
    """A seal as it is kept. ``signature``: as ssh-keygen makes it; ``signer``: the public key."""

    day: date
    body: str
    head: str
    signature: str
    signer: str
    sealed_at: datetime


def seals(db: Store, since: date, until: date) -> list[Kept]:
    """The seals of these days, the last one included, in their order."""
    return [Kept(**row) for row in db.rows(SQL.seals, since=since, until=until)]


def last_seal(db: Store, until: date) -> Kept | None:
    """The newest seal up to a day."""
    found = db.rows(SQL.last_seal, until=until)
    return Kept(**found[0]) if found else None


def days(db: Store) -> tuple[date, date] | None:
    """The first and the last day that is sealed."""
    found = db.rows(SQL.seal_days)[0]
    return (found["first"], found["last"]) if found["first"] else None


def unsealed(db: Store) -> list[date]:
    """The days that are over and have no seal, in their order; before the first seal yesterday alone."""
    yesterday, known = db.today() - _DAY, days(db)
    first = known[1] + _DAY if known else yesterday
    return [first + number * _DAY for number in range((yesterday - first).days + 1)]


def close(db: Store, day: date, host: str, pseudonyms: Pseudonyms) -> tuple[Seal, dict[str, bytes]] | None:
    """Wait for the last writers of a day that is over; its seal, unsigned, and by source the lines' marks.

    None: somebody else has sealed it meanwhile.
    """
    db.run(SQL.seal_patience)
    db.rows(SQL.close_day, day=day)
    if seals(db, day, day):
        return None
    before, found = last_seal(db, day - _DAY), {}
    for source in SEALED:
        found[source] = segment(evidence(db, source, day, pseudonyms, first=before is None))
    policy = db.rows(SQL.policy_at, until=_ends(day))
    seal = Seal(
        host,
        day,
        before.head if before else GENESIS,
        policy[0]["sha256"] if policy else GENESIS,
        {source: each for source, (each, _) in found.items()},
    )
    return seal, {source: marks for source, (_, marks) in found.items()}


def keep_seal(db: Store, seal: Seal, marks: Mapping[str, bytes], signature: str, signer: str) -> None:
    """Keep a day's seal with what it is about."""
    values = {"body": seal.text, "head": seal.head, "previous": seal.previous}
    db.run(SQL.add_seal, day=seal.day, signature=signature, signer=signer, **values)
    for source, each in seal.segments.items():
        told = {"sha256": each.sha256, "lines": each.lines, "marks": marks[source]}
        db.run(SQL.add_segment, day=seal.day, source=source, **told)


def evidence(
    db: Store, source: str, day: date, pseudonyms: Pseudonyms, *, first: bool = False
) -> Iterator[bytes]:
    """The lines of a day; of the ``first`` one with all that was before it."""
    statement: bytes = getattr(SQL, f"segment_{source}")
    until = _ends(day)
    values = {"since": _EVER if first else until - _DAY, "until": until}
    with db.connection.cursor(name=f"segment_{source}") as cursor:  # of the server: a day may be large
        cursor.itersize = _ROWS
        yield from lines(SOURCES[source], cursor.execute(statement, values), pseudonyms)


def marks(db: Store, day: date) -> dict[str, tuple[Segment, bytes]]:
    """By source what was sealed of a day: digests as in its seal, and the marks of its lines."""
    kept = db.rows(SQL.seals, since=day, until=day)
    seal = Seal.read(kept[0]["body"]) if kept else None
    if seal is None:
        return {}
    return {
        row["source"]: (seal.segments[row["source"]], bytes(row["marks"]))
        for row in db.rows(SQL.segments, day=day)
        if row["source"] in seal.segments
    }


def copies_due(db: Store, recipients: Sequence[str]) -> list[Copy]:
    """Seals that a recipient has not got yet, oldest first."""
    return [Copy(**row) for row in db.rows(SQL.seal_copies_due, recipients=list(recipients))]


def record_copy(db: Store, sent: Copy) -> None:
    """It was handed over."""
    db.run(SQL.add_seal_copy, day=sent.day, recipient=sent.address)


def _ends(day: date) -> datetime:
    """The moment at which a day ends in Viet Nam."""
    return datetime.combine(day + _DAY, time(), clock.TIMEZONE)
