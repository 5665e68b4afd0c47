"""Checks of mail in the directory: what a day came to for everybody, and what comes to light afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest
from directories import converge, give_password
from fix_checks import (
    FRIDAY,
    PEOPLE,
    POLICY,
    THURSDAY,
    away,
    came_to,
    carry_on,
    close,
    log,
    revoke,
    seen,
)
from fix_database import Database
from organisations import at, organisation, person

from congvu.services import cli


def test_a_day_that_is_over_is_written_down_for_everybody(office: Database) -> None:
    rows = [
        seen("11-26 07:30", "annv"),
        seen("11-26 13:30", "annv", door="imaps"),
        seen("11-26 06:55", "banv"),  # early, and right
        seen("11-26 07:40", "banv"),  # twice in the morning is once
        seen("11-26 06:29", "chinv"),
        seen("11-26 14:30", "chinv"),  # the window is over
        seen("11-26 07:10", "dungnv", "read", box="dungnv"),
        seen("11-26 13:10", "dungnv", "read", box="vp"),  # another box
        seen("11-26 07:10", "emnv", "login_refused"),
        seen("11-26 13:10", "emnv", door="submissions"),
    ]
    assert close(office, *rows) == {
        "CB1": (True, True),
        "CB2": (True, False),
        "CB3": (False, False),
        "CB4": (True, False),
        "CB5": (False, False),
    }


def test_what_counts_is_the_policys(office: Database) -> None:
    log(office, seen("11-26 07:30", "annv", door="imaps"), seen("11-26 13:10", "annv"))
    office.set_now("2026-11-27 00:30+07")
    carry_on(office, replace(POLICY, values={**POLICY.values, "check.counts": ("webmail_login",)}))
    assert came_to(office)["CB1"] == (False, True)


def test_the_spelling_of_a_login_does_not_matter(office: Database) -> None:
    office.change(
        "congvu_owner", "insert into domain_name (name, home) values ('ten.example', 'snv.example')"
    )
    moved = ("2026-11-26 13:10+07", "login", "imaps", "annv@ten.example", None)
    found = close(office, ("2026-11-26 07:30+07", "login", "webmail", at("AnNV"), None), moved)
    assert found["CB1"] == (True, True)


def test_who_is_away_owes_nothing_and_which_leave_it_is_is_not_kept(office: Database) -> None:
    away(office, "CB1", "nghi_om", "morning")
    away(office, "CB2", "thai_san")
    away(office, "CB3", "cong_tac")
    away(office, "CB4", "theo_ca", "afternoon")
    assert close(office, seen("11-26 13:10", "annv"), seen("11-26 07:10", "annv")) == {
        "CB1": ("leave", True),
        "CB2": ("leave", "leave"),
        "CB3": ("mission", "mission"),
        "CB4": (False, "shift"),
        "CB5": (False, False),
    }


def test_days_at_the_edge_of_service_and_without_access(office: Database) -> None:
    office.change("congvu_admin", "update person set starts = '2026-11-26' where staff_id = 'CB1'")
    office.change("congvu_admin", "update person set ends = '2026-11-26' where staff_id = 'CB2'")
    office.change("congvu_admin", "update person set ends = '2026-11-25' where staff_id = 'CB3'")
    revoke(office, "dungnv", "2026-11-26 10:00+07")
    office.change("congvu_owner", "delete from credential where address = %s", at("emnv"))
    assert close(office, seen("11-26 07:10", "annv")) == {
        "CB1": ("joining", "joining"),
        "CB2": ("leaving", "leaving"),
        "CB4": (False, "no_access"),
        "CB5": ("no_access", "no_access"),
    }


def test_a_check_counts_whatever_became_of_the_password_on_that_day(office: Database) -> None:
    revoke(office, "annv", "2026-11-26 07:40+07")
    office.change("congvu_owner", "delete from credential where address = %s", at("banv"))
    give_password(office, at("banv"), "2026-11-26T15:00:00+07:00", "issued")
    log(office, seen("11-20 12:00", "annv"))
    visits = (seen("11-26 07:20", "annv"), seen("11-26 07:20", "banv"), seen("11-26 13:10", "chinv"))
    found = close(office, *visits)
    assert (found["CB1"], found["CB2"]) == ((True, "no_access"), (True, "no_access"))


def test_a_check_counts_too_when_it_comes_to_light_after_the_night(office: Database) -> None:
    revoke(office, "annv", "2026-11-26 07:40+07")
    log(office, seen("11-20 12:00", "annv"))
    close(office, seen("11-26 07:20", "emnv"), seen("11-26 13:10", "emnv"))
    assert came_to(office)["CB1"] == ("no_access", "no_access")
    log(office, seen("11-26 07:20", "annv"), taken="2026-11-27 09:00+07")
    office.set_now("2026-11-28 00:30+07")
    carry_on(office)
    assert came_to(office)["CB1"] == (True, "no_access")


def test_a_mailbox_that_was_made_at_noon_owes_no_morning(office: Database) -> None:
    office.set_now("2026-11-26 10:00+07")
    people = [person(staff_id, name) for staff_id, name in [*PEOPLE.items(), ("CB6", "Lê Giang")]]
    converge(office, organisation(*people))
    give_password(office, at("giangl"), "2026-11-26T10:00:00+07:00", "issued")
    assert close(office, seen("11-26 07:10", "annv"), seen("11-26 13:10", "annv"))["CB6"] == (
        "joining",
        False,
    )


def test_nobody_is_blamed_for_an_outage_and_who_came_is_seen(office: Database) -> None:
    assert cli_outage(office, "add", "--from", "2026-11-26 13:20", "--until", "2026-11-26 15:00",
                      "--reason", "Mất điện phòng máy chủ") == 0  # fmt: skip
    assert close(office, seen("11-26 07:10", "annv"), seen("11-26 13:10", "annv"))["CB1"] == (True, True)
    assert came_to(office)["CB2"] == (False, "outage")


def cli_outage(database: Database, *words: str) -> int:
    """In the evening of Thursday, or of Friday where it withdraws."""
    act, *options = words
    database.set_now(f"2026-11-{27 if act == 'withdraw' else 26} 21:00+07")
    return cli.main(["outage", "--host", database.host, "--database", database.name, act, *options])


def test_where_nothing_was_recorded_nobody_is_said_to_have_been_away(office: Database) -> None:
    assert close(office, seen("11-26 13:10", "annv")) == {
        "CB1": ("no_records", True),
        **{f"CB{n}": ("no_records", False) for n in range(2, 6)},
    }


@pytest.mark.parametrize(
    "gap",
    [
        '{"from": "2026-11-26T07:00+07:00", "until": "2026-11-26T09:00+07:00", "why": "disk full"}',
        # a single login, which may have been anybody's
        '{"from": "2026-11-26T07:10+07:00", "until": "2026-11-26T07:10+07:00", "source": "dovecot"}',
    ],
    ids=["hours", "one login"],
)
def test_a_gap_of_the_records_is_no_fault_of_people(office: Database, gap: str) -> None:
    office.ask(
        "congvu_owner",
        "insert into event (happened_at, host, kind, detail) "
        "values ('2026-11-26 09:00+07', 'mail', 'gap', %s)",
        gap,
    )
    assert close(office, seen("11-26 06:50", "annv"), seen("11-26 13:10", "annv"))["CB1"] == (True, True)
    assert came_to(office)["CB2"] == ("no_records", False)
    assert carry_on(office) == []
    assert office.ask("congvu_admin", "select source, count(*) from outage group by 1") == [("gap", 1)]


def test_a_gap_of_the_mail_filters_records_excuses_nobody(office: Database) -> None:
    office.ask(
        "congvu_owner",
        "insert into event (happened_at, host, kind, detail) values ('2026-11-26 09:00+07', 'mail', 'gap', "
        """'{"from": "2026-11-26T07:00+07:00", "until": "2026-11-26T09:00+07:00", "source": "rspamd"}')""",
    )
    assert close(office, seen("11-26 06:50", "annv"), seen("11-26 13:10", "annv"))["CB2"] == (False, False)


# -- what comes to light afterwards ----------------------------------------------------------------


def test_a_closed_day_is_not_closed_again_and_missed_ones_are_made_up_for(office: Database) -> None:
    before = close(office, seen("11-26 07:10", "annv"), seen("11-26 13:10", "annv"))
    rows = office.ask("congvu_admin", "select * from mail_check order by day, staff_id, at")
    assert carry_on(office) == []
    assert office.ask("congvu_admin", "select * from mail_check order by day, staff_id, at") == rows
    office.set_now("2026-12-01 00:30+07")
    assert carry_on(office) == [
        "2026-11-27: 5 people",
        "2026-11-28: Nghỉ hằng tuần",
        "2026-11-29: Nghỉ hằng tuần",
        "2026-11-30: 5 people",
    ]
    assert came_to(office) == before
    closed = "select subject from audit_record where verb = 'checks.close' order by id desc limit 4"
    assert [day for (day,) in office.ask("congvu_admin", closed)] == [
        f"2026-11-{day}" for day in (30, 29, 28, 27)
    ]


def test_late_news_is_a_correction_that_leaves_what_was_written(office: Database) -> None:
    log(office, seen("11-20 12:00", "annv"))  # events are kept since then
    close(office, seen("11-26 07:10", "annv"), seen("11-26 13:10", "annv"))
    log(office, seen("11-26 07:20", "banv"), taken="2026-11-27 09:00+07")
    away(office, "CB3", "nghi_phep")
    office.set_now("2026-11-28 00:30+07")
    assert carry_on(office)[0] == "2026-11-26: corrected for 2 people, 0 boxes"
    assert came_to(office)["CB2"] == (True, False)
    assert came_to(office)["CB3"] == ("leave", "leave")
    first = office.ask("congvu_admin", "select morning from mail_check where staff_id = 'CB2' and day = %s "
                       "and not correction", THURSDAY)  # fmt: skip
    assert first == [(False,)]
    office.set_now("2026-11-28 00:40+07")
    assert carry_on(office) == []


def test_what_was_seen_stays_seen_when_its_event_has_expired(office: Database) -> None:
    log(office, seen("11-20 12:00", "annv"))
    close(office, seen("11-26 07:10", "annv"), seen("11-26 13:10", "annv"))
    office.ask("congvu_owner", "delete from event where happened_at > '2026-11-26'")
    revoke(office, "banv", "2026-11-27 10:00+07")
    office.set_now("2026-11-28 00:30+07")
    carry_on(office)
    assert came_to(office)["CB1"] == (True, True)


def test_an_outage_that_is_withdrawn_excuses_nobody_any_more(office: Database) -> None:
    log(office, seen("11-20 12:00", "annv"))
    cli_outage(
        office, "add", "--from", "2026-11-26 07:00", "--until", "2026-11-26 08:00", "--reason", "Bảo trì"
    )
    close(office, seen("11-26 07:10", "annv"), seen("11-26 13:10", "annv"))
    number = office.ask("congvu_admin", "select id from outage")[0][0]
    assert cli_outage(office, "withdraw", str(number), "--reason", "ghi nhầm ngày") == 0
    office.set_now("2026-11-28 00:30+07")
    carry_on(office)
    assert came_to(office)["CB2"] == (False, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "13 giờ", "--until", "2026-11-26 14:00"), "is no moment"),
        (("--from", "2026-11-25 15:00", "--until", "2026-11-25 14:00"), "is not after"),
        (("--from", "2026-11-26 00:00", "--until", "2026-11-26 21:01"), "is not over yet"),
        (("--from", "2026-11-25 13:00", "--until", "2026-11-25 14:00", "--unit", "x"), "is no open unit"),
    ],
)
def test_an_outage_that_cannot_be_changes_nothing(
    office: Database, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert cli_outage(office, "add", *words, "--reason", "Mất điện") == 1
    assert said in capsys.readouterr().err
    assert office.ask("congvu_admin", "select count(*) from outage") == [(0,)]


def test_an_outage_that_is_stated_twice_is_one(office: Database, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("add", "--from", "2026-11-25 13:00", "--until", "2026-11-25 14:00", "--reason", "Mất điện")
    assert cli_outage(office, *words) == cli_outage(office, *words) == 0
    assert "was stated before" in capsys.readouterr().out
    assert cli_outage(office, "list") == 0
    assert "2026-11-25 13:00 - 2026-11-25 14:00, everybody: Mất điện (operator)" in capsys.readouterr().out
    assert office.ask("congvu_admin", "select count(*) from audit_record where verb = 'outage.add'") == [(1,)]


def test_old_days_are_forgotten_as_they_were_sealed_and_the_record_of_them_stays(office: Database) -> None:
    """Whole days of when it was written down: a correction goes later than what it corrects."""
    log(office, seen("11-20 12:00", "annv"))
    close(office, seen("11-26 07:10", "annv"), seen("11-26 13:10", "annv"))
    away(office, "CB3", "nghi_phep")
    office.set_now("2026-11-30 00:30+07")
    assert carry_on(office)[0] == "2026-11-26: corrected for 1 people, 0 boxes"
    written = "select day, staff_id from mail_check where day <= '2026-11-26' order by 1, 2"
    office.set_now("2027-11-27 23:30+07")  # of what was written on the 26th and 27th only the former is over
    carry_on(office)
    assert {day for day, _ in office.ask("congvu_admin", written)} == {THURSDAY}
    office.set_now("2027-11-28 00:30+07")
    carry_on(office)
    assert office.ask("congvu_admin", written) == [(THURSDAY, "CB3")]
    assert office.ask("congvu_admin", "select count(*) from box_check where day = %s", THURSDAY) == [(0,)]
    assert office.ask("congvu_admin", "select count(*) from check_day where day = %s", THURSDAY) == [(1,)]
    told = (
        "select detail ->> 'before' from audit_record where verb = 'checks.expire' order by id desc limit 1"
    )
    assert office.ask("congvu_admin", told) == [("2026-11-28",)]


def test_people_are_of_the_unit_in_which_they_served_that_day(office: Database) -> None:
    log(office, seen("11-20 12:00", "annv"))
    close(office, seen("11-26 07:10", "annv"), seen("11-26 13:10", "annv"))
    converge(
        office, organisation(*(person(*each, unit="ccvc") for each in PEOPLE.items()), units=("vp", "ccvc"))
    )
    away(office, "CB3", "nghi_phep")
    office.set_now("2026-11-30 00:30+07")
    carry_on(office)
    units = (
        "select day, correction, array_agg(distinct unit) from mail_check "
        "where day >= %s group by 1, 2 order by 1, 2"
    )
    assert office.ask("congvu_admin", units, THURSDAY) == [
        (THURSDAY, False, ["vp"]), (THURSDAY, True, ["vp"]), (FRIDAY, False, ["ccvc"]),
    ]  # fmt: skip
