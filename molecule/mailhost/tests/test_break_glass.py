"""Somebody reads another person's mailbox: at once, to read only, until it is over, and its owner is told."""

from __future__ import annotations

import email
import email.policy
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from subprocess import CompletedProcess
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from doors import Doors, Imap, Smtp
from test_boxes import PREFIX, Account, alive, imaplib_flags, listed, put, session, utf7
from testinfra.host import Host

Ansible = Callable[..., CompletedProcess[str]]
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SOON = 5  # seconds from the act's transaction: what is promised
PATIENCE = (
    15  # seconds after the playbook's end: how long to look, so that what is late is told with its number
)


@pytest.fixture(scope="module")
def people(people: list[Account], host: Host) -> list[Account]:
    """Three people who can log in: owner, reader, approver."""
    names = json.loads(ask(host, "select json_object_agg(staff_id, full_name) from person"))
    return [{**each, "name": names[each["staff_id"]]} for each in people[-3:]]


@pytest.fixture
def ticket() -> str:
    return f"{time.time_ns() // 10**6}/QĐ-SNV"


def asked(people: list[Account], ticket: str, until: datetime, **more: str) -> dict[str, str]:
    owner, reader, approver = (each["staff_id"] for each in people)
    act = {"ticket": ticket, "owner": owner, "reader": reader, "approver": approver,
           "reason": "Tìm hồ sơ đang giải quyết, cán bộ nghỉ ốm đột xuất"}  # fmt: skip
    return {**act, "ends_at": until.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S"), **more}


def play(ansible: Ansible, act: dict[str, str], *more: str) -> CompletedProcess[str]:
    return ansible("ansible-playbook", "playbooks/break_glass.yml", "-e", json.dumps(act), *more)


def opens(doors: Doors, account: Account, folder: str) -> bool:
    with session(doors, account) as client:
        return client.select(folder, readonly=True)[0] == "OK"


def until(happened: Callable[[], bool], running: Future[Any]) -> float:
    """The moment at which it did, while somebody else is at it and up to a while afterwards.

    Whoever looks may be put out meanwhile, for what was lost before.
    """

    def seen() -> bool:
        try:
            return happened()
        except Imap.abort:
            return False

    over = None
    while not seen():
        over = over or (time.time() if running.done() else None)
        assert over is None or time.time() < over + PATIENCE, "it never happened"
        time.sleep(0.1)
    return time.time()


def ask(host: Host, sql: str) -> str:
    return host.check_output(f'psql -XAtU congvu_admin congvu -c "{sql}"')


def subject(ticket: str) -> str:
    """Of a message that is there to be read; in ASCII, for imaplib's SEARCH."""
    return f"thu-rieng-{ticket.partition('/')[0]}"


def in_hours(hours: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)


@pytest.fixture
def opened(
    ansible: Ansible, host: Host, people: list[Account], ticket: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """The mailbox of the first person, open to the second: its address, and the act. Ended at last."""
    put(host, people[0]["address"], subject(ticket))
    act = asked(people, ticket, in_hours(1))
    done = play(ansible, act)
    assert done.returncode == 0, done.stdout + done.stderr
    yield people[0]["address"], act
    assert play(ansible, {**act, "ended_by": "kiểm thử"}).returncode == 0


def test_the_reader_sees_it_and_changes_nothing(
    doors: Doors, host: Host, people: list[Account], opened: tuple[str, dict[str, str]]
) -> None:
    box, act = opened
    owner, reader, _ = people
    inbox = utf7(f"{PREFIX}/{box}")
    with session(doors, owner) as client:  # who keeps all rights, and may go on filing
        folder = utf7(f"Riêng {act['ticket'].partition('/')[0]}")
        assert client.create(folder)[0] == "OK"
        assert client.append(folder, None, None, b"Subject: rieng\r\n\r\nx\r\n")[0] == "OK"
        client.select("INBOX")
        client.store("1", "+FLAGS", "(\\Flagged)")
        assert b"\\Flagged" in imaplib_flags(client, "1")
        client.store("1", "-FLAGS", "(\\Flagged)")
    with session(doors, reader) as client:
        assert box in listed(client)
        select(client, inbox)
        number = client.search(None, "SUBJECT", f'"{subject(act["ticket"])}"')[1][0].decode()
        assert b"x\r\n" in client.fetch(number, "(BODY[TEXT])")[1][0][1]  # which marks as read who may mark
        before = imaplib_flags(client, number)
        client.store(number, "+FLAGS", "(\\Seen \\Deleted \\Flagged)")
        client.expunge()
        assert imaplib_flags(client, number) == before
        assert b"\\Seen" not in before
        for what in (
            lambda: client.append(inbox, None, None, b"Subject: them\r\n\r\nx\r\n"),
            lambda: client.create(utf7(f"{PREFIX}/{box}/Mới")),
            lambda: client.delete(utf7(f"{PREFIX}/{box}/Drafts")),
            lambda: client.rename(utf7(f"{PREFIX}/{box}/Drafts"), utf7(f"{PREFIX}/{box}/Khác")),
            lambda: client._simple_command("MOVE", number, "INBOX"),
            lambda: client._simple_command("SETACL", inbox, reader["address"], "lrswipkxtea"),
        ):
            assert not_done(what)
        inside = utf7(f"{PREFIX}/{box}/Riêng {act['ticket'].partition('/')[0]}")
        select(client, inside)
        assert client.search(None, "SUBJECT", "rieng")[1][0]
    with session(doors, owner) as client:
        client.select("INBOX", readonly=True)
        assert client.search(None, "UNSEEN", "SUBJECT", f'"{subject(act["ticket"])}"')[1][0]
        assert client.delete(folder)[0] == "OK"
    with Smtp(doors) as client:
        client.login(reader["address"], reader["password"])
        client.mail(box)
        assert client.rcpt(people[2]["address"])[0] == 553
    opening = host.check_output("journalctl -q -o cat -t dovecot -g imap_command_finished --since -5m")
    assert any(box in line and reader["address"] in line for line in opening.splitlines())


def select(client: Imap, folder: str) -> None:
    """Open it to read and write, as far as the server lets one: it says at once that one only reads."""
    with pytest.raises(Imap.readonly):
        client.select(folder)
    client.is_readonly = True  # or imaplib takes each later answer for a lost session


def not_done(command: Callable[[], Any]) -> bool:
    try:
        return bool(command()[0] != "OK")
    except Imap.error:
        return True


def test_the_owner_is_told_and_nobody_else_sees_it(
    doors: Doors, host: Host, people: list[Account], opened: tuple[str, dict[str, str]]
) -> None:
    box, act = opened
    with session(doors, people[2]) as client:
        assert box not in listed(client)
        assert client.select(utf7(f"{PREFIX}/{box}"), readonly=True)[0] == "NO"
    mail = notice(doors, people[0], act["ticket"], "được mở cho người khác đọc")
    text = mail.get_content()
    for words in (act["reason"], people[1]["name"], people[2]["name"], act["ticket"], "chỉ xem được thư"):
        assert words in text, words
    told = ask(host, "select step from break_glass_notice join break_glass on id = access"
                     f" where ticket = '{act['ticket']}'")  # fmt: skip
    assert told == "opened"


def notice(doors: Doors, owner: Account, ticket: str, words: str) -> email.message.EmailMessage:
    """The notice in the owner's mailbox; waits ten seconds."""
    with session(doors, owner) as client:
        for _ in range(20):
            client.select("INBOX", readonly=True)
            for number in reversed(client.search(None, "FROM", "no-reply")[1][0].split()[-6:]):
                content = client.fetch(number.decode(), "(BODY.PEEK[])")[1][0][1]
                mail = email.message_from_bytes(content, policy=email.policy.default)
                if ticket in mail["Subject"] and words in mail["Subject"]:
                    return mail
            time.sleep(0.5)
    raise AssertionError(f"no notice of {ticket}: {words}")


def test_it_is_over_by_itself(
    ansible: Ansible, doors: Doors, host: Host, people: list[Account], ticket: str
) -> None:
    """The moment decides at each login; a session that is open is ended by the timer of each minute."""
    owner, reader, _ = people
    box = owner["address"]
    end = in_hours(0) + timedelta(seconds=30)
    inbox = utf7(f"{PREFIX}/{box}")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(play, ansible, asked(people, ticket, end))
        seen = until(lambda: opens(doors, reader, inbox), running)
        done = running.result()
    assert done.returncode == 0, done.stdout + done.stderr
    took = seen - float(
        ask(host, f"select extract(epoch from opened_at) from break_glass where ticket = '{ticket}'")
    )
    print(f"read {took:.1f} s after the transaction")
    assert took < SOON
    with session(doors, reader) as going:
        select(going, inbox)
        while datetime.now(UTC) < end + timedelta(seconds=1):
            time.sleep(0.5)
        with session(doors, reader) as late:
            assert late.select(inbox, readonly=True)[0] == "NO"
        for _ in range(75):
            if not alive(going):
                break
            time.sleep(1)
        assert not alive(going)
    with session(doors, reader) as again:
        assert box not in listed(again)
    host.run_expect([0], f"test -z \"$(find $(doveadm user -f home {box}) -name 'dovecot-acl')\"")
    host.run_expect([0], "systemctl start congvu-notices.service")
    assert reader["name"] in notice(doors, owner, ticket, "đã chấm dứt").get_content()
    verbs = ask(host, "select string_agg(verb, ' ' order by id) from audit_record"
                      f" where detail->>'ticket' = '{ticket}'")  # fmt: skip
    assert verbs == "break_glass.open break_glass.end"


def test_the_same_again_changes_nothing_and_it_can_be_ended_early(
    ansible: Ansible, doors: Doors, people: list[Account], opened: tuple[str, dict[str, str]]
) -> None:
    box, act = opened
    assert "changed=0" in play(ansible, act).stdout
    assert play(ansible, {**act, "ends_at": in_hours(2).astimezone(ZONE).isoformat()}).returncode != 0
    with session(doors, people[1]) as going:
        select(going, utf7(f"{PREFIX}/{box}"))
        assert play(ansible, {**act, "ended_by": "Chánh Văn phòng"}).returncode == 0
        assert not alive(going)
    assert "changed=0" in play(ansible, {**act, "ended_by": "Chánh Văn phòng"}).stdout


def test_what_is_at_fault_is_told_at_once_and_opens_nothing(
    ansible: Ansible, host: Host, people: list[Account], ticket: str
) -> None:
    act = asked(people, ticket, in_hours(24 * 30), approver=people[1]["staff_id"], reason="")
    for more in ((), ("--check",)):
        refused = play(ansible, act, *more)
        assert refused.returncode != 0
        for words in ("3 faults, nothing was changed", "approver", "reason", "break_glass.max_hours"):
            assert words in refused.stdout, refused.stdout
    assert ask(host, f"select count(*) from break_glass where ticket = '{ticket}'") == "0"


SERVICES = [
    "dovecot",
    "postfix",
    "www-data",
    "congvu-list",
    "congvu-password",
    "congvu-reminder",
    "congvu-web",
]


@pytest.mark.parametrize("account", SERVICES)
def test_no_service_opens_one_by_straight_sql(host: Host, people: list[Account], account: str) -> None:
    role = {"www-data": "congvu_webmail", "congvu-web": "congvu_portal"}.get(
        account, account.replace("-", "_")
    )
    owner, reader, approver = (each["staff_id"] for each in people)
    row = f"('x', '{owner}', '{reader}', '{approver}', 'x', now() + interval '1 hour')"
    sql = f"insert into break_glass (ticket, owner, reader, approver, reason, ends_at) values {row}"
    tried = host.run(f'cd / && runuser -u {account} -- psql -XU {role} congvu -c "{sql}"')
    assert tried.rc != 0
    assert "permission denied" in tried.stderr
