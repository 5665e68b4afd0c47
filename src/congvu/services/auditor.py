"""`congvu auditor`: let somebody read the reports of past quarters on the people's page, or no more.

Without a person it prints who does. Asked for the same again, nothing changes.
"""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from typing import TYPE_CHECKING

from congvu import store
from congvu.errors import UserError
from congvu.store import Store, auditors

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

ACTOR = "congvu auditor"
_LONGEST = timedelta(days=366)


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "auditor", help="who reads the reports on the people's page: show, grant, end"
    )
    parser.add_argument("staff_id", nargs="?", help="of somebody of the directory")
    parser.add_argument("--warrant", default="", help="number of the written order")
    parser.add_argument("--until", type=date.fromisoformat, metavar="DAY", help="the last day, within a year")
    parser.add_argument("--end", action="store_true", help="end it now")
    parser.add_argument("--check", action="store_true", help="change nothing, say what would be")
    parser.add_argument("--host", default="/run/postgresql", help="directory of the socket, or a host")
    parser.add_argument("--database", default="congvu")


def run(args: argparse.Namespace) -> int:
    with store.connect(args.host, args.database) as db:
        if args.staff_id is None:
            for each in auditors.read(db):
                print(f"{each.staff_id}: {each.warrant}, until {each.until}{'' if each.reads else ', over'}")
            return 0
        changed = _changed(db, args)
    print("changed" if changed else "unchanged")
    return 0


def _changed(db: Store, args: argparse.Namespace) -> bool:
    """Carry it out, unless it is so already or is only asked about. Raises UserError with every fault."""
    same = (args.staff_id, args.warrant)
    known = next((each for each in auditors.read(db) if (each.staff_id, each.warrant) == same), None)
    if args.end:
        if known is None:
            raise UserError(
                f"auditor: {args.staff_id} was never let in by {args.warrant!r}; congvu auditor lists"
            )
        if known.reads and not args.check:
            auditors.end(db, *same, ACTOR)
        return known.reads
    faults = [] if auditors.serves(db, args.staff_id) else [
        f"staff_id: {args.staff_id!r} has no open mailbox here; enter the person in the list of people first"
    ]  # fmt: skip
    if not args.warrant.strip() or len(args.warrant) > 64 or not args.warrant.isprintable():
        faults.append(f"--warrant: {args.warrant!r} is not one line of 1 to 64 characters; give its number")
    if args.until is None or not db.today() <= args.until <= db.today() + _LONGEST:
        faults.append(f"--until: {args.until} is no day from today to a year from now; give the last day")
    if known is not None and (not known.reads or known.until != args.until):
        faults.append(
            f"--warrant: {args.warrant!r} was used until {known.until}; a new time needs a new order"
        )
    if faults:
        raise UserError("auditor: " + "; ".join(faults))
    if known is None and not args.check:
        auditors.grant(db, *same, args.until, ACTOR)
    return known is None
