"""The regulation as data: read it, check it, resolve it for one environment, judge by it. No I/O but files.

::

    policy = load(Path("policy"), "default", today)       # every fault at once, as PolicyError
    policy.values["password.min_length"]
    Path(...).write_text(json.dumps(dump(policy)))
    policy = read_json(Path("/etc/congvu/policy.json"))   # checked against its digest
    rows = judge(policy, {control_id: observations}, attested, now)

The names below are the public ones; ``congvu.policy.resolve`` and ``.verdict`` are modules.
``docs/develop/policy-format.md`` describes the files.
"""

from congvu.policy.attestation import Attestation, Statement, attestations
from congvu.policy.folder import read
from congvu.policy.model import (
    About,
    CalendarYear,
    Control,
    Finding,
    Law,
    LegalBasis,
    Policy,
    Profile,
    Provision,
    Rate,
    Resolved,
    Setting,
    Text,
    Value,
    Waiver,
    WorkingHours,
)
from congvu.policy.resolve import digest, dump, load, parse, read_json
from congvu.policy.verdict import Judgement, Observed, Row, Status, judge, judge_control, judge_row, worst

__all__ = [
    "About",
    "Attestation",
    "CalendarYear",
    "Control",
    "Finding",
    "Judgement",
    "Law",
    "LegalBasis",
    "Observed",
    "Policy",
    "Profile",
    "Provision",
    "Rate",
    "Resolved",
    "Row",
    "Setting",
    "Statement",
    "Status",
    "Text",
    "Value",
    "Waiver",
    "WorkingHours",
    "attestations",
    "digest",
    "dump",
    "judge",
    "judge_control",
    "judge_row",
    "load",
    "parse",
    "read",
    "read_json",
    "worst",
]
