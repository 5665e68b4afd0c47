"""Whether the pieces of a policy fit together: every name leads somewhere, every row is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeGuard

from congvu.policy.model import Control, Finding, Law, Located, Names, Policy, Provision, Rate, Value
from congvu.policy.schema import suggestion
from congvu.policy.source import Fault

# What to do about a name that leads nowhere, by the key under which it stands.
_CURES = {
    "controls": "Write its file in controls/",
    "who": "Add the party to regulation/about.yml",
    "attests": "Add the party to regulation/about.yml",
    "norm": "Add it to norms in regulation/about.yml",
    "provision": "Give the id of the row that it serves",
    "provisions": "Give the id of a row, or leave it out",
    "superseded_by": "Add it to laws in regulation/about.yml",
    "verdict": "Add it to values.yml",
    "min": "Give a number or the key of a value",
    "max": "Give a number or the key of a value",
}

_BUILT_NEEDS = ("enforced", "observed", "max_age_hours", "check_by_hand", "fix")


def check(policy: Policy) -> Iterator[Fault]:
    """Every fault in how the pieces refer to one another, whatever the profile."""
    for provision in policy.provisions:
        yield from _provision(provision, policy.names)
    for control in policy.controls:
        yield from _control(control, policy)
    yield from _idle(policy)
    for key, value in policy.values.items():
        yield from _value(key, value, policy)
    for finding in policy.findings:
        yield from _finding(finding, policy.names)
    yield from _legal_basis(policy)
    for name, law in (policy.about.laws if policy.about else {}).items():
        yield from _law(name, law, policy)


def _unknown(
    item: Located, subject: str, key: str, named: Iterable[str], known: Iterable[str]
) -> Iterator[Fault]:
    """A fault for each name under ``key`` of ``item`` that is not known."""
    node = item.at.find(key)
    places = {each.data: each for each in node.elements() if isinstance(each.data, str)}
    for name in named:
        if name not in known:
            cure = suggestion(name, known, _CURES[key])
            yield places.get(name, node).fault(f"{subject}: {key}", f"there is no '{name}'", cure)


def _provision(row: Provision, names: Names) -> Iterator[Fault]:
    subject, kind = f"provision {row.id}", row.at.find("kind")
    yield from _unknown(row, subject, "controls", row.controls, names.controls)
    yield from _unknown(row, subject, "who", row.who, names.parties)
    yield from _unknown(row, subject, "attests", [row.attests] if row.attests else [], names.parties)
    if {"E", "M"} & set(row.kind) and not row.controls:
        cure = "Name one; where it does not exist yet, add it with built: false and the reason"
        yield kind.fault(subject, f"kind {', '.join(row.kind)} needs a control", cure)
    if "O" in row.kind and row.attests is None:
        yield kind.fault(subject, "kind O needs someone who attests", "Add 'attests: <party>'")
    if not (row.controls or row.attests or row.not_assessed):
        cure = "Add controls or attests, or say in not_assessed why there is none"
        yield row.at.fault(subject, "nothing judges this row", cure)


def _control(control: Control, policy: Policy) -> Iterator[Fault]:
    subject = f"control {control.id}"
    if Path(control.at.file).stem != control.id:
        yield control.at.find("id").fault(subject, "the file has another name", f"Call it {control.id}.yml")
    state = "built" if control.built else "not built"
    for key in _BUILT_NEEDS if control.built else ("reason",):
        if getattr(control, key) is None:
            yield control.at.fault(subject, f"'{key}' is missing ({state})", f"Add '{key}' or change 'built'")
    if isinstance(control.verdict, Rate):
        key = control.verdict.rate
        yield from _unknown(control, subject, "verdict", [key], policy.names.values)
        value = policy.values.get(key)
        if value and not (_is_number(value.value) and 0 <= value.value <= 1):
            problem = f"{key} is no fraction from 0 to 1"
            yield control.at.find("verdict").fault(subject, problem, "Name a value that is one")


def _idle(policy: Policy) -> Iterator[Fault]:
    """Controls that no row names. Not while rows are broken: they may be the ones that do."""
    if len(policy.provisions) < len(policy.names.provisions):
        return
    served = Counter(control for provision in policy.provisions for control in provision.controls)
    for control in policy.controls:
        if not served[control.id]:
            cure = "Name it in the controls of a row, or remove it"
            yield control.at.fault(f"control {control.id}", "serves no provision", cure)


def _value(key: str, value: Value, policy: Policy) -> Iterator[Fault]:
    yield from _unknown(value, key, "provision", [value.provision], policy.names.provisions)
    yield from _unknown(value, key, "norm", [value.norm] if value.norm else [], policy.names.norms)
    if _is_number(value.value) and value.unit is None:
        yield value.at.fault(key, "a number needs a unit", "Add 'unit: {vi: ..., en: ...}'")
    for name, bound in (("min", value.min), ("max", value.max)):
        if isinstance(bound, str):
            yield from _unknown(value, key, name, [bound], policy.names.values)
            other = policy.values.get(bound)
            if other and not _is_number(other.value):
                yield value.at.find(name).fault(f"{key}: {name}", f"{bound} is no number", _CURES[name])


def _finding(finding: Finding, names: Names) -> Iterator[Fault]:
    subject = f"finding {finding.id}"
    yield from _unknown(finding, subject, "provisions", finding.provisions, names.provisions)


def _legal_basis(policy: Policy) -> Iterator[Fault]:
    basis = policy.about.legal_basis if policy.about else None
    if basis and basis.status != "draft" and not (basis.number and basis.date):
        problem = f"'{basis.status}' needs the number and the date of the decision"
        cure = "Add both as they were issued, or set the status to draft"
        yield basis.at.find("status").fault("legal_basis", problem, cure)


def _law(name: str, law: Law, policy: Policy) -> Iterator[Fault]:
    subject, laws = f"law {name}", policy.about.laws if policy.about else {}
    yield from _unknown(law, subject, "provisions", law.provisions, policy.names.provisions)
    following = [law.superseded_by] if law.superseded_by else []
    yield from _unknown(law, subject, "superseded_by", following, laws.keys() - {name})
    first, last = law.in_force_from, law.in_force_until
    if first and last and last < first:
        problem = f"is in force until {last}, before it is from {first}"
        yield law.at.find("in_force_until").fault(subject, problem, "Correct one of the days")


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
