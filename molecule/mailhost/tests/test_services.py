"""Accounts of devices: mail is handed in at 465 from one address, and no other door opens."""

from __future__ import annotations

import secrets
import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from doors import Answer, Doors
from test_doors import WRONG
from test_leavers import SQL, changed
from test_mail import OUTSIDE, arrived, letter, refusal, submit
from testinfra.host import Host

from congvu.passwords import hash_password

Device = dict[str, str]
FAR = "192.0.2.0/28"


@pytest.fixture(scope="module")
def device(demo: dict[str, Any], host: Host) -> Iterator[Device]:
    """The demo's register, which may send from anywhere, with a password that this test knows."""
    address = f"motcua@{demo['domain']}"
    where = f"where address = '{address}'"
    password = secrets.token_urlsafe(24)
    before = host.check_output(SQL, f"select hash from service {where}")
    assert before.startswith("$argon2id$"), "the demo's devices were issued passwords"
    with changed(
        host,
        f"update service set hash = '{hash_password(password)}' {where}",
        f"update service set hash = '{before}' {where}",
    ):
        yield {"address": address, "password": password}


@pytest.fixture
def owner(demo: dict[str, Any], device: Device, host: Host) -> dict[str, str]:
    query = f"select owner_address from service_account where address = '{device['address']}'"
    address = host.check_output(SQL, query)
    return next(dict(each) for each in demo["accounts"] if each["address"] == address)


@contextmanager
def with_service(host: Host, device: Device, **columns: str) -> Iterator[None]:
    """The device's row with other values, as SQL has them."""
    where = f"where address = '{device['address']}'"
    names = ", ".join(columns)
    quoted = ", ".join(f"quote_nullable({name}::text)" for name in columns)
    old = host.check_output(SQL, f"select concat_ws(', ', {quoted}) from service {where}")
    change = ", ".join(f"{name} = {value}" for name, value in columns.items())
    row = f"({names}) = row({old})" if len(columns) > 1 else f"{names} = {old}"
    with changed(host, f"update service set {change} {where}", f"update service set {row} {where}"):
        yield


def knock(doors: Doors, device: Device, door: str = "submissions", password: str = "") -> Answer:
    answer: Answer = getattr(doors, door)(device["address"], password or device["password"])
    return answer


@pytest.mark.parametrize(
    ("door", "opens"),
    [
        ("submissions", True),
        ("imap", False),
        ("sieve", False),
        ("webmail", False),
        ("password_page", False),
    ],
)
def test_door(doors: Doors, device: Device, door: str, opens: bool) -> None:
    answer = knock(doors, device, door)
    assert answer.open is opens, answer.said
    if not opens:
        assert answer.said == knock(doors, device, door, WRONG).said


def test_it_sends_from_its_address(doors: Doors, device: Device, owner: dict[str, str]) -> None:
    subject = f"Ban quet {time.time()}"
    assert submit(doors, device, letter(device["address"], owner["address"], subject)) == 250
    assert arrived(doors, owner, subject)


def test_it_sends_from_no_other_address(doors: Doors, device: Device, owner: dict[str, str]) -> None:
    message = letter(owner["address"], OUTSIDE)
    assert submit(doors, device, message, owner["address"]) == 553  # the envelope
    assert submit(doors, device, message, device["address"]) == 554  # the header


def test_its_owner_does_not_send_from_its_address(
    doors: Doors, device: Device, owner: dict[str, str]
) -> None:
    message = letter(device["address"], OUTSIDE)
    assert submit(doors, owner, message, device["address"]) == 553


def test_what_comes_back_to_it_goes_to_its_owner(
    doors: Doors, device: Device, owner: dict[str, str], host: Host
) -> None:
    subject = f"Tra loi {time.time()}"
    with smtplib.SMTP(doors.address, 25, "outside.congdan.test", timeout=60) as client:
        client.ehlo()
        assert refusal(lambda: client.send_message(letter(OUTSIDE, device["address"], subject))) == 250
    for _ in range(20):  # into whichever folder: the filter may not like this stranger
        if host.check_output("doveadm search -u %s subject %s", owner["address"], subject):
            return
        time.sleep(0.5)
    pytest.fail("nothing came back")


@pytest.mark.parametrize(
    ("change", "opens"),
    [
        ({"networks": f"'{{{FAR}}}'"}, False),
        ({"networks": "array[cidr '10.0.0.0/8', cidr '172.16.0.0/12', cidr '192.168.0.0/16']"}, True),
        ({"ends": "congvu_today()"}, True),
        ({"ends": "congvu_today() - 1"}, False),
        ({"revoked_at": "now()"}, False),
        ({"owner": "(select staff_id from person where ends < congvu_today() limit 1)"}, False),
    ],
)
def test_what_opens_and_what_closes_it(
    doors: Doors, device: Device, host: Host, change: dict[str, str], opens: bool
) -> None:
    wrong = knock(doors, device, password=WRONG).said
    with with_service(host, device, **change):
        answer = knock(doors, device)
        assert answer.open is opens, answer.said
        assert opens or answer.said == wrong
    assert knock(doors, device).open
