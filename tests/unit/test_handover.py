"""A box passes from one head to the next: the pure rules, and what the database makes of them on each day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from directories import converge, give_password
from fix_database import Database
from organisations import Box, at, organisation, person

from congvu import accounts, store
from congvu.accounts import Handover, Organisation

BOX = at("box-vp")
NEXT = Handover(BOX, "45/QĐ-SNV", date(2026, 11, 20), date(2026, 12, 1), "CB1", "CB2")


def wanted(**roles: str) -> Organisation:
    """Three people; in the unit's box the roles that are given, by staff id."""
    people = [person(f"CB{number}", name) for number, name in enumerate(("An", "Bình", "Cúc"), 1)]
    held = frozenset((roles or {"CB1": "head", "CB3": "deputy"}).items())
    return organisation(*people, boxes=[Box(BOX, "unit", "vp", held)])


def faults(asked: Handover, *made: Handover, staff: Organisation | None = None) -> set[str]:
    with pytest.raises(accounts.InputError) as told:
        accounts.plan_handover(asked, staff or wanted(), made)
    return {fault.column for fault in told.value.faults}


def test_the_giver_is_the_head_of_the_day() -> None:
    assert accounts.plan_handover(replace(NEXT, giver=None), wanted(), []) == NEXT
    third = Handover(BOX, "50/QĐ-SNV", date(2026, 12, 1), date(2026, 12, 1), None, "CB3", acting=True)
    assert accounts.plan_handover(third, wanted(), [NEXT]) == replace(third, giver="CB2")


def test_a_box_without_a_head_has_no_giver() -> None:
    planned = accounts.plan_handover(NEXT, wanted(CB3="deputy"), [])
    assert planned is not None
    assert planned.giver is None


def test_back_to_the_old_head() -> None:
    back = Handover(BOX, "60/QĐ-SNV", date(2026, 12, 5), date(2026, 12, 5), None, "CB1")
    assert accounts.plan_handover(back, wanted(), [NEXT]) == replace(back, giver="CB2")


def test_of_two_for_one_day_the_last_counts() -> None:
    other = replace(NEXT, decision="46/QĐ-SNV", receiver="CB3", giver="CB2")
    assert accounts.in_force(BOX, [NEXT, other], date(2026, 12, 1)) == other
    assert accounts.in_force(BOX, [NEXT, other], date(2026, 11, 30)) is None


def test_the_same_act_again_is_nothing_and_another_by_the_same_decision_a_fault() -> None:
    assert accounts.plan_handover(NEXT, wanted(), [NEXT]) is None
    assert faults(replace(NEXT, receiver="CB3"), NEXT) == {"decision"}


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"box": at("annv")}, "box"),
        ({"decision": " "}, "decision"),
        ({"receiver": "CB9"}, "receiver"),
        ({"receiver": "CB1"}, "receiver"),
        ({"decided_on": date(2026, 12, 2)}, "effective_on"),
    ],
)
def test_what_is_refused(change: dict[str, Any], column: str) -> None:
    assert column in faults(replace(NEXT, **change))


def test_nobody_takes_over_outside_the_days_of_service() -> None:
    late = wanted()
    late = replace(late, people={**late.people, "CB2": person("CB2", "Bình", "2027-01-01")})
    assert faults(NEXT, staff=late) == {"receiver"}


def test_all_faults_come_together_and_handovers_follow_one_another() -> None:
    early = Handover(BOX, "", date(2026, 11, 1), date(2026, 11, 1), None, "CB9")
    assert faults(early, NEXT) == {"decision", "receiver", "effective_on"}


def test_one_person_may_head_two_units() -> None:
    boxes = [Box(BOX, "unit", "vp", frozenset({("CB1", "head")})),
             Box(at("box-cc"), "unit", "cc", frozenset({("CB2", "head")}))]  # fmt: skip
    both = organisation(person("CB1", "An"), person("CB2", "Bình"), units=("vp", "cc"), boxes=boxes)
    assert accounts.plan_handover(NEXT, both, []) == NEXT


def test_a_file_that_would_undo_a_handover_is_refused_from_its_day_on() -> None:
    accounts.refuse_undoing(wanted(), [NEXT], date(2026, 11, 30), "organisation.yml")
    with pytest.raises(
        accounts.InputError, match=r"CB1.*undo .* to CB2 by decision 45/QĐ-SNV.*head: \[CB2\]"
    ):
        accounts.refuse_undoing(wanted(), [NEXT], date(2026, 12, 1), "organisation.yml")
    accounts.refuse_undoing(wanted(CB2="head"), [NEXT], date(2026, 12, 1), "organisation.yml")
    gone = wanted()
    gone = replace(gone, people={key: each for key, each in gone.people.items() if key != "CB2"})
    accounts.refuse_undoing(gone, [NEXT], date(2026, 12, 1), "organisation.yml")


@pytest.fixture
def directory(database: Database) -> Database:
    database.set_now("2026-11-25 08:00+07")
    converge(database, wanted())
    for local in ("an", "binh", "cuc"):
        give_password(database, at(local), "2026-11-20T08:00:00+07:00", "self")
    return database


def make(database: Database, handover: Handover) -> None:
    with database.store() as db:
        store.make_handover(db, handover, {"folders": []}, "test")


def heads(database: Database) -> dict[str, str]:
    rows = database.ask("congvu_admin", "select login, role from box_member where box = %s", BOX)
    return {login.partition("@")[0]: role for login, role in rows}


def test_a_handover_takes_effect_at_midnight_by_itself(directory: Database) -> None:
    make(directory, NEXT)
    directory.set_now("2026-11-30 23:59:59+07")
    assert heads(directory) == {"an": "head", "cuc": "deputy"}
    directory.set_now("2026-12-01 00:00+07")
    assert heads(directory) == {"binh": "head", "cuc": "deputy"}
    assert directory.ask("postfix", "select login from sender where address = %s", BOX) != []


def test_what_took_effect_is_written_down_once_and_ends_sessions(directory: Database) -> None:
    make(directory, replace(NEXT, receiver="CB3"))
    with directory.store() as db:
        assert store.settle_handovers(db, "test") == 0
    directory.set_now("2026-12-01 00:00+07")
    assert heads(directory) == {"cuc": "head"}
    with directory.store() as db:
        assert store.settle_handovers(db, "test") == 1
        assert store.settle_handovers(db, "test") == 0
        assert {login for login, _ in db.ending_sessions()} == {at("an"), at("cuc")}
        assert store.read_directory(db, "snv.example").organisation.boxes[BOX].roles == {("CB3", "head")}
    assert heads(directory) == {"cuc": "head"}


def test_an_act_that_fails_leaves_nothing(directory: Database) -> None:
    with pytest.raises(store.StoreError, match="receiver"):
        make(directory, replace(NEXT, receiver="CB9"))
    assert directory.ask("congvu_admin", "select * from handover") == []
    assert directory.ask("congvu_admin", "select * from audit_record where verb = 'handover.make'") == []


def test_the_acknowledgement_stays_open_until_it_is_given(directory: Database) -> None:
    make(directory, replace(NEXT, effective_on=date(2026, 11, 25)))
    with directory.store() as db:
        assert not store.acknowledge_handover(db, BOX, "other", "văn thư", "test")
        assert store.acknowledge_handover(db, BOX, NEXT.decision, "văn thư", "test")
        assert not store.acknowledge_handover(db, BOX, NEXT.decision, "văn thư", "test")


@pytest.mark.parametrize("statement", ["delete from handover", "update handover set receiver = 'CB3'"])
def test_nobody_takes_a_handover_back(directory: Database, statement: str) -> None:
    make(directory, NEXT)
    with pytest.raises(Exception, match="kept as they are"):
        directory.change("congvu_owner", statement)
