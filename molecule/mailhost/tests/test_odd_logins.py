"""Logins that cannot well be one person's: found in the journal of a real host, told once; no door shuts."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator

import pytest
from doors import Doors
from test_boxes import Account
from test_break_glass import ask
from testinfra.host import Host

HOME = [f"14.160.{n}.7" for n in range(5)]  # of the demo's mail_home_networks
ABROAD, SPRAYING = "8.8.8.8", "14.161.9.9"
FORGET = (
    "begin; insert into audit_record (actor, verb, subject) values ('test', 'test', ''); "
    "delete from odd_use; commit"
)


def log_in(host: Host, account: Account, address: str, password: str = "") -> None:
    """As Postfix asks for a client of that address: Dovecot's own event, with an address that no test has."""
    given = (account["address"], password or account["password"])
    host.run(f"doveadm auth test -x service=smtp -x rip={address} {shlex.join(given)}")


def warnings(host: Host, account: Account) -> int:
    """How many such mails lie in somebody's inbox."""
    look = "doveadm search -u %s mailbox INBOX subject 'đăng nhập bất thường'"
    return len(host.check_output(look, account["address"]).splitlines())


@pytest.fixture
def clean(host: Host) -> Iterator[None]:
    """Nothing odd is known, and nobody looks or tells but the test: the timers do, every five minutes."""
    timers = "congvu-watch.timer congvu-notices.timer"
    host.run_expect([0], f"systemctl stop {timers} {timers.replace('timer', 'service')}")
    ask(host, FORGET)
    yield
    ask(host, FORGET)
    host.run_expect([0], f"systemctl start {timers}")


@pytest.mark.usefixtures("clean")
def test_what_is_odd_is_found_told_once_and_shuts_nobody_out(
    doors: Doors, host: Host, people: list[Account]
) -> None:
    roaming, abroad, caught, *others = people
    for address in HOME:
        log_in(host, roaming, address)
    log_in(host, abroad, ABROAD)
    for each in others[:10]:
        log_in(host, each, SPRAYING, "Mot-mat-khau-thu-7")
    log_in(host, caught, SPRAYING)
    host.run_expect([0], "journalctl --sync; systemctl start congvu-watch.service")
    found = "select string_agg(kind, ' ' order by kind) from odd_use where subject = '{}'"
    assert ask(host, found.format(roaming["address"])) == "networks"
    assert ask(host, found.format(abroad["address"])) == "abroad"
    assert ask(host, found.format(caught["address"])) == "sprayed"
    assert ask(host, found.format("14.161.9.0/24")) == "spray"
    assert ask(host, "select accounts from odd_use where kind = 'spray' and subject like '14.161%'") == "10"

    line = next(
        each
        for each in json.loads(host.run("congvu status --json").stdout)["lines"]
        if each["topic"] == "logins"
    )
    assert line["level"] == "attention"

    concerned = (roaming, abroad, caught)
    before = [warnings(host, each) for each in concerned]
    host.run_expect([0], "systemctl start congvu-notices.service")
    host.run_expect([0], "systemctl start congvu-watch.service && systemctl start congvu-notices.service")
    time.sleep(5)  # by then a second one would have come, too
    assert [warnings(host, each) for each in concerned] == [number + 1 for number in before]

    for each in (roaming, abroad, caught, *others[:10]):
        assert doors.imap(each["address"], each["password"]).open
    assert ask(host, "select count(*) from session_end") == "0"
    verbs = ask(host, "select string_agg(distinct verb, ' ') from audit_record where verb like 'odd_use.%'")
    assert {"odd_use.networks", "odd_use.abroad", "odd_use.spray", "odd_use.sprayed"} <= set(verbs.split())
