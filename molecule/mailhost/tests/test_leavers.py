"""Who has left: mail is taken, whoever writes is told once where to write; then the address is refused."""

from __future__ import annotations

import email
import email.policy
import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

import pytest
from doors import Doors, Imap, Smtp
from test_mail import letter, submit
from testinfra.host import Host

OUTSIDE = "citizen@congdan.test"
SQL = "runuser -u postgres -- psql -XAtq congvu -c %s"


@pytest.fixture
def leaver(demo: dict[str, Any], host: Host) -> str:
    """The address of somebody who left, and whom nobody has written to."""
    address = next(
        a["address"] for a in demo["accounts"] if a["kind"] == "person" and a["state"] == "suspended"
    )
    home = host.check_output("doveadm user -f home %s", address).split()[-1]
    host.check_output("rm -f %s/.dovecot.lda-dupes", home)
    return str(address)


@contextmanager
def changed(host: Host, change: str, back: str) -> Iterator[None]:
    """The directory as an intruder would change it, past its guards, and back."""
    host.check_output(SQL, f"set session_replication_role = replica; {change}")
    try:
        yield
    finally:
        host.check_output(SQL, f"set session_replication_role = replica; {back}")


def replies(
    doors: Doors, person: dict[str, str], about: EmailMessage, wait: float = 10
) -> list[EmailMessage]:
    """The answers to a message that lie in the person's inbox after a while, or at once if there is one."""
    until = time.monotonic() + wait
    while True:
        with Imap(doors) as client:
            client.login(person["address"], person["password"])
            client.select("INBOX", readonly=True)
            found = client.search(None, "HEADER", "In-Reply-To", str(about["Message-ID"]))[1][0].split()
            if found or time.monotonic() > until:
                mails = [client.fetch(number, "(BODY.PEEK[])")[1][0] for number in found]
                return [email.message_from_bytes(mail[1], policy=email.policy.default) for mail in mails]
        time.sleep(0.5)


def test_whoever_writes_is_told_once_where_to_write(
    doors: Doors, people: list[dict[str, str]], leaver: str, host: Host
) -> None:
    box, unit = host.check_output(SQL, f"select box, unit from leaver where address = '{leaver}'").split("|")
    first, second = (letter(people[0]["address"], leaver, f"Hỏi việc {n} {time.time()}") for n in (1, 2))
    assert submit(doors, people[0], first) == 250
    (reply,) = replies(doors, people[0], first, wait=20)
    assert submit(doors, people[0], second) == 250
    text = reply.get_body().get_content().replace("\r\n", "\n")
    assert str(reply["Subject"]).startswith("Trả lời tự động: ")
    assert str(reply["Auto-Submitted"]).startswith("auto-replied")
    assert reply["Return-Path"] == "<>"
    assert f"hộp thư của {unit}:\n\n    {box}\n" in text
    assert "Please write to the mailbox of the unit:" in text
    assert not replies(doors, people[0], second, wait=5)
    kept = host.check_output(
        "doveadm search -u %s mailbox INBOX header Message-ID %s", leaver, second["Message-ID"]
    )
    assert kept


@pytest.mark.parametrize(
    "header",
    [("List-Id", "<tin.congdan.test>"), ("Auto-Submitted", "auto-generated"), ("Precedence", "bulk")],
)
def test_lists_and_machines_get_no_answer(
    doors: Doors, people: list[dict[str, str]], leaver: str, header: tuple[str, str]
) -> None:
    message = letter(people[1]["address"], leaver, f"Tự động {time.time()}", **{header[0]: header[1]})
    assert submit(doors, people[1], message) == 250
    assert not replies(doors, people[1], message, wait=5)


def test_a_bounce_gets_no_answer(doors: Doors, leaver: str, host: Host) -> None:
    message = letter(OUTSIDE, leaver, f"Hoàn trả {time.time()}")
    with smtplib.SMTP(doors.address, 25, "outside.congdan.test", timeout=60) as client:
        client.send_message(message, "<>")
    time.sleep(3)
    log = host.check_output("journalctl -q -o cat --since=-60s -t dovecot -g %s", str(message["Message-ID"]))
    assert "discarded vacation reply to <>" in log


def test_the_leavers_own_scripts_rest(
    doors: Doors, people: list[dict[str, str]], leaver: str, host: Host
) -> None:
    """A filter that they left behind neither hides mail nor answers for them."""
    host.check_output("printf 'discard;' | doveadm sieve put -u %s -a cu", leaver)
    try:
        message = letter(people[0]["address"], leaver, f"Lọc {time.time()}")
        assert submit(doors, people[0], message) == 250
        assert len(replies(doors, people[0], message, wait=20)) == 1
        look = "doveadm search -u %s mailbox INBOX header Message-ID %s"
        assert host.check_output(look, leaver, message["Message-ID"])
    finally:
        host.check_output("doveadm sieve deactivate -u %s && doveadm sieve delete -u %s cu", leaver, leaver)


def test_who_comes_back_answers_themselves(
    doors: Doors, people: list[dict[str, str]], leaver: str, host: Host
) -> None:
    where = f"where address = '{leaver}'"
    last = host.check_output(SQL, f"select ends from person {where}")
    with changed(
        host, f"update person set ends = null {where}", f"update person set ends = '{last}' {where}"
    ):
        message = letter(people[1]["address"], leaver, f"Trở lại {time.time()}")
        assert submit(doors, people[1], message) == 250
        assert not replies(doors, people[1], message, wait=5)


def test_once_closed_the_address_is_refused_and_nobody_is_named(
    doors: Doors, people: list[dict[str, str]], leaver: str, host: Host
) -> None:
    where = f"where address = '{leaver}'"
    name = host.check_output(SQL, f"select full_name from person {where}")
    with changed(
        host, f"update mailbox set closed = true {where}", f"update mailbox set closed = false {where}"
    ):
        with smtplib.SMTP(doors.address, 25, "outside.congdan.test", timeout=60) as client:
            client.ehlo()
            client.mail(OUTSIDE)
            code, said = client.rcpt(leaver)
        with Smtp(doors) as client:
            client.login(people[0]["address"], people[0]["password"])
            client.mail(people[0]["address"])
            assert client.rcpt(leaver)[0] == 550
    text = said.decode()
    assert code == 550
    assert text.startswith("5.1.1 ")
    assert name not in text
    assert text.isascii()
