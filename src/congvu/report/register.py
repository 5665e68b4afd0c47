"""What arose in a period beside the observations: acts, cases, words, and figures of units. Pure.

Nobody is named, and nothing is told of a group so small that it would be told of a person. Numbers of papers
lead to the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from congvu.policy import Resolved, Statement

ODD_LOGINS = ("networks", "abroad", "guess", "spray", "sprayed")
SMALL = "Các đơn vị khác"  # those of few people together


@dataclass(frozen=True, slots=True)
class Handover:
    """A box that passed to another head. ``acknowledged``: the receiver had said so by the period's end."""

    decision: str
    box: str
    effective_on: date
    acting: bool
    days_late: int
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Incident:
    """A case under Article 3; without an ``outcome`` it was open at the period's end."""

    number: str
    kind: str
    provision: str
    found_on: date
    closed_on: date | None
    outcome: str | None
    decision: str


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody else could read a personal mailbox. ``early``: it was ended before its time."""

    ticket: str
    opened_at: datetime
    ended_at: datetime
    early: bool


@dataclass(frozen=True, slots=True)
class Outage:
    """Mail could not be used; ``unit`` empty: by nobody. ``source``: operator, or gap (of the records)."""

    starts: datetime
    ends: datetime
    unit: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Told:
    """Difficulties with a provision, or reports of abuse (``about``), and how many had an answer."""

    provision: str
    about: str
    told: int
    answered: int


@dataclass(frozen=True, slots=True)
class Signed:
    """What one of those who vouch for the quarter has said: how many provisions they are asked about."""

    party: str
    unit: str
    asked: int
    confirmed: int
    denied: int

    @property
    def missing(self) -> int:
        return self.asked - self.confirmed - self.denied


@dataclass(frozen=True, slots=True)
class Group:
    """People of a unit together: what was ``due`` of them, and what of it was ``kept``."""

    unit: str
    people: int
    due: int
    kept: int


@dataclass(frozen=True, slots=True)
class Register:
    """All of it. ``working_days``: those of the period that are written down; ``odd_logins``: by kind."""

    handovers: tuple[Handover, ...] = ()
    incidents: tuple[Incident, ...] = ()
    accesses: tuple[Access, ...] = ()
    outages: tuple[Outage, ...] = ()
    told: tuple[Told, ...] = ()
    signed: tuple[Signed, ...] = ()
    odd_logins: Mapping[str, int] = field(default_factory=dict)
    working_days: int = 0
    checks: tuple[Group, ...] = ()
    acknowledged: tuple[Group, ...] = ()


def plain(register: Register) -> dict[str, Any]:
    """The register as ``report.json`` has it: days and moments by ISO 8601."""
    return {name: _plain(value) for name, value in asdict(register).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def pooled(groups: Iterable[Group], least: int) -> tuple[Group, ...]:
    """The groups of at least ``least`` people, and the others as one, of at least as many.

    Where those are too few together, the next smallest joins them: nothing can be inferred from the sum.
    """
    waiting = sorted(groups, key=lambda each: (-each.people, each.unit))
    pool: list[Group] = []
    while waiting and (waiting[-1].people < least or 0 < sum(each.people for each in pool) < least):
        pool.append(waiting.pop())
    people, due, kept = (sum(getattr(each, name) for each in pool) for name in ("people", "due", "kept"))
    rest = (Group(SMALL, people, due, kept),) if people >= least else ()
    return (*sorted(waiting, key=lambda each: each.unit), *rest)


def signed(
    policy: Resolved, asked: Mapping[str, Mapping[str, str]], said: Iterable[Statement]
) -> tuple[Signed, ...]:
    """What everybody who signs for a unit has said, those who owe most first. Users are counted elsewhere."""
    words = {(each.provision, each.party, each.key): each.attested for each in said}
    found = []
    for party, keys in asked.items():
        rows = [row.id for row in policy.provisions if row.attests == party]
        for key, unit in keys.items() if party != "user" and rows else ():
            spoken = [words.get((row, party, key)) for row in rows]
            found.append(Signed(party, unit, len(rows), spoken.count(True), spoken.count(False)))
    return tuple(sorted(found, key=lambda each: (-each.missing, each.party, each.unit)))


def totals(groups: Sequence[Group]) -> Group:
    """All groups together."""
    return Group("Cộng", *(sum(getattr(each, name) for each in groups) for name in ("people", "due", "kept")))
