"""Who has left and still takes mail: to whom those who write to them are sent, from when until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from directories import converge
from fix_database import Database
from organisations import Alias, Box, Organisation, at, organisation, person

LEFT = date(2026, 11, 22)
OFFICE = Box(at("vp"), "office", "vp")


def files(
    *, end: date | None = LEFT, units: tuple[str, ...] = ("vp", "ccvc"), unit: str = "ccvc"
) -> Organisation:
    people = (person("CB1", unit=unit, end=end), person("CB2", "Lê Bình"))
    return organisation(*people, units=units, boxes=[OFFICE], aliases=[Alias(at("an-cu"), "CB1")])


@pytest.fixture
def office(database: Database) -> Database:
    """One of two people has left the unit ccvc; it is the day after the last day."""
    database.set_now("2026-11-23 00:00+07")
    converge(database, files())
    return database


def told(database: Database) -> list[tuple[object, ...]]:
    return database.ask("dovecot", "select * from leaver order by address")


def test_senders_are_sent_to_the_box_of_the_unit(office: Database) -> None:
    assert told(office) == [(at("annv"), at("box-ccvc"), "Phòng ccvc", [at("an-cu")])]


def test_from_the_day_after_the_last_day(office: Database) -> None:
    office.set_now("2026-11-22 23:59+07")
    assert told(office) == []


def test_who_comes_back_is_no_leaver(office: Database) -> None:
    converge(office, files(end=None))
    assert told(office) == []


def test_who_has_not_begun_is_no_leaver(office: Database) -> None:
    wanted = files(end=None)
    later = replace(wanted.people["CB1"], start=date(2026, 12, 1), end=date(2027, 12, 1))
    converge(office, replace(wanted, people={**wanted.people, "CB1": later}))
    assert told(office) == []


def test_not_once_the_mailbox_is_closed(office: Database) -> None:
    converge(office, organisation(person("CB2", "Lê Bình"), units=("vp", "ccvc"), boxes=[OFFICE]))
    assert told(office) == []
    assert office.ask("postfix", "select * from delivery where address = %s", at("annv")) == []


def test_to_an_office_where_the_unit_has_gone_too(office: Database) -> None:
    """The schema keeps the person in the closed unit; files would have to name another."""
    office.change("congvu_owner", "update unit set closed = true where code = 'ccvc'")
    office.change("congvu_owner", "update mailbox set closed = true where unit = 'ccvc'")
    assert told(office) == [(at("annv"), at("vp"), "Phòng vp", [at("an-cu")])]
