"""A box passes from one head to the next: the pure rules, and what the database makes of them on each day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from directories import converge, give_password
from fix_database import Database
from organisations import Alias, Box, at, organisation, person

from congvu import accounts, store
from congvu.accounts import Handover, Organisation

TODAY = date(2026, 11, 26)
BOX = at("box-vp")
NEXT = Handover(BOX, "45/QĐ-SNV", date(2026, 11, 20), date(2026, 12, 1), "CB1", "CB2")


def wanted(**roles: str) -> Organisation:
    """Three people; in the unit's box the roles that are given, by staff id."""
    people = [person(f"CB{number}", name) for number, name in enumerate(("An", "Bình", "Cúc"), 1)]
    held = frozenset((roles or {"CB1": "head", "CB3": "deputy"}).items())
    return organisation(*people, boxes=[Box(BOX, "unit", "vp", held)])


def faults(asked: Handover, *made: Handover, staff: Organisation | None = None) -> set[str]:
    with pytest.raises(accounts.InputError) as told:
        accounts.plan_handover(asked, staff or wanted(), made, TODAY)
    return {fault.column for fault in told.value.faults}


def test_the_giver_is_the_head_of_the_day() -> None:
    assert accounts.plan_handover(replace(NEXT, giver=None), wanted(), [], TODAY) == NEXT
    third = Handover(BOX, "50/QĐ-SNV", date(2026, 12, 1), date(2026, 12, 1), None, "CB3", acting=True)
    assert accounts.plan_handover(third, wanted(), [NEXT], TODAY) == replace(third, giver="CB2")


def test_a_box_without_a_head_has_no_giver() -> None:
    planned = accounts.plan_handover(NEXT, wanted(CB3="deputy"), [], TODAY)
    assert planned is not None
    assert planned.giver is None


def test_back_to_the_old_head() -> None:
    back = Handover(BOX, "60/QĐ-SNV", date(2026, 12, 5), date(2026, 12, 5), None, "CB1")
    assert accounts.plan_handover(back, wanted(), [NEXT], TODAY) == replace(back, giver="CB2")


def test_of_two_for_one_day_the_last_counts() -> None:
    other = replace(NEXT, decision="46/QĐ-SNV", receiver="CB3", giver="CB2")
    assert accounts.in_force(BOX, [NEXT, other], date(2026, 12, 1)) == other
    assert accounts.in_force(BOX, [NEXT, other], date(2026, 11, 30)) is None


def test_the_same_act_again_is_nothing_and_another_by_the_same_decision_a_fault() -> None:
    assert accounts.plan_handover(NEXT, wanted(), [NEXT], TODAY) is None
    assert faults(replace(NEXT, receiver="CB3"), NEXT) == {"decision"}


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"box": at("annv")}, "box"),
        ({"decision": " "}, "decision"),
        ({"receiver": "CB9"}, "receiver"),
        ({"receiver": "CB1"}, "receiver"),
        ({"decided_on": date(2026, 12, 2)}, "effective_on"),
        ({"effective_on": TODAY + timedelta(days=367)}, "effective_on"),
        ({"effective_on": date.max}, "effective_on"),
    ],
)
def test_what_is_refused(change: dict[str, Any], column: str) -> None:
    assert column in faults(replace(NEXT, **change))


def test_a_handover_may_lie_a_year_ahead() -> None:
    late = replace(NEXT, effective_on=TODAY + timedelta(days=366))
    assert accounts.plan_handover(late, wanted(), [], TODAY) == late


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
    assert accounts.plan_handover(NEXT, both, [], TODAY) == NEXT


def two_units() -> Organisation:
    """CB1 heads both units; CB2 is deputy in the first and CB3 its clerk."""
    boxes = [Box(BOX, "unit", "vp", frozenset({("CB1", "head"), ("CB2", "deputy"), ("CB3", "clerk")})),
             Box(at("box-cc"), "unit", "cc", frozenset({("CB1", "head")}))]  # fmt: skip
    people = [person(f"CB{number}", name) for number, name in enumerate(("An", "Bình", "Cúc"), 1)]
    return organisation(*people, units=("vp", "cc"), boxes=boxes, aliases=[Alias(at("vpso"), BOX)])


def test_what_the_minutes_say_beside_the_act() -> None:
    assert accounts.circumstances(NEXT, two_units(), []) == {
        "aliases": [at("vpso")],
        "roles": [{"role": "clerk", "staff_id": "CB3", "full_name": "Cúc"}],  # the deputy becomes the head
        "giver_acting": False,
        "giver_keeps": [at("box-cc")],
        "receiver_heads": [],
        "same_day": [],
    }


def test_whoever_heads_another_box_by_a_handover_is_known() -> None:
    other = replace(NEXT, box=at("box-cc"), decision="40/QĐ-SNV")
    told = accounts.circumstances(NEXT, two_units(), [other])
    assert (told["giver_keeps"], told["receiver_heads"]) == ([], [at("box-cc")])
    later = replace(other, effective_on=date(2026, 12, 2))
    told = accounts.circumstances(NEXT, two_units(), [later])
    assert (told["giver_keeps"], told["receiver_heads"]) == ([at("box-cc")], [])


def test_the_same_box_twice_on_one_day() -> None:
    second = replace(NEXT, decision="46/QĐ-SNV", giver="CB2", receiver="CB3")
    planned = accounts.plan_handover(replace(second, giver=None), wanted(), [NEXT], TODAY)
    assert planned == second
    assert accounts.circumstances(second, wanted(), [NEXT])["same_day"] == ["45/QĐ-SNV"]
    assert accounts.circumstances(NEXT, wanted(), [])["same_day"] == []


def test_in_charge_first_and_head_later_are_two_handovers() -> None:
    acting = replace(NEXT, acting=True)
    appointed = Handover(BOX, "60/QĐ-SNV", date(2026, 12, 20), date(2027, 1, 1), None, "CB2")
    planned = accounts.plan_handover(appointed, wanted(), [acting], TODAY)
    assert planned == replace(appointed, giver="CB2")
    assert accounts.circumstances(planned, wanted(), [acting])["giver_acting"]
    assert faults(appointed, NEXT) == {"receiver"}  # who is the head is not made it again
    assert faults(replace(appointed, acting=True), acting) == {"receiver"}


def test_an_absent_giver_has_to_exist() -> None:
    absent = replace(NEXT, absent="nghỉ ốm")
    assert accounts.plan_handover(absent, wanted(), [], TODAY) == absent
    assert faults(absent, staff=wanted(CB3="deputy")) == {"absent"}


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


def named_by_the_file(head: str | None) -> Organisation:
    """CB2, to whom NEXT gave the box, has left; the organisation file decides again."""
    staff = wanted(**({head: "head"} if head else {}), CB4="clerk")
    return replace(staff, people={key: each for key, each in staff.people.items() if key != "CB2"})


SETTLED = replace(NEXT, settled=True)
THIRD = Handover(BOX, "70/QĐ-SNV", date(2027, 1, 5), date(2027, 1, 5), None, "CB3")
LATER = date(2027, 1, 5)


@pytest.mark.parametrize(
    ("named", "giver"),
    [
        ("CB1", "CB1"),  # who was its head in truth
        (None, "CB2"),  # nobody since: the last one owes the act
        ("CB3", "CB2"),  # the file was before the act, which makes up for it
    ],
)
def test_who_hands_over_when_the_receiver_before_has_left(named: str | None, giver: str) -> None:
    planned = accounts.plan_handover(THIRD, named_by_the_file(named), [SETTLED], LATER)
    assert planned == replace(THIRD, giver=giver)


def test_the_charge_of_one_who_left_is_not_that_of_the_next() -> None:
    acting = replace(SETTLED, acting=True)
    third = replace(THIRD, giver="CB1")
    assert not accounts.circumstances(third, named_by_the_file("CB1"), [acting])["giver_acting"]
    assert accounts.circumstances(
        replace(third, giver="CB2"), named_by_the_file(None), [acting])["giver_acting"]  # fmt: skip


def test_whom_the_file_named_after_a_handover_is_known_to_head_another_box() -> None:
    other = replace(SETTLED, box=at("box-cc"), decision="40/QĐ-SNV", receiver="CB3")
    told = accounts.circumstances(NEXT, two_units(), [other])
    assert (told["giver_keeps"], told["receiver_heads"]) == ([at("box-cc")], [])


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


def test_an_act_is_known_to_be_written_down(directory: Database) -> None:
    make(directory, NEXT)
    with directory.store() as db:
        assert store.read_handovers(db) == [NEXT]
    directory.set_now("2026-12-01 00:00+07")
    with directory.store() as db:
        store.settle_handovers(db, "test")
        assert store.read_handovers(db) == [SETTLED]


def test_an_act_that_fails_leaves_nothing(directory: Database) -> None:
    with pytest.raises(store.StoreError, match="receiver"):
        make(directory, replace(NEXT, receiver="CB9"))
    assert directory.ask("congvu_admin", "select * from handover") == []
    assert directory.ask("congvu_admin", "select * from audit_record where verb = 'handover.make'") == []


def test_who_is_appointed_after_being_in_charge_keeps_the_sessions(directory: Database) -> None:
    today = date(2026, 11, 25)
    make(directory, replace(NEXT, effective_on=today, acting=True))
    with directory.store() as db:
        store.settle_handovers(db, "test")
        for login, since in db.ending_sessions():
            db.session_ended(login, since)
    appointed = replace(NEXT, decision="60/QĐ-SNV", effective_on=today, giver="CB2")
    with pytest.raises(store.StoreError, match="handover_check"):
        make(directory, replace(appointed, acting=True))
    make(directory, appointed)
    with directory.store() as db:
        assert store.settle_handovers(db, "test") == 1
        assert db.ending_sessions() == []
        assert store.filters_due(db) == [BOX]
        store.filters_ended(db, BOX, ["về nhà"], "test")
        assert store.filters_due(db) == []
    assert heads(directory) == {"binh": "head", "cuc": "deputy"}
    with pytest.raises(store.StoreError, match="handover_check"):
        make(directory, replace(NEXT, decided_on=date(2026, 12, 2)))


def test_filters_are_due_from_the_day_on_and_once(directory: Database) -> None:
    make(directory, NEXT)
    with directory.store() as db:
        assert store.filters_due(db) == []
    directory.set_now("2026-12-01 00:00+07")
    with directory.store() as db:
        assert store.filters_due(db) == [BOX]
        store.filters_ended(db, BOX, [], "test")
        assert store.filters_due(db) == []
    record = "select detail from audit_record where verb = 'handover.filters'"
    assert directory.ask("congvu_admin", record) == [({"ended": []},)]


def terms(database: Database) -> list[tuple[str, str, str | None]]:
    sql = ("select staff_id, congvu_day(began_at)::text, congvu_day(ended_at)::text from head_term"
           " where box = %s order by id")  # fmt: skip
    return [tuple(row) for row in database.ask("congvu_admin", sql, BOX)]


def test_who_headed_a_box_and_for_how_long_is_kept_whoever_changes_it(directory: Database) -> None:
    assert terms(directory) == [("CB1", "2026-11-25", None)]
    make(directory, NEXT)
    directory.set_now("2026-12-01 00:00+07")
    with directory.store() as db:
        store.settle_handovers(db, "test")
    directory.set_now("2026-12-05 00:00+07")
    directory.change("congvu_owner", "update box_role set role = 'member' where staff_id = 'CB2'")
    directory.set_now("2026-12-06 00:00+07")
    directory.change("congvu_owner", "update box_role set role = 'head' where staff_id = 'CB3'")
    assert terms(directory) == [
        ("CB1", "2026-11-25", "2026-12-01"),
        ("CB2", "2026-12-01", "2026-12-05"),
        ("CB3", "2026-12-06", None),
    ]


def test_the_minutes_are_told_everything(directory: Database) -> None:
    make(directory, replace(NEXT, giver=None, acting=True))
    with directory.store() as db:
        told = store.read_handover(db, BOX, NEXT.decision)
        assert store.read_handover(db, BOX, "other") is None
    assert told is not None
    assert told["parties"] == {
        "receiver": {"staff_id": "CB2", "full_name": "Bình", "position": "", "unit": "Phòng vp"}
    }
    assert (told["unit"], told["kind"], told["acting"]) == ("Phòng vp", "unit", True)


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
