"""`congvu checks`: write down who looked into their mailbox on the days that are over.

A timer runs it each night. Days that were missed are made up for; a day that was closed stays as it was
written, and what comes to light within a month is a correction of its own. The policy in force says what
counts.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import clock, store
from congvu.calendar import Calendar
from congvu.checks import BoxDay, Frame, Outage, Rules, box_day, frame
from congvu.policy import Resolved, read_json
from congvu.store import Store, checks

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

NOTICE = "<5>"  # how the journal is told the level of a line
ACTOR = "congvu checks"
# Leave that the personnel office enters late, events of a host that was away.
LATE = timedelta(days=31)
POLICY = Path("/etc/congvu/policy.json")


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("checks", help="write down who looked into their mailbox, day by day")
    parser.add_argument("--policy", type=Path, default=POLICY, metavar="FILE")
    parser.add_argument("--host", default="/run/postgresql", help="directory of the socket, or a host")
    parser.add_argument("--database", default="congvu")


def run(args: argparse.Namespace) -> int:
    policy = read_json(args.policy)
    with store.connect(args.host, args.database) as db:
        for line in carry_on(db, policy):
            print(f"{NOTICE}{line}")
    return 0


def carry_on(db: Store, policy: Resolved) -> list[str]:
    """Close every day that is over, each in its own transaction, and correct recent ones; what was done."""
    if "check.counts" not in policy.values:
        return ["the policy asks nobody to check their mail: there is no value check.counts"]
    calendar, rules = Calendar.of(policy), Rules.of(policy.values)
    checks.adopt_gaps(db, ACTOR)
    db.keep()
    state, today = checks.state(db), db.today()
    done = []
    if state.closed:
        # Of days before the first event that is kept nobody can say more.
        since = max(today - LATE, (state.held or today) + timedelta(days=1))
        done += _correct(db, since, calendar, rules)
    day = state.closed + timedelta(days=1) if state.closed else state.first or today
    while day < today:
        done.append(_close(db, day, policy, calendar, rules))
        db.keep()
        day += timedelta(days=1)
    checks.expire(db)
    return done


def _close(db: Store, day: date, policy: Resolved, calendar: Calendar, rules: Rules) -> str:
    asked, outages = _asked(db, day, calendar, rules)
    people = checks.close_day(db, asked, rules.counts, policy.sha256, ACTOR)
    if asked.day.working:
        checks.keep_boxes(db, day, _boxes(db, asked, outages, rules))
    return f"{day}: {people} people" if asked.day.working else f"{day}: {asked.day.off}"


def _correct(db: Store, since: date, calendar: Calendar, rules: Rules) -> list[str]:
    """What is known better by now of closed days."""
    days = checks.days_since_news(db, since)
    people: Counter[date] = Counter()
    for day in (day for day, told in days if told):
        people[day] = checks.correct_day(db, _asked(db, day, calendar, rules)[0], rules.counts, ACTOR)
        db.keep()
    boxes = _correct_boxes(db, days, calendar, rules)
    db.keep()
    return [
        f"{day}: corrected for {people[day]} people, {boxes[day]} boxes"
        for day, _ in days
        if people[day] or boxes[day]
    ]


def _correct_boxes(
    db: Store, days: Iterable[tuple[date, bool]], calendar: Calendar, rules: Rules
) -> Counter[date]:
    """How many were corrected by day: a stretch that lasts otherwise at its end is carried to the next.

    All in one transaction: nothing else tells that a later day has to follow.
    """
    corrected: Counter[date] = Counter()
    moved: set[str] = set()
    for day, told in days:
        if told or moved:
            known, found = checks.box_days(db, day), _boxes(db, *_asked(db, day, calendar, rules), rules)
            better = _better([each for each in found if told or each.box in moved], known)
            if better:
                db.record(ACTOR, "checks.correct", day.isoformat(), {"boxes": len(better)})
                checks.keep_boxes(db, day, better)
            moved = {each.box for each in better if each.open != known[each.box].open}
            corrected[day] = len(better)
    return corrected


def _asked(db: Store, day: date, calendar: Calendar, rules: Rules) -> tuple[Frame, list[Outage]]:
    """What the day asks for, and when mail could not be used on it."""
    midnight = datetime.combine(day, time(), clock.TIMEZONE)
    outages = checks.outages(db, midnight, midnight + timedelta(days=1))
    windows = [(half.starts, half.ends) for half in frame(calendar, day, rules, ()).halves]
    return frame(calendar, day, rules, [*outages, *checks.silent(db, windows)]), outages


def _boxes(db: Store, asked: Frame, outages: list[Outage], rules: Rules) -> list[BoxDay]:
    down = [*outages, *checks.silent(db, asked.day.spans)]
    return [box_day(asked.day, each, down) for each in checks.box_visits(db, asked.day.date, rules.counts)]


def _better(found: Iterable[BoxDay], known: Mapping[str, BoxDay]) -> list[BoxDay]:
    """What a second look adds, for worse too where an outage was withdrawn.

    What was seen once stays seen: events expire, and others have the box by now.
    """
    pairs = [(each, known[each.box]) for each in found if each.box in known]
    looked = [(replace(now, head=before.head or now.head), before) for now, before in pairs]
    return [now for now, before in looked if now != before and now.visits >= before.visits]
