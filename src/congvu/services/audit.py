"""`congvu audit`: keep what the observers saw, judge by the policy in force, say what is not met."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from congvu import clock, evidence, store
from congvu.errors import UserError
from congvu.evidence import Finding, Observation
from congvu.policy import Attestation, Judgement, Resolved, Status, attestations, read_json
from congvu.report.period import period_at

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

# How far back an observation is looked for: far beyond any max_age, so that an old one is named as old.
_LOOK_BACK = timedelta(days=92)
# The hosts' clocks are not the controller's.
_CLOCK_TOLERANCE = timedelta(minutes=5)


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "audit",
        help="judge the latest observations by the policy",
        description="Judges the newest observation of each control against the policy in force. Exit status: "
        "0 clean, 3 a provision is not met, 2 a control could not be observed.",
    )
    parser.add_argument("--record", metavar="FILE", help="first keep this observation file ('-': from stdin)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_sources(parser)


def add_sources(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the policy and the database are."""
    parser.add_argument("--policy", type=Path, default=Path("/etc/congvu/policy.json"))
    parser.add_argument("--host", default="/run/postgresql", help="directory of the socket, or a host")
    parser.add_argument("--database", default="congvu")


def run(args: argparse.Namespace) -> int:
    policy, now = read_json(args.policy), clock.now()
    recorded = evidence.read(_document(args.record)) if args.record else ()
    with store.connect(args.host, args.database) as db:
        db.add_observations(_row(each) for each in recorded)
        observations = stored(db.observations(now - _LOOK_BACK, now + _CLOCK_TOLERANCE))
        attested = vouched(db, policy, now)
    findings = evidence.findings(policy, observations, attested, now)
    missing = unobserved(policy, observations, now)
    if args.json:
        print(json.dumps(summary(findings, missing), ensure_ascii=False))
    else:
        print("\n".join(table(findings)))
    if missing:
        print(f"congvu: no recent observation of: {', '.join(missing)}", file=sys.stderr)
    return status(findings, missing)


def _document(record: str) -> Any:
    try:
        text = sys.stdin.read() if record == "-" else Path(record).read_text(encoding="utf-8")
        return json.loads(text)
    except OSError as error:
        raise UserError(f"{record}: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{record}: not JSON: {error}") from error


def _row(each: Observation) -> store.Observation:
    return store.Observation(each.control, each.host, each.observed_at, each.body(), each.policy_sha256)


def stored(rows: Iterable[store.Observation]) -> tuple[Observation, ...]:
    """Return observations as they were kept."""
    return tuple(evidence.observation(dict(row.body), row.host, row.policy_sha256) for row in rows)


def vouched(db: store.Store, policy: Resolved, now: datetime) -> dict[str, Attestation]:
    """Return what people vouched for in the present quarter, under this version of the policy."""
    quarter = period_at(now, policy.setting("report.cutoff", str)).quarter
    return attestations(policy, store.asked(db), store.said(db, quarter, policy.version))


def unobserved(policy: Resolved, observations: Iterable[Observation], now: datetime) -> list[str]:
    """Return the built controls without an observation that is new enough and made under this policy."""
    fresh = {
        each.control
        for each in observations
        if each.policy_sha256 == policy.sha256
        and each.observed_at >= now - timedelta(hours=policy.control(each.control).max_age_hours or 0)
    }
    return [control.id for control in policy.controls if control.built and control.id not in fresh]


def status(findings: Sequence[Finding], missing: Sequence[str]) -> int:
    """Return the exit status: what is known to be amiss comes before what is not known."""
    if any(finding.row.status is Status.NOT_MET for finding in findings):
        return 3
    return 2 if missing else 0


def at_fault(finding: Finding) -> list[Judgement]:
    """Return the judgements that make a row not met."""
    return [each for each in finding.row.judgements if each.status is Status.NOT_MET and each.judged]


def summary(findings: Sequence[Finding], missing: Sequence[str]) -> dict[str, Any]:
    """Return the result for machines: every row's status, and what is not met by row and control."""
    return {
        "schema": 1,
        "rows": {finding.row.provision.id: finding.row.status.value for finding in findings},
        "not_met": [
            {
                "provision": finding.row.provision.id,
                "control": judgement.subject,
                "found": [
                    f"{deviation.subject}: {deviation.found}"
                    for observation in finding.observations.get(judgement.subject, ())
                    for deviation in observation.exceptions
                ],
            }
            for finding in findings
            for judgement in at_fault(finding)
        ],
        "unobserved": list(missing),
    }


def table(findings: Sequence[Finding]) -> list[str]:
    """Return a line for each row, and below what is not met its exceptions."""
    lines = []
    for finding in findings:
        row = finding.row
        lines.append(f"{row.status.value:<20} {row.provision.id:<12} {row.reasons[0].en}")
        for judgement in at_fault(finding):
            for observation in finding.observations.get(judgement.subject, ()):
                lines += [
                    f"{'':<20} {judgement.subject}: {deviation.subject}: {deviation.found}"
                    for deviation in observation.exceptions
                ]
    counts = {each: sum(finding.row.status is each for finding in findings) for each in Status}
    lines.append(", ".join(f"{number} {each.value}" for each, number in counts.items() if number))
    return lines
