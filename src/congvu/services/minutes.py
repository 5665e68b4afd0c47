"""`congvu minutes`: the minutes of a handover, from what the directory keeps of it.

The files go to DIR, and their paths to standard output. The same handover gives the same bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import store
from congvu.errors import UserError
from congvu.policy import read_json
from congvu.report.minutes import Act, Party, minutes
from congvu.services.audit import add_sources
from congvu.services.report import letterhead, render

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

FORMATS = ("pdf", "docx")


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "minutes",
        help="render the minutes of a handover",
        description="Renders the minutes of a handover as PDF and DOCX, for both sides to sign.",
    )
    parser.add_argument("box", help="full address of the mailbox")
    parser.add_argument("decision", help="number and sign of the decision")
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="put the files here")
    parser.add_argument("--letterhead", default="{}", help="JSON: authority, organisation, symbol, place ...")
    add_sources(parser)


def run(args: argparse.Namespace) -> int:
    policy, head = read_json(args.policy), letterhead(args.letterhead)
    with store.connect(args.host, args.database) as db:
        found = store.read_handover(db, args.box, args.decision)
    if found is None:
        raise UserError(f"{args.box} was never handed over by decision {args.decision}")
    parties = {side: Party(**each) for side, each in found.pop("parties").items()}
    act = Act(**found, giver=parties.get("giver"), receiver=parties["receiver"])
    document = minutes(act, policy, head)
    files = {form: render(document, form) for form in FORMATS}
    args.out.mkdir(parents=True, exist_ok=True)
    for form, content in files.items():
        path = args.out / f"minutes.{form}"
        path.write_bytes(content)
        print(path)
    return 0
