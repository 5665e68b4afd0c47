"""Who looked into their mailbox at the beginning of which half-day, and how long boxes were left alone. Pure.

A person's working day comes to two answers: yes, no, or not due with a reason. What is asked of the directory
for one day is a :class:`Frame`: the windows of that day, and who could not be expected to keep them. The
directory itself finds who did (``store/checks.py``), for all people at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from congvu.calendar import Calendar, Day, Span, overlap, without
from congvu.errors import UserError

PARTS = ("morning", "afternoon")
# Which events count by which word of the value `check.counts`: kind and door (None: any). In one's own
# mailbox; in the box of a unit or office the same words speak of who opened it: nobody logs in as a box.
COUNTED = {
    "webmail_login": ("login", "webmail"),
    "client_login": ("login", "imaps"),
    "message_read": ("read", None),
}
COUNTED_IN_BOXES = {
    "webmail_login": ("opened", "webmail"),
    "client_login": ("opened", "imaps"),
    "message_read": ("read", None),
}
_MOMENT, _MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
WATCHERS = ("head", "deputy", "clerk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the policy says. ``counts``: words of :data:`COUNTED`."""

    counts: tuple[str, ...]
    before: timedelta
    window: timedelta
    outage: timedelta

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Rules:
        """From the policy's values. UserError names the one that is missing."""
        try:
            return cls(
                counts=tuple(values["check.counts"]),
                before=timedelta(minutes=values["check.before_minutes"]),
                window=timedelta(minutes=values["check.window_minutes"]),
                outage=timedelta(minutes=values["check.outage_minutes"]),
            )
        except KeyError as missing:
            raise UserError(
                f"the policy has no value {missing}; give it in values.yml and apply playbooks/site.yml"
            ) from None


@dataclass(frozen=True, slots=True)
class Outage:
    """When the system could not be used, by all or by one unit. ``lost``: or only its records are missing."""

    starts: datetime
    ends: datetime
    unit: str | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Half:
    """One window. ``down``: units that had no mail in it; ``all_down``: nobody had; ``lost``: no records."""

    part: str
    starts: datetime
    ends: datetime
    down: tuple[str, ...] = ()
    all_down: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What a day asks of everybody. ``halves``: none on a day off."""

    day: Day
    halves: tuple[Half, ...] = ()


@dataclass(frozen=True, slots=True)
class Visits:
    """To one box on one day: when, by those who have to, in order. ``head``: whether its head was there.

    None: no head of it served that day. ``carried``: working time since the last visit, as the day begins.
    """

    box: str
    unit: str
    moments: tuple[datetime, ...] = ()
    head: bool | None = None
    carried: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class BoxDay:
    """``longest``: working time between two visits that ended on this day or still lasts at its end.

    In whole minutes, as it is kept. ``open``: how much of it lasts at the end.
    """

    box: str
    visits: int
    longest: timedelta
    open: timedelta
    head: bool | None


def frame(calendar: Calendar, wanted: date, rules: Rules, outages: Sequence[Outage]) -> Frame:
    """The windows of a day. UserError where the calendar does not know the day."""
    day = calendar.day(wanted)
    halves = []
    for part, (starts, _) in zip(PARTS, day.spans, strict=False):
        window = (starts - rules.before, starts + rules.window)
        # A short outage leaves time to come in; what is lost of the records may be the only visit of someone.
        hit = [
            each for each in outages
            if overlap(window, (each.starts, each.ends)) >= (_MOMENT if each.lost else rules.outage)
        ]  # fmt: skip
        halves.append(
            Half(
                part,
                *window,
                down=tuple(sorted({each.unit for each in hit if each.unit})),
                all_down=any(not each.unit and not each.lost for each in hit),
                lost=any(each.lost for each in hit),
            )
        )
    return Frame(day, tuple(halves))


def box_day(day: Day, visits: Visits, outages: Iterable[Outage]) -> BoxDay:
    """How long a box was left alone in working hours, while the system could be used."""
    holes = ((each.starts, each.ends) for each in outages if each.unit in (None, visits.unit))
    worked = without(day.spans, holes)
    longest, alone, since = timedelta(), visits.carried, None
    for moment in (*sorted(visits.moments), None):
        grown = _worked(worked, since, moment)
        if grown:  # what only ends here was yesterday's
            longest = max(longest, alone + grown)
        alone, since = (alone + grown, since) if moment is None else (timedelta(), moment)
    return BoxDay(
        visits.box, len(visits.moments), longest // _MINUTE * _MINUTE, alone // _MINUTE * _MINUTE, visits.head
    )


def _worked(spans: Iterable[Span], since: datetime | None, until: datetime | None) -> timedelta:
    """Working time between two moments; None: the beginning or the end of the day."""
    parts = (overlap(span, (since or span[0], until or span[1])) for span in spans)
    return sum(parts, timedelta())
