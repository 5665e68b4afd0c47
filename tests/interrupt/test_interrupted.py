"""Runs that are killed on the way, and two at once, on a host that was converged.

    CONGVU_HOSTS=demo pytest -s tests/interrupt [--seed=N]

The tests are one story: each goes on where the one before it stopped.
"""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from runs import Run, locked, ssh, stale
from snapshot import Snapshot, differences, take

# Something to do for several roles, and for their handlers
CHANGED: dict[str, Any] = {
    "hardening_ban_minutes": 31,
    "redis_maxmemory": "65mb",
    "roundcube_session_minutes": 31,
    "nginx_logins_per_minute": {"outside": 61, "office": 600},
}
PART = "tests/interrupt/part.yml"
STAGE = "/tmp/congvu.killed"  # noqa: S108 (as a killed run of accounts leaves it)
LEFT = (STAGE, "/etc/postfix/.congvu.killed", "/root/.ansible/tmp/ansible-tmp-1-2-3")


@pytest.fixture(scope="module")
def before() -> Snapshot:
    return take()


@pytest.fixture(scope="module")
def first(before: Snapshot) -> Run:
    """A run that is killed between a file and its handler."""
    assert before["files"]
    run = Run(PART, **CHANGED)
    run.wait_for("convergence : Finish or clear away")
    return run


def test_who_comes_second_is_told_who_holds_the_host(first: Run) -> None:
    second = Run("playbooks/accounts.yml", convergence_wait=1)
    assert second.end() != 0
    said = " ".join(second.output.split())
    assert f"process {first.process.pid})" in said
    assert "converges this host since 20" in said
    assert "Make a stage" not in second.output


def test_a_killed_run_loses_its_handlers_and_gives_the_host_free(first: Run) -> None:
    first.wait_for("hardening : Start the firewall")  # fail2ban's jail is written, its reload still to come
    first.kill()
    end = time.monotonic() + 10
    while locked() and time.monotonic() < end:
        time.sleep(0.5)
    assert not locked(), "a killed run holds the host for more than ten seconds"
    assert stale() == ["fail2ban.service is older than /etc/fail2ban/jail.d/congvu.conf"]


def test_a_run_is_killed_again_at_any_task(first: Run, chance: random.Random) -> None:
    """With what a killed run of accounts, and a killed APT, would have left beside."""
    ssh(f"mkdir -p {LEFT[0]} {LEFT[2]} && touch {LEFT[0]}/people.csv {LEFT[1]} {LEFT[2]}/source")
    ssh("dpkg --unpack $(ls /var/cache/apt/archives/dns-root-data_*.deb | tail -n 1) 2>/dev/null")
    ssh("touch /etc/dovecot/junk.sieve; sysctl -q net.ipv4.conf.all.log_martians=0")
    number = chance.randrange(8, 50)
    again = Run(PART, **CHANGED)
    heading = again.wait_for_task(number)
    again.kill()
    print(f"killed after {first.headings[-1]!r}, and at task {number}, {heading!r}")


def test_the_next_run_makes_it_whole() -> None:
    last = Run(PART, **CHANGED)
    assert last.end() == 0, last.output[-4000:]
    assert stale() == []
    assert ssh("dpkg --audit") == ""
    assert ssh(f"ls -d {' '.join(LEFT)} 2>/dev/null", fine=(0, 2)) == ""
    assert ssh("find /etc/dovecot/junk.svbin -newer /etc/dovecot/junk.sieve") != ""
    assert ssh("sysctl -n net.ipv4.conf.all.log_martians").strip() == "1"


def test_the_way_back_leaves_the_host_as_it_was(before: Snapshot) -> None:
    back = Run(PART)
    assert back.end() == 0, back.output[-4000:]
    assert stale() == []
    assert differences(before, take()) == []
