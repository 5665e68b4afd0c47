"""How long boxes of offices and units were left alone in working hours, and what comes to light later."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from fix_checks import FRIDAY, away, boxes, carry_on, close, log, opened, seen
from fix_database import Database
from organisations import at

from congvu.checks import BoxDay
from congvu.services import checks as service
from congvu.services import cli


def test_a_box_is_watched_by_those_who_hold_it(office: Database) -> None:
    close(
        office,
        opened("11-26 07:30", "annv"),
        opened("11-26 10:00", "banv", door="imaps"),  # the deputy
        opened("11-26 12:00", "chinv"),  # a member
        opened("11-26 14:00", "dungnv"),  # nobody
        opened("11-26 14:00", "annv", "annv"),  # the clerk's own
        seen("11-26 15:30", "annv", "read", box="vp"),
    )
    # 10:00 to 11:30, 13:30 to 15:30; then to 17:00
    assert boxes(office)["vp"] == [3, 210, 90, None]
    log(office, seen("11-27 07:10", "emnv"), seen("11-27 14:00", "emnv"))
    office.set_now("2026-11-28 00:30+07")
    carry_on(office)
    assert boxes(office, FRIDAY)["vp"] == [0, 570, 570, None]


def test_a_day_without_any_record_says_nothing_of_a_box(office: Database) -> None:
    close(office)
    assert boxes(office)["vp"] == [0, 0, 0, None]


def test_a_head_who_is_away_all_day_need_not_come(office: Database) -> None:
    roles = "insert into box_role (box, kind, staff_id, role) values (%s, 'unit', 'CB5', 'head')"
    office.change("congvu_admin", roles, at("box-vp"))
    close(office, opened("11-26 09:00", "emnv", "box-vp"))
    assert boxes(office)["box-vp"][3] is True
    away(office, "CB5", "cong_tac", day="2026-11-27")
    away(office, "CB5", "nghi_phep", "morning", day="2026-11-30")
    office.set_now("2026-12-01 00:30+07")
    carry_on(office)
    assert boxes(office, FRIDAY)["box-vp"][3] is None
    assert boxes(office, date(2026, 11, 30))["box-vp"][3] is False


def test_a_late_visit_to_a_box_is_a_correction(office: Database) -> None:
    log(office, opened("11-20 12:00", "annv"))
    close(office, opened("11-26 07:30", "annv"), seen("11-26 13:30", "emnv"))
    log(office, opened("11-26 13:30", "annv"), taken="2026-11-27 09:00+07")
    office.set_now("2026-11-28 00:30+07")
    assert carry_on(office)[0] == "2026-11-26: corrected for 0 people, 1 boxes"
    assert boxes(office)["vp"][:2] == [2, 240]


@pytest.fixture
def watched(office: Database) -> Database:
    """Thursday and Friday are closed; the clerk came Thursday at 10:00, Friday at 07:40 and 13:30."""
    log(office, opened("11-20 12:00", "annv"))
    moments = ("11-26 10:00", "11-27 07:40", "11-27 13:30")
    close(office, seen("11-26 15:00", "emnv"), *(opened(moment, "annv") for moment in moments))
    office.set_now("2026-11-28 00:30+07")
    carry_on(office)
    return office


def in_a_later_night(database: Database, day: int, *words: str) -> None:
    """`congvu outage` on a later day of November, and what the night after it makes of it."""
    database.set_now(f"2026-11-{day} 09:00+07")
    assert cli.main(["outage", "--host", database.host, "--database", database.name, *words]) == 0
    database.set_now(f"2026-11-{day} 23:30+07")
    carry_on(database)


DOWN = ("add", "--from", "2026-11-26 13:00", "--until", "2026-11-26 17:00", "--reason", "Mất điện")


def test_an_outage_that_is_stated_late_shortens_the_stretch_of_the_days_after_it(watched: Database) -> None:
    # 10:00 to 11:30 and 13:30 to 17:00; then 40 minutes more; then 13:30 to 17:00
    assert (boxes(watched)["vp"], boxes(watched, FRIDAY)["vp"]) == ([1, 300, 300, None], [2, 340, 210, None])
    in_a_later_night(watched, 28, *DOWN)
    assert (boxes(watched)["vp"], boxes(watched, FRIDAY)["vp"]) == ([1, 180, 90, None], [2, 230, 210, None])


def test_an_outage_that_is_withdrawn_leaves_a_box_alone_again(watched: Database) -> None:
    in_a_later_night(watched, 28, *DOWN)
    number = watched.ask("congvu_admin", "select id from outage")[0][0]
    in_a_later_night(watched, 29, "withdraw", str(number), "--reason", "ghi nhầm ngày")
    assert (boxes(watched)["vp"], boxes(watched, FRIDAY)["vp"]) == ([1, 300, 300, None], [2, 340, 210, None])


def test_a_visit_whose_event_has_expired_leaves_the_box_as_it_was(watched: Database) -> None:
    in_a_later_night(watched, 28, *DOWN)
    watched.ask("congvu_owner", "delete from event where kind = 'opened' and happened_at > '2026-11-26'")
    number = watched.ask("congvu_admin", "select id from outage")[0][0]
    in_a_later_night(watched, 29, "withdraw", str(number), "--reason", "ghi nhầm ngày")
    assert boxes(watched)["vp"] == [1, 180, 90, None]


def test_a_day_after_news_is_looked_at_for_no_box_whose_stretch_stayed(watched: Database) -> None:
    """Roles are those of the night on which a day was closed: nobody else's visit is found later."""
    roles = "insert into box_role (box, kind, staff_id, role) values (%s, 'office', 'CB5', 'deputy')"
    log(watched, opened("11-27 10:00", "emnv"))
    watched.change("congvu_admin", roles, at("vp"))
    log(watched, opened("11-26 09:00", "annv"), taken="2026-11-28 09:00+07")
    watched.set_now("2026-11-28 23:30+07")
    assert carry_on(watched) == ["2026-11-26: corrected for 0 people, 1 boxes"]
    assert boxes(watched, FRIDAY)["vp"] == [2, 340, 210, None]


def test_a_head_who_came_has_come() -> None:
    known = BoxDay("vp", 2, timedelta(hours=3), timedelta(), True)
    (kept,) = service._better([replace(known, visits=3, head=False)], {"vp": known})
    assert kept == replace(known, visits=3)
    assert service._better([replace(known, visits=1, longest=timedelta(hours=8))], {"vp": known}) == []
    assert service._better([known], {}) == []
