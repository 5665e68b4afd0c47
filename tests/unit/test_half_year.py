"""Half a year of sixty people, from files of the journal to what each working day came to: exact figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from directories import converge, give_password, states
from fix_checks import carry_on
from fix_database import Database
from half_year import (
    BOX,
    CLERK,
    DEPUTY,
    DOWN,
    FIRST,
    LAST,
    LOST,
    OPEN,
    PEOPLE,
    UNTOLD,
    Day,
    days,
    login_of,
    working,
)
from lives import live, write
from organisations import Box, at, organisation, person
from test_checks_observed import observe

from congvu.accounts import Organisation
from congvu.clock import TIMEZONE
from congvu.services import cli

TABLE = Path(__file__).parent / "files" / "half_year.md"
SET_BEFORE = {"CB05": "2026-05-31T09:00", "CB06": "2026-03-31T09:00", "CB07": "2026-03-31T09:00",
              "CB13": "2026-04-30T09:00"}  # fmt: skip
ELSEWHERE = date(2026, 9, 16)
SMALL = {"CB15", "CB16", "CB17"}  # a unit of three


def people(joined: bool) -> Organisation:
    box = Box(at(BOX), "office", "vp", frozenset({(CLERK, "clerk"), (DEPUTY, "deputy")}))
    made = []
    for number, staff_id in enumerate(PEOPLE):
        unit = "ttra" if staff_id in SMALL else ("vp", "ccvc", "tccb")[number % 3]
        if staff_id in (CLERK, DEPUTY):
            unit = "vp"
        service = {"start": "2026-09-09", "end": date(2026, 11, 18)} if staff_id == "CB09" else {}
        if staff_id != "CB09" or joined:
            made.append(
                person(
                    staff_id, f"Nguyễn Văn {staff_id}", unit=unit, address=at(login_of(staff_id)), **service
                )
            )
    return organisation(*made, units=("vp", "ccvc", "tccb", "ttra"), boxes=[box])


def away(database: Database, who: str, kind: str, days: tuple[date, date], part: str = "") -> None:
    statement = "insert into absence (staff_id, kind, starts, ends, part) values (%s, %s, %s, %s, %s)"
    database.change("congvu_admin", statement, who, kind, *days, part)


def absences(database: Database) -> None:
    """What the personnel office knows beforehand."""
    for day in (2, 9, 16, 23, 30):
        away(database, "CB05", "nghi_phep", (date(2026, 10, day),) * 2, "morning")
    away(database, "CB05", "thai_san", (date(2026, 12, 1), LAST))
    day = FIRST
    while day <= LAST:
        if working(day):
            other = "afternoon" if day.isocalendar().week % 2 else "morning"
            away(database, "CB10", "theo_ca", (day, day), other)
        day += timedelta(days=1)
    away(database, CLERK, "nghi_phep", (date(2026, 8, 10), date(2026, 8, 14)))


def outage(database: Database, *words: str) -> None:
    command = ["outage", "--host", database.host, "--database", database.name, "add", *words]
    assert cli.main(command) == 0


def password(who: str, set_at: str, origin: str = "self") -> Callable[[Database], None]:
    return lambda db: give_password(db, at(login_of(who)), f"{set_at}:00+07:00", origin)


HAPPENS: dict[date, Callable[[Database], Any]] = {
    date(2026, 9, 9): lambda db: (converge(db, people(True)), password("CB09", "2026-09-09T10:00")(db)),
    date(2026, 10, 1): password("CB07", "2026-09-30T17:00"),
    date(2026, 10, 2): password("CB06", "2026-10-02T07:00"),
    date(2026, 10, 15): lambda db: outage(db, "--from", f"{DOWN[0]:%Y-%m-%d %H:%M}", "--until",
                                          f"{DOWN[1]:%Y-%m-%d %H:%M}", "--reason", "Hỏng nguồn máy chủ"),
    date(2026, 10, 26): lambda db: away(db, "CB11", "nghi_phep", (date(2026, 10, 19), date(2026, 10, 23))),
    date(2026, 11, 6): lambda db: outage(db, "--from", "2026-11-05 06:00", "--until", "2026-11-05 09:00",
                                         "--unit", "ttra", "--reason", "Mất điện"),
    date(2026, 11, 16): password("CB13", "2026-11-16T07:00"),
    date(2026, 12, 7): password("CB11", "2026-12-07T06:00", "reset"),
    date(2026, 12, 8): password("CB11", "2026-12-08T07:00"),
}  # fmt: skip


def dawn(database: Database, day: date) -> dict[str, str]:
    """What happens on the day besides mail; then the states of all accounts."""
    database.set_now(f"{day} 10:00+07")
    HAPPENS.get(day, lambda _: None)(database)
    return states(database)


def collected(database: Database, day: Day, home: Path) -> None:
    """The day's lines in the journals of the hosts, and a life of the collector that takes them in.

    On one day some lines are another host's, whose collector begins two days later.
    """
    now = datetime.combine(day.date, time(23, 59), TIMEZONE)
    theirs = [each for each in day.entries if day.date == ELSEWHERE and at("nguoi5")[:6] in each["MESSAGE"]]
    ours = [each for each in day.entries if each not in theirs] if theirs else day.entries
    if theirs:
        write(home / "second", "system", "second", theirs)
    write(home / "mail", f"{day.date:%Y-%m}", "mail", ours)
    live(database, "mail", home / "mail", now)
    if day.date == ELSEWHERE + timedelta(days=2):
        live(database, "second", home / "second", now)


@pytest.fixture(scope="module")
def half_year(
    shared_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Database, list[Day]]:
    """The directory after the last night of the year, and the days as they were played."""
    database, home = shared_database, tmp_path_factory.mktemp("journals")
    for host in ("mail", "second"):
        (home / host).mkdir()
    database.set_now("2026-06-30 05:00+07")
    converge(database, people(False))
    database.set_now("2026-07-01 05:00+07")
    for staff_id in PEOPLE:
        if staff_id != "CB09":
            password(staff_id, SET_BEFORE.get(staff_id, "2026-07-01T05:00"))(database)
    absences(database)
    played: list[Day] = []
    for day in days(lambda today: dawn(database, today)):
        database.set_now(f"{day.date} 23:59+07")
        collected(database, day, home)
        played.append(day)
        if day.date not in (date(2026, 7, 7), date(2026, 7, 8)):  # two nights the host was off
            database.set_now(f"{day.date + timedelta(days=1)} 00:30+07")
            carry_on(database)
    return database, played


def figures(database: Database, who: str) -> list[str]:
    """A person's row of the table."""
    rows = database.ask(
        "congvu_owner",
        "select morning, morning_why, afternoon, afternoon_why from mail_check_last "
        "where staff_id = %s and day between %s and %s",
        who, FIRST, LAST,
    )  # fmt: skip
    due = [[half for half in (am, pm) if half is not None] for am, _, pm, _ in rows]
    row = [len([day for day in due if day]), len([day for day in due if day and all(day)])]
    told = [str(count) for count in row]
    for half in (0, 2):
        counts = Counter(day[half] for day in rows)
        reasons = Counter(day[half + 1] for day in rows if day[half + 1])
        not_due = ", ".join(f"{why} {count}" for why, count in sorted(reasons.items())) or "-"
        told += [str(counts[True]), str(counts[False]), not_due]
    return told


def table(columns: int) -> dict[str, list[str]]:
    lines = [
        line.strip("| \n").split(" | ") for line in TABLE.read_text("utf-8").splitlines() if line[:2] == "| "
    ]
    return {row[0]: row[1:] for row in lines if len(row) == columns and row[0] not in ("person", "day")}


def in_order(row: list[str]) -> list[str]:
    return [", ".join(sorted(cell.split(", "))) for cell in row]


@pytest.mark.parametrize("who", PEOPLE[:15])
def test_the_figures_are_those_that_were_worked_out_by_hand(
    half_year: tuple[Database, list[Day]], who: str
) -> None:
    assert figures(half_year[0], who) == in_order(table(9)[who])


def test_what_the_others_did_is_what_was_seen_of_them(half_year: tuple[Database, list[Day]]) -> None:
    database, played = half_year
    rows = database.ask(
        "congvu_owner",
        "select day, staff_id, morning, afternoon from mail_check_last where staff_id > 'CB15' and day >= %s",
        FIRST,
    )
    halves = {(day, who, half): said for day, who, *both in rows
              for half, said in zip(("morning", "afternoon"), both, strict=True)}  # fmt: skip
    seen = {key for key, said in halves.items() if said}
    missed = {key for key, said in halves.items() if said is False}
    leave = {(CLERK, date(2026, 8, day)) for day in range(10, 15)}
    meant = {(day.date, who, half) for day in played if working(day.date) for who, half in day.came
             if (who, day.date) not in leave}  # fmt: skip
    assert seen == meant
    assert len(rows) == 45 * 129
    # Three afternoons and the outage of one unit are no fault of anybody.
    assert not missed & {
        (day, who, "afternoon") for who in PEOPLE for day in (DOWN[0].date(), LOST[0].date(), UNTOLD)
    }


def test_what_came_late_corrected_days_that_were_closed(half_year: tuple[Database, list[Day]]) -> None:
    database, _ = half_year
    rows = database.ask("congvu_owner", "select day, staff_id from mail_check where correction")
    told: dict[date, set[str]] = defaultdict(set)
    for day, who in rows:
        told[day].add(who)
    assert all(who.startswith("CB5") for who in told.pop(date(2026, 9, 16)))  # lines of another host
    assert "CB01" in told.pop(date(2026, 10, 14))  # the outage was stated on the day after
    assert {"CB15"} <= told.pop(date(2026, 11, 5)) <= SMALL
    assert told == {date(2026, 10, day): {"CB11"} for day in range(19, 24)}
    assert database.ask("congvu_owner", "select count(*) from check_day") == [(185,)]


def test_the_office_box_was_left_alone_as_long_as_was_worked_out(
    half_year: tuple[Database, list[Day]],
) -> None:
    database, _ = half_year
    rows = dict(
        database.ask("congvu_owner", "select day::text, longest from box_check_last where box = %s", at(BOX))
    )
    expected = {day: int(minutes[0]) for day, minutes in table(2).items() if day not in PEOPLE}
    assert {day: rows[day] for day in expected} == expected
    wide = sorted(day for day, longest in rows.items() if longest > 240)
    assert wide == [f"2026-08-{day}" for day in (10, 11, 12, 13, 14, 17)]


def test_nothing_is_missing_but_what_was_lost(half_year: tuple[Database, list[Day]]) -> None:
    """The collector noticed it, and in half a year nothing else: not by comparing, not at its own ends."""
    database, _ = half_year
    gaps = database.ask("congvu_owner", "select host, detail from event where kind = 'gap' order by id")
    full = {"from": "2026-12-09T05:20:00+00:00", "until": "2026-12-09T07:15:00+00:00",
            "why": "not written", "source": "journald"}  # fmt: skip
    moment = "2026-12-17T06:40:01+00:00"
    untold = {"from": moment, "until": moment, "why": "no event", "source": "password", "count": 1,
              "examples": ["webmail-CB01-121713400"]}  # fmt: skip
    assert gaps == [("mail", full), ("mail", untold)]
    (compared,) = database.ask("congvu_owner", "select reconciled from event_cursor where host = 'mail'")
    assert compared[0] == datetime(2026, 12, 31, 23, 57, tzinfo=TIMEZONE)


def test_the_doors_were_shut_on_the_days_that_were_worked_out(half_year: tuple[Database, list[Day]]) -> None:
    _, played = half_year
    shut: dict[str, list[str]] = defaultdict(list)
    for day in played:
        for who in PEOPLE:
            if day.states.get(at(login_of(who)), "due") not in OPEN:
                shut[who].append(f"{day.date:%m-%d}")
    assert {who: f"{days[0]} to {days[-1]}, {len(days)}" for who, days in shut.items()} == {
        who: " ".join(row) for who, row in table(2).items() if who in PEOPLE
    }


def test_the_judge_finds_the_same(half_year: tuple[Database, list[Day]]) -> None:
    database, _ = half_year
    database.set_now("2027-01-01 08:00+07")
    found = observe(database, FIRST)
    rows = [figures(database, who) for who in PEOPLE]
    assert (found.kept, found.due) == (sum(int(row[1]) for row in rows), sum(int(row[0]) for row in rows))
    assert (found.plain["unseen"], found.plain["groundless"], found.missing) == ({}, {}, [])


@pytest.mark.parametrize(
    ("moment", "state"),
    [("2026-07-29 23:59", "active"), ("2026-07-30 00:00", "due"), ("2026-10-30 23:59", "due"),
     ("2026-10-31 00:00", "expired")],
)  # fmt: skip
def test_the_password_of_30_april_ends_with_30_october(database: Database, moment: str, state: str) -> None:
    database.set_now("2026-06-30 05:00+07")
    converge(database, people(False))
    give_password(database, at("nguoi13"), "2026-04-30T09:00:00+07:00", "self")
    database.set_now(f"{moment}+07")
    with database.store() as db:
        account: Any = db.account(at("nguoi13"))
    assert account.state == state
