"""What each line of the journal becomes: lines as hosts write them, and lines that try to be one of those."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from journals import DOMAIN, DOVECOT, entry, exported

from congvu.events import KINDS, SOURCES, Misread, event_of, read

ME, BOX, IP = f"annv@{DOMAIN}", f"vp@{DOMAIN}", "203.0.113.9"
SMTP = {"_SYSTEMD_UNIT": "postfix.service", "SYSLOG_IDENTIFIER": "postfix/smtp"}
LMTP = {**SMTP, "SYSLOG_IDENTIFIER": "postfix/lmtp"}
QMGR = {**SMTP, "SYSLOG_IDENTIFIER": "postfix/qmgr"}
SMTPD = {**SMTP, "SYSLOG_IDENTIFIER": "postfix/smtpd"}
SUBMISSIONS = {**SMTP, "SYSLOG_IDENTIFIER": "postfix/submissions/smtpd"}
FILTER = {"_SYSTEMD_UNIT": "rspamd.service", "SYSLOG_IDENTIFIER": "rspamd"}
PASSWORD = {"_SYSTEMD_UNIT": "congvu-password.service", "SYSLOG_IDENTIFIER": "congvu-password"}
NGINX = {"_SYSTEMD_UNIT": "nginx.service", "SYSLOG_IDENTIFIER": "nginx"}
SERVER = {"_SYSTEMD_UNIT": "postgresql@17-main.service", "SYSLOG_IDENTIFIER": "postgres"}
JOURNALD = {"_SYSTEMD_UNIT": "systemd-journald.service", "SYSLOG_IDENTIFIER": "systemd-journald"}


def root(name: str) -> dict[str, str]:
    return {"_SYSTEMD_UNIT": "ssh.service", "SYSLOG_IDENTIFIER": name}


def command(name: str, **fields: str) -> str:
    return exported("imap_command_finished", cmd_name=name, user=ME, session="S1", remote_ip=IP, **fields)


def judged(action: str, *rules: str, **fields: object) -> str:
    told = {
        "queue_id": "4jZrM32P9rzQXTr", "ip": IP, "from": "tu@congdan.test", "to": BOX, "recipients": 1,
        "bytes": 1416, "action": action, "rules": rules, "local": False, **fields,
    }  # fmt: skip
    return f"(rspamd_proxy) <db2532>; lua; congvu.lua:231: {json.dumps(told)}"


def answered(verb: str, answer: str, login: str | None = ME) -> str:
    told = {"event": "password", "verb": verb, "client": IP, "answer": answer, "login": login, "state": "x"}
    return json.dumps(told)


TIMES = "delay=0.04, delays=0.01/0/0.01/0.01"
STATUS = f"relay=mx.congdan.test[198.51.100.7]:25, {TIMES}, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
STORE = f"relay=mail[private/dovecot-lmtp], {TIMES}"
REFUSED = (
    f"NOQUEUE: reject: RCPT from unknown[{IP}]: 553 5.7.1 <{BOX}>: Sender address rejected: "
    f"not owned by user {ME}; "
    f"from=<{BOX}> to=<{ME}> proto=ESMTP helo=<client.test> sasl_method=PLAIN sasl_username={ME}"
)

# message, fields of the journal, what is to come of it: kind, door, login, mailbox, what the detail holds
LINES: list[tuple[str, dict[str, str], tuple[Any, ...], dict[str, Any]]] = [
    (exported(user=ME, session="S1"), DOVECOT, ("login", "imaps", ME, None), {"session": "S1"}),
    (
        exported(user=ME, protocol="sieve", session="S1"),
        DOVECOT,
        ("login", "sieve", ME, None),
        {"session": "S1"},
    ),
    (exported(user=ME, protocol="smtp"), DOVECOT, ("login", "submissions", ME, None), {}),
    (
        exported(user=ME, session="S1", success="no"),
        DOVECOT,
        ("login_refused", "imaps", ME, None),
        {"why": "refused"},
    ),
    (
        exported(user="Mat-khau-cua-toi-7", session="S1", success="no"),
        DOVECOT,
        ("login_refused", "imaps", None, None),
        {},
    ),
    (exported(user=ME), DOVECOT, ("act", None, None, ME), {"verb": "doveadm.auth"}),
    (command("SELECT"), DOVECOT, ("opened", "imaps", ME, ME), {}),
    (
        command("EXAMINE", mailbox=f"Shared/{BOX}/INBOX"),
        DOVECOT,
        ("opened", "imaps", ME, BOX),
        {"inbox": True},
    ),
    (
        command("UID STORE", mailbox=f"Shared/{BOX}/Đã xử lý"),
        DOVECOT,
        ("read", "imaps", ME, BOX),
        {"inbox": False},
    ),
    (command("FETCH"), DOVECOT, ("read", "imaps", ME, ME), {}),
    (
        exported("mail_user_session_finished", service="imap", user=ME, session="S1", net_in_bytes=7),
        DOVECOT,
        ("session_end", "imaps", ME, None),
        {"session": "S1", "bytes_in": 7},
    ),
    (
        exported("mail_user_session_finished", service="doveadm", user=ME, reason_code=["doveadm:cmd_fetch"]),
        DOVECOT,
        ("act", None, None, ME),
        {"verb": "doveadm.fetch"},
    ),
    (answered("check", "open"), PASSWORD, ("login", "webmail", ME, None), {"key": "password"}),
    (answered("admit", "open"), PASSWORD, ("login", "page", ME, None), {"key": "password"}),
    (
        answered("check", "refused", None),
        PASSWORD,
        ("login_refused", "webmail", None, None),
        {"why": "refused"},
    ),
    (answered("change", "throttled"), PASSWORD, ("login_refused", "page", ME, None), {"why": "throttled"}),
    (
        '{"client":"203.0.113.9","method":"POST","path":"/mat-khau","task":"","action":"","status":429,"bytes":7}',
        NGINX,
        ("limited", "page", None, None),
        {"rule": "requests"},
    ),
    (
        judged("no action", user=ME, **{"from": BOX}),
        FILTER,
        ("submitted", "submissions", ME, BOX),
        {"recipients": 1, "bytes": 1416},
    ),
    (judged("no action"), FILTER, ("received", "smtp", None, None), {"queue_id": "4jZrM32P9rzQXTr"}),
    (judged("no action", local=True), FILTER, ("received", "smtp", None, None), {"local": True}),
    (judged("add header"), FILTER, ("spam", "smtp", None, BOX), {"rule": "junk"}),
    (judged("reject"), FILTER, ("spam", "smtp", None, BOX), {"rule": "score"}),
    (
        judged("reject", "CLAM_VIRUS", user=ME),
        FILTER,
        ("virus", "submissions", ME, BOX),
        {"rule": "CLAM_VIRUS"},
    ),
    (judged("soft reject", "SUBMISSION_LIMIT", user=ME), FILTER, ("limited", "submissions", ME, BOX), {}),
    (
        judged("reject", "OWN_DOMAIN_FORGED"),
        FILTER,
        ("rejected", "smtp", None, BOX),
        {"rule": "OWN_DOMAIN_FORGED"},
    ),
    (
        f"4jZrM32P9rzQXTr: to=<{BOX}>, {STORE}, dsn=2.0.0, status=sent (250 2.0.0 <{BOX}> GAePFR/3B2v2aQAAZU03Dg Saved)",
        LMTP,
        ("delivered", "smtp", None, BOX),
        {"queue_id": "4jZrM32P9rzQXTr", "dsn": "2.0.0"},
    ),
    (
        f"4jZrM32P9rzQXTr: to=<vp+sent@{DOMAIN}>, orig_to=<x@{DOMAIN}>, {STORE}, "
        "dsn=2.0.0, status=sent (250 2.0.0 Saved)",
        LMTP,
        ("delivered", "smtp", None, BOX),
        {},
    ),
    (
        f"4jZrM32P9rzQXTr: to=<tu@congdan.test>, {STATUS}",
        SMTP,
        ("relayed", "smtp", None, None),
        {"domain": "congdan.test"},
    ),
    (
        f"4jZrM32P9rzQXTr: to=<tu@congdan.test>, relay=none, {TIMES}, dsn=4.4.1, status=deferred (connect to)",
        SMTP,
        ("deferred", "smtp", None, None),
        {"domain": "congdan.test", "dsn": "4.4.1"},
    ),
    (
        f"4jZrM32P9rzQXTr: to=<{BOX}>, {STORE}, dsn=5.2.2, status=bounced (host)",
        LMTP,
        ("bounced", "smtp", None, BOX),
        {"dsn": "5.2.2"},
    ),
    (
        "4jZrM32P9rzQXTr: from=<a@b.test>, status=expired, returned to sender",
        QMGR,
        ("bounced", "smtp", None, None),
        {"why": "expired"},
    ),
    (REFUSED, SUBMISSIONS, ("rejected", "submissions", ME, ME), {"rule": "5.7.1", "step": "RCPT"}),
    (REFUSED, SMTPD, ("rejected", "smtp", None, ME), {"rule": "5.7.1"}),  # nobody logs in there
    (
        f"warning: Connection rate limit exceeded: 31 from unknown[{IP}] for service smtp",
        SMTPD,
        ("limited", "smtp", None, None),
        {},
    ),
    (
        f"Accepted publickey for root from {IP} port 4022 ssh2: ED25519 SHA256:fY42chD4FqfUC/vuVLLxEheK",
        root("sshd-session"),
        ("act", None, "root", None),
        {"verb": "ssh.login"},
    ),
    (
        f"Failed password for invalid user admin from {IP} port 4022 ssh2",
        root("sshd-session"),
        ("act", None, None, None),
        {"verb": "ssh.refused"},
    ),
    (
        "   ops : TTY=pts/0 ; PWD=/home/ops ; USER=root ; COMMAND=/usr/bin/psql -c 'alter role x password y'",
        root("sudo"),
        ("act", None, "ops", None),
        {"verb": "sudo", "as": "root", "program": "/usr/bin/psql"},
    ),
    (
        "   ops : command not allowed ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
        root("sudo"),
        ("act", None, "ops", None),
        {"verb": "sudo.refused"},
    ),
    (
        "(to postgres) root on pts/0",
        root("su"),
        ("act", None, "root", None),
        {"verb": "su", "as": "postgres"},
    ),
    (
        "Invoked with wait=600",
        root("ansible-converge_lock"),
        ("act", None, None, None),
        {"verb": "converge.begin"},
    ),
    (
        "Invoked with table=[] strict=True",
        root("ansible-stale_units"),
        ("act", None, None, None),
        {"verb": "converge.end"},
    ),
    (
        "[77] postgres@congvu/psql LOG:  disconnection: session time: 0:00:01.5 user=postgres",
        SERVER,
        ("act", None, None, None),
        {"verb": "sql", "as": "postgres", "program": "psql"},
    ),
    (
        "[77] congvu_owner@congvu/psql LOG:  statement: ALTER ROLE congvu_admin PASSWORD 'x'",
        SERVER,
        ("act", None, None, None),
        {"verb": "sql.define", "statement": "alter role"},
    ),
    (
        "[77] congvu_admin@congvu/psql LOG:  the evidence was read",
        SERVER,
        ("act", None, None, None),
        {"verb": "evidence.read"},
    ),
    (
        "Suppressed 17 messages from dovecot.service",
        JOURNALD,
        ("gap", None, None, None),
        {"why": "suppressed", "count": 17},
    ),
    (
        "File /var/log/journal/x/system.journal corrupted or uncleanly shut down, renaming and replacing.",
        JOURNALD,
        ("gap", None, None, None),
        {"why": "unclean stop"},
    ),
]


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


NOTHING = [
    (exported(user=ME, session="webmail-0a1b"), DOVECOT),  # the password service tells it, once
    (exported("mail_user_session_finished", service="imap", user=ME, session="webmail-0a1b"), DOVECOT),
    (exported("auth_passdb_request_finished", result="password_mismatch", user=ME), DOVECOT),
    (f"imap-login: Logged in: user=<{ME}>, session=<S1>", DOVECOT),
    (answered("check", "unavailable"), PASSWORD),
    (answered("assess", "assessed"), PASSWORD),
    ("[77] congvu_admin@congvu/congvu LOG:  disconnection: session time: 0:00:01.5 user=", SERVER),
    ("[77] dovecot@congvu/ LOG:  disconnection: session time: 0:00:01.5 user=dovecot", SERVER),
    ("Invoked with table=[] strict=False", root("ansible-stale_units")),
    ("4jZrM32P9rzQXTr: removed", QMGR),
    ('{"client":"203.0.113.9","method":"GET","path":"/","status":200,"bytes":7}', NGINX),
    ("anything", {"_SYSTEMD_UNIT": "cron.service"}),
]


@pytest.mark.parametrize(("message", "fields"), NOTHING, ids=[each[0][:50] for each in NOTHING])
def test_a_line_of_another_kind_is_no_event(message: str, fields: dict[str, str]) -> None:
    assert read(entry(message, **fields)) is None


FORGED = exported(user=f"giamdoc@{DOMAIN}", session="S1")
FORGERIES = [
    (FORGED, {"_SYSTEMD_UNIT": "user@1000.service", "SYSLOG_IDENTIFIER": "dovecot"}),
    (FORGED, {"SYSLOG_IDENTIFIER": "dovecot"}),
    (FORGED, {**DOVECOT, "_SYSTEMD_UNIT": "congvu-web.service"}),
    (f"imap-login: Login aborted: user=<{FORGED}>", DOVECOT),
    (f"auth(x,1.2.3.4): sql: unknown user\n{FORGED}", DOVECOT),
    ("(to root) me on pts/0", {"SYSLOG_IDENTIFIER": "su", "_UID": "1000"}),
    ("Invoked with wait=1", {"SYSLOG_IDENTIFIER": "ansible-converge_lock", "_UID": "33"}),
    (f"(rspamd_proxy) <a>; task; x: id: <(rspamd_proxy) <b>; lua; congvu.lua:1: {judged('reject')}>", FILTER),
    (f"x {answered('check', 'open')}", PASSWORD),
    ("[77] dovecot@congvu/ ERROR:  [78] postgres@congvu/psql LOG:  disconnection: session time", SERVER),
]


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
