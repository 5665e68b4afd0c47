"""What each role can see and do, and above all what it cannot: straight SQL, past every tool of ours."""

from __future__ import annotations

import psycopg
import pytest
from directories import HASH, OTHER_HASH, converge, give_password
from fix_database import Database
from organisations import DOMAIN, Alias, Box, at, organisation, person
from psycopg import errors

MARK = "'\\x" + "00" * 32 + "'::bytea"
SET_PASSWORD = (
    f"select set_password('{at('annv')}', '{HASH}', '{OTHER_HASH}', '', {MARK}, {MARK}, 'k', false)"
)
RECOGNISE = f"select recognise_password('{at('annv')}', '{HASH}', '', {MARK}, {MARK}, 'k')"
ISSUED = f"select record_issued(array['{at('annv')}'], array[{MARK}], array[{MARK}], repeat('0', 16))"
BESIDE = (
    f"insert into password_fingerprint (address, own, key) values ('{at('annv')}', {MARK}, repeat('0', 16))"
)


def fill(database: Database) -> Database:
    """Three people: with a password, with one to be changed, with none; an office box, an alias."""
    box = Box(at("vp"), "office", "vp", frozenset({("CB1", "clerk")}))
    people = [person("CB1"), person("CB2", "Lê Bình"), person("CB3", "Đỗ Cúc")]
    converge(database, organisation(*people, boxes=[box], aliases=[Alias(at("vanthu"), at("vp"))]))
    now = str(database.ask("congvu_owner", "select congvu_now() - interval '1 hour'")[0][0])
    give_password(database, at("annv"), now, "self")
    give_password(database, at("binhl"), now, "issued")
    return database


@pytest.fixture
def directory(database: Database) -> Database:
    return fill(database)


@pytest.fixture(scope="module")
def untouched(shared_database: Database) -> Database:
    """For what must fail, and so leaves everything as it is."""
    return fill(shared_database)


MAY_READ: dict[str, set[str]] = {
    "dovecot": {"door_key", "box_group", "box_share", "box_share_written", "delivery", "leaver"},
    "postfix": {"delivery", "alias", "hosted_domain", "sender", "sent_copy", "service_mail", "list_open"},
    "congvu_list": {"list_open", "list_member", "list_moderator"},
    "congvu_seal": {
        "acknowledgement",
        "audit_record",
        "box_check",
        "check_day",
        "event",
        "incident",
        "mail_check",
        "observation",
        "policy_version",
        "seal",
        "segment",
        "statement",
    },
    "congvu_collector": {"event_cursor", "hosted_domain"},
    "congvu_canary": {"canary_box", "canary_run"},
    "congvu_webmail": {"box_identity"},
    "congvu_portal": set(),
    "congvu_reminder": {
        "reminder_due", "break_glass_notice_due", "odd_use_notice_due", "report_copy_due", "seal",
        "seal_copy", "statement_made", "statement_reminder", "statement_signatory", "version_in_force",
    },
    "congvu_password": {
        "account",
        "hosted_domain",
        "unit",
        "policy_value",
        "credential",
        "fingerprinted",
        "second_factor",
    },
}  # fmt: skip


@pytest.mark.parametrize("role", MAY_READ)
def test_a_service_reads_what_it_needs_and_nothing_else(untouched: Database, role: str) -> None:
    relations = {
        name
        for (name,) in untouched.ask(
            "congvu_owner",
            "select relname from pg_class "
            "where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')",
        )
    }
    assert {"door", "credential"} < relations
    readable = set()
    for name in relations:
        try:
            untouched.ask(role, f"select * from {name}")
        except errors.InsufficientPrivilege:
            continue
        readable.add(name)
    assert readable == MAY_READ[role]


# What was sent is written down by who sends it (test_reminders, test_chase, test_break_glass); evidence, too.
ADDS_TO = {
    "congvu_reminder": {"reminder", "break_glass_notice", "odd_use_notice", "report_copy", "seal_copy",
                        "statement_reminder"},
    "congvu_collector": {"event", "event_cursor"},
    "congvu_seal": {"seal", "segment"},
}  # fmt: skip


@pytest.mark.parametrize("role", MAY_READ)
def test_a_service_writes_nothing(untouched: Database, role: str) -> None:
    tables = untouched.ask(
        "congvu_owner", "select tablename from pg_tables where schemaname = 'public' order by 1"
    )
    for (name,) in tables:
        if (role, name) in (("dovecot", "box_share_written"), ("congvu_canary", "canary_run")):
            continue  # where it may write; of the first nothing stays
        added = "" if name in ADDS_TO.get(role, ()) else f"insert into {name} default values"
        for statement in filter(None, (f"delete from {name}", f"truncate {name}", added)):
            with pytest.raises(errors.InsufficientPrivilege):
                untouched.ask(role, statement)


def test_what_dovecot_writes_about_boxes_does_not_stay(directory: Database) -> None:
    written = "insert into box_share_written values ('user', 'an', 'vp', '1')"
    renewed = f"{written} on conflict (kind, name, box) do update set shown = '1'"
    for statement in (written, renewed, "delete from box_share_written"):
        directory.ask("dovecot", statement)
    assert directory.ask("dovecot", "select * from box_share_written") == []


STOPPED_CLOCK = """create or replace function congvu_now() returns timestamptz language sql
                   as 'select timestamptz ''epoch'''"""
FORBIDDEN = {
    "dovecot": [
        "select hash from credential",
        SET_PASSWORD,
        RECOGNISE,
        "create temporary table mine (x int)",
        STOPPED_CLOCK,
    ],
    "postfix": [
        "insert into domain values ('elsewhere.example')",
        f"insert into domain_name values ('elsewhere.example', '{DOMAIN}')",
        "select password from door",
        "select hash from credential",
        SET_PASSWORD,
        RECOGNISE,
        ISSUED,
        "create table mine (x int)",
    ],
    "congvu_password": [
        f"update credential set hash = '{OTHER_HASH}'",
        f"insert into credential (address, hash, origin) values ('{at('vp')}', '{HASH}', 'self')",
        "delete from credential",
        "update person set ends = null",
        "insert into audit_record (actor, verb, subject) values ('x', 'y', 'z')",
        "update credential set revoked_at = null",
        "select * from password_fingerprint",
        BESIDE,
        f"select keep_fingerprints(array['{at('annv')}'], array[{MARK}], array[{MARK}], repeat('0', 16))",
        f"select revoke_holder('{at('annv')}', {MARK}, '')",
        ISSUED,
        STOPPED_CLOCK,
    ],
    "congvu_portal": [
        SET_PASSWORD,
        RECOGNISE,
        f"select open_session('{at('annv')}', '{HASH}', {MARK})",
        f"select session_person({MARK})",
        "insert into audit_record (actor, verb, subject) values ('x', 'y', 'z')",
        "create table mine (x int)",
        "create temporary table mine (x int)",
        STOPPED_CLOCK,
    ],
    "congvu_admin": [
        f"select open_session('{at('annv')}', '{HASH}', {MARK})",
        f"select portal_home({MARK})",
        "insert into statement (quarter, provision, party, unit, attested, staff_id, version, sha256) "
        "values ('2026-Q4', 'd8.k1', 'head', 'vp', true, 'CB1', '2026.1', '')",
        "insert into acknowledgement values ('CB1', '2026.1', '')",
        "update difficulty set answer = ''",
        "delete from portal_session",
        f"update address set address = '{at('khac')}' where address = '{at('annv')}'",
        f"update address set use = 'retired' where address = '{at('annv')}'",
        f"delete from address where address = '{at('annv')}'",
        f"update person set address = '{at('khac')}' where staff_id = 'CB1'",
        f"update mailbox set staff_id = 'CB2' where address = '{at('annv')}'",
        "delete from person where staff_id = 'CB1'",
        "delete from mailbox",
        "update domain_name set home = 'elsewhere.example'",
        "delete from audit_record",
        "update audit_record set actor = 'somebody else'",
        "truncate audit_record",
        "update audit_diff set body = ''",
        "update policy_value set value = '1200' where key = 'rotation.expire_months'",
        "insert into policy_version (version, sha256) values ('x', repeat('0', 64))",
        "delete from observation",
        "delete from mail_check",
        "update mail_check set morning = true",
        "update check_day set off = 'x'",
        "delete from check_day",
        "delete from outage",
        "update outage set starts = starts",
        "alter table credential disable row level security",
        STOPPED_CLOCK,
        SET_PASSWORD,
        RECOGNISE,
        "update credential set revoked_at = null",
        "select * from password_fingerprint",
        "delete from password_fingerprint",
        BESIDE,
        ISSUED,
        "update credential set origin = 'self'",
        f"update credential set hash = '{OTHER_HASH}' where origin = 'self'",
        "update credential set origin = 'imported', set_at = set_at + interval '1 day'",
        f"insert into credential (address, hash, origin) values ('{at('cucd')}', '{HASH}', 'self')",
        "insert into credential (address, hash, origin, set_at) "
        f"values ('{at('cucd')}', '{HASH}', 'imported', congvu_now() + interval '1 day')",
    ],
}


@pytest.mark.parametrize(
    ("role", "statement"), [(role, each) for role, list_ in FORBIDDEN.items() for each in list_]
)
def test_what_a_role_may_not_do(untouched: Database, role: str, statement: str) -> None:
    before = untouched.ask("congvu_owner", "select * from account order by address")
    act = untouched.change if role == "congvu_admin" else untouched.ask
    with pytest.raises(errors.InsufficientPrivilege):
        act(role, statement)
    assert untouched.ask("congvu_owner", "select * from account order by address") == before


def test_nobody_else_comes_in(untouched: Database) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        untouched.ask("roundcube", "select 1")


def test_a_callers_own_function_sees_no_hidden_row(untouched: Database) -> None:
    """Without the view's barrier, this condition would meet the issued password before the state does."""
    with pytest.raises(errors.InvalidTextRepresentation) as told:
        untouched.ask("dovecot", "select login from door_key where (login || ' ' || password)::int = 1")
    assert at("annv") in str(told.value)
    probe = "select login from door_key where login <> %s and (login || ' ' || password)::int = 1"
    assert untouched.ask("dovecot", probe, at("annv")) == []


# What not even the owner can do: constraints and triggers, not grants.
IMPOSSIBLE = [
    # d3.k5: once an address, always the same one's
    (f"insert into address (address, use) values ('{at('annv')}', 'alias')", "address_pkey"),
    (f"insert into address (address, use) values ('{at('AnNV')}', 'alias')", "address_address_check"),
    (f"insert into address (address, use) values ('{at('an+nv')}', 'alias')", "address_address_check"),
    (f"insert into address (address, use) values ('{at('аnnv')}', 'alias')", "address_address_check"),
    ("insert into address (address, use) values ('annv@elsewhere.example', 'alias')", "address_domain_fkey"),
    (f"update address set address = '{at('khac')}' where address = '{at('annv')}'", "kept as they are"),
    (f"update address set use = 'alias' where address = '{at('annv')}'", "kept as they are"),
    (f"delete from address where address = '{at('annv')}'", "kept as they are"),
    ("truncate address cascade", "kept as they are"),
    (f"update person set address = '{at('binhl')}' where staff_id = 'CB1'", "kept as they are"),
    (f"update mailbox set staff_id = 'CB2' where address = '{at('annv')}'", "kept as they are"),
    (
        f"insert into forwarding (address, target) values ('{at('annv')}', '{at('vp')}')",
        "forwarding_address_use",
    ),
    # d4.k2.a.2: each unit has a mailbox, of its own
    (f"insert into unit (code, name, box) values ('x', 'X', '{at('vp')}')", "unit_box_code_use_fkey"),
    (f"insert into unit (code, name, box) values ('x', 'X', '{at('box-vp')}')", "unit_box_key"),
    (f"delete from mailbox where address = '{at('box-vp')}'", "unit_box_code_use_fkey"),
    # d4.k3.a.1: each person has one, of their own
    (
        f"delete from credential where address = '{at('annv')}'; delete from mailbox where staff_id = 'CB1'",
        "person",
    ),
    (
        f"insert into address (address, use) values ('{at('zwei')}', 'person'); "
        f"insert into mailbox (address, kind, staff_id) values ('{at('zwei')}', 'person', 'CB1')",
        "mailbox_staff_id_key",
    ),
    (
        "insert into person (staff_id, full_name, kind, unit, starts, address) "
        f"values ('CB9', 'Ai', 'cong_chuc', 'vp', '2020-01-01', '{at('vp')}')",
        "person_address_staff_id_fkey",
    ),
    # d4.k3.dd.1: a box has roles, no password; a person's box has no roles
    (f"insert into credential (address, hash, origin) values ('{at('vp')}', '{HASH}', 'self')", "credential"),
    (
        f"insert into credential (address, hash, origin) values ('{at('box-vp')}', '{HASH}', 'self')",
        "credential",
    ),
    (
        f"insert into box_role (box, kind, staff_id, role) values ('{at('annv')}', 'unit', 'CB2', 'head')",
        "box_role_box_kind_fkey",
    ),
    ("update box_role set role = 'boss'", "box_role_role_check"),
    # only good hashes
    ("update credential set hash = 'secret'", "credential_hash_check"),
    ("update credential set hash = '$2b$12$abcdefghijklmnopqrstuv'", "credential_hash_check"),
    # the record of what was done
    ("delete from audit_record", "kept as they are"),
    ("update audit_record set actor = 'somebody else'", "kept as they are"),
    ("truncate audit_record cascade", "kept as they are"),
    ("update person set full_name = 'Nguyễn'", "person_full_name_check"),  # NFD
]


@pytest.mark.parametrize(("statement", "words"), IMPOSSIBLE)
def test_what_nobody_can_do(untouched: Database, statement: str, words: str) -> None:
    if "NFD" in words or "full_name" in words:
        statement = statement.replace("ễ", "e\u0302\u0303")
    with pytest.raises(errors.IntegrityError, match=words):
        untouched.change("congvu_owner", statement)


@pytest.mark.parametrize(
    "table",
    [
        "domain",
        "domain_name",
        "address",
        "unit",
        "person",
        "mailbox",
        "forwarding",
        "box_role",
        "break_glass",
        "credential",
        "handover",
        "acknowledgement",
        "statement",
        "difficulty",
        "absence",
        "service",
        "mailing_list",
        "odd_use",
        "outage",
        "check_day",
        "mail_check",
        "box_check",
        "second_factor",
        "app_password",
        "policy_value",
        "password_fingerprint",
    ],
)
def test_no_change_without_its_record(untouched: Database, table: str) -> None:
    for role in ("congvu_owner", "postgres"):
        with pytest.raises(errors.IntegrityError, match="without an audit record"):
            untouched.ask(role, f"delete from {table}")


def test_the_record_of_another_transaction_does_not_count(directory: Database) -> None:
    directory.ask("congvu_admin", "insert into audit_record (actor, verb, subject) values ('x', 'y', 'z')")
    with pytest.raises(errors.IntegrityError, match="without an audit record"):
        directory.ask("congvu_admin", "update person set position = 'Giám đốc'")
    directory.change("congvu_admin", "update person set position = 'Giám đốc'")


def test_an_administrator_may_give_a_new_password_that_must_be_changed(directory: Database) -> None:
    directory.change(
        "congvu_admin",
        f"update credential set hash = '{OTHER_HASH}', origin = 'reset', set_at = congvu_now() "
        "where address = %s",
        at("annv"),
    )
    assert directory.ask("dovecot", "select * from door_key") == []


def test_the_owner_replaces_the_clock(directory: Database) -> None:
    directory.set_now("2030-01-01 00:00+07")
    assert str(directory.ask("dovecot", "select congvu_today()")[0][0]) == "2030-01-01"


def test_a_tombstone_keeps_the_address_and_nobody(directory: Database) -> None:
    """What erasing a person's data will do: the address remains, and stays taken."""
    directory.change(
        "congvu_owner",
        f"delete from credential where address = '{at('binhl')}';"
        f"delete from person where staff_id = 'CB2'; delete from mailbox where address = '{at('binhl')}';"
        f"update address set use = 'retired' where address = '{at('binhl')}'",
    )
    assert directory.ask("congvu_admin", "select * from account where address = %s", at("binhl")) == []
    plan = converge(directory, organisation(person("CB1"), person("CB9", "Lê Bình")))
    assert plan.wanted.people["CB9"].address == at("binhl2")
    with pytest.raises(errors.IntegrityError, match="kept as they are"):
        directory.change("congvu_owner", "update address set use = 'person' where use = 'retired'")
