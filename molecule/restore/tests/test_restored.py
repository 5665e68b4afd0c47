"""The host after the fire, compared with what it was when the backup was made."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

STORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(STORY), str(STORY.parent / "mailhost" / "tests")]

from doors import Doors, Imap  # noqa: E402 - the way to them comes first
from drill import CITIZEN, LATE, SAFE, people, queued, send, state  # noqa: E402

from tests.demo.hosts import HOSTS, Hosts  # noqa: E402


@pytest.fixture(scope="module")
def doors(demo: dict[str, Any]) -> Doors:
    return Doors(demo)


@pytest.fixture(scope="module")
def hosts() -> Hosts:
    return Hosts(HOSTS)


@pytest.fixture(scope="module")
def before() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SAFE / "before.json").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def after(hosts: Hosts, before: dict[str, Any]) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(state(hosts, before["last event"]))
    return loaded


def of(kind: str, facts: dict[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if name.startswith(kind + " ")}


@pytest.mark.parametrize(
    ("kind", "at_least"),
    [
        ("message", 70),
        ("folder", 20),
        ("file", 80),
        ("table", 20),
        ("sequences", 2),
        ("schema", 2),
        ("queued", 1),
        ("key", 10),
    ],
)
def test_nothing_differs(before: dict[str, Any], after: dict[str, Any], kind: str, at_least: int) -> None:
    """Kind by kind; first of all, that there was something to lose."""
    was, is_ = of(kind, before), of(kind, after)
    assert len(was) >= at_least
    assert {
        name: (was.get(name), is_.get(name)) for name in was | is_ if was.get(name) != is_.get(name)
    } == {}


def test_new_changes_cannot_hide_behind_old_records(hosts: Hosts) -> None:
    """Transactions count on from the records', whose numbers come from the cluster that burnt."""
    question = "select pg_current_xact_id() > all (select xact from audit_record)"
    assert hosts.run("mail", "psql", "-XAtqU", "congvu_admin", "congvu", "-c", question) == "t\n"


def test_the_restore_itself_is_on_record(hosts: Hosts) -> None:
    """The host is bare: what was taken away after the backup nobody knows, and that is said."""
    asked = ("mail", "psql", "-XAtqU", "congvu_owner", "congvu", "-c")
    record = "select detail->>'compared' from audit_record where verb = 'backup.restore'"
    assert hosts.run(*asked, record) == "false\n"
    assert hosts.run(*asked, "select count(*) from portal_session") == "0\n"


def test_the_evidence_of_the_old_host_is_there(hosts: Hosts) -> None:
    """Its journal, up to the beginning of the backup: how that ended cannot be in it."""
    ours = hosts.run("mail", "cat", "/etc/machine-id").strip()
    lines = hosts.run("mail", "journalctl", "--merge", "--unit=congvu-backup.service", "--output=json")
    entries = [json.loads(line) for line in lines.splitlines()]
    old = [entry["MESSAGE"] for entry in entries if entry["_MACHINE_ID"] != ours]
    assert any(said.startswith("Starting congvu-backup.service") for said in old), lines


def test_people_come_in_with_their_old_passwords(doors: Doors) -> None:
    for person in people()[:4]:
        answers = [
            getattr(doors, door)(person["address"], person["password"])
            for door in ("imap", "sieve", "webmail")
        ]
        assert all(answer.open for answer in answers), answers


def test_what_came_after_the_backup_is_lost(doors: Doors) -> None:
    """The drill knows what it cannot save."""
    assert not found(doors, people()[1], LATE.read_text("utf-8"))


def found(doors: Doors, person: dict[str, Any], subject: str) -> bool:
    with Imap(doors) as client:
        client.login(person["address"], person["password"])
        client.select("INBOX", readonly=True)
        client.literal = subject.encode()
        return bool(client.search("UTF-8", "SUBJECT")[1][0])


def test_mail_flows_again(doors: Doors, hosts: Hosts) -> None:
    """In and out, and the message that waited goes on when its destination comes back."""
    one, other = people()[:2]
    send(doors, one, other["address"], "Sau khi khôi phục")
    hosts.run("partner", "systemctl", "start", "postfix")
    hosts.run("mail", "postqueue", "-f")
    for _ in range(60):
        waiting = [each for each in queued(hosts) if each["recipients"][0]["address"] == CITIZEN]
        if not waiting and found(doors, other, "Sau khi khôi phục"):
            break
        time.sleep(0.5)
    assert not waiting
    assert hosts.run("partner", "grep", "-rl", "From: " + other["address"], "/home/citizen/Maildir")
