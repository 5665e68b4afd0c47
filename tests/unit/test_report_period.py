"""Quarters tile the year, whatever the custom of cutting them off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from congvu.errors import UserError
from congvu.report.period import CUTOFFS, period, period_at

QUARTERS = [f"{year}-Q{number}" for year in range(2024, 2030) for number in range(1, 5)]


@pytest.mark.parametrize(
    ("quarter", "cutoff", "first", "last"),
    [  # worked out by hand from the circulars quoted in the documentation
        ("2026-Q4", "nd09", date(2026, 9, 15), date(2026, 12, 14)),
        ("2027-Q1", "nd09", date(2026, 12, 15), date(2027, 3, 14)),
        ("2027-Q2", "nd09", date(2027, 3, 15), date(2027, 6, 14)),
        ("2027-Q3", "nd09", date(2027, 6, 15), date(2027, 9, 14)),
        ("2026-Q4", "calendar", date(2026, 10, 1), date(2026, 12, 31)),
        ("2027-Q1", "calendar", date(2027, 1, 1), date(2027, 3, 31)),
        ("2024-Q1", "calendar", date(2024, 1, 1), date(2024, 3, 31)),
    ],
)
def test_window_of_a_quarter(quarter: str, cutoff: str, first: date, last: date) -> None:
    window = period(quarter, cutoff)
    assert (window.first, window.last) == (first, last)


@pytest.mark.parametrize("cutoff", CUTOFFS)
def test_windows_tile_the_years(cutoff: str) -> None:
    windows = [period(quarter, cutoff) for quarter in QUARTERS]
    for earlier, later in pairwise(windows):
        assert later.first - earlier.last == timedelta(days=1)
        assert later.starts == earlier.ends
    assert (
        sum((window.last - window.first).days + 1 for window in windows) == 6 * 365 + 2
    )  # 2024 and 2028 leap


@pytest.mark.parametrize("cutoff", CUTOFFS)
def test_every_day_lies_in_its_own_window(cutoff: str) -> None:
    day = datetime(2026, 1, 1, 12, tzinfo=UTC)
    while day.year < 2028:
        window = period_at(day, cutoff)
        assert window == period(window.quarter, cutoff)
        assert window.starts <= day < window.ends
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "quarter"),
    [
        (datetime(2026, 12, 14, 16, 59, 59, tzinfo=UTC), "2026-Q4"),  # 23:59:59 on the 14th in Viet Nam
        (datetime(2026, 12, 14, 17, 30, tzinfo=UTC), "2027-Q1"),  # half past midnight on the 15th
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "2027-Q1"),
    ],
)
def test_days_are_days_in_viet_nam(moment: datetime, quarter: str) -> None:
    assert period_at(moment, "nd09").quarter == quarter


@pytest.mark.parametrize("quarter", ["2026-Q5", "2026-Q0", "2026Q4", "Q4/2026", "26-Q4", "2026-Q4 "])
def test_a_quarter_that_does_not_exist(quarter: str) -> None:
    with pytest.raises(UserError, match="no such quarter"):
        period(quarter, "nd09")


def test_a_cutoff_that_does_not_exist() -> None:
    with pytest.raises(UserError, match="no such cut-off"):
        period("2026-Q4", "nd30")
