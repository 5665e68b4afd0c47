"""The state of an account on a day, and which doors it opens. The record moves; at the edges, the clock."""

from __future__ import annotations

import pytest
from directories import HASH, OTHER_HASH, SHA512, converge, give_password, revoke, states
from fix_database import Database
from organisations import Alias, Box, at, organisation, person

from congvu.fingerprints import Fingerprint
from congvu.store import StoreError
from congvu.store.fingerprints import Chosen, set_password

ANNV = at("annv")
MARK = Fingerprint(b"o" * 32, b"s" * 32, "0" * 16)


@pytest.fixture
def one(database: Database) -> Database:
    """A directory with one person, who serves since 2020, on the morning of 23 November 2026."""
    database.set_now("2026-11-23 08:00+07")
    converge(database, organisation(person("CB1")))
    return database


# the moment the password was set, now, the state, due and expiry
EDGES = [
    ("2026-11-23T07:00:00+07:00", "2026-11-23 08:00+07", "active", "2027-02-23", "2027-05-23"),
    # three months, to the day
    ("2026-08-24T00:00:00+07:00", "2026-11-23 23:59:59+07", "active", "2026-11-24", "2027-02-24"),
    ("2026-08-23T23:59:59+07:00", "2026-11-23 00:00+07", "due", "2026-11-23", "2027-02-23"),
    # six months: the last day is still good
    ("2026-05-23T00:00:00+07:00", "2026-11-23 23:59:59+07", "due", "2026-08-23", "2026-11-23"),
    ("2026-05-23T23:59:59+07:00", "2026-11-24 00:00+07", "expired", "2026-08-23", "2026-11-23"),
    # months have different lengths: 31 August + 6 months = 28 February, 29 in a leap year
    ("2026-08-31T12:00:00+07:00", "2027-02-28 12:00+07", "due", "2026-11-30", "2027-02-28"),
    ("2026-08-31T12:00:00+07:00", "2027-03-01 00:00+07", "expired", "2026-11-30", "2027-02-28"),
    ("2027-08-31T12:00:00+07:00", "2028-02-29 12:00+07", "due", "2027-11-30", "2028-02-29"),
    ("2028-02-29T12:00:00+07:00", "2028-05-29 00:00+07", "due", "2028-05-29", "2028-08-29"),
    ("2026-11-30T12:00:00+07:00", "2027-02-28 12:00+07", "due", "2027-02-28", "2027-05-30"),
    # the day is Viet Nam's, wherever the clock stands: 17:00 UTC is tomorrow there
    ("2026-08-22T17:00:00+00:00", "2026-11-22 16:59:59+00", "active", "2026-11-23", "2027-02-23"),
    ("2026-08-22T17:00:00+00:00", "2026-11-22 17:00+00", "due", "2026-11-23", "2027-02-23"),
]


@pytest.mark.parametrize(("set_at", "now", "expected"), [(set_at, now, rest) for set_at, now, *rest in EDGES])
def test_a_password_ages_by_calendar_months(
    one: Database, set_at: str, now: str, expected: list[str]
) -> None:
    one.set_now(now)
    give_password(one, ANNV, set_at, "self")
    with one.store() as db:
        account = db.account(ANNV)
    assert account is not None
    assert [account.state, str(account.due_on), str(account.expires_on)] == expected


@pytest.mark.parametrize(
    ("start", "end", "state"),
    [
        ("2020-01-01", None, "active"),
        ("2020-01-01", "2026-11-23", "active"),  # the last day
        ("2020-01-01", "2026-11-22", "suspended"),
        ("2026-11-23", None, "active"),  # the first day
        ("2026-11-24", None, "suspended"),
    ],
)
def test_who_does_not_serve_today_is_suspended(
    one: Database, start: str, end: str | None, state: str
) -> None:
    one.change("congvu_owner", "update person set starts = %s, ends = %s where staff_id = 'CB1'", start, end)
    give_password(one, ANNV, "2026-11-20T08:00:00+07:00", "self")
    assert states(one) == {ANNV: state}


@pytest.mark.parametrize(
    ("origin", "set_at", "state"),
    [
        ("issued", "2026-11-20", "initial"),
        ("issued", "2026-11-16", "initial"),  # the last of its seven days
        ("issued", "2026-11-15", "lapsed"),
        ("reset", "2026-11-20", "reset"),
        ("reset", "2026-11-15", "lapsed"),
        ("imported", "2026-11-20", "active"),
        ("imported", "2025-01-01", "expired"),
        ("self", "2026-11-20", "active"),
    ],
)
def test_a_password_from_an_administrator_must_be_changed(
    one: Database, origin: str, set_at: str, state: str
) -> None:
    give_password(one, ANNV, f"{set_at}T08:00:00+07:00", origin)
    assert states(one) == {ANNV: state}


def test_without_a_password_an_account_waits_for_its_first(one: Database) -> None:
    assert states(one) == {ANNV: "initial"}


@pytest.fixture
def all_states(database: Database) -> Database:
    """One person in each state; each is clerk of an office box of their own, and has an alias."""
    database.set_now("2026-11-23 08:00+07")
    ends = {"suspended": "2026-11-22"}
    origins = {"initial": "issued", "reset": "reset", "lapsed": "reset"}
    set_on = {"due": "2026-08-01", "expired": "2026-01-01", "lapsed": "2026-11-15"}
    names = ("active", "due", "initial", "reset", "lapsed", "expired", "revoked", "suspended", "closed")
    people = [
        person(state, address=at(state), end=ends.get(state) and person("x", start=ends[state]).start)
        for state in names
    ]
    boxes = [Box(at(f"office-{name}"), "office", "vp", frozenset({(name, "clerk")})) for name in names]
    aliases = [Alias(at(f"alias-{name}"), name) for name in names]
    converge(database, organisation(*people, boxes=boxes, aliases=aliases))
    for name in names:
        set_at = f"{set_on.get(name, '2026-11-20')}T08:00:00+07:00"
        give_password(database, at(name), set_at, origins.get(name, "self"))
    revoke(database, at("revoked"))
    closed = organisation(*people[:-1], boxes=boxes[:-1], aliases=aliases[:-1])
    converge(database, closed)
    return database


def test_only_active_and_due_are_behind_the_door(all_states: Database) -> None:
    with all_states.store() as db:
        everybody = {each.address: each.state for each in db.accounts()}
    shut = ("initial", "reset", "lapsed", "expired", "revoked", "suspended", "closed")
    assert {at(state): state for state in shut}.items() <= everybody.items()
    keys = all_states.ask("dovecot", "select login, selector, password from door_key order by login")
    assert keys == [(at("active"), "", HASH), (at("due"), "", HASH)]


def test_only_they_send_and_only_as_themselves_their_aliases_and_boxes(all_states: Database) -> None:
    senders = all_states.ask("postfix", "select address, login from sender")
    expected = {
        (at(f"{prefix}{state}"), at(state))
        for state in ("active", "due")
        for prefix in ("", "alias-", "office-")
    }
    assert set(senders) == expected
    assert len(senders) == len(expected)
    members = all_states.ask("congvu_admin", "select login, box, role from box_member")
    assert set(members) == {(at(name), at(f"office-{name}"), "clerk") for name in ("active", "due")}


def test_mail_arrives_for_everybody_but_the_closed(all_states: Database) -> None:
    delivered = {address for (address,) in all_states.ask("postfix", "select address from delivery")}
    open_states = {"active", "due", "initial", "reset", "lapsed", "expired", "revoked", "suspended"}
    boxes = {at(f"office-{name}") for name in open_states}
    assert delivered == {at(name) for name in open_states} | boxes | {at("box-vp")}
    aliases = {address for (address,) in all_states.ask("postfix", "select address from alias")}
    assert aliases == {at(f"alias-{name}") for name in open_states}


def test_a_role_ends_with_its_box(one: Database) -> None:
    give_password(one, ANNV, "2026-11-20T08:00:00+07:00", "self")
    box = Box(at("vp"), "office", "vp", frozenset({("CB1", "clerk")}))
    converge(one, organisation(person("CB1"), boxes=[box]))
    assert (at("vp"), ANNV) in one.ask("postfix", "select address, login from sender")
    converge(one, organisation(person("CB1")))
    assert one.ask("postfix", "select address, login from sender") == [(ANNV, ANNV)]
    assert (at("vp"),) not in one.ask("postfix", "select address from delivery")


def test_a_box_that_is_closed_by_itself_is_closed_to_its_roles_and_aliases(one: Database) -> None:
    give_password(one, ANNV, "2026-11-20T08:00:00+07:00", "self")
    box = Box(at("vp"), "office", "vp", frozenset({("CB1", "clerk")}))
    converge(one, organisation(person("CB1"), boxes=[box], aliases=[Alias(at("vanthu"), at("vp"))]))
    assert len(one.ask("postfix", "select * from sender")) == 3
    one.change("congvu_admin", "update mailbox set closed = true where address = %s", at("vp"))
    assert one.ask("postfix", "select address, login from sender") == [(ANNV, ANNV)]
    assert one.ask("congvu_admin", "select * from box_member") == []
    assert one.ask("postfix", "select * from alias") == []


def test_an_alias_that_is_closed_is_closed(one: Database) -> None:
    converge(one, organisation(person("CB1"), aliases=[Alias(at("an"), "CB1")]))
    converge(one, organisation(person("CB1")))
    assert one.ask("postfix", "select * from alias") == []


def test_a_box_has_a_mailbox_and_no_password(one: Database) -> None:
    with one.store() as db:
        account = db.account(at("box-vp"))
    assert account is not None
    assert (account.kind, account.state, account.unit, account.staff_id) == ("unit", "box", "vp", None)
    with pytest.raises(StoreError, match="foreign key"):
        give_password(one, at("box-vp"), "2026-11-20T08:00:00+07:00")


def test_without_the_policys_numbers_every_door_is_shut(one: Database) -> None:
    give_password(one, ANNV, "2026-11-20T08:00:00+07:00", "self")
    for key in ("rotation.expire_months", "rotation.due_months"):
        assert states(one) == {ANNV: "active"} if key == "rotation.expire_months" else {ANNV: "expired"}
        one.change("congvu_owner", "delete from policy_value where key = %s", key)
        assert states(one) == {ANNV: "expired"}
    assert one.ask("dovecot", "select * from door_key") == []


def test_without_the_policys_number_an_issued_password_is_worth_nothing(one: Database) -> None:
    give_password(one, ANNV, "2026-11-23T07:00:00+07:00", "issued")
    assert states(one) == {ANNV: "initial"}
    one.change("congvu_owner", "delete from policy_value where key = 'password.initial_valid_days'")
    assert states(one) == {ANNV: "lapsed"}


def test_the_policy_says_how_old_a_password_may_grow(one: Database) -> None:
    give_password(one, ANNV, "2026-08-01T08:00:00+07:00", "self")
    assert states(one) == {ANNV: "due"}
    one.change("congvu_owner", "update policy_value set value = '3' where key = 'rotation.expire_months'")
    assert states(one) == {ANNV: "expired"}


def test_an_imported_sha512_hash_names_its_scheme(one: Database) -> None:
    give_password(one, ANNV, "2026-11-20T08:00:00+07:00", hash_=SHA512)
    assert one.ask("dovecot", "select password from door_key") == [(f"{{SHA512-CRYPT}}{SHA512}",)]


def test_a_person_changes_a_password(one: Database) -> None:
    give_password(one, ANNV, "2026-11-20T08:00:00+07:00", "issued")
    one.set_now("2026-11-24 09:00+07")
    with one.store("congvu_password") as db:
        assert db.credential(ANNV) == HASH
        assert set_password(db, ANNV, HASH, "192.0.2.7", Chosen(OTHER_HASH, MARK, False)) == "changed"
    assert one.ask("congvu_admin", "select hash, origin, set_at from credential") == [
        (OTHER_HASH, "self", one.ask("congvu_admin", "select congvu_now()")[0][0])
    ]
    assert states(one) == {ANNV: "active"}
    assert one.ask(
        "congvu_admin",
        "select actor, verb, subject, detail, role from audit_record order by id desc limit 1",
    ) == [(ANNV, "password.change", ANNV, {"client": "192.0.2.7", "state": "initial"}, "congvu_password")]


@pytest.mark.parametrize("state", ["suspended", "closed", "lapsed", "revoked", "stale", "weak"])
def test_a_change_that_may_not_be_leaves_no_trace(all_states: Database, state: str) -> None:
    address = at({"stale": "active", "weak": "active"}.get(state, state))
    present = OTHER_HASH if state == "stale" else HASH
    chosen = "$1$abcdefgh$G//4keteveJp0qb8z2DxG/" if state == "weak" else OTHER_HASH
    before = all_states.ask("congvu_admin", "select count(*) from audit_record")
    if state == "weak":
        with pytest.raises(StoreError, match="check constraint"), all_states.store("congvu_password") as db:
            set_password(db, address, present, "", Chosen(chosen, MARK, False))
    else:
        with all_states.store("congvu_password") as db:
            assert set_password(db, address, present, "", Chosen(chosen, MARK, False)) == "refused"
    assert all_states.ask("congvu_admin", "select count(*) from audit_record") == before
    assert (OTHER_HASH,) not in all_states.ask("congvu_admin", "select hash from credential")
