"""The report as one page for auditors and the Director: no script, nothing from outside, made to be printed.

What is shown is prepared here as plain words; the template only lays it out.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from importlib import resources
from itertools import groupby
from typing import Any

import jinja2

from congvu.evidence import Finding, Observation
from congvu.policy import Judgement, Resolved, Status
from congvu.report import sealed, words
from congvu.report.basis import notes
from congvu.report.document import Report, article, expected, numbers, sourced
from congvu.report.happened import bars, compared, happened
from congvu.report.tables import Bar, bar

_SHOWN_EXCEPTIONS = 20  # the page stays a page; report.json holds them all


def to_html(report: Report) -> str:
    """Return ``report.html``."""
    rows = [_row(report.policy, finding) for finding in report.findings]
    articles = [(name, list(group)) for name, group in groupby(rows, key=lambda row: row["group"])]
    return _template().render(
        report=report,
        policy=report.policy,
        head=report.letterhead,
        words=words,
        css=_resource("report.css"),
        named=report.named,
        draft=report.draft,
        # what the regulation says of itself stands in its first row
        doubts=[
            each.id for each in report.policy.findings if report.policy.provisions[0].id in each.provisions
        ],
        unfinished=report.unfinished,
        notes=notes(report),
        tiles=[(status, *words.STATUS[status], report.counts[status]) for status in words.SHOWN],
        bar=_bar("Tỷ lệ các trạng thái", rows),
        articles=[(name, group, _bar(name, group)) for name, group in articles],
        trend=bars(report),
        compared=compared(report),
        happened=happened(report),
        faults=[row for row in rows if row["status"] == Status.NOT_MET.value],
        awaited=_awaited(report),
        sealed=sealed.rows(report.seal, report.speaks_until),
        hosts=sorted({each.host for each in report.observations}),
        observations=[_observation(report.policy, each) for each in report.observations],
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_resource("report.html.j2"))


def _resource(name: str) -> str:
    return (resources.files("congvu.report") / name).read_text(encoding="utf-8")


def _bar(name: str, rows: list[dict[str, Any]]) -> Bar:
    return bar(name, Counter(row["status"] for row in rows))


def _awaited(report: Report) -> list[tuple[str, int]]:
    """Return who still has to attest, and how many rows."""
    counts = Counter(
        finding.row.provision.attests or ""
        for finding in report.findings
        if finding.row.status is Status.ATTESTATION_MISSING
    )
    return [(party.vi, counts[key]) for key, party in report.policy.parties.items() if counts[key]]


def _row(policy: Resolved, finding: Finding) -> dict[str, Any]:
    row, provision = finding.row, finding.row.provision
    controls = [policy.control(control) for control in provision.controls]
    enforced = [control.enforced.vi for control in controls if control.enforced]
    if provision.attests is not None and provision.not_assessed is None:
        enforced.append(f"Hằng quý có xác nhận của {policy.parties[provision.attests].vi}.")
    return {
        "id": provision.id,
        "article": words.sentence(provision.article),
        "group": article(provision),
        "duty": provision.duty.vi,
        "who": ", ".join(policy.parties[who].vi for who in provision.who),
        "kind": ", ".join(words.KIND[kind] for kind in provision.kind),
        "status": row.status.value,
        "enforced": enforced,
        "results": [_result(policy, judgement, finding) for judgement in row.judgements],
        "expected": expected(policy, provision),
        "numbers": [sourced(policy, rule) for rule in numbers(policy, provision)],
        "evidence": [
            _evidence(policy, judgement, finding)
            for judgement in row.judgements
            if judgement.subject in provision.controls and policy.control(judgement.subject).built
        ],
    }


def _result(policy: Resolved, judgement: Judgement, finding: Finding) -> dict[str, Any]:
    """One line of a row's result; its title only where a row has several."""
    provision = finding.row.provision
    titled = len(finding.row.judgements) > 1 and judgement.subject in provision.controls
    return {
        "status": judgement.status.value,
        "title": policy.control(judgement.subject).title.vi if titled else "",
        "reason": judgement.reason.vi,
    }


def _evidence(policy: Resolved, judgement: Judgement, finding: Finding) -> dict[str, Any]:
    control = policy.control(judgement.subject)
    seen = finding.observations.get(control.id, ())
    by_hand, _, commands = (control.check_by_hand.vi if control.check_by_hand else "").partition("\n\n")
    return {
        "title": control.title.vi,
        "status": judgement.status.value if judgement.judged else "figure",
        "reason": judgement.reason.vi,
        "how": control.observed.vi if control.observed else "",
        "by_hand": by_hand,
        "commands": commands,
        "observations": [_observation(policy, each) for each in seen],
    }


def _observation(policy: Resolved, observation: Observation) -> dict[str, Any]:
    return {
        "control": observation.control,
        "title": policy.control(observation.control).title.vi,
        "host": observation.host,
        "at": words.moment(observation.observed_at),
        "checked": words.number(observation.checked),
        "faults": words.number(len(observation.exceptions)),
        "facts": observation.evidence,
        "exceptions": observation.exceptions[:_SHOWN_EXCEPTIONS],
        "more": words.number(max(0, len(observation.exceptions) - _SHOWN_EXCEPTIONS)),
        "share": words.percent(observation.numerator / observation.denominator)
        if observation.numerator is not None and observation.denominator
        else "",
    }
