"""From a folder and a profile to the policy that applies, and to JSON and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from congvu.errors import PolicyError
from congvu.policy import references, worktime
from congvu.policy.folder import read
from congvu.policy.model import Policy, Profile, Provision, Resolved, Setting, Value
from congvu.policy.schema import build, suggestion, to_plain
from congvu.policy.source import Fault, Node, from_plain

_STAY_WITHIN = (
    "Choose a value within; where the regulation itself was amended, change the bound in values.yml "
    "and the version in regulation/about.yml"
)


def load(folder: Path, profile: str, today: date) -> Resolved:
    """The policy in ``folder`` for one profile. Raises PolicyError with every fault of files and profile."""
    return resolve(read(folder), profile, today)


def resolve(policy: Policy, profile: str, today: date) -> Resolved:
    """What applies under ``profile`` on the day ``today``. Raises PolicyError with every fault."""
    chosen = policy.profiles.get(profile, Profile(select="all"))
    faults = set(policy.faults)
    faults.update(_bounds(policy, chosen))
    if not any(fault.hides for fault in faults):  # or every name in an unreadable file would be unknown
        faults.update(references.check(policy))
        faults.update(worktime.check(policy))
        faults.update(_absent(policy, profile))
        faults.update(_selection(policy, chosen))
        faults.update(_overrides(policy, chosen))
        faults.update(_norms(policy, chosen))
        faults.update(_waivers(policy, chosen, today))
    if faults or policy.about is None:
        raise PolicyError(str(fault) for fault in sorted(faults))

    selected = _selected(policy, chosen)
    settings = _settings(policy, chosen)
    used = {control for provision in selected for control in provision.controls}
    return _sealed(
        Resolved(
            schema=1,
            version=policy.about.version,
            sha256="",
            profile=profile,
            title=policy.about.title,
            legal_basis=policy.about.legal_basis,
            parties=policy.about.parties,
            norms=policy.about.norms,
            laws=policy.about.laws,
            values=dict(sorted(settings.items())),
            value_rules={
                key: replace(value, value=settings[key], norm=_norm(key, value, chosen))
                for key, value in sorted(policy.values.items())
            },
            provisions=selected,
            controls=tuple(sorted((c for c in policy.controls if c.id in used), key=lambda c: c.id)),
            findings=policy.findings,
            exceptions=chosen.exceptions,
            calendar=policy.calendar,
            working_hours=tuple(sorted(policy.working_hours, key=lambda each: each.since)),
        )
    )


def dump(resolved: Resolved) -> dict[str, Any]:
    """``resolved`` as plain data for JSON: dates as ISO strings, ``None`` where nothing is said."""
    plain = to_plain(resolved)
    assert isinstance(plain, dict)  # noqa: S101
    return plain


def digest(plain: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a dumped policy without its ``sha256``, in canonical JSON.

    Canonical: keys sorted, no spaces, UTF-8. How a file is indented or ordered does not matter.
    """
    content = {key: value for key, value in plain.items() if key != "sha256"}
    canonical = json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def read_json(path: Path) -> Resolved:
    """A policy from the file that a role wrote. Raises PolicyError: unreadable, malformed, or altered."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyError(
            [f"{path}: cannot be read: {error.strerror}. Apply the role that writes it."]
        ) from error
    except ValueError as error:
        raise PolicyError([f"{path}: is not JSON: {error}. Apply the role that writes it."]) from error
    return parse(plain, str(path))


def parse(plain: Any, file: str = "policy") -> Resolved:
    """The inverse of :func:`dump`; ``file`` is named in faults. Raises PolicyError."""
    faults: list[Fault] = []
    resolved = build(Resolved, from_plain(plain, file), "policy", faults)
    if resolved is None:
        raise PolicyError(str(fault) for fault in sorted(faults))
    if digest(plain) != resolved.sha256:
        raise PolicyError(
            [f"{file}: sha256 does not match the content: it was altered. Apply the role again."]
        )
    return resolved


def _sealed(resolved: Resolved) -> Resolved:
    return replace(resolved, sha256=digest(dump(resolved)))


def _absent(policy: Policy, profile: str) -> Iterator[Fault]:
    if profile not in policy.names.profiles:
        cure = suggestion(profile, policy.names.profiles, f"Write profiles/{profile}.yml")
        yield Fault(policy.folder, 0, "", f"there is no profile '{profile}'", cure)


def _settings(policy: Policy, profile: Profile) -> dict[str, Setting]:
    return {key: value.value for key, value in policy.values.items()} | dict(profile.values)


def _norm(key: str, value: Value, profile: Profile) -> str | None:
    """The text that a value comes from: another value comes from what the profile says of it."""
    return profile.norms.get(key) if key in profile.values else value.norm


def _selected(policy: Policy, profile: Profile) -> tuple[Provision, ...]:
    return tuple(p for p in policy.provisions if profile.select == "all" or p.id in profile.select)


def _selection(policy: Policy, profile: Profile) -> Iterator[Fault]:
    if profile.select == "all":
        return
    places = {node.data: node for node in profile.at.find("select").elements() if isinstance(node.data, str)}
    for wanted in profile.select:
        if wanted not in policy.names.provisions:
            cure = suggestion(wanted, policy.names.provisions, "Give the ids of rows, or 'all'")
            yield places.get(wanted, profile.at).fault("select", f"there is no provision '{wanted}'", cure)


def _overrides(policy: Policy, profile: Profile) -> Iterator[Fault]:
    for key, setting in profile.values.items():
        node = profile.at.find("values", key)
        if key not in policy.names.values:
            cure = suggestion(key, policy.names.values, "Add it to values.yml first")
            yield node.fault("values", f"there is no value '{key}'", cure)
        elif key in policy.values and not _same_type(setting, policy.values[key].value):
            kind = _kind(policy.values[key].value)
            yield node.fault(key, f"{_shown(setting)} is no {kind}, as values.yml has it", f"Write a {kind}")


def _norms(policy: Policy, profile: Profile) -> Iterator[Fault]:
    for key, norm in profile.norms.items():
        node = profile.at.find("norms", key)
        if key not in profile.values:
            yield node.fault("norms", f"'{key}' is no value of this profile", "Add it to its values")
        if norm not in policy.names.norms:
            cure = suggestion(norm, policy.names.norms, "Add it to norms in regulation/about.yml")
            yield node.fault(key, f"there is no norm '{norm}'", cure)


def _bounds(policy: Policy, profile: Profile) -> Iterator[Fault]:
    """The values of the file itself, and those that the profile puts in their place."""
    base, settings = _settings(policy, Profile(select="all")), _settings(policy, profile)
    for key, value in policy.values.items():
        yield from _bound(key, value, base, value.at.find("value"))
        overridden = key in profile.values and _same_type(profile.values[key], value.value)
        moved = {value.min, value.max} & profile.values.keys()
        if overridden or moved:
            place = profile.at.find("values", key if overridden else str(moved.pop()))
            yield from _bound(key, value, settings, place)


def _bound(key: str, value: Value, settings: Mapping[str, Setting], place: Node) -> Iterator[Fault]:
    setting = settings[key]
    size = len(setting) if isinstance(setting, tuple) else setting
    unit = value.unit.en if value.unit else "entries" if isinstance(setting, tuple) else ""
    rules = []
    if isinstance(size, int | float) and not isinstance(size, bool):
        least, most = _limit(value.min, settings), _limit(value.max, settings)
        if least is not None and size < least:
            rules.append(f"at least {_named(value.min, least)} {unit}".rstrip())
        if most is not None and size > most:
            rules.append(f"at most {_named(value.max, most)} {unit}".rstrip())
    entries = setting if isinstance(setting, tuple) else (setting,)
    if len(set(entries)) < len(entries):
        rules.append("no entry twice")
    if value.choices is not None and not set(entries) <= set(value.choices):
        rules.append(f"nothing but {', '.join(value.choices)}")
    for rule in rules:
        problem = f"{_shown(setting)} is out of bounds: provision {value.provision} asks for {rule}"
        yield place.fault(key, problem, _STAY_WITHIN)


def _limit(bound: int | float | str | None, settings: Mapping[str, Setting]) -> int | float | None:
    limit = settings.get(bound) if isinstance(bound, str) else bound
    return limit if isinstance(limit, int | float) else None


def _named(bound: int | float | str | None, limit: int | float) -> str:
    return f"{limit} ({bound})" if isinstance(bound, str) else str(limit)


def _waivers(policy: Policy, profile: Profile, today: date) -> Iterator[Fault]:
    rows = {provision.id: provision for provision in _selected(policy, profile)}
    names = policy.names.provisions if profile.select == "all" else frozenset(profile.select)
    for waiver in profile.exceptions:
        subject = f"exception for provision {waiver.provision}"
        if waiver.provision not in names:
            cure = suggestion(
                waiver.provision, names, "Give the id of a selected row, or remove the exception"
            )
            yield waiver.at.find("provision").fault(subject, "this profile has no such provision", cure)
        row = rows.get(waiver.provision)
        if row and waiver.control is not None and waiver.control not in row.controls:
            cure = suggestion(waiver.control, row.controls, "Name a control of the row, or leave it out")
            yield waiver.at.find("control").fault(subject, f"the row has no control '{waiver.control}'", cure)
        if today > waiver.expires:
            problem = f"expired: {waiver.expires.isoformat()} was its last day"
            cure = f"Remove it, or have {waiver.approver} approve a new date"
            yield waiver.at.find("expires").fault(subject, problem, cure)


def _same_type(one: Setting, other: Setting) -> bool:
    return _kind(one) == _kind(other)


def _kind(setting: Setting) -> str:
    names: dict[type, str] = {bool: "true or false", str: "string", tuple: "list"}
    return names.get(type(setting), "number")


def _shown(setting: Setting) -> str:
    return f"[{', '.join(setting)}]" if isinstance(setting, tuple) else str(setting)
