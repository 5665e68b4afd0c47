"""`congvu report`: the report of one quarter, from the observations kept in the database.

The files go to DIR/2026-Q4-nd09/, and their paths to standard output. The same evidence gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import clock, evidence, store
from congvu.chain import Pseudonyms, nameless
from congvu.chain.seal import fingerprint
from congvu.errors import UserError
from congvu.evidence import Finding
from congvu.policy import Resolved, attestations, read_json
from congvu.report.document import Letterhead, Report, to_json
from congvu.report.html import to_html
from congvu.report.oscal import to_oscal
from congvu.report.paper import Paper, paper
from congvu.report.period import CUTOFFS, Period, period, period_at
from congvu.report.register import Signed, signed
from congvu.report.sealed import Sealed
from congvu.report.trend import quarter, quarters_before
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


def files(args: argparse.Namespace, window: Period, pseudonyms: Pseudonyms | None = None) -> dict[str, bytes]:
    """The report of a period by file name, in the forms that :func:`run`'s arguments want."""
    report = compose(args, window, pseudonyms)
    return {f"report.{_SUFFIXES.get(form, form)}": _render(report, form) for form in args.format}


def compose(args: argparse.Namespace, window: Period, pseudonyms: Pseudonyms | None = None) -> Report:
    """The report of a period. A past one is judged as it stood at its end.

    With ``pseudonyms``, for those who get the evidence, staff ids and mailboxes are those.
    """
    policy, now, head = read_json(args.policy), clock.now(), letterhead(args.letterhead)
    least = int(str(policy.values.get("privacy.min_group_size", _FEWEST)))
    with store.connect(args.host, args.database) as db:
        this = _judged(db, policy, window, now, pseudonyms)
        found = reporting.register(db, window, this.version, least, this.signed)
        last = chain.last_seal(db, window.last)
        before = tuple(
            quarter(each, _judged(db, policy, each, now).findings) for each in quarters_before(window)
        )
    if pseudonyms:
        boxes = (replace(each, box=pseudonyms.of(each.box)) for each in found.handovers)
        found = replace(found, handovers=tuple(boxes))
    seal = Sealed(last.day, last.head, fingerprint(last.signer)) if last else None
    return Report(
        window, policy, this.findings, head, seal, found, before, min(now, window.ends), this.in_force
    )


@dataclass(frozen=True)
class _Judged:
    """What a period came to. ``in_force``: the policies that were in it, of one that is over."""

    findings: tuple[Finding, ...]
    signed: tuple[Signed, ...]
    version: str  # under which people vouched
    in_force: tuple[tuple[str, str], ...]


def _judged(
    db: store.Store, policy: Resolved, window: Period, now: datetime, pseudonyms: Pseudonyms | None = None
) -> _Judged:
    """A period by what was observed and said in it: of one that is over, under the policies in force then.

    A policy that comes afterwards neither spoils nor mends it. Of those of then only the digests are kept, so
    words, rates and waivers are the present one's.
    """
    in_force = tuple(reporting.policies(db, window)) if now >= window.ends else ()
    version = in_force[-1][0] if in_force else policy.version
    # Vouched for afterwards, too: nobody can say before its end how a quarter went.
    asked, said = store.asked(db), store.said(db, window.quarter, version)
    rows = reporting.newest(db, window.starts, window.ends)
    if pseudonyms:
        rows = [replace(each, body=nameless(each.body, pseudonyms)) for each in rows]
    attested = attestations(policy, asked, said)
    digests = [sha256 for _, sha256 in in_force]
    findings = evidence.findings(policy, stored(rows), attested, min(now, window.ends), digests)
    return _Judged(findings, signed(policy, asked, said), version, in_force)


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
