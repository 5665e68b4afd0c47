"""From observations to the status of a row. Pure: the moment and everything observed are arguments.

A control is judged by the latest observation of each host. The row takes the worst of its controls, of its
attestation, and of what this version does not judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from congvu import clock, words
from congvu.policy.attestation import Attestation
from congvu.policy.model import Control, Provision, Rate, Resolved, Text

# Hosts and controller do not share a clock; more than this lies in the future and proves nothing.
_CLOCK_TOLERANCE = timedelta(minutes=5)


class Status(Enum):
    """What a row or a control came to, worst first."""

    NOT_MET = "not_met"
    ATTESTATION_MISSING = "attestation_missing"
    NOT_ASSESSED = "not_assessed"
    WAIVED = "waived"
    ATTESTED = "attested"
    MET = "met"
    NOT_APPLICABLE = "not_applicable"


_WORST_FIRST = list(Status)

# A reason names so many at most; more are counted.
_NAMED = 3

# An exception accepts what is known to be missing. It does not hide that something was not measured.
_WAIVABLE = (Status.NOT_MET, Status.ATTESTATION_MISSING)


class Observed(Protocol):
    """What the judge reads of an observation: the field names of the observation file."""

    @property
    def observed_at(self) -> datetime: ...
    @property
    def checked(self) -> int: ...
    @property
    def exceptions(self) -> Sequence[object]: ...
    @property
    def numerator(self) -> int | None: ...
    @property
    def denominator(self) -> int | None: ...
    @property
    def figure(self) -> float | None: ...


@dataclass(frozen=True)
class Judgement:
    """The status of one control (``subject`` is its id) or of an attestation, and why, for the reader."""

    subject: str
    status: Status
    reason: Text
    judged: bool = True  # False: a figure, which is reported and takes no part in the row's status


@dataclass(frozen=True)
class Row:
    """The status of one provision; ``judgements`` in the order of its controls, then the attestation."""

    provision: Provision
    status: Status
    judgements: tuple[Judgement, ...]

    @property
    def reasons(self) -> tuple[Text, ...]:
        """Why the row is no better: the reasons of those that share its status."""
        decisive = [each for each in self.judgements if each.judged and each.status is self.status]
        return tuple(each.reason for each in decisive or self.judgements)


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of them; NOT_ASSESSED when there is none, since then nothing was looked at."""
    return min(statuses, key=_WORST_FIRST.index, default=Status.NOT_ASSESSED)


def judge_control(
    control: Control, observations: Sequence[Observed], policy: Resolved, now: datetime
) -> Judgement:
    """One control by the latest observation of each host, at the aware moment ``now``. Waivers come later."""
    if not control.built:
        return _not_assessed(control, control.reason or Text(vi="Chưa xây dựng.", en="Not built."))
    limit = timedelta(hours=control.max_age_hours or 0)
    fresh = [each for each in observations if now - limit <= each.observed_at <= now + _CLOCK_TOLERANCE]
    judged = _by_rule(control, fresh, policy) if fresh else None
    if judged is not None and judged.status is Status.NOT_MET:
        return judged  # one host at fault is known, whatever the silent ones would say
    if not observations:
        return _not_assessed(control, Text(vi="Không có kết quả kiểm tra.", en="There is no observation."))
    if judged is None or len(fresh) < len(observations):
        hours = control.max_age_hours
        reason = Text(
            vi=f"Kết quả kiểm tra đã quá {hours} giờ hoặc ghi sai thời điểm.",
            en=f"An observation is older than {hours} hours, or dated in the future.",
        )
        return _not_assessed(control, reason)
    return judged


def judge_row(
    provision: Provision,
    judgements: Sequence[Judgement],
    policy: Resolved,
    attested: Mapping[str, Attestation],
    now: datetime,
) -> Row:
    """A row from the judgements of its controls (any order, others are ignored).

    ``attested``: by provision, what those who attest it said of the period. Raises KeyError when a control of
    the row was not judged.
    """
    found = {judgement.subject: judgement for judgement in judgements}
    parts = [_relieved(provision, found[control], policy, now) for control in provision.controls]
    if provision.not_assessed is not None:
        parts.append(Judgement(provision.id, Status.NOT_ASSESSED, provision.not_assessed))
    elif provision.attests is not None:
        parts.append(_relieved(provision, _attestation(provision, policy, attested), policy, now))
    return Row(provision, worst(part.status for part in parts if part.judged), tuple(parts))


def judge(
    policy: Resolved,
    observations: Mapping[str, Sequence[Observed]],
    attested: Mapping[str, Attestation],
    now: datetime,
) -> tuple[Row, ...]:
    """Every row of the policy, in its order. ``observations``: by control id, the latest of each host."""
    judgements = [judge_control(each, observations.get(each.id, ()), policy, now) for each in policy.controls]
    return tuple(judge_row(each, judgements, policy, attested, now) for each in policy.provisions)


def _not_assessed(control: Control, reason: Text) -> Judgement:
    return Judgement(control.id, Status.NOT_ASSESSED, reason)


def _by_rule(control: Control, fresh: Sequence[Observed], policy: Resolved) -> Judgement:
    if isinstance(control.verdict, Rate):
        return _rate(control, control.verdict.rate, fresh, policy)
    return _figure(control, fresh) if control.verdict == "figure" else _all(control, fresh)


def _count(number: int) -> str:
    """Return ``1.204`` for 1204, as Vietnamese write it."""
    return f"{number:,}".replace(",", ".")


def _all(control: Control, fresh: Sequence[Observed]) -> Judgement:
    checked = sum(each.checked for each in fresh)
    exceptions = sum(len(each.exceptions) for each in fresh)
    if exceptions:  # before "nothing arose": an exception is one, whatever was counted
        reason = Text(
            vi=f"{_count(exceptions)} trường hợp không đạt trong {_count(checked)} trường hợp được kiểm tra.",
            en=f"{exceptions} exceptions among {checked} checked.",
        )
        return Judgement(control.id, Status.NOT_MET, reason)
    if checked == 0:
        return _nothing_arose(control)
    reason = Text(
        vi=f"Đã kiểm tra {_count(checked)} trường hợp, tất cả đều đạt.",
        en=f"{checked} checked, no exception.",
    )
    return Judgement(control.id, Status.MET, reason)


def _rate(control: Control, key: str, fresh: Sequence[Observed], policy: Resolved) -> Judgement:
    wanted = policy.values[key]
    assert isinstance(wanted, int | float)  # noqa: S101 - the loader has checked it
    if any(each.numerator is None or each.denominator is None for each in fresh):
        reason = Text(vi="Kết quả kiểm tra thiếu số liệu.", en="An observation lacks its counts.")
        return _not_assessed(control, reason)
    numerator = sum(each.numerator or 0 for each in fresh)
    denominator = sum(each.denominator or 0 for each in fresh)
    if denominator == 0:
        return _nothing_arose(control)
    status = Status.MET if numerator / denominator >= wanted else Status.NOT_MET
    level = f"{wanted * 100:g}%".replace(".", ",")
    reached, side = ("đạt", "not below") if status is Status.MET else ("chưa đạt", "below")
    reason = Text(
        vi=f"{_count(numerator)} trên {_count(denominator)} trường hợp, {reached} mức tối thiểu {level}.",
        en=f"{numerator} of {denominator}, {side} the minimum of {wanted:g}.",
    )
    return Judgement(control.id, status, reason)


def _figure(control: Control, fresh: Sequence[Observed]) -> Judgement:
    figures = [each.figure for each in fresh if each.figure is not None]
    if not figures:
        return _nothing_arose(control)
    reason = Text(
        vi="Số liệu để tham khảo, không dùng để kết luận.", en="A figure: it is reported, not judged."
    )
    return Judgement(control.id, Status.NOT_ASSESSED, reason, judged=False)


def _nothing_arose(control: Control) -> Judgement:
    reason = Text(vi="Không phát sinh trong kỳ.", en="Nothing arose.")
    return Judgement(control.id, Status.NOT_APPLICABLE, reason)


def _attestation(provision: Provision, policy: Resolved, attested: Mapping[str, Attestation]) -> Judgement:
    party = policy.parties[provision.attests or ""]
    said = attested.get(provision.id, Attestation(0, 0))
    if said.denied:  # whoever answers for a duty says that it is not kept: nobody knows better
        told = "; ".join(f"{who} ({remark.rstrip('.')})" for who, remark in said.denied)
        reason = Text(
            vi=f"Người có trách nhiệm tự nêu chưa thực hiện đầy đủ: {told}.",
            en=f"Not kept, by the word of those who answer for it: {told}.",
        )
        return Judgement(provision.id, Status.NOT_MET, reason)
    if said.asked and said.confirmed == said.asked:
        reason = Text(vi=f"{_capital(party.vi)} đã xác nhận.", en=f"Attested by: {party.en}.")
        return Judgement(provision.id, Status.ATTESTED, reason)
    reason = Text(vi=f"Chưa có xác nhận của {party.vi}.", en=f"No attestation yet: {party.en}.")
    if said.confirmed:
        count, missing = f"{_count(said.confirmed)}/{_count(said.asked)}", ""
        if len(said.missing) <= _NAMED:
            missing = f": {', '.join(said.missing)}"
        reason = Text(
            vi=f"Mới có {count} xác nhận của {party.vi}; còn thiếu {_count(len(said.missing))}{missing}.",
            en=f"{count} attestations of the {party.en}; {len(said.missing)} are missing{missing}.",
        )
    return Judgement(provision.id, Status.ATTESTATION_MISSING, reason)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _relieved(provision: Provision, judgement: Judgement, policy: Resolved, now: datetime) -> Judgement:
    """The judgement as it counts for this row: encouraged or excepted duties are never ``not_met``."""
    if judgement.status is Status.NOT_MET and "P" in provision.kind:
        reason = Text(
            vi=f"Quy định khuyến khích, không kết luận vi phạm. {judgement.reason.vi}",
            en=f"Encouraged only, never a violation. {judgement.reason.en}",
        )
        return replace(judgement, status=Status.NOT_ASSESSED, reason=reason)
    if judgement.status not in _WAIVABLE:
        return judgement
    for waiver in policy.exceptions:
        concerned = waiver.provision == provision.id and waiver.control in (None, judgement.subject)
        # A host may keep a policy longer than its exceptions last; there nobody has resolved it anew.
        if concerned and clock.day(now) <= waiver.expires:
            reason = Text(
                vi=f"{waiver.reason.vi} ({waiver.approver}, đến hết ngày {words.day(waiver.expires)}). "
                f"{judgement.reason.vi}",
                en=f"{waiver.reason.en} ({waiver.approver}, until {waiver.expires}). {judgement.reason.en}",
            )
            return replace(judgement, status=Status.WAIVED, reason=reason)
    return judgement
