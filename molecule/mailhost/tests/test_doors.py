"""The door table of design.md section 6, a test per cell."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from doors import Answer, Doors
from test_boxes import alive, session
from testinfra.host import Host

STATES = {  # state: (IMAPS, submissions, ManageSieve, webmail, password page)
    "active": (True, True, True, True, True),
    "due": (True, True, True, True, True),
    "initial": (False, False, False, False, True),
    "expired": (False, False, False, False, True),
    "lapsed": (False, False, False, False, False),
    "revoked": (False, False, False, False, False),
    "suspended": (False, False, False, False, False),
    "box": (False, False, False, False, False),
}
DOORS = ("imap", "submissions", "sieve", "webmail", "password_page")
LED_TO = {"initial": "/mat-khau?ly-do=lan-dau", "expired": "/mat-khau?ly-do=het-han"}
WRONG = "Khong-phai-mat-khau-nay-7"
# Runs on the host: finds whatever speaks IMAP on loopback, in clear text or not, and tries each login there.
FROM_WITHIN = """
import imaplib, itertools, json, ssl, subprocess, sys
from concurrent.futures import ThreadPoolExecutor

def imap(address, port, secure):
    if not secure:
        return imaplib.IMAP4(address, port, timeout=8)
    return imaplib.IMAP4_SSL(address, port, timeout=8, ssl_context=ssl._create_unverified_context())

def knock(door):
    answers = {}
    for state, login in logins.items():
        try:
            client = imap(*door)
        except (OSError, imaplib.IMAP4.error):
            return {}
        client.sock.settimeout(30)
        try:
            answers[state] = client.login(*login)[0]
        except imaplib.IMAP4.error as refusal:
            answers[state] = str(refusal)
    return {f"{door[0]} {door[1]}": answers}

logins = json.load(sys.stdin)
sockets = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout
ports = {int(line.split()[3].rsplit(":", 1)[1]) for line in sockets.splitlines()}
doors = list(itertools.product(("127.0.0.1", "::1"), ports, (False, True)))
with ThreadPoolExecutor(len(doors)) as pool:
    print(json.dumps({name: said for found in pool.map(knock, doors) for name, said in found.items()}))
"""


def people(demo: dict[str, Any], state: str) -> list[dict[str, Any]]:
    """Those in a state whose password is known."""
    return [a for a in demo["accounts"] if a["kind"] == "person" and a["state"] == state and a["password"]]


@contextmanager
def moved(host: Host, table: str, change: str, address: str) -> Iterator[None]:
    """One row of an account is another for a while, past all triggers."""

    def run(sql: str) -> None:
        replica = "set session_replication_role = replica"
        host.run_expect([0], f'runuser -u postgres -- psql -qX congvu -c "{replica}; {sql}"')

    kept, where = f"kept_{address.partition('@')[0]}", f"where address = '{address}'"
    columns = {"credential": "set_at, revoked_at, hash", "person": "ends"}[table]
    run(f"create table {kept} as select {columns} from {table} {where}; update {table} set {change} {where}")
    try:
        yield
    finally:
        run(f"update {table} set ({columns}) = (select {columns} from {kept}) {where}; drop table {kept}")


@pytest.fixture(scope="module")
def accounts(demo: dict[str, Any], host: Host) -> Iterator[dict[str, dict[str, Any]]]:
    """One of each state. Nobody of the demo is lapsed or revoked: two others become so for a while."""
    ready = ("active", "due", "initial", "expired", "suspended")
    found = {state: people(demo, state)[0] for state in ready}
    found["box"] = next(a for a in demo["accounts"] if a["kind"] != "person")
    found["revoked"], found["lapsed"] = people(demo, "active")[1], people(demo, "initial")[1]
    with (
        moved(host, "credential", "revoked_at = now()", found["revoked"]["address"]),
        moved(host, "credential", "set_at = set_at - interval '9 days'", found["lapsed"]["address"]),
    ):
        yield found


def knock(doors: Doors, account: dict[str, Any], door: str) -> Answer:
    """With the right password (a box has none: any will do), at one door."""
    answer: Answer = getattr(doors, door)(account["address"], account.get("password") or WRONG)
    return answer


def test_every_state_is_there_at_least_twice(demo: dict[str, Any]) -> None:
    for state in ("active", "initial", "due", "expired", "suspended"):
        assert len([a for a in demo["accounts"] if a["kind"] == "person" and a["state"] == state]) >= 2, state


@pytest.fixture(scope="module")
def wrong(doors: Doors, accounts: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What the doors of mail programs answer to a wrong password."""
    active = {**accounts["active"], "password": WRONG}
    return {door: knock(doors, active, door).said for door in ("imap", "submissions", "sieve")}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("state", STATES)
def test_door(
    doors: Doors, accounts: dict[str, dict[str, Any]], wrong: dict[str, str], state: str, door: str
) -> None:
    """To mail programs a closed state sounds like a wrong password."""
    answer = knock(doors, accounts[state], door)
    assert answer.open is STATES[state][DOORS.index(door)], answer.said
    assert answer.open or door not in wrong or answer.said == wrong[door]


def test_no_listener_of_the_host_itself_is_a_way_round(demo: dict[str, Any], host: Host) -> None:
    last = {a["state"]: a for a in demo["accounts"] if a["kind"] == "person" and a["password"]}
    logins = {state: [last[state]["address"], last[state]["password"]] for state in ("active", *LED_TO)}
    said = json.loads(host.check_output("echo %s | python3 -c %s", json.dumps(logins), FROM_WITHIN))
    assert {door.split()[0] for door in said} == {"127.0.0.1", "::1"}, said
    for answers in said.values():
        assert answers["active"] == "OK", said
        assert all("AUTHENTICATIONFAILED" in answers[state] for state in LED_TO), said


@pytest.mark.parametrize(("state", "page"), LED_TO.items())
def test_who_must_change_is_led_to_the_password_page(
    doors: Doors, accounts: dict[str, dict[str, Any]], state: str, page: str
) -> None:
    assert knock(doors, accounts[state], "webmail").said.endswith(page)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("credential", "set_at = set_at - interval '8 months'"),  # expired
        ("person", "ends = current_date - 2"),  # suspended
    ],
)
def test_a_door_that_closes_by_the_calendar_puts_out_whoever_is_in(
    doors: Doors, demo: dict[str, Any], host: Host, table: str, change: str
) -> None:
    """And nobody else. (What closes by an act ends sessions at once: test_boxes.py, test_handover.py.)"""
    going, staying = people(demo, "active")[2:4]
    with (
        session(doors, going) as one,
        session(doors, staying) as other,
        moved(host, table, change, going["address"]),
    ):
        host.run_expect([0], "systemctl start congvu-boxes.service")
        assert not alive(one)
        assert alive(other)
    assert knock(doors, going, "imap").open


@pytest.mark.parametrize("port", [24, 110, 143, 587, 995, 2525, 5432, 6379, 11332, 11334])
def test_nothing_else_is_offered(doors: Doors, port: int) -> None:
    with socket.socket() as client:
        client.settimeout(1)
        assert client.connect_ex((doors.address, port)) != 0
