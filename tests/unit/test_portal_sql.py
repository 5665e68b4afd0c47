"""Straight SQL past the page: what a stolen process of the page could ask the directory for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fix_database import Database
from fix_portal import Visitor
from psycopg import errors

SAID = '[{"provision": "d8.k1", "attested": true, "remark": ""}]'
COOKIE = "__Host-trang-cua-toi"
POLICY = "(select sha256 from policy_version)"


def asked(database: Database, call: str, held: bytes, role: str = "congvu_portal") -> Any:
    return database.ask(role, f"select {call}", held)[0][0]


def digest(database: Database) -> str:
    return str(database.ask("congvu_owner", "select sha256 from policy_version")[0][0])


def quarter(database: Database) -> str:
    return str(database.ask("congvu_owner", "select to_char(congvu_today(), 'YYYY\"-Q\"Q')")[0][0])


@pytest.mark.parametrize("held", [b"", bytes(32), b"annv@snv.binhdinh.test"])
def test_without_a_session_nothing_is_seen_or_done(roles: Database, held: bytes) -> None:
    shown = digest(roles)
    for view in ("portal_home(%s)", "portal_factor(%s)", "portal_records(%s)", "portal_logins(%s)",
                 "portal_difficulties(%s)", "portal_checks(%s)",
                 "portal_statements(%s, '2026-Q4', 'head', 'tccb')"):  # fmt: skip
        assert asked(roles, view, held) is None, view
    for act in (
        f"portal_acknowledge(%s, '{shown}')",
        f"portal_state(%s, '{quarter(roles)}', 'head', 'tccb', '{shown}', '{SAID}')",
        "portal_report(%s, 'difficulty', 'd8.k1', 'x', decode(repeat('00', 16), 'hex'))",
        "portal_answer(%s, 1, 'x')",
        "portal_take_over(%s, 1)",
        "portal_revoke(%s, 1)",
    ):
        assert asked(roles, act, held) == "no_session", act
    assert roles.ask("congvu_owner", "select count(*) from audit_record where verb <> 'test'") == [
        (1,)  # the policy in force
    ]


def test_a_session_acts_for_its_person_alone(head: Visitor, clerk: Visitor, roles: Database) -> None:
    assert head.cookies
    held, shown, now = bytes.fromhex(clerk.cookies[COOKIE]), digest(roles), quarter(roles)
    assert asked(roles, "portal_home(%s)", held)["staff_id"] == "linhnhp"
    for party, unit in (("head", "tccb"), ("office", "tccb"), ("director", "tccb"), ("head", "vp")):
        act = f"portal_state(%s, '{now}', '{party}', '{unit}', '{shown}', '{SAID}')"
        assert asked(roles, act, held) == "not_yours"
        assert asked(roles, f"portal_statements(%s, '{now}', '{party}', '{unit}')", held) is None
    own = f"portal_state(%s, '{now}', 'head', 'luutru', '{shown}', '{SAID}')"
    assert asked(roles, own, held) == "recorded"
    assert roles.ask("congvu_owner", "select staff_id, unit from statement") == [("linhnhp", "luutru")]


@pytest.mark.parametrize("role", ["congvu_password", "congvu_webmail", "dovecot", "postfix", "congvu_admin"])
def test_no_other_service_can_use_a_session(head: Visitor, roles: Database, role: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        asked(roles, "portal_home(%s)", bytes.fromhex(head.cookies[COOKIE]), role)


@pytest.mark.parametrize("table", ["acknowledgement", "statement", "difficulty"])
def test_what_was_said_stays_said(head: Visitor, roles: Database, table: str) -> None:
    held, shown = bytes.fromhex(head.cookies[COOKIE]), digest(roles)
    asked(roles, f"portal_acknowledge(%s, '{shown}')", held)
    asked(roles, f"portal_state(%s, '{quarter(roles)}', 'head', 'tccb', '{shown}', '{SAID}')", held)
    asked(roles, "portal_report(%s, 'difficulty', 'd8.k1', 'x', decode(repeat('00', 16), 'hex'))", held)
    changes = (f"delete from {table}", f"truncate {table}", f"update {table} set version = 'x'")
    for change in changes:
        with pytest.raises(errors.IntegrityError, match="kept as they are"):
            roles.change("congvu_owner", change)


def test_two_at_the_same_moment_leave_one_record(head: Visitor, roles: Database) -> None:
    """The lock on the unit: of equal forms the later find the first."""
    held, shown = bytes.fromhex(head.cookies[COOKIE]), digest(roles)
    act = f"portal_state(%s, '{quarter(roles)}', 'head', 'tccb', '{shown}', '{SAID}')"
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: asked(roles, act, held), range(8)))
    assert outcomes == ["recorded"] * 8
    assert roles.ask("congvu_owner", "select count(*) from statement") == [(1,)]
