"""`congvu issue`: the report of the quarter that is over, made once for the Office and the Director.

By a timer each morning, so that a host that was down makes up for it. `congvu notify` sends it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import clock, store
from congvu.errors import UserError
from congvu.policy import read_json
from congvu.report.document import to_json
from congvu.report.html import to_html
from congvu.report.paper import paper
from congvu.report.period import last_over
from congvu.services.audit import add_sources
from congvu.services.report import compose, render
from congvu.store import reporting

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

_LETTERHEAD = Path("/etc/congvu/letterhead.json")


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "issue",
        help="make the report of the quarter that is over, for the Office and the Director",
        description="Makes the report of the last quarter once and keeps it; congvu notify sends it. "
        "A quarter in which nothing was observed has none.",
    )
    parser.add_argument("--letterhead-file", type=Path, metavar="FILE", default=_LETTERHEAD)
    parser.add_argument("--format", choices=("pdf", "docx"), default="pdf", help="default: pdf")
    add_sources(parser)


def run(args: argparse.Namespace) -> int:
    cutoff = read_json(args.policy).setting("report.cutoff", str)
    window = last_over(clock.now(), cutoff)
    with store.connect(args.host, args.database) as db:
        if not reporting.due(db, window):
            return 0
    try:
        args.letterhead = args.letterhead_file.read_text("utf-8")
    except OSError as error:
        raise UserError(f"{args.letterhead_file}: {error.strerror}; role audit writes it") from error
    report = compose(args, window)
    content = render(paper(report), args.format)
    with store.connect(args.host, args.database) as db:
        reporting.issue(db, window, (args.format, content, to_html(report)), to_json(report), "congvu-issue")
    print(f"the report of {window.quarter} was made for the Office and the Director")
    return 0
