"""The working calendar: which days are worked, from when to when. Pure; what is decided is the policy's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from congvu import clock
from congvu.errors import UserError
from congvu.policy import CalendarYear, Resolved, WorkingHours

Span = tuple[datetime, datetime]  # from, to before

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Day:
    """``spans``: morning and afternoon, aware; none on a day off, which ``off`` names in Vietnamese.

    ``estimated``: the calendar of its year is not decided in all.
    """

    date: date
    estimated: bool
    off: str = ""
    spans: tuple[Span, ...] = ()

    @property
    def working(self) -> bool:
        return bool(self.spans)


@dataclass(frozen=True)
class Calendar:
    """The calendar of a policy; ``hours`` in the order of their days."""

    years: tuple[CalendarYear, ...]
    hours: tuple[WorkingHours, ...]

    @classmethod
    def of(cls, policy: Resolved) -> Calendar:
        return cls(policy.calendar, policy.working_hours)

    @cached_property
    def _off(self) -> dict[date, str]:
        return {each.date: each.name.vi for year in self.years for each in year.days_off}

    @cached_property
    def _swapped(self) -> frozenset[date]:
        return frozenset(each.date for year in self.years for each in year.working_days)

    def day(self, wanted: date) -> Day:
        """What the day is. Raises UserError where the policy does not say: it names the file to add."""
        year = next((each for each in self.years if each.year == wanted.year), None)
        if year is None:
            raise UserError(
                f"the working calendar has no year {wanted.year}, which {wanted} is asked of: add "
                f"policy/calendar/{wanted.year}.yml (status: estimated until all of it is decided), and "
                "apply playbooks/site.yml"
            )
        estimated = year.status == "estimated"
        if wanted in self._off:
            return Day(wanted, estimated, self._off[wanted])
        if _WEEKDAYS[wanted.weekday()] in year.weekly_rest and wanted not in self._swapped:
            return Day(wanted, estimated, "Nghỉ hằng tuần")
        hours = self._hours(wanted)
        spans = tuple(_span(wanted, each) for each in (hours.morning, hours.afternoon))
        return Day(wanted, estimated, spans=spans)

    def _hours(self, wanted: date) -> WorkingHours:
        found = [each for each in self.hours if each.since <= wanted]
        if not found:
            raise UserError(
                f"there are no working hours for {wanted}: add an entry that begins then or before to "
                "policy/calendar/hours.yml, and apply playbooks/site.yml"
            )
        return found[-1]


def without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """The spans without what lies in a hole."""
    left = list(spans)
    for start, end in holes:
        left = [
            part
            for one, other in left
            for part in ((one, min(other, start)), (max(one, end), other))
            if part[0] < part[1]
        ]
    return left


def overlap(one: Span, other: Span) -> timedelta:
    """How long both last at once."""
    return max(min(one[1], other[1]) - max(one[0], other[0]), timedelta())


def _span(day: date, hours: str) -> Span:
    start, _, end = hours.partition("-")
    return _moment(day, start), _moment(day, end)


def _moment(day: date, written: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(written), clock.TIMEZONE)
