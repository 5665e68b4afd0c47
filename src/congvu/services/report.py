"""`congvu report`: the report of one quarter, from the observations kept in the database.

The files go to DIR/2026-Q4-nd09/, and their paths to standard output. The same evidence gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import clock, evidence, store
from congvu.chain.seal import fingerprint
from congvu.errors import UserError
from congvu.policy import Resolved, attestations, read_json
from congvu.report.document import Letterhead, Report, to_json
from congvu.report.html import to_html
from congvu.report.oscal import to_oscal
from congvu.report.paper import Paper, paper
from congvu.report.period import CUTOFFS, Period, period, period_at
from congvu.report.register import signed
from congvu.report.sealed import Sealed
from congvu.report.trend import Quarter, as_judged_then, quarter, quarters_before
from congvu.report.workbook import to_xlsx
from congvu.services.audit import add_sources, stored
from congvu.store import chain, reporting

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


_FEWEST = 5  # people of a group whose figures are shown, where a policy says nothing of it
_SUFFIXES = {"oscal": "oscal.json"}
FORMATS = ("json", "html", "pdf", "docx", "xlsx", "oscal")


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "report",
        help="render the report of a quarter",
        description="Renders a quarter as JSON, HTML, PDF, DOCX, XLSX and OSCAL; the present one to date.",
    )
    parser.add_argument("--quarter", help="2026-Q4; default: the present one")
    parser.add_argument("--cutoff", choices=CUTOFFS, help="default: the policy's report.cutoff")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", required=True, help="make the report's directory here"
    )
    parser.add_argument("--format", nargs="+", choices=FORMATS, default=FORMATS, help="default: all of them")
    parser.add_argument("--letterhead", default="{}", help="JSON: authority, organisation, symbol, place ...")
    add_sources(parser)


def run(args: argparse.Namespace) -> int:
    window = asked_for(args, read_json(args.policy))
    made = files(args, window)
    folder = args.out / f"{window.quarter}-{window.cutoff}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        path = folder / name
        path.write_bytes(content)
        print(path)
    return 0


def asked_for(args: argparse.Namespace, policy: Resolved) -> Period:
    """The period that was asked for. Raises UserError for one that has not begun."""
    now = clock.now()
    cutoff = args.cutoff or str(policy.values["report.cutoff"])
    window = period(args.quarter, cutoff) if args.quarter else period_at(now, cutoff)
    if now < window.starts:
        raise UserError(
            f"{window.quarter} ({cutoff}) begins on {window.first}: there is nothing to report yet"
        )
    return window


def files(args: argparse.Namespace, window: Period) -> dict[str, bytes]:
    """The report of a period by file name, in the forms that :func:`run`'s arguments want."""
    report = compose(args, window)
    return {f"report.{_SUFFIXES.get(form, form)}": _render(report, form) for form in args.format}


def compose(args: argparse.Namespace, window: Period) -> Report:
    """The report of a period. A past one is judged as it stood at its end."""
    policy, now, head = read_json(args.policy), clock.now(), letterhead(args.letterhead)
    least = int(str(policy.values.get("privacy.min_group_size", _FEWEST)))
    with store.connect(args.host, args.database) as db:
        observations = stored(reporting.newest(db, window.starts, window.ends))
        # Vouched for afterwards, too: nobody can say before its end how a quarter went.
        asked, said = store.asked(db), store.said(db, window.quarter, policy.version)
        found = reporting.register(db, window, policy.version, least, signed(policy, asked, said))
        last = chain.last_seal(db, window.last)
        before = tuple(_before(db, policy, asked, each) for each in quarters_before(window))
    attested = attestations(policy, asked, said)
    judged_at = min(now, window.ends)
    findings = evidence.findings(policy, observations, attested, judged_at)
    seal = Sealed(last.day, last.head, fingerprint(last.signer)) if last else None
    return Report(window, policy, findings, head, seal, found, before, judged_at)


def _before(
    db: store.Store, policy: Resolved, asked: Mapping[str, Mapping[str, str]], window: Period
) -> Quarter:
    """A quarter before, judged at its end by what was observed and said under the policies in force in it."""
    rows = reporting.newest(db, window.starts, window.ends)
    if not rows:
        return Quarter(window, {}, {})
    in_force = reporting.policies(db, window)
    seen = as_judged_then(stored(rows), policy, [digest for _, digest in in_force])
    said = store.said(db, window.quarter, in_force[-1][0]) if in_force else []
    return quarter(window, evidence.findings(policy, seen, attestations(policy, asked, said), window.ends))


def letterhead(given: str) -> Letterhead:
    """A letterhead from JSON. Raises UserError."""
    try:
        return Letterhead.read(json.loads(given))
    except ValueError as error:
        raise UserError(f"letterhead: not JSON: {error}") from error


def _render(report: Report, form: str) -> bytes:
    if form == "json":
        return to_json(report).encode()
    if form == "html":
        return to_html(report).encode()
    if form == "xlsx":
        return to_xlsx(report)
    if form == "oscal":
        return to_oscal(report).encode()
    return render(paper(report), form)


def render(document: Paper, form: str) -> bytes:
    """An official document as "pdf" or "docx". Raises UserError on a host without the libraries for it."""
    try:  # 240 MB, which only hosts that render documents have
        if form == "pdf":
            from congvu.report.pdf import to_pdf  # noqa: PLC0415

            return to_pdf(document)
        from congvu.report.docx import to_docx  # noqa: PLC0415

        return to_docx(document)
    except ImportError as error:
        raise UserError(
            f"this host cannot render {form}: {error}. Debian's weasyprint and python3-docx are brought by "
            "playbooks/site.yml (role audit); congvu report --format json html does without"
        ) from error
