"""The register of cases of abuse, by its playbook: entered once, ended once, checked without a change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from subprocess import CompletedProcess

import pytest
from test_break_glass import ask
from testinfra.host import Host

Ansible = Callable[..., CompletedProcess[str]]
CASE = {"number": "TEST/BC-VP", "kind": "spam", "provision": "d3.k4.2", "found_on": "2026-11-20"}
END = {"number": "TEST/BC-VP", "closed_on": "2026-11-21", "outcome": "dealt_with", "decision": "1/QĐ-SNV"}
FORGET = (
    "runuser -u postgres -- psql -qX congvu -c "
    "\"set session_replication_role = replica; delete from incident where number = 'TEST/BC-VP'\""
)


@pytest.fixture
def forgotten(host: Host) -> Iterator[None]:
    yield
    host.run_expect([0], FORGET)


@pytest.mark.usefixtures("forgotten")
def test_a_case_is_entered_and_ended_once(ansible: Ansible, host: Host) -> None:
    def play(given: dict[str, str], *more: str) -> str:
        words = [word for name, value in given.items() for word in ("-e", f"{name}={value}")]
        done = ansible("ansible-playbook", "playbooks/incident.yml", *words, *more)
        return done.stdout + done.stderr

    assert "changed=1" in play(CASE, "--check")
    assert ask(host, "select count(*) from incident where number = 'TEST/BC-VP'") == "0"
    assert "changed=1" in play(CASE)
    assert "changed=0" in play(CASE)
    assert "changed=1" in play(END)
    assert "changed=0" in play(END)
    found = "select outcome, decision from incident where number = 'TEST/BC-VP'"
    assert ask(host, found) == "dealt_with|1/QĐ-SNV"
    refused = play({**CASE, "kind": "gossip", "provision": "d9"})
    for told in ("is no kind", "is no provision"):
        assert told in refused
