"""`congvu incident`: enter a case under Article 3 in the register, or its end.

Without a number it prints the register. Asked for the same again, nothing changes.
"""

from __future__ import annotations

import argparse
from datetime import date
from typing import TYPE_CHECKING

from congvu import clock, store
from congvu.incidents import KINDS, OUTCOMES, Case, plan_case
from congvu.policy import read_json
from congvu.services.audit import add_sources
from congvu.store import incidents

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

ACTOR = "congvu incident"


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("incident", help="the register of cases of abuse: show it, enter a case")
    parser.add_argument("number", nargs="?", help="of the paper that reports it; names no person")
    parser.add_argument("--kind", default="", help=", ".join(KINDS))
    parser.add_argument("--provision", default="", help="id of the row that it concerns")
    parser.add_argument("--found-on", type=date.fromisoformat, metavar="DAY", help="today, unless given")
    parser.add_argument("--closed-on", type=date.fromisoformat, metavar="DAY")
    parser.add_argument("--outcome", help=", ".join(OUTCOMES))
    parser.add_argument("--decision", default="", help="number of the decision that ended it")
    parser.add_argument("--check", action="store_true", help="change nothing, say what would be")
    add_sources(parser)


def run(args: argparse.Namespace) -> int:
    with store.connect(args.host, args.database) as db:
        register, now = incidents.read_cases(db), db.now()
        if args.number is None:
            for each in register:
                ended = (
                    f"{each.closed_on} {each.outcome} {each.decision}".rstrip() if each.closed_on else "open"
                )
                print(f"{each.number}: {each.kind}, {each.provision}, {each.found_on}: {ended}")
            return 0
        today = clock.day(now)
        known = next((each for each in register if each.number == args.number), None)
        wanted = Case(
            number=args.number,
            kind=args.kind or (known.kind if known else ""),
            provision=args.provision or (known.provision if known else ""),
            found_on=args.found_on or (known.found_on if known else today),
            closed_on=args.closed_on,
            outcome=args.outcome or None,
            decision=args.decision,
        )
        provisions = [row.id for row in read_json(args.policy).provisions]
        opened, closed = plan_case(wanted, register, provisions, today)
        if not args.check:
            if opened:
                incidents.open_case(db, opened, ACTOR)
            if closed:
                incidents.close_case(db, closed, ACTOR)
    print("changed" if opened or closed else "unchanged")
    return 0
