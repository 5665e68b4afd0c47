"""Boxes by role: what the mail store, Postfix and the webmail are told, and whose sessions have to end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from directories import OTHER_HASH, converge, give_password
from fix_database import Database
from organisations import Alias, Box, at, organisation, person

from congvu.accounts import Organisation

ROLES = {"CB1": "head", "CB2": "clerk", "CB3": "deputy", "CB4": "member"}


def wanted(roles: dict[str, str] = ROLES, *, leave_out: str = "") -> Organisation:
    """A unit with its box `box-vp`, an office's box `vp`, and five people; the fifth holds no role."""
    people = [person(f"CB{number}", name) for number, name in enumerate(
        ("An", "Bình", "Cúc", "Dung", "Em"), 1) if f"CB{number}" != leave_out]  # fmt: skip
    boxes = [
        Box(at("box-vp"), "unit", "vp", frozenset(roles.items())),
        Box(at("vp"), "office", "vp", frozenset({("CB2", "clerk")})),
    ]
    return organisation(*people, boxes=boxes, aliases=[Alias(at("vanthu"), at("vp"))])


@pytest.fixture
def directory(database: Database) -> Database:
    converge(database, wanted())
    for local in ("an", "binh", "cuc", "dung", "em"):
        give_password(database, at(local), str(database.ask("postgres", "select now()")[0][0]), "self")
    return database


def groups(database: Database, local: str) -> set[str]:
    return {
        name for (name,) in database.ask("dovecot", "select name from box_group where login = %s", at(local))
    }


def ending(database: Database) -> list[str]:
    with database.store() as db:
        return [login.partition("@")[0] for login, _ in db.ending_sessions()]


def test_a_login_is_in_the_groups_of_its_roles(directory: Database) -> None:
    assert groups(directory, "an") == {at("box-vp") + ":head"}
    assert groups(directory, "binh") == {at("box-vp") + ":clerk", at("vp") + ":clerk"}
    assert groups(directory, "em") == set()


def test_who_may_not_come_in_is_in_no_group(directory: Database) -> None:
    give_password(directory, at("an"), "2020-01-01T00:00:00+07:00")
    assert groups(directory, "an") == set()


def test_the_mail_store_learns_of_boxes_and_of_nobody(directory: Database) -> None:
    shared = directory.ask("dovecot", "select kind, name, box from box_share")
    assert sorted(shared) == [
        ("group", f"{box}:{role}", box)
        for box in (at("box-vp"), at("vp"))
        for role in ("clerk", "deputy", "head", "member")
    ]


def test_a_copy_of_what_a_box_or_its_alias_sends_goes_into_the_box(directory: Database) -> None:
    copies = directory.ask("postfix", "select address, box from sent_copy order by 1")
    assert copies == [(at("box-vp"), at("box-vp")), (at("vanthu"), at("vp")), (at("vp"), at("vp"))]


def identities(database: Database) -> set[tuple[str, str]]:
    rows = database.ask("congvu_webmail", "select login, address from box_identity")
    return {(login.partition("@")[0], address.partition("@")[0]) for login, address in rows}


WORKING = {("an", "box-vp"), ("binh", "box-vp"), ("cuc", "box-vp"), ("binh", "vp")}


def test_the_webmail_offers_what_postfix_lets_through(directory: Database) -> None:
    senders = directory.ask("postfix", "select login, address from sender")
    sends = {(login.partition("@")[0], address.partition("@")[0]) for login, address in senders}
    assert identities(directory) == WORKING
    assert sends == WORKING | {(local, local) for local in ("an", "binh", "cuc", "dung", "em")} | {
        ("binh", "vanthu")
    }
    told = directory.ask("congvu_webmail", "select kind, unit from box_identity where address = %s", at("vp"))
    assert told == [("office", "Phòng vp")]


def test_who_may_send_as_a_box_is_not_looked_for_among_all_people(database: Database) -> None:
    """Postfix asks it at each message; the cost must not grow with the organisation."""
    people = [person(f"CB{number}", f"Lê An {number}", address=at(f"an{number}")) for number in range(300)]
    box = Box(at("box-vp"), "unit", "vp", frozenset({("CB1", "head"), ("CB2", "clerk")}))
    converge(database, organisation(*people, boxes=[box]))
    database.change(
        "congvu_owner",
        "insert into credential (address, hash, origin) select address, %s, 'self' from person",
        OTHER_HASH,
    )
    database.ask("postgres", "analyze")
    asked = f"select login from sender where address = '{at('box-vp')}'"
    assert {login for (login,) in database.ask("postfix", asked)} == {at("an1"), at("an2")}
    (((plan,),),) = database.ask("postfix", f"explain (analyze, format json) {asked}")
    assert 0 < credentials_read(plan["Plan"]) < 10


def credentials_read(node: dict[str, Any]) -> int:
    """How many rows of credentials a plan went through."""
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    read = own * node["Actual Loops"] if node.get("Relation Name") == "credential" else 0
    return int(read) + sum(map(credentials_read, node.get("Plans", ())))


def test_a_member_sends_where_the_policy_lets_members_work(directory: Database) -> None:
    change = "update policy_value set value = '\"{}\"' where key = 'boxes.member_access'"
    directory.change("congvu_owner", change.format("work"))
    assert identities(directory) == WORKING | {("dung", "box-vp")}
    directory.change("congvu_owner", "delete from policy_value where key = 'boxes.member_access'")
    assert identities(directory) == WORKING


CHANGES: list[tuple[Callable[[], Organisation], list[str]]] = [
    (lambda: wanted({**ROLES, "CB5": "member"}), []),
    (lambda: wanted({key: role for key, role in ROLES.items() if key != "CB1"}), ["an"]),
    (lambda: wanted({**ROLES, "CB1": "member"}), ["an"]),
    (lambda: wanted({**ROLES, "CB1": "deputy", "CB3": "head"}), ["an", "cuc"]),
    (lambda: wanted(leave_out="CB5"), ["em"]),
    (lambda: replace(wanted(), boxes={key: box for key, box in wanted().boxes.items() if key != at("vp")},
                     aliases={}), ["binh"]),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_exactly_those_who_lose_something_have_their_sessions_ended(directory: Database, number: int) -> None:
    make, losers = CHANGES[number]
    converge(directory, make())
    assert ending(directory) == losers


def test_an_ended_session_is_forgotten_unless_more_was_lost_meanwhile(directory: Database) -> None:
    converge(directory, wanted({"CB2": "clerk"}))
    with directory.store() as db:
        noted = dict(db.ending_sessions())
        assert set(noted) == {at("an"), at("cuc"), at("dung")}
    directory.change("congvu_owner", "select end_sessions('CB1')")
    with directory.store() as db:
        for login, since in noted.items():
            db.session_ended(login, since)
    assert ending(directory) == ["an"]


def test_what_takes_long_ends_the_sessions_that_began_meanwhile(directory: Database) -> None:
    with directory.store() as db:
        db.record("test", "test", "", {})
        db.connection.execute("delete from box_role where staff_id = 'CB1'")
        time.sleep(1.2)
        meanwhile = datetime.now(UTC)
    with directory.store() as db:
        ((_, since),) = db.ending_sessions()
    assert since > meanwhile


def test_an_undone_change_ends_no_session(directory: Database) -> None:
    with directory.store() as db:
        db.record("test", "test", "", {})
        db.connection.execute("delete from box_role")
        assert len(db.ending_sessions()) == 4
        db.undo()
    assert ending(directory) == []


@pytest.mark.parametrize(
    ("change", "ends"),
    [
        ("revoked_at = congvu_now()", ["an"]),
        (f"origin = 'reset', hash = '{OTHER_HASH}'", ["an"]),
        (f"hash = '{OTHER_HASH}'", ["an"]),  # the person's own change
        ("set_at = congvu_now()", []),  # still the same
    ],
)
def test_a_password_that_opens_nothing_keeps_nothing_open(
    directory: Database, change: str, ends: list[str]
) -> None:
    directory.change("congvu_owner", f"update credential set {change} where address = %s", at("an"))
    assert ending(directory) == ends


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        ("2027-05-20", []),  # the last day of An's password, and Binh's last day of service
        ("2027-05-21", ["an", "binh"]),
        ("2027-08-31", ["an", "binh", "cuc"]),  # whose password is of the last day of February
    ],
)
def test_a_door_that_closes_by_the_calendar_ends_the_sessions_that_are_open(
    directory: Database, day: str, ends: list[str]
) -> None:
    give_password(directory, at("an"), "2026-11-20T08:00:00+07:00", "self")
    for local in ("binh", "cuc", "dung"):
        give_password(directory, at(local), "2027-02-28T08:00:00+07:00", "self")
    directory.change("congvu_owner", "update person set ends = '2027-05-20' where address = %s", at("binh"))
    directory.set_now(f"{day} 08:00+07")
    with directory.store() as db:  # of Dung no session is open, a box has none, and others are not ours
        db.end_without_door([at("an"), at("binh"), at("cuc"), at("vp"), "stranger@elsewhere.example"])
    assert ending(directory) == ends
