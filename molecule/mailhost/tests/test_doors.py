"""The door table of design.md section 6, a test per cell."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from doors import Answer, Doors
from testinfra.host import Host

STATES = {  # state: (IMAPS, submissions, ManageSieve, webmail, password page)
    "active": (True, True, True, True, True),
    "due": (True, True, True, True, True),
    "initial": (False, False, False, False, True),
    "expired": (False, False, False, False, True),
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


@pytest.fixture(scope="module")
def doors(demo: dict[str, Any]) -> Doors:
    return Doors(demo)


def knock(doors: Doors, demo: dict[str, Any], state: str, door: str) -> Answer:
    """One account of that state, with its right password (a box has none: any will do), at one door."""
    people = [a for a in demo["accounts"] if a["kind"] == "person" and a["state"] == state and a["password"]]
    boxes = [a for a in demo["accounts"] if a["kind"] != "person"]
    account = boxes[0] if state == "box" else people[0]
    answer: Answer = getattr(doors, door)(account["address"], account.get("password") or WRONG)
    return answer


def test_every_state_is_there_at_least_twice(demo: dict[str, Any]) -> None:
    for state in ("active", "initial", "due", "expired", "suspended"):
        assert len([a for a in demo["accounts"] if a["kind"] == "person" and a["state"] == state]) >= 2, state


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("state", STATES)
def test_door(doors: Doors, demo: dict[str, Any], state: str, door: str) -> None:
    answer = knock(doors, demo, state, door)
    assert answer.open is STATES[state][DOORS.index(door)], answer.said


@pytest.mark.parametrize("door", ["imap", "submissions", "sieve"])
@pytest.mark.parametrize("state", ["initial", "expired", "suspended", "box"])
def test_a_closed_state_sounds_like_a_wrong_password(
    doors: Doors, demo: dict[str, Any], state: str, door: str
) -> None:
    active = next(a for a in demo["accounts"] if a["kind"] == "person" and a["state"] == "active")
    wrong: Answer = getattr(doors, door)(active["address"], WRONG)
    assert knock(doors, demo, state, door).said == wrong.said


def test_no_listener_of_the_host_itself_is_a_way_round(demo: dict[str, Any], host: Host) -> None:
    people = {a["state"]: a for a in demo["accounts"] if a["kind"] == "person" and a["password"]}
    logins = {state: [people[state]["address"], people[state]["password"]] for state in ("active", *LED_TO)}
    said = json.loads(host.check_output("echo %s | python3 -c %s", json.dumps(logins), FROM_WITHIN))
    assert {door.split()[0] for door in said} == {"127.0.0.1", "::1"}, said
    for answers in said.values():
        assert answers["active"] == "OK", said
        assert all("AUTHENTICATIONFAILED" in answers[state] for state in LED_TO), said


@pytest.mark.parametrize(("state", "page"), LED_TO.items())
def test_who_must_change_is_led_to_the_password_page(
    doors: Doors, demo: dict[str, Any], state: str, page: str
) -> None:
    assert knock(doors, demo, state, "webmail").said.endswith(page)


@pytest.mark.parametrize("port", [24, 110, 143, 587, 995, 2525, 5432, 6379, 11332, 11334])
def test_nothing_else_is_offered(doors: Doors, port: int) -> None:
    with socket.socket() as client:
        client.settimeout(1)
        assert client.connect_ex((doors.address, port)) != 0
