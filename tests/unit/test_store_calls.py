"""Which functions each role may call; that no role was forgotten (test_store_grants has what it may read)."""

from __future__ import annotations

import pytest
from fix_database import Database
from test_store_grants import MAY_READ


def test_every_role_that_may_come_in_is_tried_here(shared_database: Database) -> None:
    """Whoever adds a service says here what it may read, and which functions it may call."""
    able = "select rolname from pg_roles where has_database_privilege(oid, current_database(), 'connect')"
    known = {role for (role,) in shared_database.ask("congvu_owner", f"{able} and not rolsuper")}
    assert known - {"congvu_owner", "congvu_admin"} == MAY_READ.keys() == MAY_CALL.keys()


CLOCK = {"congvu_now", "congvu_day", "congvu_today"}
SPELLINGS = {"home_address", "present_address"}
MAY_CALL: dict[str, set[str]] = {
    "dovecot": {"key_name", "answering_addresses"} | CLOCK | SPELLINGS,
    "postfix": {"key_names", "sending_addresses", "sending_key"} | CLOCK | SPELLINGS,
    "congvu_list": {"list_accepts"} | CLOCK,
    "congvu_seal": {"evidence_is_read"} | CLOCK,
    "congvu_canary": {"congvu_now"},
    "congvu_webmail": CLOCK | SPELLINGS,
    "congvu_reminder": CLOCK,
    "congvu_collector": {"events_missing", "expire_events"} | CLOCK,
    "congvu_portal": {"close_session", "portal_acknowledge", "portal_answer", "portal_checks",
                      "portal_difficulties", "portal_factor", "portal_home", "portal_logins",
                      "portal_read", "portal_records", "portal_report", "portal_reports",
                      "portal_revoke", "portal_state", "portal_statements", "portal_take_over"},
    "congvu_password": {"set_password", "recognise_password", "open_session", "session_factor", "use_code",
                        "begin_factor", "confirm_factor", "end_factor", "add_app_password",
                        "add_webmail_password", "begin_attempt", "forgive_attempts"} | CLOCK | SPELLINGS,
}  # fmt: skip


@pytest.mark.parametrize("role", MAY_READ)
def test_a_service_calls_what_it_needs_and_nothing_else(shared_database: Database, role: str) -> None:
    may = (
        "select proname from pg_proc where pronamespace = 'public'::regnamespace "
        "and has_function_privilege(%s, oid, 'execute')"
    )
    assert {name for (name,) in shared_database.ask("congvu_owner", may, role)} == MAY_CALL[role]
