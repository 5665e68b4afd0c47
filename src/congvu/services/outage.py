"""`congvu outage`: state when mail could not be used, so that nobody is blamed for it.

Who did not look into their mailbox then is excused; the nightly `congvu checks` also corrects days that it
has closed within a month. A statement stays on record, also when it is withdrawn.
"""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING

from congvu import clock, store
from congvu.checks import Outage
from congvu.errors import UserError
from congvu.services import host
from congvu.store import Store, checks

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("outage", help="state when mail could not be used, and list it")
    parser.add_argument("--host", default="/run/postgresql", help="directory of the socket, or a host")
    parser.add_argument("--database", default="congvu")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("list", help="what was stated, with its numbers")
    add = acts.add_parser("add", help="mail could not be used from then to then")
    add.add_argument("--from", dest="starts", required=True, help="in Viet Nam: '2026-11-26 13:20'")
    add.add_argument("--until", dest="ends", required=True, help="the same; it has to be over")
    add.add_argument("--unit", help="code of the only unit concerned; default: everybody")
    add.add_argument("--reason", required=True, help="in Vietnamese: it stands in the report")
    withdraw = acts.add_parser("withdraw", help="it was none")
    withdraw.add_argument("number", type=int)
    withdraw.add_argument("--reason", required=True, help="why; kept on record")


def run(args: argparse.Namespace) -> int:
    with store.connect(args.host, args.database) as db:
        if args.act == "list":
            for each in checks.all_outages(db):
                gone = ", withdrawn" if each.withdrawn_at else ""
                times = f"{_shown(each.starts)} - {_shown(each.ends)}"
                print(f"{each.id}: {times}, {each.unit or 'everybody'}: {each.reason} ({each.source}{gone})")
        elif args.act == "add":
            print(_add(db, args))
        else:
            print(_withdraw(db, args))
    return 0


def _add(db: Store, args: argparse.Namespace) -> str:
    starts, ends = _moment("--from", args.starts), _moment("--until", args.ends)
    faults = []
    if starts >= ends:
        faults.append(f"--until {args.ends}: is not after --from {args.starts}; correct one of the two")
    if ends > db.now():
        faults.append(f"--until {args.ends}: is not over yet; state it when it is")
    if args.unit is not None and args.unit not in (units := db.units()):
        faults.append(f"--unit {args.unit}: is no open unit; known are {', '.join(sorted(units))}")
    if not args.reason.strip():
        faults.append("--reason: is empty; write why, in Vietnamese")
    if faults:
        raise UserError("\n".join(faults))
    for each in checks.all_outages(db):
        if (each.starts, each.ends, each.unit, each.source) == (starts, ends, args.unit, "operator"):
            if each.withdrawn_at:
                raise UserError(f"{each.id} is the same and was withdrawn; give other moments")
            return f"{each.id}: was stated before"
    checks.add_outage(db, Outage(starts, ends, args.unit), args.reason.strip(), host.actor())
    return f"stated: {_shown(starts)} - {_shown(ends)}, {args.unit or 'everybody'}"


def _withdraw(db: Store, args: argparse.Namespace) -> str:
    found = next((each for each in checks.all_outages(db) if each.id == args.number), None)
    if found is None or found.source != "operator":
        raise UserError(f"{args.number}: no statement has this number; congvu outage list shows them")
    if not args.reason.strip():
        raise UserError("--reason: is empty; write why")
    if found.withdrawn_at:
        return f"{args.number}: was withdrawn before"
    checks.withdraw_outage(db, args.number, args.reason.strip(), host.actor())
    return f"{args.number}: withdrawn"


def _moment(option: str, written: str) -> datetime:
    """A moment of the clock in Viet Nam, or of the zone that it names."""
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        raise UserError(f'{option} "{written}": is no moment; write it as "2026-11-26 13:20"') from None
    return read if read.tzinfo else read.replace(tzinfo=clock.TIMEZONE)


def _shown(moment: datetime) -> str:
    return f"{clock.local(moment):%Y-%m-%d %H:%M}"
