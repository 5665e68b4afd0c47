"""The handover of a box from one head to the next: who, from when, and what forbids it. Pure.

A handover is never taken back; another one follows it. Of several for one day the last that was made counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from congvu.accounts.faults import Faults, refuse
from congvu.accounts.model import Organisation

LONGEST_AHEAD = timedelta(days=366)  # a slip of the pen in the year would leave the box to nobody for as long


@dataclass(frozen=True, slots=True)
class Handover:
    """``giver``: staff id of the head until then, or None. ``absent``: why that person is not there to do it.

    ``acting``: the receiver is in charge of the unit, not appointed its head. ``settled``: the roles of the
    organisation have it already, and follow the organisation file once that receiver has left.
    """

    box: str
    decision: str
    decided_on: date
    effective_on: date
    giver: str | None
    receiver: str
    acting: bool = False
    absent: str = ""
    settled: bool = False


def in_force(box: str, made: Sequence[Handover], day: date) -> Handover | None:
    """The handover by which the box has its head on that day; ``made`` in the order of the acts."""
    found = [(each.effective_on, number, each) for number, each in enumerate(made)
             if each.box == box and each.effective_on <= day]  # fmt: skip
    return max(found)[2] if found else None


def plan_handover(
    asked: Handover, organisation: Organisation, made: Sequence[Handover], today: date
) -> Handover | None:
    """The handover with its giver; None when it has been made already. Raises InputError with all faults.

    ``asked``: with any giver, which is found here. ``organisation``: as it stands, without the handovers that
    are not settled; ``made``: all of this box so far, in the order of the acts.
    """
    faults = Faults("handover")
    wanted = replace(asked, giver=_giver(asked, organisation, made, faults))
    known = next((each for each in made if each.decision == asked.decision), None)
    if known:
        if _asked(known) == _asked(wanted):
            return None
        faults.add(0, "decision", asked.decision, "was carried out for this box with other particulars",
                   "a handover is never changed: make another by a new decision")  # fmt: skip
        refuse(faults)
    _check(wanted, organisation, made, faults)
    if wanted.effective_on > today + LONGEST_AHEAD:
        rule = f"is more than {LONGEST_AHEAD.days} days ahead"
        faults.add(
            0,
            "effective_on",
            str(wanted.effective_on),
            rule,
            "correct the day: nobody is appointed that early",
        )
    refuse(faults)
    return wanted


def circumstances(handover: Handover, organisation: Organisation, made: Sequence[Handover]) -> dict[str, Any]:
    """What the minutes say of a handover beside the act, as plain data. ``made``: of all boxes, so far.

    ``roles``: who holds another role in the box and keeps it. ``giver_acting``: who hands over was in charge,
    not appointed. ``giver_keeps``, ``receiver_heads``: further boxes of which these are heads on that day.
    ``same_day``: decisions by which the box changed hands on that day already.
    """
    box, day = organisation.boxes[handover.box], handover.effective_on
    before = in_force(handover.box, made, day)
    heads: dict[str, set[str]] = {}
    for each in organisation.boxes.values():
        for who in _heads(each.address, organisation, made, day) if each.address != handover.box else ():
            heads.setdefault(who, set()).add(each.address)
    kept = sorted(
        (role, who)
        for who, role in box.roles
        if role != "head" and who not in (handover.receiver, handover.giver)
    )
    return {
        "aliases": sorted(
            each.address for each in organisation.aliases.values() if each.target == box.address
        ),
        "roles": [
            {"role": role, "staff_id": who, "full_name": organisation.people[who].full_name}
            for role, who in kept
            if who in organisation.people
        ],
        "giver_acting": before is not None and before.acting and before.receiver == handover.giver,
        "giver_keeps": sorted(heads.get(handover.giver or "", ())),
        "receiver_heads": sorted(heads.get(handover.receiver, ())),
        "same_day": [each.decision for each in made if each.box == handover.box and each.effective_on == day],
    }


def _asked(handover: Handover) -> tuple[object, ...]:
    return (handover.decided_on, handover.effective_on, handover.receiver, handover.acting, handover.absent)


def _heads(box: str, organisation: Organisation, made: Sequence[Handover], day: date) -> list[str]:
    """Who heads a box on that day: by a handover that the organisation does not know yet, or as that says."""
    last = in_force(box, made, day)
    if last and not last.settled:
        return [last.receiver]
    roles = organisation.boxes[box].roles if box in organisation.boxes else frozenset()
    return sorted(staff_id for staff_id, role in roles if role == "head")


def _giver(
    asked: Handover, organisation: Organisation, made: Sequence[Handover], faults: Faults
) -> str | None:
    """The head of that day. Where there is none, the last receiver, who has left and still owes the act.

    The same where the organisation file named the receiver before there was an act, which makes up for it.
    """
    heads = _heads(asked.box, organisation, made, asked.effective_on)
    if len(heads) > 1:
        rule = f"has {len(heads)} heads: {', '.join(heads)}"
        remedy = "keep one of them in the organisation file, and run playbooks/accounts.yml"
        faults.add(0, "box", asked.box, rule, remedy)
    last = in_force(asked.box, made, asked.effective_on)
    if last and heads in ([], [asked.receiver]):
        return last.receiver
    return heads[0] if heads else None


def _check(wanted: Handover, organisation: Organisation, made: Sequence[Handover], faults: Faults) -> None:
    receiver, day = organisation.people.get(wanted.receiver), wanted.effective_on
    if wanted.box not in organisation.boxes:
        faults.add(0, "box", wanted.box, "is no open mailbox of a unit or office", "name one of them")
    if not wanted.decision.strip():
        faults.add(0, "decision", wanted.decision, "is missing", "write its number, as in 45/QĐ-SNV")
    for column, text in (("decision", wanted.decision), ("absent", wanted.absent)):
        if not text.isprintable():
            faults.add(0, column, text, "is not one line of text", "write it as the minutes shall have it")
    if receiver is None:
        faults.add(0, "receiver", wanted.receiver, "is nobody in the directory", "write a staff id")
    elif day < receiver.start or (receiver.end and day > receiver.end):
        faults.add(
            0,
            "receiver",
            wanted.receiver,
            f"does not serve on {day}",
            "correct the person's dates, or the day",
        )
    before = in_force(wanted.box, made, day)
    appointed = before is not None and before.acting and not wanted.acting  # who was in charge so far
    if wanted.receiver == wanted.giver and not appointed:
        faults.add(0, "receiver", wanted.receiver, f"is the head on {day} already", "name the new head")
    if wanted.decided_on > day:
        faults.add(
            0,
            "effective_on",
            str(day),
            f"is before the decision of {wanted.decided_on}",
            "correct one of them",
        )
    if wanted.absent and wanted.giver is None:
        faults.add(0, "absent", wanted.absent, "is said of nobody: the box has no head", "leave it out")
    for later in (each for each in made if each.effective_on > day):
        rule = f"is before {later.effective_on}, the day of decision {later.decision}, which was carried out"
        faults.add(0, "effective_on", str(day), rule, "handovers follow one another: correct the day")


def refuse_undoing(wanted: Organisation, made: Sequence[Handover], today: date, file: str) -> None:
    """Raise InputError where the organisation file would undo a handover: it must name as head who took over.

    A box whose last receiver has left the list may have any head, or none.
    """
    faults = Faults(file)
    for box in wanted.boxes.values():
        last = in_force(box.address, made, today)
        heads = sorted(staff_id for staff_id, role in box.roles if role == "head")
        if last is None or last.receiver not in wanted.people or heads == [last.receiver]:
            continue
        rule = (
            f"would undo the handover to {last.receiver} by decision {last.decision} from {last.effective_on}"
        )
        remedy = f"write head: [{last.receiver}]; a head changes by playbooks/handover.yml"
        faults.add(box.row, "roles.head", ", ".join(heads), rule, remedy)
    refuse(faults)
