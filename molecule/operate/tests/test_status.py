"""`congvu status` on a real host: what is broken shows with what to do, and everything else still shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from testinfra.host import Host


def look(host: Host) -> tuple[int, dict[str, Any]]:
    """(exit status, lines by topic)."""
    done = host.run("congvu status --json")
    assert done.stderr == ""
    return done.rc, {line["topic"]: line for line in json.loads(done.stdout)["lines"]}


@contextmanager
def broken(host: Host, breaks: str, mends: str) -> Iterator[None]:
    try:
        assert host.run("bash -ec %s", breaks).rc == 0
        yield
    finally:
        assert host.run("bash -ec %s", mends).rc == 0


@pytest.fixture(scope="module")
def topics(host: Host) -> set[str]:
    """What the host shows while nothing is broken; nothing there is, beyond what the stories before left."""
    status, lines = look(host)
    assert status in (0, 3)
    assert not [line for line in lines.values() if line["level"] == "broken"]
    return set(lines)


def test_everything_is_shown(topics: set[str]) -> None:
    services = {
        "postgresql@17-main",
        "congvu-password",
        "congvu-web",
        "rspamd",
        "postfix",
        "dovecot",
        "nginx",
    }
    facts = {
        "package",
        "queue",
        "disk /",
        "mailboxes",
        "certificate",
        "signatures",
        "policy",
        "accounts",
        "seals",
        "audit",
    }
    assert services | facts | {"backup", "updates"} <= topics


def test_the_screen_fits(host: Host) -> None:
    done = host.run("congvu status")
    lines = done.stdout.splitlines()
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 150


def test_a_service_that_is_stopped_is_broken(host: Host, topics: set[str]) -> None:
    with broken(host, "systemctl stop nginx", "systemctl start nginx"):
        status, lines = look(host)
    assert status == 2
    assert lines["nginx"]["level"] == "broken"
    assert "systemctl start nginx" in lines["nginx"]["cure"]
    assert set(lines) == topics


def test_without_a_database_everything_else_still_shows(host: Host, topics: set[str]) -> None:
    with broken(host, "systemctl stop postgresql@17-main", "systemctl start postgresql@17-main"):
        status, lines = look(host)
    assert status == 2
    assert lines["directory"]["level"] == lines["postgresql@17-main"]["level"] == "broken"
    asked_of_it = {
        "policy",
        "calendar",
        "accounts",
        "audit",
        "access",
        "evidence",
        "logins",
        "seals",
        "report",
    }
    assert topics - asked_of_it <= set(lines)


def test_a_queue_that_grows_needs_attention_and_says_why(host: Host, demo: dict[str, Any]) -> None:
    fill = f"""
    systemctl stop dovecot
    for i in $(seq 100); do printf 'From: root\\n\\nx\\n' | sendmail -f '' vp@{demo["domain"]}; done
    for i in $(seq 120); do [ "$(postqueue -j | wc -l)" -ge 100 ] && exit 0; sleep 1; done; exit 1
    """
    with broken(host, fill, "postsuper -d ALL 2>/dev/null; systemctl start dovecot"):
        status, lines = look(host)
    assert status == 2  # Dovecot
    assert lines["queue"]["level"] == "attention"
    assert "Connection refused" in lines["queue"]["text"]
    assert look(host)[1]["queue"]["level"] == "fine"


def test_a_policy_that_the_database_does_not_know_is_broken(host: Host) -> None:
    path = "/etc/congvu/policy.json"
    with broken(host, f"cp -a {path} /run/policy.kept; echo '{{}}' >{path}", f"mv /run/policy.kept {path}"):
        status, lines = look(host)
    assert status == 2
    assert lines["directory"]["level"] == "broken"


def test_nobody_but_root_may_look(host: Host) -> None:
    done = host.run("runuser -u nobody -- congvu status")
    assert done.rc == 1
    assert "sudo congvu status" in done.stderr
