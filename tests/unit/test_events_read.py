"""What each line of the journal becomes: lines as hosts write them, and lines that try to be one of those."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from journal_lines import (
    BOX,
    FILTER,
    FORGERIES,
    IP,
    JOURNALD,
    LINES,
    ME,
    NGINX,
    NOTHING,
    PASSWORD,
    SERVER,
    SMTP,
    SMTPD,
    STATUS,
    SUBMISSIONS,
    command,
    root,
)
from journals import DOMAIN, DOVECOT, entry, exported

from congvu.events import KINDS, SOURCES, Misread, event_of, read


@pytest.mark.parametrize(("message", "fields", "what", "detail"), LINES, ids=[each[0][:50] for each in LINES])
def test_a_line_becomes_its_event(
    message: str, fields: dict[str, str], what: tuple[Any, ...], detail: dict[str, Any]
) -> None:
    event = read(entry(message, **fields), {DOMAIN})
    assert event is not None
    assert (event.kind, event.door, event.login, event.mailbox) == what
    assert detail.items() <= dict(event.detail).items()
    assert event.kind in KINDS
    assert event.host == "mail"
    told = json.dumps(dict(event.detail), ensure_ascii=False)
    for kept_out in ("Mat-khau", "password x", "password y", "Đã xử lý", "congdan.test>", "Saved"):
        assert kept_out not in told


@pytest.mark.parametrize(("message", "fields"), NOTHING, ids=[each[0][:50] for each in NOTHING])
def test_a_line_of_another_kind_is_no_event(message: str, fields: dict[str, str]) -> None:
    assert read(entry(message, **fields)) is None


@pytest.mark.parametrize(("message", "fields"), FORGERIES, ids=range(len(FORGERIES)))
def test_what_only_looks_like_a_line_is_none(message: str, fields: dict[str, str]) -> None:
    assert read(entry(message, **fields), {DOMAIN}) is None


def test_a_client_cannot_name_somebody_else_in_its_greeting() -> None:
    helo = f"a> sasl_method=PLAIN sasl_username=giamdoc@{DOMAIN}"
    line = (
        f"NOQUEUE: reject: RCPT from x[{IP}]: 554 5.7.1 <x[{IP}]>: Client host rejected; "
        f"from=<a@b.test> to=<{BOX}> proto=ESMTP helo=<{helo}>"
    )
    event = read(entry(line, **SUBMISSIONS), {DOMAIN})
    assert event is not None
    assert event.login is None


def test_a_recipient_cannot_write_its_own_outcome() -> None:
    to = '"a>, relay=x, delay=1, delays=1, dsn=2.0.0, status=sent (x"@congdan.test'
    line = f"4jZrM32P9rzQXTr: to=<{to}>, {STATUS.replace('sent (250', 'bounced (550')}"
    event = read(entry(line, **SMTP), {DOMAIN})
    assert event is not None
    assert (event.kind, event.detail["domain"]) == ("bounced", "congdan.test")


MALFORMED = [
    'stats: {"event": "auth_request_finished"}',
    'stats: {"event": "auth_request_finished", "fields": []}',
    'stats: {"event": "imap_command_finished", "fields": {"cmd_name": "SELECT"}}',
    "stats: " + '{"a":' * 5_000 + "1" + "}" * 5_000,
    "stats: {" + "9" * 5_000 + "}",
    command("SELECT", mailbox="Shared/nobody"),
]


@pytest.mark.parametrize("message", MALFORMED, ids=range(len(MALFORMED)))
def test_what_cannot_be_understood_says_so(message: str) -> None:
    with pytest.raises(Misread):
        read(entry(message, **DOVECOT))
    assert event_of(entry(message, **DOVECOT)) is None


def test_a_message_of_bytes_is_read() -> None:
    """What is not UTF-8, or has a control character in it, journalctl gives as a list of numbers."""
    assert event_of(entry(list(exported(user=ME, session="S1").encode()), **DOVECOT)) is not None
    assert event_of(entry([*exported(user=ME, session="S1").encode(), 0xFF], **DOVECOT)) is None


TEXT = some.text(max_size=12)
PLAIN = (
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | TEXT
    | some.sampled_from([ME, "\ud800@x.test"])
)
ANY = PLAIN | some.lists(PLAIN, max_size=3) | some.dictionaries(TEXT, PLAIN, max_size=2)
FIELDS = (
    "user",
    "session",
    "remote_ip",
    "protocol",
    "success",
    "service",
    "reason_code",
    "mailbox",
    "cmd_name",
    "net_in_bytes",
)


@settings(deadline=None)
@given(
    event=some.sampled_from(["auth_request_finished", "imap_command_finished", "mail_user_session_finished"]),
    fields=some.dictionaries(some.sampled_from(FIELDS), ANY),
)
def test_whatever_the_fields_hold_it_is_an_event_that_the_database_takes_or_none(
    event: str, fields: dict[str, Any]
) -> None:
    line = "stats: " + json.dumps({"event": event, "fields": fields})
    found = event_of(entry(line, **DOVECOT))
    if found is not None:
        for each in (found.login, found.mailbox, found.peer, found.door, json.dumps(dict(found.detail))):
            assert each is None or ("\x00" not in each and each.encode())
        assert "\\u0000" not in json.dumps(dict(found.detail))
        assert "\\ud" not in json.dumps(dict(found.detail))


@settings(deadline=None)
@given(
    message=ANY,
    unit=some.sampled_from([DOVECOT, SMTPD, FILTER, PASSWORD, NGINX, SERVER, JOURNALD, root("sudo")]),
    moment=ANY,
)
def test_no_entry_ends_the_reader(message: object, unit: dict[str, str], moment: object) -> None:
    event_of(entry(message, **unit))
    event_of({**entry("x", **unit), "__REALTIME_TIMESTAMP": moment})
    event_of({"MESSAGE": message})


def test_the_journal_is_asked_for_these_lines_only() -> None:
    assert "_SYSTEMD_UNIT=dovecot.service" in SOURCES
    assert SOURCES[-1] == "_UID=0"
    assert SOURCES.index("+") < SOURCES.index("SYSLOG_IDENTIFIER=sudo")
