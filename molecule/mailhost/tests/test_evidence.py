"""What happens on a real host becomes evidence, once: through kills, with a gap where lines are gone."""

from __future__ import annotations

import json
import smtplib
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from doors import Doors, Imap
from test_boxes import PREFIX, Account, utf7
from test_break_glass import ask
from test_mail import EICAR, OUTSIDE, arrived, letter, submit
from testinfra.host import Host


@pytest.fixture(scope="module")
def doors(demo: dict[str, Any]) -> Doors:
    return Doors(demo)


@pytest.fixture(scope="module")
def people(demo: dict[str, Any]) -> list[Account]:
    able = [each for each in demo["accounts"] if each["kind"] == "person" and each["state"] == "active"]
    return [each for each in able if each.get("password")]


def events(host: Host, condition: str) -> list[dict[str, Any]]:
    rows = ask(host, f"select coalesce(json_agg(e order by id), '[]') from event e where {condition}")
    return list(json.loads(rows))


def wait(true: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come in"
        time.sleep(0.5)


@pytest.fixture
def last(host: Host) -> int:
    """The number of the last event before the test."""
    host.run_expect([0], "systemctl start congvu-collect")
    host.run_expect([0], "journalctl --sync")
    time.sleep(2)
    return int(ask(host, "select coalesce(max(id), 0) from event"))


@pytest.fixture
def killed(host: Host) -> Iterator[Callable[[], None]]:
    def kill() -> None:
        host.run_expect([0], "systemctl kill --signal=KILL congvu-collect")

    yield kill
    host.run_expect([0], "systemctl is-active congvu-collect")


def told(found: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(each[name] for name in names) for each in found]


def test_each_thing_becomes_one_event(
    doors: Doors, host: Host, people: list[Account], last: int, killed: Callable[[], None]
) -> None:
    one, other = people[0], people[1]
    me, you = one["address"], other["address"]
    since = f"id > {last} and (login in ('{me}', '{you}') or mailbox in ('{me}', '{you}'))"
    subject = f"bang chung {time.time_ns()}"

    with Imap(doors) as client:  # a login, a mailbox that is opened
        client.login(me, one["password"])
        client.select("INBOX")
    assert not doors.imap(me, "Mot-mat-khau-sai-9").open
    assert submit(doors, one, letter(me, you, subject)) == 250
    killed()
    assert arrived(doors, other, subject)
    with Imap(doors) as client:  # looked at without a mark, then read
        client.login(you, other["password"])
        client.select("INBOX")
        number = client.search(None, "SUBJECT", f'"{subject}"')[1][0].decode().split()[-1]
        client.fetch(number, "(FLAGS BODY.PEEK[] RFC822.SIZE)")
        client.store(number, "+FLAGS", "(\\Seen)")
        client.store(number, "-FLAGS", "(\\Seen)")
    virus = letter(me, you, "virus")
    virus.add_attachment(EICAR, maintype="application", subtype="octet-stream", filename="eicar.com")
    assert submit(doors, one, virus) == 554
    killed()
    assert submit(doors, one, letter(me, f"khongcoai@{OUTSIDE.partition('@')[2]}", subject)) == 250
    assert doors.webmail(you, other["password"]).open
    assert not doors.webmail(you, "Mot-mat-khau-sai-9").open
    host.run_expect([0], f"doveadm fetch -u {me} uid mailbox INBOX all")
    with smtplib.SMTP(doors.address, 25, "outside.congdan.test", timeout=60) as client:
        client.sendmail(OUTSIDE, [me], letter(OUTSIDE, me, subject).as_bytes())

    def of(kind: str, more: str = "true") -> list[dict[str, Any]]:
        return events(host, f"{since} and kind = '{kind}' and {more}")

    wait(lambda: of("act", "detail ->> 'verb' = 'doveadm.fetch'"))
    wait(lambda: of("delivered", f"mailbox = '{me}'"))
    wait(lambda: events(host, f"id > {last} and kind in ('received', 'spam') and peer is not null"))
    assert told(of("submitted"), "login", "mailbox", "door") == [(me, me, "submissions")] * 2
    assert told(of("virus"), "login", "mailbox") == [(me, you)]
    assert told(of("delivered", f"mailbox = '{you}'"), "kind") == [("delivered",)]
    assert told(of("read"), "login", "mailbox", "door") == [(you, you, "imaps")]
    assert told(of("login_refused"), "login", "door") == [(me, "imaps"), (you, "webmail")]
    assert told(of("login", "door = 'webmail'"), "login") == [(you,)]
    assert len(of("login", f"door = 'submissions' and login = '{me}'")) == 3
    # Waiting for mail is logging in and opening, too; each login has its session, and was taken in once.
    sessions = [each["detail"]["session"] for each in of("login", "door = 'imaps'")]
    assert len(sessions) == len(set(sessions)) >= 3
    assert len(of("opened", "mailbox = login")) >= 3
    assert told(of("act", "detail ->> 'verb' = 'doveadm.fetch'"), "mailbox") == [(me,)]
    (sent,) = {each["detail"]["queue_id"] for each in of("submitted", "detail ->> 'recipients' = '1'")} & {
        each["detail"]["queue_id"] for each in of("delivered", f"mailbox = '{you}'")
    }
    wait(
        lambda: events(
            host, f"id > {last} and kind in ('relayed', 'bounced') and detail ->> 'domain' = 'congdan.test'"
        )
    )
    assert sent
    whole = json.dumps(events(host, f"id > {last}"), ensure_ascii=False)
    assert subject not in whole
    assert one["password"] not in whole


def test_a_units_mailbox_is_opened_and_read_by_a_person(
    doors: Doors, host: Host, demo: dict[str, Any], last: int
) -> None:
    who, box = pick(host, demo)
    with Imap(doors) as client:
        client.login(who["address"], who["password"])
        assert client.select(utf7(f"{PREFIX}/{box}"))[0] == "OK"
    since = f"id > {last} and login = '{who['address']}' and mailbox = '{box}'"
    wait(lambda: events(host, since))
    assert told(events(host, since), "kind", "detail") == [("opened", {"inbox": True})]


def pick(host: Host, demo: dict[str, Any]) -> tuple[Account, str]:
    """A person who can log in, and a mailbox in which they hold a role."""
    able = {
        each["address"]: each
        for each in demo["accounts"]
        if each.get("password") and each["state"] == "active"
    }
    roles = "select json_agg(json_build_array(address, box)) from held_role join person using (staff_id)"
    held = json.loads(ask(host, roles))
    address, box = next(each for each in held if each[0] in able)
    return able[address], box


def test_what_an_administrator_does_by_hand_is_evidence(host: Host, last: int) -> None:
    host.run_expect(
        [0], "runuser -u postgres -- psql -Xqc 'create table by_hand (x int); drop table by_hand' congvu"
    )
    ask(host, "select count(*) from event")
    verbs = f"id > {last} and kind = 'act'"
    wait(lambda: any(each["detail"]["verb"] == "sql" for each in events(host, verbs)))
    found = {(each["detail"]["verb"], each["detail"].get("as")) for each in events(host, verbs)}
    assert {("sql", "postgres"), ("sql.define", "postgres"), ("evidence.read", "congvu_admin")} <= found


def test_the_collector_is_no_more_than_it_needs_to_be(host: Host) -> None:
    said = host.check_output("systemd-analyze security --no-pager congvu-collect.service | tail -n 1")
    assert float(said.split(":")[1].split()[0]) < 2.5, said
    assert (
        host.check_output("ps -o user= -p $(systemctl show -P MainPID congvu-collect)") == "congvu-collector"
    )
    status = json.loads(host.run("congvu status --json").stdout)
    (line,) = [each for each in status["lines"] if each["topic"] == "evidence"]
    assert line["text"].startswith("up to date"), line
    assert line["values"]["not_understood"] == 0


def test_two_sources_agree_on_a_sound_host(host: Host) -> None:
    """All that this host has done so far is compared: what one source saw, the other saw, too."""
    host.run_expect([0], "systemctl stop congvu-collect")
    ahead = "update event_cursor set reconciled = now() - interval '1 hour 3 minutes'"
    host.run_expect([0], f'runuser -u postgres -- psql -Xqc "{ahead}" congvu')
    host.run_expect([0], "systemctl start congvu-collect")
    wait(lambda: "compared" in host.check_output("journalctl -u congvu-collect -n 5 -o cat --no-pager"), 60)
    assert events(host, "kind = 'gap' and detail ->> 'why' = 'no event'") == []


@pytest.fixture
def journal(host: Host) -> Iterator[str]:
    """Where it is: what is cleared away meanwhile comes back afterwards, and the gap is forgotten."""
    host.run_expect(
        [0], "journalctl --rotate && rm -rf /var/log/kept && cp -a /var/log/journal /var/log/kept"
    )
    yield "/var/log/journal"
    host.run_expect([0], "cp -an /var/log/kept/. /var/log/journal/ && rm -rf /var/log/kept")
    cause = "cursor not in the journal"
    forget = f"delete from event where kind = 'gap' and detail ->> 'why' = '{cause}'"
    host.run_expect([0], f'runuser -u postgres -- psql -Xqc "{forget}" congvu')


@pytest.mark.usefixtures("journal")
def test_a_cleared_journal_is_a_gap(host: Host, last: int) -> None:
    host.run_expect([0], "systemctl stop congvu-collect")
    host.run_expect([0], "journalctl --rotate && journalctl --vacuum-time=1s --vacuum-files=1")
    host.run_expect([0], "systemctl start congvu-collect")
    found = f"id > {last} and kind = 'gap'"
    wait(lambda: events(host, found))
    (gap,) = events(host, found)
    assert gap["detail"]["why"] == "cursor not in the journal"
    assert gap["detail"]["from"] < gap["detail"]["until"]
