"""The report as data: ``report.json`` (a contract: docs/develop/evidence.md), and what the page shows. Pure.

Nothing here asks a clock: the page speaks of the newest observation it rests on, so that the same evidence
gives the same bytes, whenever the report is made.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from congvu.errors import UserError
from congvu.evidence import Finding, Observation
from congvu.policy import Provision, Rate, Resolved, Row, Status, Value
from congvu.report import register, sealed, trend, words
from congvu.report.period import Period, period_at
from congvu.report.register import Register
from congvu.report.sealed import Sealed
from congvu.report.trend import Quarter

LATEST = timedelta(hours=36)  # a look that is older than that at the end of a period is not one of its end
_ARTICLE = re.compile(r"(?:Điều|Mục) (?:\d+|[IVXL]+)")  # how documents number their headings


@dataclass(frozen=True)
class Letterhead:
    """What stands above and below the report (NĐ 30/2020). The clerk fills in number, date and signature."""

    authority: str = ""  # the body above: "UBND tỉnh Bình Định"
    organisation: str = ""  # who reports: "Sở Nội vụ"
    symbol: str = ""  # "BC-SNV"
    place: str = ""  # "Bình Định"
    reporter: str = ""  # who speaks in the text, where that is a part of the organisation: "Văn phòng Sở"
    addressee: str = ""  # "Giám đốc Sở Nội vụ"
    signer: tuple[str, ...] = ()  # lines above the signature: "TL. GIÁM ĐỐC", "CHÁNH VĂN PHÒNG"
    recipients: tuple[str, ...] = ()  # below "Nơi nhận": "Như trên", "Lưu: VT, VP"

    @classmethod
    def read(cls, plain: Any) -> Letterhead:
        """Return a letterhead from plain data. Raises UserError: an unknown field, or one of a wrong type."""
        if not isinstance(plain, dict) or not plain.keys() <= cls.__dataclass_fields__.keys():
            raise UserError(f"letterhead: fields are {', '.join(cls.__dataclass_fields__)}")
        given: dict[str, Any] = {}
        for key, value in plain.items():
            several = cls.__dataclass_fields__[key].default == ()
            given[key] = tuple(value) if several and isinstance(value, list) else value
            if not isinstance(given[key], tuple if several else str):
                raise UserError(f"letterhead: {key} is {value!r}")
        return cls(**given)


@dataclass(frozen=True)
class Report:
    """One report: its period, the policy it judges by, what each provision came to, and what else arose.

    ``before``: the quarters that it is compared with, oldest first. ``judged_at``: the end of the period, or
    now where it still runs; without it the newest observation tells. ``in_force``: version and digest of the
    policies that were in force in a period that is over, the last one last.
    """

    period: Period
    policy: Resolved
    findings: tuple[Finding, ...]
    letterhead: Letterhead = field(default_factory=Letterhead)
    seal: Sealed | None = None
    register: Register = field(default_factory=Register)
    before: tuple[Quarter, ...] = ()
    judged_at: datetime | None = None
    in_force: tuple[tuple[str, str], ...] = ()

    @property
    def trend(self) -> tuple[Quarter, ...]:
        """The quarters before, and this one."""
        return (*self.before, trend.quarter(self.period, self.findings))

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have each status, worst first; statuses that do not occur count 0."""
        found = Counter(finding.row.status for finding in self.findings)
        return {status.value: found[status] for status in Status}

    @property
    def observations(self) -> list[Observation]:
        """Every observation that the report rests on, each once."""
        seen = {
            (each.control, each.host): each
            for finding in self.findings
            for several in finding.observations.values()
            for each in several
        }
        return [seen[key] for key in sorted(seen)]

    @property
    def observed_until(self) -> datetime | None:
        """When the newest of them was made."""
        return max((each.observed_at for each in self.observations), default=None)

    @property
    def then(self) -> list[tuple[str, str]]:
        """Version and digest of the earlier policies by which it was looked and vouched; none as a rule."""
        used = {each.policy_sha256 for each in self.observations} | {sha for _, sha in self.in_force[-1:]}
        return [each for each in self.in_force if each[1] in used - {self.policy.sha256}]

    @property
    def counted_from(self) -> date | None:
        """From when the looks counted what they count over a period, where that is not from its first day.

        Observers know the policy's cut-off alone, and a report may be asked for by the other one.
        """
        cutoff = self.policy.values.get("report.cutoff", self.period.cutoff)
        if self.observed_until is None or cutoff == self.period.cutoff:
            return None
        return period_at(self.observed_until, str(cutoff)).first

    @property
    def speaks_until(self) -> datetime:
        """Up to when it speaks: to its newest observation while its period runs, then to the end of that."""
        return self.period.ends if not self.unfinished else self.observed_until or self.period.starts

    @property
    def unfinished(self) -> bool:
        """The period still runs, or nobody looked any more in its last days."""
        seen, ends = self.observed_until, self.period.ends
        return seen is None or (self.judged_at or seen) < ends or seen < ends - LATEST

    @property
    def draft(self) -> bool:
        """The regulation has not been issued: its decision has no number or no date."""
        return not (self.policy.legal_basis.number and self.policy.legal_basis.date)

    @property
    def named(self) -> str:
        """How the text calls the regulation: "Quy chế", "Quy định", "Nội quy"."""
        return " ".join(self.policy.title.vi.split()[:2])


def to_json(report: Report) -> str:
    """Return ``report.json``: schema 1, one row for each provision, in the order of the regulation."""
    policy = report.policy
    document: dict[str, Any] = {
        "schema": 1,
        "period": {
            "from": report.period.first.isoformat(),
            "to": report.period.last.isoformat(),
            "quarter": report.period.quarter,
            "cutoff": report.period.cutoff,
        },
        "policy": {"version": policy.version, "sha256": policy.sha256},
        "provisions": [_provision(policy, finding) for finding in report.findings],
        "findings": [
            {
                "id": finding.id,
                "article": finding.article,
                "provisions": list(finding.provisions),
                "problem": {"vi": finding.problem.vi, "en": finding.problem.en},
                "handling": {"vi": finding.handling.vi, "en": finding.handling.en},
            }
            for finding in policy.findings
        ],
        "seal": sealed.plain(report.seal, report.speaks_until),
        "register": register.plain(report.register),
        "trend": trend.plain(report.trend),
    }
    if report.counted_from:
        document["period"]["counted_from"] = report.counted_from.isoformat()
    if report.then:
        document["policy"]["then"] = [{"version": version, "sha256": sha} for version, sha in report.then]
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _provision(policy: Resolved, finding: Finding) -> dict[str, Any]:
    row = finding.row
    return {
        "id": row.provision.id,
        "kind": ",".join(row.provision.kind),
        "status": row.status.value,
        "observed": observed(policy, row),
        "expected": expected(policy, row.provision),
        "evidence": [_plain(each) for several in finding.observations.values() for each in several],
        "controls": list(row.provision.controls),
    }


def _plain(observation: Observation) -> dict[str, Any]:
    return {"host": observation.host, **observation.body(), "policy_sha256": observation.policy_sha256}


def article(provision: Provision) -> str:
    """Return the heading under which a provision stands: ``Điều 4`` for ``điểm a khoản 1 Điều 4``."""
    match = _ARTICLE.search(provision.article)
    return match[0] if match else words.sentence(provision.article)


def observed(policy: Resolved, row: Row) -> str:
    """Return in Vietnamese what was seen, or why nothing was; where there are several controls, by name."""
    if len(row.judgements) == 1:
        return row.judgements[0].reason.vi
    names = {control: f"{policy.control(control).title.vi}: " for control in row.provision.controls}
    return " ".join(f"{names.get(each.subject, '')}{each.reason.vi}" for each in row.judgements)


def expected(policy: Resolved, provision: Provision) -> str:
    """Return in Vietnamese what would have to be seen: the facts, the numbers, whose word is asked for."""
    parts = [policy.control(control).title.vi for control in provision.controls]
    parts += [sourced(policy, rule) for rule in numbers(policy, provision)]
    if provision.attests is not None:
        parts.append(f"Cần xác nhận của {policy.parties[provision.attests].vi}")
    return "; ".join(parts)


def numbers(policy: Resolved, provision: Provision) -> Sequence[Value]:
    """Return the values of the policy by which a provision is judged: its own and those its controls name."""
    named = {
        control.verdict.rate
        for control in map(policy.control, provision.controls)
        if isinstance(control.verdict, Rate)
    }
    rules = policy.value_rules.items()
    return [rule for key, rule in rules if rule.provision == provision.id or key in named]


def sourced(policy: Resolved, rule: Value) -> str:
    """Return a setting with the text that it comes from: ``...: 14 ký tự (theo TCVN 14423:2026)``."""
    return f"{setting(rule)} ({source(policy, rule)})" if policy.norms else setting(rule)


def source(policy: Resolved, rule: Value) -> str:
    """Return from where a value comes: a text, or the organisation's own choice."""
    return f"theo {policy.norms[rule.norm].vi}" if rule.norm else "do cơ quan ấn định"


def setting(rule: Value) -> str:
    """Return ``Độ dài tối thiểu của mật khẩu: 8 ký tự``."""
    return f"{rule.title.vi}: {shown(rule)}".rstrip()


def shown(rule: Value) -> str:
    """Return the value with its unit."""
    value = rule.value
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, int | float):
        unit = rule.unit.vi if rule.unit else ""
        ratio = rule.unit is not None and rule.unit.en == "ratio"
        return words.percent(value) if ratio else f"{words.number(value)} {unit}".rstrip()
    return ", ".join(words.CHOICE.get(word, word) for word in ([value] if isinstance(value, str) else value))
