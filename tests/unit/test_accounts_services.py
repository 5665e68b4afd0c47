"""Accounts of devices: what a file may say of them, when they end, and what the directory makes of that."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from directories import HASH, OTHER_HASH, converge, give_password
from fix_database import Database
from organisations import DOMAIN, EMPTY, ORGANISATION, after, at, organisation, person, read
from psycopg import errors

from congvu import store
from congvu.accounts import Directory, InputError, Organisation, Rules, Service, plan, preview
from congvu.fingerprints import Fingerprint
from congvu.store.fingerprints import Chosen, record_issued, set_password

TODAY = date(2026, 11, 26)
RULES = Rules(
    today=TODAY, service_until=date(2027, 11, 27), closures_percent=100, close_before=date(2026, 10, 27)
)
SCANNER = Service(at("mayquet"), "Máy quét tầng 2", "CB1", date(2027, 6, 30), ("192.0.2.0/28",))
CLOSED = "Đóng tài khoản dịch vụ: Máy quét tầng 2 <mayquet@snv.example>"


def files(*services: Service, **owner: Any) -> Organisation:
    people = organisation(person("CB1", **owner), person("CB2", "Lê Bình"))
    return replace(people, services={each.address: each for each in services})


def said(current: Directory, wanted: Organisation, rules: Rules = RULES) -> list[str]:
    return [item.said for item in preview(plan(current, wanted, rules), current)]


def faults(current: Directory, wanted: Organisation) -> list[tuple[str, str]]:
    """(column, value) of each fault."""
    try:
        plan(current, wanted, RULES)
    except InputError as error:
        return [(each.column, each.value) for each in error.faults]
    return []


# --- the file ----------------------------------------------------------------------------------------------


def listed(*entries: str) -> str:
    return f"{ORGANISATION}services:\n" + "".join(f"  - {entry}\n" for entry in entries)


def test_a_section_of_the_organisation_file() -> None:
    found = read(
        organisation=listed(
            "{address: mayquet, name: Máy quét tầng 2, owner: CB1, end: 2027-06-30,"
            " networks: [192.0.2.0/28, '2001:db8::/64']}",
            "{address: motcua, name: Một cửa, owner: CB2, end: 30/09/2027}",
        )
    ).services
    assert found == {
        at("mayquet"): Service(
            at("mayquet"), "Máy quét tầng 2", "CB1", date(2027, 6, 30), ("192.0.2.0/28", "2001:db8::/64")
        ),
        at("motcua"): Service(at("motcua"), "Một cửa", "CB2", date(2027, 9, 30)),
    }


@pytest.mark.parametrize(
    ("entry", "column"),
    [
        ("{address: vp, name: Máy, owner: CB1, end: 2027-06-30}", "address"),  # an office's
        ("{address: vanthu, name: Máy, owner: CB1, end: 2027-06-30}", "address"),  # an alias
        ("{address: giamdoc, name: Máy, owner: CB1, end: 2027-06-30}", "address"),  # reserved
        ("{address: may+quet, name: Máy, owner: CB1, end: 2027-06-30}", "address"),
        ("{address: may@snv.exampel, name: Máy, owner: CB1, end: 2027-06-30}", "address"),
        ("{address: may, name: Máy, owner: CB1, end: 31/06/2027}", "end"),
        ("{address: may, name: Máy, owner: CB1, end: 2027-06-30, networks: 192.0.2.0/28}", "networks"),
        ("{address: may, name: Máy, owner: CB1, end: 2027-06-30, networks: [192.0.2.1/28]}", "networks"),
        ("{address: may, name: Máy, owner: CB1, end: 2027-06-30, networks: [office]}", "networks"),
        ("{address: may, name: Máy, end: 2027-06-30}", "services"),  # nobody answers for it
        ("{address: may, name: Máy, owner: CB1}", "services"),  # for ever
        ("{address: may, name: Máy, owner: CB1, end: 2027-06-30, password: x}", "services"),
    ],
)
def test_what_is_wrong_with_an_entry_is_told(entry: str, column: str) -> None:
    with pytest.raises(InputError) as told:
        read(organisation=listed(entry))
    assert column in {each.column for each in told.value.faults}
    assert all(each.remedy and each.row for each in told.value.faults)


# --- the plan ----------------------------------------------------------------------------------------------


def test_a_service_begins_changes_and_ends_in_words() -> None:
    assert said(EMPTY, files(SCANNER))[-1] == (
        "Cấp mới tài khoản dịch vụ: Máy quét tầng 2 <mayquet@snv.example>, người chịu trách nhiệm"
        " Nguyễn Văn An (CB1), dùng đến hết ngày 30/06/2027, chỉ từ 192.0.2.0/28"
    )
    current = after(plan(EMPTY, files(SCANNER), RULES))
    name = "của tài khoản dịch vụ: Máy quét tầng 2 <mayquet@snv.example>, từ"
    other = replace(SCANNER, owner="CB2", end=date(2027, 9, 30), networks=())
    assert said(current, files(other)) == [
        f"Đổi người chịu trách nhiệm {name} Nguyễn Văn An (CB1) thành Lê Bình (CB2)",
        f"Đổi thời hạn {name} 30/06/2027 thành 30/09/2027",
        f"Đổi nơi được gửi {name} chỉ từ 192.0.2.0/28 thành từ mọi nơi",
    ]
    assert said(current, files()) == [CLOSED]


@pytest.mark.parametrize(
    ("end", "left", "line"),
    [
        ("2026-11-25", None, f"{CLOSED}, hết thời hạn ngày 25/11/2026"),
        ("2027-06-30", "2026-11-25", f"{CLOSED}, người chịu trách nhiệm Nguyễn Văn An (CB1) đã nghỉ,"
                                     " ngày làm việc cuối cùng 25/11/2026"),
        ("2027-06-30", "2026-10-26", f"{CLOSED}, người chịu trách nhiệm Nguyễn Văn An (CB1) đã nghỉ,"
                                     " ngày làm việc cuối cùng 26/10/2026"),
        ("2026-11-26", "2026-11-26", ""),  # both last days are good
    ],
)  # fmt: skip
def test_it_ends_with_its_day_and_with_its_owner(end: str, left: str | None, line: str) -> None:
    last = date.fromisoformat(left) if left else None
    scanner = replace(SCANNER, end=date.fromisoformat(end))
    current = after(plan(EMPTY, files(scanner, end=last), Rules(closures_percent=100)))
    made = plan(current, files(scanner, end=last), RULES)
    assert (line in [item.said for item in preview(made, current)]) == bool(line)
    assert (at("mayquet") in made.wanted.services) == (not line)
    assert ("-service mayquet@snv.example: Máy quét tầng 2, owner CB1" in made.text()) == bool(line)
    assert not plan(after(made, current), files(scanner, end=last), RULES).of("service")  # told once


def test_one_that_is_prolonged_begins_again_at_its_address() -> None:
    old = replace(SCANNER, end=date(2026, 11, 25))
    current = after(plan(EMPTY, files(old), Rules(closures_percent=100)))
    current = after(plan(current, files(old), RULES), current)
    assert said(current, files(SCANNER))[0].startswith("Cấp lại tài khoản dịch vụ: Máy quét tầng 2 ")


def test_what_a_plan_refuses() -> None:
    current = after(plan(EMPTY, organisation(person("CB3", "Trần Hoa"), person("CB1")), RULES))
    taken = after(plan(current, files(), RULES), current)
    for service, fault in (
        (replace(SCANNER, address=at("annv")), ("address", at("annv"))),  # somebody's
        (replace(SCANNER, address=at("hoat")), ("address", at("hoat"))),  # of somebody who left
        (replace(SCANNER, owner="CB9"), ("owner", "CB9")),
        (replace(SCANNER, end=date(2027, 11, 28)), ("end", "2027-11-28")),
        (replace(SCANNER, end=date(2026, 11, 25)), ("end", "2026-11-25")),  # and it never began
    ):
        assert faults(taken, files(service)) == [fault]
    assert faults(taken, files(SCANNER, end=date(2026, 11, 25))) == [("owner", "CB1")]
    assert faults(taken, files(SCANNER)) == []


def test_a_person_never_gets_the_address_of_a_device() -> None:
    current = after(plan(EMPTY, files(replace(SCANNER, address=at("binhl"))), RULES))
    assert current.organisation.people["CB2"].address == at("binhl2")
    gone = after(plan(current, files(), RULES), current)
    wanted = organisation(person("CB1"), person("CB2", "Lê Bình"), person("CB3", "Lê Bình"))
    assert plan(gone, wanted, RULES).wanted.people["CB3"].address == at("binhl3")


# --- the directory -----------------------------------------------------------------------------------------


@pytest.fixture
def office(database: Database) -> Database:
    """A scanner with a password, whose owner has one too."""
    database.set_now("2026-11-26 08:00+07")
    converge(database, files(SCANNER))
    give_password(database, at("annv"), "2026-11-20T08:00:00+07:00", "self")
    with database.store() as db:
        store.write_service_passwords(db, {SCANNER.address: OTHER_HASH}, "test")
    return database


def door(database: Database) -> list[tuple[Any, ...]]:
    columns = "login, selector, password, submit_only, networks"
    return database.ask("dovecot", f"select {columns} from door_key where login = %s", SCANNER.address)


def state(database: Database) -> str:
    with database.store() as db:
        return db.services()[0].state


def test_it_is_stored_and_read_back(office: Database) -> None:
    with office.store() as db:
        assert store.read_directory(db, DOMAIN).organisation == plan(EMPTY, files(SCANNER), RULES).wanted


def test_the_one_view_lets_it_hand_in_mail_and_nothing_else(office: Database) -> None:
    assert door(office) == [(SCANNER.address, "", OTHER_HASH, True, "192.0.2.0/28")]
    assert office.ask("dovecot", "select * from delivery where address = %s", SCANNER.address) == []
    assert office.ask("dovecot", "select * from box_group where login = %s", SCANNER.address) == []
    as_sender = office.ask("postfix", "select address from sender where login = %s", SCANNER.address)
    assert as_sender == [(SCANNER.address,)]  # one address
    of_owner = office.ask("postfix", "select login from sender where address = %s", SCANNER.address)
    assert of_owner == [(SCANNER.address,)]  # its own, not the owner's
    back = office.ask("postfix", "select target from service_mail where address = %s", SCANNER.address)
    assert back == [(at("annv"),)]
    with office.store("congvu_password") as db:  # no page of ours knows it
        assert db.account(SCANNER.address) is None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2027-06-30 23:59+07", "active"),
        ("2027-07-01 00:00+07", "suspended"),
    ],
)
def test_it_ends_by_itself(office: Database, now: str, expected: str) -> None:
    office.set_now(now)
    assert state(office) == expected
    assert bool(door(office)) == (expected == "active")


def test_it_ends_with_its_owner(office: Database) -> None:
    office.change("congvu_owner", "update person set ends = '2026-11-25' where staff_id = 'CB1'")
    assert (state(office), door(office)) == ("suspended", [])
    office.change("congvu_owner", "update person set ends = null where staff_id = 'CB1'")
    assert state(office) == "active"
    office.change("congvu_owner", "update mailbox set closed = true where staff_id = 'CB1'")
    assert (state(office), door(office)) == ("suspended", [])


def test_closed_it_loses_its_password(office: Database) -> None:
    converge(office, files())
    assert (state(office), door(office)) == ("closed", [])
    assert office.ask("postfix", "select * from service_mail") == []
    converge(office, files(SCANNER))
    assert (state(office), door(office)) == ("initial", [])


def test_whoever_takes_its_password_for_their_own_ends_it(office: Database) -> None:
    """As with people (ADR 0012): who knows it, finds it dead."""
    mark = Fingerprint(b"o" * 32, b"s" * 32, "0" * 16)
    with office.store() as db:
        store.write_service_passwords(db, {SCANNER.address: HASH}, "test")
        record_issued(db, {SCANNER.address: mark}, mark.key)
    mine = Fingerprint(b"m" * 32, b"s" * 32, mark.key)
    with office.store("congvu_password") as db:
        assert set_password(db, at("annv"), HASH, "", Chosen(OTHER_HASH, mine, False)) == "in_use"
    assert (state(office), door(office)) == ("revoked", [])
    with pytest.raises(errors.InsufficientPrivilege):
        office.change("congvu_admin", "update service set revoked_at = null")
    with office.store() as db:
        store.write_service_passwords(db, {SCANNER.address: OTHER_HASH}, "test")
    assert state(office) == "active"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (f"insert into service (address, name, owner, ends) values ('{at('binhl')}', 'x', 'CB1', now())",
         "service_address_use_fkey"),
        (f"update service set address = '{at('khac')}'", "kept as they are"),
        ("delete from service", "kept as they are"),
        ("update service set owner = 'CB9'", "service_owner_fkey"),
        ("update service set ends = null", "ends"),
        ("update service set closed = true", "service_check"),  # with a password
        ("update service set hash = 'secret'", "service_hash_check"),
        (f"insert into credential (address, hash, origin) values ('{at('mayquet')}', '{HASH}', 'self')",
         "credential_address_kind_fkey"),
        (f"insert into mailbox (address, kind, staff_id) values ('{at('mayquet')}', 'person', 'CB2')",
         "mailbox"),
        (f"insert into forwarding (address, target) values ('{at('mayquet')}', '{at('annv')}')",
         "forwarding_address_use_fkey"),
        ("update service set networks = '{192.0.2.0/28,office}'", "cidr"),
    ],
)  # fmt: skip
def test_what_nobody_can_do(office: Database, statement: str, words: str) -> None:
    with pytest.raises((errors.IntegrityError, errors.InvalidTextRepresentation), match=words):
        office.change("congvu_owner", statement)


def test_what_the_services_of_the_host_may_not_see(office: Database) -> None:
    for role in ("dovecot", "postfix", "congvu_password", "congvu_webmail"):
        for relation in (
            "service",
            "service_account",
            "service_door",
            "person_door",
            "door",
            "password_key",
            "app_key",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                office.ask(role, f"select * from {relation}")


def test_a_callers_own_function_sees_no_device_that_has_ended(office: Database) -> None:
    probe = "select login from door_key where login <> %s and (login || ' ' || password)::int = 1"
    with pytest.raises(errors.InvalidTextRepresentation):
        office.ask("dovecot", probe, at("annv"))
    office.set_now("2027-03-01 08:00+07")  # the owner's password is still good
    office.change("congvu_owner", "update service set ends = '2027-02-28'")
    assert office.ask("dovecot", probe, at("annv")) == []
