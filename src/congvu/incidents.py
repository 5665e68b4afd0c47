"""Cases under Article 3: what may be entered in their register, and what follows what. Pure.

A case is opened once and closed once; what was written stays. It names nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from congvu.accounts.faults import Faults, refuse

KINDS = ("propaganda", "virus", "spam", "sabotage", "honour", "other")
OUTCOMES = ("unfounded", "dealt_with", "referred")
_LONGEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``number``: of the paper that reports it; ``decision``: number of the one that ended it."""

    number: str
    kind: str
    provision: str
    found_on: date
    closed_on: date | None = None
    outcome: str | None = None
    decision: str = ""


def plan_case(
    wanted: Case, register: Sequence[Case], provisions: Collection[str], today: date
) -> tuple[Case | None, Case | None]:
    """What to enter as (a case to open, a case to close); None where there is nothing to do.

    InputError with every fault.
    """
    faults = Faults("incident")
    known = next((each for each in register if each.number == wanted.number), None)
    _check(wanted, provisions, today, faults)
    if known:
        for name in ("kind", "provision", "found_on"):
            if getattr(known, name) != getattr(wanted, name):
                rule = f"is {getattr(known, name)} in the register, where what was written stays"
                faults.add(0, name, getattr(wanted, name), rule, "write it so, or give another number")
        if known.closed_on and wanted.closed_on and known != wanted:
            faults.add(0, "number", known.number, "is closed", "open another case by a new number")
    refuse(faults)
    opened = None if known else wanted
    closed = wanted if wanted.closed_on and not (known and known.closed_on) else None
    return opened, closed


def _check(wanted: Case, provisions: Collection[str], today: date, faults: Faults) -> None:
    for name in ("number", "decision"):
        text = getattr(wanted, name)
        if len(text) > _LONGEST or not text.isprintable():
            faults.add(0, name, text, f"is not one line of {_LONGEST} characters at most", "shorten it")
    if not wanted.number.strip():
        faults.add(
            0, "number", "", "is missing", "write the number of the paper that reports it, as in 12/BC-VP"
        )
    for name, known in (("kind", KINDS), ("provision", provisions)):
        if getattr(wanted, name) not in known:
            remedy = (
                f"write one of {', '.join(known)}"
                if name == "kind"
                else "write the id of a row of the regulation"
            )
            faults.add(0, name, getattr(wanted, name), f"is no {name}", remedy)
    for name in ("found_on", "closed_on"):
        day = getattr(wanted, name)
        if day and day > today:
            faults.add(0, name, day, "lies ahead", "write the day on which it was")
    if (wanted.closed_on is None) != (wanted.outcome is None):
        missing = "outcome" if wanted.closed_on else "closed_on"
        faults.add(0, missing, "", "is missing", "a case is closed on a day and with an outcome")
    if wanted.outcome is not None and wanted.outcome not in OUTCOMES:
        faults.add(0, "outcome", wanted.outcome, "is no outcome", f"write one of {', '.join(OUTCOMES)}")
    if wanted.outcome not in (None, "unfounded") and not wanted.decision.strip():
        faults.add(0, "decision", "", "is missing", "write the number of the decision that ended the case")
    if wanted.closed_on and wanted.closed_on < wanted.found_on:
        faults.add(
            0, "closed_on", wanted.closed_on, f"is before {wanted.found_on}", "correct one of the days"
        )
