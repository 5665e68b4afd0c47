"""Mailing lists: who may send reaches the members; what others send waits for the moderator."""

from __future__ import annotations

import json
import smtplib
import time
from email.message import EmailMessage
from typing import Any

import pytest
from doors import Doors
from test_leavers import SQL, changed
from test_mail import OUTSIDE, arrived, arrived_now, letter, refusal, submit
from testinfra.host import Host

Account = dict[str, str]


@pytest.fixture(scope="module")
def group(demo: dict[str, Any], host: Host) -> dict[str, Any]:
    """The demo's group: its address, the members who can log in, and who moderates."""
    address = f"cchc-nhom@{demo['domain']}"
    sql = f"select json_agg(address order by address) from list_member where list = '{address}'"
    listed = set(json.loads(host.check_output(SQL, sql)))
    people = [
        a for a in demo["accounts"] if a["address"] in listed and a["password"] and a["state"] == "active"
    ]
    moderator = host.check_output(SQL, f"select address from list_moderator where list = '{address}'")
    assert len(people) > 2
    return {"address": address, "people": people, "moderator": moderator}


@pytest.fixture(scope="module")
def stranger(demo: dict[str, Any], group: dict[str, Any], host: Host) -> Account:
    """A colleague who may not send to the group."""
    able = host.check_output(
        SQL, f"select address from list_sender where list = '{group['address']}'"
    ).split()
    people = [a for a in demo["accounts"] if a["kind"] == "person" and a["state"] == "active"]
    return next(a for a in people if a["address"] not in able)


def note(sender: str, recipient: str, subject: str) -> EmailMessage:
    """A letter that says its subject, so that it is found where it lies in another one."""
    message = letter(sender, recipient, subject)
    message.set_content(f"{subject}\n")
    return message


def shown(host: Host, moderator: str, subject: str) -> str:
    """What the moderator got of a message with that subject, waiting for it; as text."""
    for _ in range(40):
        text = host.run("doveadm fetch -u %s text mailbox INBOX body %s", moderator, subject).stdout
        if text:
            return text
        time.sleep(0.5)
    return ""


def test_a_member_reaches_the_members(doors: Doors, group: dict[str, Any], host: Host) -> None:
    subject = f"Hop nhom {time.time()}"
    sender, *others = group["people"]
    assert submit(doors, sender, note(sender["address"], group["address"], subject)) == 250
    for member in (sender, *others[:2]):
        assert arrived(doors, member, subject), member["address"]
    look = "doveadm -f flow fetch -u %s hdr mailbox INBOX subject %s"
    header = host.check_output(look, others[0]["address"], subject)
    assert f"List-Id: <{group['address'].replace('@', '.')}>" in header
    assert f"From: {sender['address']}" in header
    assert f"Return-Path: <{group['address']}>" in header


def test_what_a_colleague_sends_waits_for_the_moderator(
    doors: Doors, group: dict[str, Any], stranger: Account, host: Host
) -> None:
    subject = f"Cho duyet {time.time()}"
    assert submit(doors, stranger, note(stranger["address"], group["address"], subject)) == 250
    asked = shown(host, group["moderator"], subject)
    assert "Content-Type: message/rfc822" in asked
    assert f"To: {group['moderator']}" in asked
    assert not arrived_now(doors, group["people"][1], subject)


def test_a_moderator_releases_by_sending_it_on(
    doors: Doors, demo: dict[str, Any], group: dict[str, Any], host: Host
) -> None:
    """As the box, under their own login: whose it was, the members' copies say, too."""
    box = group["moderator"]
    query = f"select login from sender where address = '{box}' order by 1"
    logins = host.check_output(SQL, query).split()
    head = next(a for a in demo["accounts"] if a["address"] in logins and a["password"])
    subject = f"Phat hanh {time.time()}"
    message = note(box, group["address"], subject)
    message["X-Congvu-Sent-By"] = "somebody@else.test"
    assert submit(doors, head, message, box) == 250
    assert arrived(doors, group["people"][1], subject)
    look = "doveadm -f flow fetch -u %s hdr.x-congvu-sent-by mailbox INBOX subject %s"
    named = host.check_output(look, group["people"][1]["address"], subject)
    assert named.split("=")[1].split() == [head["address"]]


def test_what_comes_from_outside_waits_too(doors: Doors, group: dict[str, Any], host: Host) -> None:
    subject = f"Ben ngoai {time.time()}"
    with smtplib.SMTP(doors.address, 25, "outside.congdan.test", timeout=60) as client:
        message = note(OUTSIDE, group["address"], subject)
        assert refusal(lambda: client.send_message(message, OUTSIDE)) == 250
    assert f"{OUTSIDE} " in shown(host, group["moderator"], subject)
    assert not arrived_now(doors, group["people"][1], subject)


def test_a_bounce_is_for_the_moderator(doors: Doors, group: dict[str, Any], host: Host) -> None:
    subject = f"Hoan tra {time.time()}"
    with smtplib.SMTP(doors.address, 25, "outside.congdan.test", timeout=60) as client:
        message = note("MAILER-DAEMON@congdan.test", group["address"], subject)
        assert refusal(lambda: client.send_message(message, "<>")) == 250
    assert shown(host, group["moderator"], subject)
    assert not arrived_now(doors, group["people"][1], subject)


def test_while_the_directory_is_away_mail_waits(doors: Doors, group: dict[str, Any], host: Host) -> None:
    subject = f"Doi {time.time()}"
    sender, member, *_ = group["people"]
    host.check_output(SQL, "revoke select on list_open from congvu_list")
    try:
        assert submit(doors, sender, note(sender["address"], group["address"], subject)) == 250
        assert not arrived_now(doors, member, subject)
    finally:
        host.check_output(SQL, "grant select on list_open to congvu_list")
    host.check_output("postqueue -f")
    assert arrived(doors, member, subject)


def test_a_closed_list_is_refused(doors: Doors, group: dict[str, Any], host: Host) -> None:
    where = f"where address = '{group['address']}'"
    close, back = (f"update mailing_list set closed = {value} {where}" for value in ("true", "false"))
    with (
        changed(host, close, back),
        smtplib.SMTP(doors.address, 25, "outside.congdan.test", timeout=60) as client,
    ):
        client.ehlo()
        assert refusal(lambda: client.sendmail(OUTSIDE, [group["address"]], "x")) == 550
