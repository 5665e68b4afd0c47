"""From what was observed to what it comes to: observation files, and findings by the policy. Pure.

An observation says what was looked at on one host, and what was not in order. Whether that is enough is for
:mod:`congvu.policy` to judge. What it holds is shown to auditors, hence in Vietnamese.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from congvu.errors import UserError
from congvu.policy import Attestation, Judgement, Resolved, Row, Status, Text, judge_control, judge_row

_SCHEMA = 1
_FIELDS = {
    "control": str,
    "observed_at": str,
    "checked": int,
    "exceptions": list,
    "numerator": int | None,
    "denominator": int | None,
    "figure": int | float | None,
    "evidence": list,
}


@dataclass(frozen=True)
class Deviation:
    """One thing that was not in order: which (never a person's name), and what was found."""

    subject: str
    found: str


@dataclass(frozen=True)
class Observation:
    """What one look at one host found for one control (:class:`congvu.policy.Observed`)."""

    control: str
    host: str
    policy_sha256: str  # the policy by which numbers were compared
    observed_at: datetime  # aware
    checked: int
    exceptions: tuple[Deviation, ...] = ()
    numerator: int | None = None
    denominator: int | None = None
    figure: float | None = None
    evidence: tuple[str, ...] = ()

    def body(self) -> dict[str, Any]:
        """Return the observation as an entry of an observation file: the inverse of :func:`observation`."""
        plain = {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }
        del plain["host"], plain["policy_sha256"]
        return {**plain, "observed_at": self.observed_at.astimezone(UTC).isoformat()}


@dataclass(frozen=True)
class Finding:
    """What one provision came to, and the observations behind it, by control."""

    row: Row
    observations: Mapping[str, tuple[Observation, ...]]


def read(document: Any) -> tuple[Observation, ...]:
    """Return the observations of an observation file. Raises UserError: malformed."""
    if not isinstance(document, dict) or document.get("schema") != _SCHEMA:
        raise UserError("not an observation file of schema 1")
    host, digest, entries = (document.get(key) for key in ("host", "policy_sha256", "observations"))
    if not isinstance(entries, list):
        raise UserError("observation file: 'observations' is no list")
    if not entries:  # every observer broke down: there is nothing to say, and that is no mistake in the file
        return ()
    if not isinstance(host, str) or not isinstance(digest, str):
        raise UserError("observation file: 'host' and 'policy_sha256' are missing")
    found = tuple(observation(entry, host, digest) for entry in entries)
    if len({each.control for each in found}) < len(found):
        raise UserError("observation file: a control is observed twice")
    return found


def observation(entry: Any, host: str, policy_sha256: str) -> Observation:
    """Return one entry of an observation file as an Observation. Raises UserError naming the fault."""
    name = entry.get("control", "?") if isinstance(entry, dict) else "?"
    if not isinstance(entry, dict) or entry.keys() != _FIELDS.keys():
        raise UserError(f"observation of {name}: fields must be {', '.join(_FIELDS)}")
    for key, kind in _FIELDS.items():
        if not isinstance(entry[key], kind) or isinstance(entry[key], bool):
            raise UserError(f"observation of {name}: {key} is {entry[key]!r}")
    try:
        observed_at = datetime.fromisoformat(entry["observed_at"])
        deviations = tuple(Deviation(**each) for each in entry["exceptions"])
    except (TypeError, ValueError) as error:
        raise UserError(f"observation of {name}: {error}") from error
    if observed_at.tzinfo is None:
        raise UserError(f"observation of {name}: observed_at has no time zone")
    if entry["checked"] < 0:
        raise UserError(f"observation of {name}: checked is negative")
    return Observation(
        control=name,
        host=host,
        policy_sha256=policy_sha256,
        observed_at=observed_at.astimezone(UTC),
        checked=entry["checked"],
        exceptions=deviations,
        numerator=entry["numerator"],
        denominator=entry["denominator"],
        figure=entry["figure"],
        evidence=tuple(map(str, entry["evidence"])),
    )


def latest(observations: Iterable[Observation]) -> dict[str, tuple[Observation, ...]]:
    """Return by control the newest observation of each host, hosts in alphabetical order."""
    newest: dict[tuple[str, str], Observation] = {}
    for each in sorted(observations, key=lambda each: each.observed_at):
        newest[each.control, each.host] = each
    found: dict[str, list[Observation]] = defaultdict(list)
    for _, each in sorted(newest.items()):
        found[each.control].append(each)
    return {control: tuple(each) for control, each in found.items()}


def findings(
    policy: Resolved,
    observations: Iterable[Observation],
    attested: Mapping[str, Attestation],
    now: datetime,
    in_force: Iterable[str] = (),
) -> tuple[Finding, ...]:
    """Return what every provision of the policy comes to at the aware moment ``now``, in its order.

    ``attested``: by provision, what those who attest it said of the period. ``in_force``: digests of the
    policies that were in force in a period that is over, by whose numbers it was rightly looked then.
    """
    known, digests = latest(observations), {policy.sha256, *in_force}
    judgements = [
        _guarded(judge_control(control, seen, policy, now), seen, digests)
        for control in policy.controls
        for seen in [known.get(control.id, ())]
    ]
    return tuple(
        Finding(
            judge_row(provision, judgements, policy, attested, now),
            {control: known[control] for control in provision.controls if control in known},
        )
        for provision in policy.provisions
    )


def _guarded(judgement: Judgement, seen: Iterable[Observation], digests: Set[str]) -> Judgement:
    """A judgement, where it stands: what was compared with the numbers of a foreign policy proves nothing."""
    if all(each.policy_sha256 in digests for each in seen) or not judgement.judged:
        return judgement
    reason = Text(
        vi="Lần kiểm tra gần nhất theo một phiên bản chính sách khác; cần kiểm tra lại.",
        en="The latest observation was made under another version of the policy; audit again.",
    )
    return replace(judgement, status=Status.NOT_ASSESSED, reason=reason)
