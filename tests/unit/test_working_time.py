"""The working calendar, what a day asks of people and boxes, and how long a box was alone: pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from congvu import clock
from congvu.calendar import Calendar
from congvu.checks import Outage, Rules, Visits, box_day, frame
from congvu.errors import UserError
from congvu.policy import load

POLICY = load(Path(__file__).resolve().parents[2] / "policy", "default", date(2026, 11, 23))
CALENDAR, RULES = Calendar.of(POLICY), Rules.of(POLICY.values)
THURSDAY = date(2026, 11, 26)


def on(day: date, written: str) -> datetime:
    return datetime.fromisoformat(f"{day} {written}").replace(tzinfo=clock.TIMEZONE)


def thursday(written: str) -> datetime:
    return on(THURSDAY, written)


# -- the calendar ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "off"),
    [
        ("2026-08-22", ""),  # the Saturday that was swapped
        ("2026-08-29", "Nghỉ hằng tuần"),
        ("2026-08-31", "Nghỉ hoán đổi với ngày 22/8/2026"),
        ("2026-09-01", "Quốc khánh (ngày liền trước)"),
        ("2026-09-03", ""),
        ("2026-01-02", "Nghỉ hoán đổi với ngày 10/01/2026"),
        ("2026-01-10", ""),
        ("2026-11-24", "Ngày Văn hóa Việt Nam"),
        ("2026-11-25", ""),
        ("2026-04-27", "Nghỉ bù Giỗ Tổ Hùng Vương"),
        ("2026-11-29", "Nghỉ hằng tuần"),
    ],
)
def test_which_days_are_worked(day: str, off: str) -> None:
    found = CALENDAR.day(date.fromisoformat(day))
    assert (found.off, found.working, found.estimated) == (off, not off, False)


def test_a_year_has_as_many_working_days_as_the_notices_say() -> None:
    days = [CALENDAR.day(date(2026, 1, 1) + timedelta(days=n)) for n in range(365)]
    # 261 weekdays, less 14 that are off, and two Saturdays in place of two of those
    assert sum(day.working for day in days) == 261 - 14 + 2


def test_a_year_that_nobody_decided_yet_says_so_and_one_without_a_file_what_to_add() -> None:
    assert CALENDAR.day(date(2027, 2, 8)).estimated
    with pytest.raises(UserError, match=r"add policy/calendar/2028\.yml"):
        CALENDAR.day(date(2028, 1, 3))
    with pytest.raises(UserError, match=r"policy/calendar/hours\.yml"):
        Calendar(CALENDAR.years, ()).day(THURSDAY)


def test_hours_change_on_their_day() -> None:
    winter = replace(CALENDAR.hours[0], since=date(2026, 11, 1), morning="07:30-11:30")
    calendar = Calendar(CALENDAR.years, (*CALENDAR.hours, winter))
    assert calendar.day(date(2026, 10, 30)).spans[0] == (
        on(date(2026, 10, 30), "07:00"),
        on(date(2026, 10, 30), "11:30"),
    )
    assert calendar.day(date(2026, 11, 2)).spans[0][0] == on(date(2026, 11, 2), "07:30")


# -- what a day asks for ---------------------------------------------------------------------------


def test_the_windows_of_a_day() -> None:
    morning, afternoon = frame(CALENDAR, THURSDAY, RULES, []).halves
    assert (morning.starts, morning.ends) == (thursday("06:30"), thursday("08:00"))
    assert (afternoon.starts, afternoon.ends) == (thursday("13:00"), thursday("14:30"))
    assert frame(CALENDAR, date(2026, 11, 24), RULES, []).halves == ()


def test_an_outage_counts_in_the_half_that_it_touches_from_five_minutes_on() -> None:
    short = Outage(thursday("14:26"), thursday("15:00"))
    assert not frame(CALENDAR, THURSDAY, RULES, [short]).halves[1].all_down
    long = replace(short, starts=thursday("14:25"))
    halves = frame(CALENDAR, THURSDAY, RULES, [long]).halves
    assert [half.all_down for half in halves] == [False, True]
    assert frame(CALENDAR, THURSDAY, RULES, [replace(long, unit="vp")]).halves[1].down == ("vp",)
    assert frame(CALENDAR, THURSDAY, RULES, [replace(long, lost=True)]).halves[1].lost


def test_what_is_lost_of_the_records_counts_however_short_in_the_half_in_which_it_is() -> None:
    login = Outage(thursday("14:29"), thursday("14:30"), lost=True)
    assert [half.lost for half in frame(CALENDAR, THURSDAY, RULES, [login]).halves] == [False, True]
    later = replace(login, starts=thursday("14:30"), ends=thursday("14:31"))
    assert not frame(CALENDAR, THURSDAY, RULES, [later]).halves[1].lost


# -- boxes -----------------------------------------------------------------------------------------


def alone(*moments: str, carried: float = 0, outages: list[Outage] | None = None) -> tuple[float, float]:
    """Hours: the longest stretch, and what of it is open at the end of the day."""
    visits = Visits("vp", "vp", tuple(map(thursday, moments)), carried=timedelta(hours=carried))
    found = box_day(CALENDAR.day(THURSDAY), visits, outages or [])
    return found.longest / timedelta(hours=1), found.open / timedelta(hours=1)


def test_how_long_a_box_was_alone() -> None:
    assert alone() == (8, 8)
    assert alone("07:00", "11:30", "13:30", "17:00") == (4.5, 0)
    assert alone("09:00", "14:00", "16:30") == (3, 0.5)  # noon does not count
    assert alone("06:45", "20:00") == (8, 0)  # who comes in the evening ends it, and is late
    assert alone("07:30", carried=3) == (7.5, 7.5)
    assert alone("06:50", "12:00", carried=5) == (4.5, 3.5)  # what was yesterday's is not told again
    assert alone(carried=5) == (13, 13)


def test_an_outage_leaves_no_box_alone() -> None:
    down = Outage(thursday("07:00"), thursday("11:00"))
    assert alone("16:00", outages=[down]) == (3, 1)
    assert alone("16:00", outages=[replace(down, unit="ccvc")]) == (7, 1)
    assert alone("16:00", outages=[replace(down, unit="vp")]) == (3, 1)
