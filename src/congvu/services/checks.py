"""`congvu checks`: write down who looked into their mailbox on the days that are over.

A timer runs it each night. Days that were missed are made up for; a day that was closed stays as it was
written, and what comes to light within a month is a correction of its own. The policy in force says what
counts.
"""

from __future__ import annotations

import argparse
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
        for day in checks.days_with_news(db, since):
            done += _correct(db, day, calendar, rules)
            db.keep()
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
        checks.keep_boxes(db, day, _boxes(db, asked, rules, outages))
    return f"{day}: {people} people" if asked.day.working else f"{day}: {asked.day.off}"


def _correct(db: Store, day: date, calendar: Calendar, rules: Rules) -> list[str]:
    """What is known better by now of a closed day."""
    asked, outages = _asked(db, day, calendar, rules)
    people = checks.correct_day(db, asked, rules.counts, ACTOR)
    known, found = checks.box_days(db, day), _boxes(db, asked, rules, outages)
    better = [each for each in found if _better(each, known.get(each.box))]
    checks.keep_boxes(db, day, better)
    return [f"{day}: corrected for {people} people, {len(better)} boxes"] if people or better else []


def _asked(db: Store, day: date, calendar: Calendar, rules: Rules) -> tuple[Frame, list[Outage]]:
    """What the day asks for, and when mail could not be used on it."""
    midnight = datetime.combine(day, time(), clock.TIMEZONE)
    outages = checks.outages(db, midnight, midnight + timedelta(days=1))
    windows = [(half.starts, half.ends) for half in frame(calendar, day, rules, ()).halves]
    return frame(calendar, day, rules, [*outages, *checks.silent(db, windows)]), outages


def _boxes(db: Store, asked: Frame, rules: Rules, outages: list[Outage]) -> list[BoxDay]:
    down = [*outages, *checks.silent(db, asked.day.spans)]
    return [box_day(asked.day, each, down) for each in checks.box_visits(db, asked.day.date, rules.counts)]


def _better(now: BoxDay, known: BoxDay | None) -> bool:
    """Whether a second look adds something; what was seen once stays seen."""
    return known is not None and now != known and now.visits >= known.visits and now.longest <= known.longest
