"""Lines as the daemons of a host write them, and what each is to become; and lines that look like those."""

from __future__ import annotations

import json
from typing import Any

from journals import DOMAIN, DOVECOT, exported

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
    (exported(user=f"{ME}/1a2b3c4d", protocol="smtp"), DOVECOT, ("login", "submissions", ME, None), {}),
    (command("APPEND"), DOVECOT, ("act", None, ME, None), {"verb": "imap.catenate"}),
    (
        exported("mail_opened", cmd_name="APPEND", user=ME, session="S1", mailbox=f"Shared/{BOX}"),
        DOVECOT,
        ("opened", "imaps", ME, BOX),
        {"inbox": True},
    ),
    (
        REFUSED.replace(f"sasl_username={ME}", f"sasl_username={ME}/1a2b3c4d"),
        SUBMISSIONS,
        ("rejected", "submissions", ME, ME),
        {},
    ),
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
        command("EXAMINE", mailbox=f"Shared/{BOX}"),
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
        f"4jZrM32P9rzQXTr: to=<{BOX}>, {STORE}, dsn=2.0.0, status=sent (250 2.0.0 Saved)",
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
        f"4jZrM32P9rzQXTr: to=<tu@congdan.test>, relay=none, {TIMES}, dsn=4.4.1, status=deferred (timeout)",
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
    ("Missed 1450 kernel messages", JOURNALD),
    ("anything", {"_SYSTEMD_UNIT": "cron.service"}),
]


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
