"""Days and months as the regulation counts them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from congvu import clock


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2027, 1, 31), -1, date(2026, 12, 31)),
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
    ],
)
def test_calendar_months(start, months, expected):
    assert clock.add_months(start, months) == expected


def test_the_day_begins_in_viet_nam():
    assert clock.day(datetime(2026, 11, 23, 16, 59, tzinfo=UTC)) == date(2026, 11, 23)
    assert clock.day(datetime(2026, 11, 23, 17, 0, tzinfo=UTC)) == date(2026, 11, 24)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="needs a time zone"):
        clock.day(datetime(2026, 11, 23, 17, 0))


def test_now_is_aware():
    assert clock.now().tzinfo is UTC
