"""Whether the working calendar and the working hours of a policy can be kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from congvu.policy.model import CalendarYear, DayOff, Policy, SwappedDay, WorkingHours
from congvu.policy.source import Fault

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def check(policy: Policy) -> Iterator[Fault]:
    """Every fault in the files of ``calendar/``."""
    for year in policy.calendar:
        yield from _year(year)
    for hours in policy.working_hours:
        yield from _hours(hours)
    yield from _twice(policy)
    if policy.calendar and not policy.working_hours:
        yield Fault(policy.folder, 0, "calendar", "there are no working hours", "Write calendar/hours.yml")


def _year(year: CalendarYear) -> Iterator[Fault]:
    subject = f"calendar of {year.year}"
    if Path(year.at.file).stem != str(year.year):
        yield year.at.find("year").fault(subject, "the file has another name", f"Call it {year.year}.yml")
    days: list[DayOff | SwappedDay] = [*year.days_off, *year.working_days]
    for entry in days:
        if entry.date.year != year.year:
            yield entry.at.fault(subject, f"{entry.date} is in another year", "Move it to that year's file")
    if len({entry.date for entry in days}) < len(days):
        yield year.at.fault(subject, "a day is given twice", "Keep one of the two")
    off = {entry.date for entry in year.days_off}
    for swap in year.working_days:
        if WEEKDAYS[swap.date.weekday()] not in year.weekly_rest:
            yield swap.at.fault(subject, f"{swap.date} is a working day anyhow", "Correct the date")
        if swap.instead_of not in off:
            cure = "Add it to days_off, or correct the date"
            yield swap.at.find("instead_of").fault(subject, f"{swap.instead_of} is no day off", cure)


def _hours(hours: WorkingHours) -> Iterator[Fault]:
    morning, afternoon = hours.morning.split("-"), hours.afternoon.split("-")
    moments = [*morning, *afternoon]
    if moments != sorted(set(moments)):
        problem = f"{hours.morning} and {hours.afternoon} are not in the order of a day"
        yield hours.at.fault("working hours", problem, "Correct the times")


def _twice(policy: Policy) -> Iterator[Fault]:
    seen = set()
    for hours in policy.working_hours:
        if hours.since in seen:
            yield hours.at.fault(
                "working hours", f"two entries begin on {hours.since}", "Keep one of the two"
            )
        seen.add(hours.since)
