"""Quarters and the two customs of cutting them off. Pure date arithmetic; the clock is an argument.

``nd09``      the 15th of the month before the quarter to the 14th of its last month (administrative reports)
``calendar``  the calendar quarter

Both tile the year without gap or overlap. Days are days in Viet Nam.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from congvu import clock
from congvu.errors import UserError

_QUARTER = re.compile(r"(?P<year>20\d\d)-Q(?P<number>[1-4])")


@dataclass(frozen=True)
class Period:
    """A reporting period: from the first to the last day, both included."""

    quarter: str  # "2026-Q4"
    cutoff: str  # "nd09" or "calendar"
    first: date
    last: date

    @property
    def starts(self) -> datetime:
        """The first instant of the period (aware)."""
        return datetime.combine(self.first, time(), clock.TIMEZONE)

    @property
    def ends(self) -> datetime:
        """The first instant after the period (aware)."""
        return datetime.combine(self.last + timedelta(days=1), time(), clock.TIMEZONE)


def _calendar(year: int, quarter: int) -> date:
    """Return the first day of a calendar quarter."""
    return date(year, 3 * quarter - 2, 1)


def _nd09(year: int, quarter: int) -> date:
    """Return the first day of a quarter that is cut off in the middle of the month."""
    return date(year - 1, 12, 15) if quarter == 1 else date(year, 3 * quarter - 3, 15)


# A custom of cutting off is known by the first day of each quarter: a quarter ends where the next begins,
# so that windows tile the year by construction.
_CUTOFFS: dict[str, Callable[[int, int], date]] = {"nd09": _nd09, "calendar": _calendar}
CUTOFFS = tuple(_CUTOFFS)


def period(quarter: str, cutoff: str) -> Period:
    """Return the period of a quarter such as ``2026-Q4``.

    Raises UserError for a quarter or a custom that does not exist.
    """
    match = _QUARTER.fullmatch(quarter)
    if match is None:
        raise UserError(f"no such quarter: {quarter!r} (write it as 2026-Q4)")
    if cutoff not in _CUTOFFS:
        raise UserError(f"no such cut-off: {cutoff!r} (one of {', '.join(CUTOFFS)})")
    year, number = int(match["year"]), int(match["number"])
    first_day = _CUTOFFS[cutoff]
    following = first_day(year, number + 1) if number < 4 else first_day(year + 1, 1)
    return Period(quarter, cutoff, first_day(year, number), following - timedelta(days=1))


def period_at(now: datetime, cutoff: str) -> Period:
    """Return the period in which an instant (aware) lies."""
    today = clock.day(now)
    years = (today.year, today.year + 1)  # from 15 December on, the first quarter of the next year runs
    windows = (period(f"{year}-Q{number}", cutoff) for year in years for number in range(1, 5))
    return next(window for window in windows if window.first <= today <= window.last)


def last_over(now: datetime, cutoff: str) -> Period:
    """Return the newest period that has ended by an instant (aware)."""
    return period_at(period_at(now, cutoff).starts - timedelta(seconds=1), cutoff)
