"""`congvu report`: the report of one quarter, from the observations kept in the database.

Without --out the files go to standard output as one JSON object {name: content in base64}, so that a playbook
can fetch them and the host stays as it is. The same evidence gives the same bytes.
"""

from __future__ import annotations

import argparse
import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import clock, evidence, store
from congvu.errors import UserError
from congvu.policy import read_json
from congvu.report.document import Letterhead, Report, to_json
from congvu.report.html import to_html
from congvu.report.paper import paper
from congvu.report.period import CUTOFFS, period, period_at
from congvu.services.audit import add_sources, stored

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "report",
        help="render the report of a quarter",
        description="Renders the report of a quarter as JSON, HTML, PDF and DOCX; of the present one, to date.",
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
    files = _render(report)
    if args.out is None:
        bundle = {name: base64.b64encode(content).decode() for name, content in files.items()}
        print(json.dumps({"directory": f"{window.quarter}-{cutoff}", "files": bundle}))
        return 0
    args.out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (args.out / name).write_bytes(content)
    return 0


def _render(report: Report) -> dict[str, bytes]:
    """Every file of the report, by its name."""
    document = paper(report)
    try:  # 200 MB of libraries, which only hosts that render reports have
        from congvu.report.docx import to_docx  # noqa: PLC0415
        from congvu.report.pdf import to_pdf  # noqa: PLC0415

        papers = {"report.pdf": to_pdf(document), "report.docx": to_docx(document)}
    except ImportError as error:
        raise UserError(
            f"the host cannot render documents: {error}. "
            "Debian's weasyprint and python3-docx are brought by the role audit: run playbooks/site.yml"
        ) from error
    return {"report.json": to_json(report).encode(), "report.html": to_html(report).encode(), **papers}
