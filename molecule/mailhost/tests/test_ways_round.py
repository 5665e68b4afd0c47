"""Ways round the doors, tried on the real daemons (docs/develop/ways-round.md has the table)."""

from __future__ import annotations

import json
import re
import smtplib
import time
from typing import Any
from urllib.parse import quote

import pytest
from doors import Doors, Imap, Smtp
from test_boxes import PREFIX, Account, alive, put, session, utf7
from test_break_glass import ask
from test_doors import WRONG, moved, people
from testinfra.host import Host

# What Dovecot offers after login. Whoever sees another one asks first what it can read without opening it.
JUDGED = """
    BINARY CHILDREN COMPRESS=DEFLATE CONDSTORE CONTEXT=SEARCH ENABLE ESEARCH ESORT I18NLEVEL=1 ID IDLE
    IMAP4rev1 INPROGRESS LIST-EXTENDED LIST-STATUS LITERAL+ LOGIN-REFERRALS MOVE MULTIAPPEND NAMESPACE NOTIFY
    PREVIEW PREVIEW=FUZZY QRESYNC QUOTA REPLACE SASL-IR SAVEDATE SEARCHRES SNIPPET=FUZZY SORT SORT=DISPLAY
    SPECIAL-USE STATUS=SIZE THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS UIDPLUS UNSELECT WITHIN
"""


@pytest.fixture(scope="module")
def doors(demo: dict[str, Any]) -> Doors:
    return Doors(demo)


@pytest.fixture(scope="module")
def office(demo: dict[str, Any]) -> str:
    return next(str(each["address"]) for each in demo["accounts"] if each["kind"] == "office")


@pytest.fixture(scope="module")
def clerk(demo: dict[str, Any], host: Host, office: str) -> Account:
    held = f"box = '{office}' and role = 'clerk'"
    address = ask(host, f"select address from box_role join person using (staff_id) where {held} limit 1")
    return next(dict(each) for each in demo["accounts"] if each["address"] == address)


# --- a box is read without being opened ---------------------------------------------------------------------


def said(client: Imap, command: str) -> str:
    """The answer to a command that imaplib may not know, all of its lines."""
    client.send(f"w1 {command}\r\n".encode())
    lines = [client.readline()]
    while not lines[-1].startswith(b"w1 "):
        lines.append(client.readline())
    return b"".join(lines).decode()


def journal(host: Host, cursor: str, event: str) -> list[dict[str, Any]]:
    time.sleep(1)
    host.check_output("journalctl --sync")
    lines = host.run("journalctl -q -o cat -t dovecot --after-cursor=%s -g %s", cursor, event).stdout
    return [dict(json.loads(line[line.index("{") :])["fields"]) for line in lines.splitlines()]


def test_whoever_takes_a_message_out_of_a_box_unopened_is_named(
    doors: Doors, host: Host, clerk: Account, office: str
) -> None:
    put(host, office, f"khong-mo-{time.time()}")
    name = f"{PREFIX}/{office}"
    host.check_output("journalctl --sync")
    cursor = host.check_output("journalctl -n 0 --show-cursor -q").split("cursor: ")[1]
    with session(doors, clerk) as client:
        found = re.search(
            r"UIDNEXT (\d+) UIDVALIDITY (\d+)", said(client, f"STATUS {utf7(name)} (UIDNEXT UIDVALIDITY)")
        )
        assert found
        url = f"/{quote(name)};UIDVALIDITY={found[2]}/;UID={int(found[1]) - 1}"
        for part in ("", "/;SECTION=HEADER.FIELDS%20(SUBJECT)"):
            assert "w1 OK" in said(client, f'APPEND Drafts (\\Deleted) CATENATE (URL "{url}{part}")')
    taken = [
        (each["user"], each["mailbox"], each["cmd_name"]) for each in journal(host, cursor, "mail_opened")
    ]
    assert (clerk["address"], name, "APPEND") in taken
    joined = [
        each["user"]
        for each in journal(host, cursor, "imap_command_finished")
        if each["cmd_name"] == "APPEND"
    ]
    assert joined == [clerk["address"]] * 2  # also of header fields that the index knows
    host.check_output("doveadm expunge -u %s mailbox Drafts deleted", clerk["address"])


def test_no_other_command_reads_a_box_that_is_not_opened(doors: Doors, clerk: Account, office: str) -> None:
    """It is told how many messages there are (STATUS, LIST, NOTIFY), and nothing of any."""
    box = utf7(f"{PREFIX}/{office}")
    url = f"imap://x@localhost/{quote(PREFIX)}/{quote(office)}/;UID=1;URLAUTH=anonymous"
    with session(doors, clerk) as client:
        offered = said(client, "CAPABILITY").splitlines()[0].split()[2:]
        assert set(offered) == set(JUDGED.split())
        for command in (
            f'GENURLAUTH "{url}" INTERNAL',
            f'URLFETCH "{url}:internal:00"',
            "RESETKEY",
            f"ESEARCH IN (mailboxes {box}) ALL",
            f"GETMETADATA {box} /private/comment",
            f"SETMETADATA {box} (/private/comment {{1+}}\r\nx)",
            f"NOTIFY SET (mailboxes {box} (MessageNew (UID BODY.PEEK[]) MessageExpunge))",
            "COPY 1 Drafts",
            "FETCH 1 (PREVIEW)",
            f"GETACL {box}",
            f"MYRIGHTS {box}",
        ):
            assert re.search(r"^w1 (NO|BAD)", said(client, command), re.MULTILINE), command


# --- rights that nobody granted -----------------------------------------------------------------------------


def test_rights_that_nobody_granted_are_taken_out_and_told(
    doors: Doors, demo: dict[str, Any], host: Host, office: str
) -> None:
    owner, intruder, *_ = people(demo, "active")[4:]
    put(host, owner["address"], "rieng")
    box = utf7(f"{PREFIX}/{owner['address']}")
    before = int(ask(host, "select coalesce(max(id), 0) from audit_record"))
    host.check_output("systemctl stop congvu-boxes.timer")
    try:
        for mailbox, folder in ((owner["address"], "INBOX"), (office, "Sent")):
            host.check_output(
                "doveadm acl set -u %s %s %s lookup read", mailbox, folder, f"user={intruder['address']}"
            )
        with session(doors, intruder) as reading, session(doors, owner) as staying:
            assert reading.select(box, readonly=True)[0] == "OK"
            host.check_output("systemctl start congvu-boxes.service")
            assert not alive(reading)
            assert alive(staying)
    finally:
        host.check_output("systemctl start congvu-boxes.timer")
    with session(doors, intruder) as again:
        for each in (box, utf7(f"{PREFIX}/{office}/Sent")):
            assert again.select(each, readonly=True)[0] == "NO"
    recorded = ask(host, "select string_agg(subject || ' ' || (detail->>'found'), E'\\n' order by subject)"
                         f" from audit_record where id > {before} and verb = 'rights.remove'")  # fmt: skip
    wanted = {f'{mailbox} ["user={intruder["address"]} lr"]' for mailbox in (owner["address"], office)}
    assert set(recorded.splitlines()) == wanted
    assert (
        host.run("journalctl -q -u congvu-boxes --since -1m -g 'rights that nobody granted'").stdout.count(
            "\n"
        )
        == 2
    )


# --- a connection to port 465 outlives the key that opened it -----------------------------------------------


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("person", "ends = current_date - 2"),  # suspended
        ("credential", "set_at = set_at - interval '8 months'"),  # expired
        ("credential", "revoked_at = now()"),
        ("credential", "hash = overlay(hash placing 'AAAA' from length(hash) - 5)"),  # another password
    ],
)
def test_a_connection_ends_with_the_key_that_opened_it(
    doors: Doors, demo: dict[str, Any], host: Host, table: str, change: str
) -> None:
    person, other = people(demo, "active")[2:4]
    with Smtp(doors) as held:
        held.login(person["address"], person["password"])
        assert held.mail(person["address"])[0] == 250
        assert held.rcpt(other["address"])[0] == 250
        held.rset()
        with moved(host, table, change, person["address"]):
            held.mail(person["address"])
            code, text = held.rcpt(other["address"])
            assert (code, b"log in again" in text) == (521, True)
            with pytest.raises(smtplib.SMTPServerDisconnected):
                held.noop()
    assert doors.submissions(person["address"], person["password"]).open


def test_a_mail_session_ends_with_the_password_and_one_of_the_new_password_goes_on(
    doors: Doors, demo: dict[str, Any], host: Host
) -> None:
    person = people(demo, "active")[2]
    which = f"where address = '{person['address']}'"
    origin = ask(host, f"select origin from credential {which}")
    other = "hash = overlay(hash placing 'AAAA' from length(hash) - 5)"
    host.check_output("systemctl stop congvu-boxes.timer")
    try:
        with session(doors, person) as held, moved(host, "credential", "hash = hash", person["address"]):
            host.check_output(
                'psql -XqU congvu_owner congvu -c "begin; '
                "insert into audit_record (actor, verb, subject) values ('test', 'test', ''); "
                f"update credential set {other}, origin = 'self' {which}; commit\""
            )
            assert alive(held)
            time.sleep(7)
            # As if the other hash were the present one's: what begins from here on proved the new password.
            sql = (
                f"set session_replication_role = replica; update credential set origin = '{origin}', hash = "
            )
            host.check_output(
                f'runuser -u postgres -- psql -qX congvu -c "{sql}(select hash from '
                f'kept_{person["address"].partition("@")[0]}) {which}"'
            )
            with session(doors, person) as back:
                host.check_output("systemctl start congvu-boxes.service")
                assert not alive(held)
                assert alive(back)
    finally:
        host.check_output("systemctl start congvu-boxes.timer")


# --- doveadm ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("account", ["postfix", "www-data", "congvu-password", "congvu-web", "_rspamd"])
def test_no_service_reads_mail_by_doveadm(demo: dict[str, Any], host: Host, account: str) -> None:
    address = people(demo, "active")[0]["address"]
    for command in (
        f"doveadm fetch -u {address} hdr mailbox INBOX",
        f"doveadm exec imap -u {address}",
        f"doveadm acl set -u {address} INBOX anyone lookup read",
        f"doveadm kick {address}",
    ):
        assert host.run(f"cd / && runuser -u {account} -- {command} </dev/null").rc != 0, command


def test_doveadm_knows_no_login_but_ones_own(demo: dict[str, Any], host: Host, office: str) -> None:
    """And without TLS not that either. (That root can read files is no door: docs/develop/ways-round.md.)"""
    person = people(demo, "active")[0]
    for login, password in (
        (person["address"], WRONG),
        (person["address"], person["password"]),
        (f"{person['address']}*root", person["password"]),
        (office, person["password"]),
    ):
        told = host.run("doveadm auth login %s %s", login, password)
        assert "auth failed" in told.stdout + told.stderr, login
