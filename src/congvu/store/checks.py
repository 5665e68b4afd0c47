"""Checks of mail: what a day came to for everybody, how long boxes were alone, when mail was not to be used.

Days are closed once. What comes to light afterwards is a further row; the last one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from congvu import clock
from congvu.calendar import Span
from congvu.checks import COUNTED, COUNTED_IN_BOXES, WATCHERS, BoxDay, Frame, Outage, Visits
from congvu.store.database import Store
from congvu.store.sql import SQL

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class State:
    """``closed``: the last day that was; ``first``: of the oldest mailbox; ``held``: of the oldest event."""

    closed: date | None
    first: date | None
    held: date | None


@dataclass(frozen=True, slots=True)
class Stated:
    """An outage as it stands in the directory. ``unit`` None: everybody's."""

    id: int
    starts: datetime
    ends: datetime
    unit: str | None
    reason: str
    source: str
    at: datetime
    withdrawn_at: datetime | None


def state(db: Store) -> State:
    return State(**db.rows(SQL.check_state)[0])


def days_since_news(db: Store, since: date) -> list[tuple[date, bool]]:
    """Closed working days from the first on of which something came to light since; and whether of this."""
    return [(row["day"], row["told"]) for row in db.rows(SQL.check_news, since=since)]


def close_day(db: Store, frame: Frame, counts: Sequence[str], sha256: str, actor: str) -> int:
    """Write down what a day asked for and what it came to; of how many people. It may not be closed yet."""
    day = frame.day
    spans: list[datetime | None] = [each for half in frame.halves for each in (half.starts, half.ends)]
    names = ("morning_from", "morning_until", "afternoon_from", "afternoon_until")
    db.record(actor, "checks.close", day.date.isoformat(), {"off": day.off, "policy": sha256})
    db.run(SQL.add_check_day, day=day.date, estimated=day.estimated, off=day.off, counts=list(counts),
           sha256=sha256, **dict(zip(names, spans or [None] * 4, strict=True)))  # fmt: skip
    if not day.working:
        return 0
    _judge(db, frame, counts)
    return db.connection.execute(SQL.close_checks, {"day": day.date}).rowcount


def correct_day(db: Store, frame: Frame, counts: Sequence[str], actor: str) -> int:
    """Look at a closed day again; how many people's came to something else by now."""
    _judge(db, frame, counts)
    db.record(actor, "checks.correct", frame.day.date.isoformat(), {})
    return db.connection.execute(SQL.correct_checks, {"day": frame.day.date}).rowcount


def _judge(db: Store, frame: Frame, counts: Sequence[str]) -> None:
    halves, kinds = frame.halves, [COUNTED[word] for word in counts]
    down = [(half.part, unit) for half in halves for unit in half.down]
    db.connection.execute(
        SQL.judge_checks,
        {
            "day": frame.day.date,
            "parts": [half.part for half in halves],
            "starts": [half.starts for half in halves],
            "ends": [half.ends for half in halves],
            "all_down": [half.all_down for half in halves],
            "lost": [half.lost for half in halves],
            "down_parts": [part for part, _ in down],
            "down_units": [unit for _, unit in down],
            "kinds": [kind for kind, _ in kinds],
            "doors": [door for _, door in kinds],
        },
    )


def box_visits(db: Store, day: date, counts: Sequence[str]) -> list[Visits]:
    """To each open box of a unit or office, by those who hold it, on a day."""
    kinds = [COUNTED_IN_BOXES[word] for word in counts]
    starts = datetime.combine(day, time(), clock.TIMEZONE)
    rows = db.rows(
        SQL.box_visits, day=day, starts=starts, ends=starts + timedelta(days=1), watchers=list(WATCHERS),
        kinds=[kind for kind, _ in kinds], doors=[door for _, door in kinds],
    )  # fmt: skip
    return [
        Visits(row["box"], row["unit"], tuple(row["moments"]), row["head"], row["carried"] * _MINUTE)
        for row in rows
    ]


def keep_boxes(db: Store, day: date, found: Iterable[BoxDay]) -> None:
    """Keep what is not known so yet, below the record of the day."""
    for each in found:
        db.run(SQL.add_box_check, day=day, box=each.box, visits=each.visits, head=each.head,
               longest=each.longest // _MINUTE, still_open=each.open // _MINUTE)  # fmt: skip


def box_days(db: Store, day: date) -> dict[str, BoxDay]:
    """What is known of a day, by box."""
    return {
        row["box"]: BoxDay(
            row["box"], row["visits"], row["longest"] * _MINUTE, row["still_open"] * _MINUTE, row["head"]
        )
        for row in db.rows(SQL.box_checks, day=day)
    }


def outages(db: Store, since: datetime, until: datetime) -> list[Outage]:
    """Those that count and touch the time between."""
    return [Outage(**row) for row in db.rows(SQL.outages_between, since=since, until=until)]


def silent(db: Store, spans: Sequence[Span]) -> list[Outage]:
    """Those in which nothing at all was recorded: of nobody can be said that they were not there."""
    found = db.rows(SQL.silent_spans, starts=[each[0] for each in spans], ends=[each[1] for each in spans])
    return [Outage(row["starts"], row["ends"], lost=True) for row in found]


def all_outages(db: Store) -> list[Stated]:
    return [Stated(**row) for row in db.rows(SQL.outages)]


def add_outage(db: Store, outage: Outage, reason: str, actor: str) -> None:
    """State one, with its record."""
    starts, ends, unit = outage.starts, outage.ends, outage.unit
    told = {"starts": starts.isoformat(), "ends": ends.isoformat(), "unit": unit, "reason": reason}
    db.record(actor, "outage.add", unit or "", told)
    db.run(SQL.add_outage, starts=starts, ends=ends, unit=unit, reason=reason)


def withdraw_outage(db: Store, number: int, reason: str, actor: str) -> None:
    """Say that it was none; it stays on record."""
    db.record(actor, "outage.withdraw", str(number), {"reason": reason})
    db.run(SQL.withdraw_outage, id=number)


def adopt_gaps(db: Store, actor: str) -> int:
    """Take what the collector knows to be missing among the outages; how many were new."""
    rows = db.rows(SQL.gaps_unknown)
    if rows:
        db.record(actor, "outage.gap", "", {"count": len(rows)})
    for row in rows:
        db.run(SQL.add_gap, **row)
    return len(rows)


def expire(db: Store) -> int:
    """Forget what is older than the policy's ``retention.check_months``; how many rows those were."""
    return int(db.rows(SQL.expire_checks)[0]["forgotten"])
