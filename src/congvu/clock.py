"""Time as the regulation counts it: days and calendar months in Viet Nam.

Only the outer edge (``services``, ``web``, Ansible's plugins) calls :func:`now`; every rule takes the moment
or the day as an argument, so that a report of last quarter can be made again.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

TIMEZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """The same moment on a clock in Viet Nam. Raises ValueError for a naive moment."""
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs a time zone: {moment.isoformat()}")
    return moment.astimezone(TIMEZONE)


def day(moment: datetime) -> date:
    """The day in Viet Nam on which an aware moment falls: 17:00 UTC already is tomorrow."""
    return local(moment).date()


def add_months(start: date, months: int) -> date:
    """The same day ``months`` calendar months later (or earlier, when negative).

    A day that the month does not have becomes its last one: 31 August + 6 months = 28 February.
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))
