"""`congvu report`: the report of one quarter, from the observations kept in the database.

Without --out the files go to standard output as one JSON object {name: text}, so that a playbook can fetch
them and the host stays as it is. The same evidence gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import clock, evidence, store
from congvu.errors import UserError
from congvu.policy import read_json
from congvu.report.document import Letterhead, Report, to_json
from congvu.report.html import to_html
from congvu.report.period import CUTOFFS, period, period_at
from congvu.services.audit import add_sources, stored

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "report",
        help="render the report of a quarter",
        description="Renders report.json and report.html of a quarter; of the present one, to date.",
    )
    parser.add_argument("--quarter", help="2026-Q4; default: the present one")
    parser.add_argument("--cutoff", choices=CUTOFFS, help="default: the policy's report.cutoff")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the files here")
    parser.add_argument("--letterhead", default="{}", help="JSON: authority, organisation, symbol, place ...")
    add_sources(parser)


def run(args: argparse.Namespace) -> int:
    policy, now = read_json(args.policy), clock.now()
    cutoff = args.cutoff or str(policy.values["report.cutoff"])
    window = period(args.quarter, cutoff) if args.quarter else period_at(now, cutoff)
    if now < window.starts:
        raise UserError(
            f"{window.quarter} ({cutoff}) begins on {window.first}: there is nothing to report yet"
        )
    try:
        letterhead = Letterhead.read(json.loads(args.letterhead))
    except ValueError as error:
        raise UserError(f"letterhead: not JSON: {error}") from error
    with store.connect(args.host, args.database) as db:
        observations = stored(db.observations(window.starts, window.ends))
    # A past quarter is judged as it stood at its end.
    findings = evidence.findings(policy, observations, (), min(now, window.ends))
    report = Report(window, policy, findings, letterhead)
    files = {"report.json": to_json(report), "report.html": to_html(report)}
    if args.out is None:
        print(json.dumps({"directory": f"{window.quarter}-{cutoff}", "files": files}, ensure_ascii=False))
        return 0
    args.out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (args.out / name).write_text(text, encoding="utf-8")
    return 0
