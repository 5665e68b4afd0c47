"""The judge of checks of mail (`tests/controls/mailchecks.py`) counts afresh and believes no row alone."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from directories import OTHER_HASH, converge, give_password
from fix_checks import FRIDAY, PEOPLE, POLICY, THURSDAY, away, carry_on, close, log, opened, revoke, seen
from fix_database import Database
from organisations import at, organisation, person

from congvu import clock
from congvu.calendar import Calendar
from congvu.policy import Resolved

sys.path.append(str(Path(__file__).resolve().parents[1] / "controls"))  # observers know each other by name

from mailchecks import Found, Unknown, box_days, groups, longest_runs, question, windows, worked

FIRST = date(2026, 11, 26)


def observe(database: Database, first: date = FIRST, policy: Resolved = POLICY) -> Found:
    now = database.ask("congvu_owner", "select congvu_now()")[0][0]
    asked = windows(policy, first, clock.day(now))
    plain = database.ask("congvu_owner", question(policy, first, asked))[0][0]
    return Found.read(json.loads(json.dumps(plain)), asked, now)


def counted(found: Found) -> tuple[int, int]:
    return found.kept, found.due


BOTH = [seen(f"11-26 {hour}", login) for hour in ("07:10", "13:10") for login in ("annv", "banv", "chinv")]


def test_the_judge_and_the_worker_know_the_same_calendar() -> None:
    calendar, day = Calendar.of(POLICY), date(2026, 1, 1)
    while day < date(2028, 1, 1):
        assert worked(POLICY, day) == calendar.day(day).working
        day += timedelta(days=1)
    with pytest.raises(Unknown, match=r"2028\.yml"):
        worked(POLICY, day)


def test_what_was_kept_of_what_was_due(office: Database) -> None:
    away(office, "CB4", "nghi_phep")
    away(office, "CB3", "nghi_phep", "afternoon")
    close(office, *BOTH, seen("11-26 07:10", "emnv"))
    found = observe(office)
    assert counted(found) == (3, 4)
    assert found.plain["reasons"] == {"leave": 3}
    assert (found.plain["unseen"], found.plain["groundless"], found.missing) == ({}, {}, [])


def falsify(database: Database, statement: str) -> None:
    """Past every trigger, as an intruder would."""
    database.ask("postgres", f"set session_replication_role = replica; {statement}")


def test_a_check_that_nobody_made_is_none(office: Database) -> None:
    close(office, *BOTH)
    falsify(office, "update mail_check set morning = true, afternoon = true where day = '2026-11-26'")
    found = observe(office)
    assert counted(found) == (3, 5)
    assert found.plain["unseen"] == {"2026-11-26": 4}


REASONS = ("leave", "mission", "shift", "joining", "leaving", "no_access", "outage", "no_records")


@pytest.mark.parametrize("why", REASONS)
def test_an_excuse_without_a_ground_is_none(office: Database, why: str) -> None:
    close(office, *BOTH)
    falsify(
        office, f"update mail_check set morning = null, morning_why = '{why}', afternoon = null, "
        f"afternoon_why = '{why}' where staff_id in ('CB1', 'CB5')",
    )  # fmt: skip
    found = observe(office)
    assert counted(found) == (3, 5)  # who was there after all, was there
    assert found.plain["groundless"] == {"2026-11-26": 4}


def say(database: Database, moment: str, verb: str, login: str) -> None:
    """A record of somebody's password."""
    statement = "insert into audit_record (at, actor, verb, subject) values (%s, 'test', %s, %s)"
    database.ask("congvu_owner", statement, moment, verb, at(login))


def test_who_had_no_password_is_excused_also_when_they_have_one_by_now(office: Database) -> None:
    say(office, "2026-11-02 09:00+07", "password.change", "dungnv")
    say(office, "2026-11-26 06:50+07", "credential.revoke", "dungnv")
    revoke(office, "dungnv", "2026-11-26 06:50+07")
    office.change("congvu_owner", "delete from credential where address = %s", at("emnv"))
    assert close(office, *BOTH)["CB5"] == close(office)["CB4"] == ("no_access", "no_access")
    for login, origin in (("dungnv", "reset"), ("emnv", "issued")):
        give_password(office, at(login), "2026-11-27T09:00:00+07:00", origin, OTHER_HASH)
    assert observe(office).plain["groundless"] == {}
    for login in ("dungnv", "emnv"):
        say(office, "2026-11-27 09:10+07", "password.change", login)
        give_password(office, at(login), "2026-11-27T09:10:00+07:00", "self")
    assert observe(office).plain["groundless"] == {}
    assert observe(office).plain["reasons"] == {"no_access": 4}


def test_another_password_since_is_no_ground(office: Database) -> None:
    close(office, *BOTH)
    say(office, "2026-11-02 09:00+07", "password.change", "emnv")
    give_password(office, at("emnv"), "2026-11-27T09:10:00+07:00", "self", OTHER_HASH)
    falsify(office, "update mail_check set morning = null, morning_why = 'no_access' where staff_id = 'CB5'")
    assert observe(office).plain["groundless"] == {"2026-11-26": 1}


@pytest.mark.parametrize(
    ("until", "source", "grounded"),
    [("13:04", "operator", False), ("13:05", "operator", True), ("14:00", "gap", False)],
    ids=["too short", "long enough", "records only"],
)
def test_an_outage_excuses_from_the_length_on_that_the_policy_says(
    office: Database, until: str, source: str, grounded: bool
) -> None:
    close(office, *BOTH)
    office.change(
        "congvu_owner", "insert into outage (starts, ends, reason, source) values (%s, %s, 'thử', %s)",
        "2026-11-26 12:00+07", f"2026-11-26 {until}+07", source,
    )  # fmt: skip
    falsify(office, "update mail_check set afternoon = null, afternoon_why = 'outage' where staff_id = 'CB5'")
    assert observe(office).plain["groundless"] == ({} if grounded else {"2026-11-26": 1})


def test_an_outage_that_was_withdrawn_is_told_and_is_no_ground(office: Database) -> None:
    close(office, *BOTH)
    office.change(
        "congvu_owner", "insert into outage (starts, ends, reason, withdrawn_at) "
        "values ('2026-11-26 13:00+07', '2026-11-26 17:00+07', 'thử', '2026-11-27 09:00+07')",
    )  # fmt: skip
    falsify(office, "update mail_check set afternoon = null, afternoon_why = 'outage' where staff_id = 'CB5'")
    plain = observe(office).plain
    assert (plain["outages"], plain["groundless"]) == ([], {"2026-11-26": 1})
    assert [each["reason"] for each in plain["withdrawn"]] == ["thử"]


def test_a_day_that_nobody_wrote_down_counts_against_all(office: Database) -> None:
    close(office, *BOTH)
    falsify(office, "delete from mail_check where day = '2026-11-26'")
    office.set_now("2026-11-27 07:00+07")
    found = observe(office)
    assert (found.missing, counted(found)) == ([THURSDAY], (0, 5))
    office.set_now("2026-11-28 05:00+07")  # Friday's night is not over
    assert observe(office).missing == [THURSDAY]
    office.set_now("2026-11-28 07:00+07")
    assert observe(office).missing == [THURSDAY, FRIDAY]


def test_a_day_off_that_was_written_down_as_work_counts_for_nothing(office: Database) -> None:
    close(office, *BOTH)
    sunday = "'2026-11-22', 'CB1', 'vp', true, '', true, '', false"
    falsify(
        office,
        "insert into mail_check (day, staff_id, unit, morning, morning_why, afternoon, afternoon_why, "
        "correction) "
        f"values ({sunday})",
    )
    assert counted(observe(office, date(2026, 11, 22))) == (3, 5)  # of Monday and Wednesday nothing is known


def test_people_count_in_the_unit_in_which_they_served_that_day(office: Database) -> None:
    close(office, *BOTH)
    people = [person(*each, unit="ccvc") for each in PEOPLE.items()]
    converge(office, organisation(*people, units=("vp", "ccvc")))
    assert observe(office).plain["units"] == [{"unit": "vp", "people": 5, "due": 5, "kept": 3}]


def test_a_correction_counts_and_is_told(office: Database) -> None:
    log(office, seen("11-20 12:00", "annv"))
    close(office, *BOTH)
    away(office, "CB5", "nghi_om")
    office.set_now("2026-11-28 00:30+07")
    carry_on(office)
    found = observe(office)
    assert found.plain["corrections"] == 1
    assert found.plain["reasons"]["leave"] == 2


def test_years_that_are_not_decided_are_named(office: Database) -> None:
    close(office, *BOTH)
    office.set_now("2027-01-05 00:30+07")
    carry_on(office)
    assert observe(office).estimated() == [2027]


# -- boxes -----------------------------------------------------------------------------------------


def test_boxes_are_asked_about_from_the_day_after_they_were_made(office: Database) -> None:
    close(office, opened("11-26 07:10", "annv"), opened("11-26 14:00", "annv"))
    office.set_now("2026-11-27 07:00+07")
    (told,) = box_days(observe(office), "office")
    assert told[:2] == (at("vp"), THURSDAY)
    assert told[2] == {"box": at("vp"), "day": "2026-11-26", "longest": 290, "head": None}
    falsify(office, "delete from box_check")
    assert [row for *_, row in box_days(observe(office), "office")] == [None]
    falsify(office, "update mailbox set made_at = '2026-11-26 12:00+07' where kind = 'office'")
    assert list(box_days(observe(office), "office")) == []


def test_how_many_days_in_a_row_a_head_did_not_come(office: Database) -> None:
    roles = "insert into box_role (box, kind, staff_id, role) values (%s, 'unit', 'CB5', 'head')"
    office.change("congvu_admin", roles, at("box-vp"))
    log(office, *(seen(f"11-{day} {hour}", "annv") for day in (26, 27, 30) for hour in ("07:10", "13:10")))
    log(office, *(seen(f"12-{day:02} {hour}", "annv") for day in (1, 2) for hour in ("07:10", "13:10")))
    log(office, opened("11-26 09:00", "emnv", "box-vp"))
    away(office, "CB5", "cong_tac", day="2026-11-30")
    office.set_now("2026-12-03 00:30+07")
    carry_on(office)
    office.set_now("2026-12-03 07:00+07")
    assert longest_runs(observe(office)) == {at("box-vp"): 3}  # Friday, Tuesday, Wednesday
    falsify(office, "update box_check set head = true")
    assert longest_runs(observe(office)) == {at("box-vp"): 4}  # nobody was there


# -- people in small units -------------------------------------------------------------------------


def unit(name: str, people: int, due: int = 10) -> dict[str, Any]:
    return {"unit": name, "people": people, "kept": due - 1, "due": due}


@pytest.mark.parametrize(
    ("units", "shown"),
    [
        ([unit("a", 9), unit("b", 7)], ["a", "b"]),
        ([unit("a", 9), unit("b", 3), unit("c", 2)], ["a", "các đơn vị ít người"]),
        # one small unit alone could be inferred from the total: the next larger one goes with it
        ([unit("a", 9), unit("b", 7), unit("c", 2)], ["a", "các đơn vị ít người"]),
        ([unit("a", 9), unit("c", 2)], ["các đơn vị ít người"]),
        ([unit("c", 2)], []),
        ([unit("a", 9), unit("b", 3, due=0)], ["a"]),
    ],
)
def test_nobody_is_shown_in_a_small_group(units: list[dict[str, Any]], shown: list[str]) -> None:
    assert [name for name, *_ in groups(units, 5)] == shown


def test_windows_follow_the_hours_of_their_day() -> None:
    winter = replace(POLICY.working_hours[0], since=date(2026, 11, 27), morning="07:30-11:30")
    policy = replace(POLICY, working_hours=(*POLICY.working_hours, winter))
    found = windows(policy, date(2026, 11, 24), FRIDAY)
    assert [window.day.day for window in found] == [25, 25, 26, 26, 27, 27]
    assert clock.local(found[2].starts) == datetime(2026, 11, 26, 6, 30, tzinfo=clock.TIMEZONE)
    assert clock.local(found[4].starts) == datetime(2026, 11, 27, 7, 0, tzinfo=clock.TIMEZONE)
