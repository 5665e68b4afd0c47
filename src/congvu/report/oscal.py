"""The report as OSCAL assessment results (NIST, JSON), for tools that compare or follow findings. Pure.

A provision is a control, an observation is one, a finding is what the provision came to. OSCAL knows two
states: whatever was not seen to be kept is not ``satisfied``; the report's own status stands beside it.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from congvu.evidence import Finding, Observation
from congvu.policy import Status
from congvu.report import words
from congvu.report.basis import notes
from congvu.report.document import Report, expected, observed

VERSION = "1.1.3"
_NAMESPACE = "urn:congvu:report"
_KEPT = {Status.MET: "pass", Status.ATTESTED: "pass", Status.NOT_APPLICABLE: "other"}


def to_oscal(report: Report) -> str:
    """Return ``report.oscal.json``. The same things have the same identifiers."""
    policy, period = report.policy, report.period
    made = (report.observed_until or period.starts).isoformat()
    about = f"{policy.sha256} {period.quarter} {period.cutoff}"
    source = _identifier(about, "policy")
    title = f"Kết quả thực hiện {policy.title.vi} {words.quarter(period)}"
    selected = [{"control-id": finding.row.provision.id} for finding in report.findings]
    results = {
        "uuid": _identifier(about, "result"),
        "title": title,
        "description": title,
        "start": period.starts.isoformat(),
        "end": period.ends.isoformat(),
        "reviewed-controls": {"control-selections": [{"include-controls": selected}]},
        "observations": [_observation(about, report, each) for each in report.observations],
        "findings": [_finding(about, report, each) for each in report.findings],
    }
    document = {
        "uuid": _identifier(about, "document"),
        "metadata": {
            "title": title,
            "last-modified": made,
            "version": f"{period.quarter}-{period.cutoff}",
            "oscal-version": VERSION,
            "props": [_property("policy-version", policy.version), _property("policy-sha256", policy.sha256)],
            **({"remarks": " ".join(told)} if (told := notes(report)) else {}),
        },
        "import-ap": {"href": f"#{source}"},
        "results": [{name: value for name, value in results.items() if value}],
        "back-matter": {"resources": [{"uuid": source, "title": policy.title.vi}]},
    }
    return json.dumps({"assessment-results": document}, ensure_ascii=False, indent=1) + "\n"


def _identifier(about: str, *what: str) -> str:
    return str(uuid5(NAMESPACE_URL, " ".join((_NAMESPACE, about, *what))))


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": _NAMESPACE, "value": value}


def _observed(about: str, each: Observation) -> str:
    return _identifier(about, "observation", each.control, each.host)


def _observation(about: str, report: Report, each: Observation) -> dict[str, Any]:
    title = report.policy.control(each.control).title.vi
    told = [f"{case.subject}: {case.found}" for case in each.exceptions] + list(each.evidence)
    found = {
        "uuid": _observed(about, each),
        "title": title,
        "description": f"{title}. Kiểm tra {words.number(each.checked)}, không đạt "
        f"{words.number(len(each.exceptions))}.",
        "props": [
            _property("control", each.control),
            _property("host", each.host),
            _property("policy-sha256", each.policy_sha256),
            _property("checked", str(each.checked)),
            _property("exceptions", str(len(each.exceptions))),
        ],
        "methods": ["TEST"],
        "types": ["control-objective"],
        "collected": each.observed_at.isoformat(),
        "relevant-evidence": [{"description": text} for text in told],
    }
    return {name: value for name, value in found.items() if value}


def _finding(about: str, report: Report, finding: Finding) -> dict[str, Any]:
    row = finding.row
    reason = "fail" if row.status is Status.NOT_MET else _KEPT.get(row.status, "other")
    seen = [each for several in finding.observations.values() for each in several]
    found = {
        "uuid": _identifier(about, "finding", row.provision.id),
        "title": words.sentence(row.provision.article),
        "description": row.provision.duty.vi,
        "props": [_property("status", row.status.value)],
        "target": {
            "type": "objective-id",
            "target-id": row.provision.id,
            "description": expected(report.policy, row.provision) or row.provision.duty.vi,
            "status": {
                "state": "satisfied" if row.status in _KEPT else "not-satisfied",
                "reason": reason,
                "remarks": observed(report.policy, row),
            },
        },
        "related-observations": [{"observation-uuid": _observed(about, each)} for each in seen],
    }
    return {name: value for name, value in found.items() if value}
