"""The report of a quarter that is over, made and sent by the host's own timers, and read by an auditor."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from subprocess import CompletedProcess

import pytest
from test_boxes import Account
from test_break_glass import ask
from testinfra.host import Host

from congvu import clock
from congvu.report.period import period_at

Ansible = Callable[..., CompletedProcess[str]]
# an observation of the quarter before, in its last hour
SEEN = (
    "insert into observation values ('firewall', 'test', '{0}', "
    "jsonb_build_object('control', 'firewall', 'observed_at', '{0}', 'checked', 1, "
    "'exceptions', '[]'::jsonb, 'numerator', null, 'denominator', null, 'figure', null, "
    "'evidence', '[]'::jsonb), repeat('0', 64))"
)
FORGET = (
    'runuser -u postgres -- psql -qX congvu -c "set session_replication_role = replica; '
    "delete from report_copy; delete from report_issue; delete from auditor; "
    "delete from observation where host = 'test'\""
)


@pytest.fixture
def forgotten(host: Host) -> Iterator[None]:
    host.run_expect([0], FORGET)
    yield
    host.run_expect([0], FORGET)


@pytest.mark.usefixtures("forgotten")
def test_the_timers_make_and_send_it_once(host: Host) -> None:
    assert host.service("congvu-issue.timer").is_running
    assert host.service("congvu-issue.timer").is_enabled
    before = period_at(clock.now(), "nd09").starts - timedelta(hours=1)
    ask(host, SEEN.format(before.isoformat()))
    for _ in range(2):
        host.run_expect([0], "systemctl start congvu-issue.service")
    assert ask(host, "select form, encode(substr(content, 1, 5), 'escape') from report_issue") == "pdf|%PDF-"
    recipients = ask(host, "select address from report_recipient order by 1").splitlines()
    assert recipients
    for _ in range(2):
        host.run_expect([0], "systemctl start congvu-notices.service")
    assert ask(host, "select count(*) from report_copy") == str(len(recipients))
    office = ask(host, "select address from mailbox where kind = 'office' order by 1").splitlines()[0]
    search = f"doveadm search -u {office} mailbox INBOX subject 'Báo cáo kết quả thực hiện'"
    until = time.monotonic() + 20
    while not (found := host.check_output(search).splitlines()) and time.monotonic() < until:
        time.sleep(0.2)
    assert len(found) == 1


@pytest.mark.usefixtures("forgotten")
def test_an_auditor_is_let_in_by_an_order(ansible: Ansible, host: Host, people: list[Account]) -> None:
    staff_id = ask(host, f"select staff_id from person where address = '{people[0]['address']}'")
    until = ask(host, "select congvu_today() + 30")

    def play(*given: str) -> str:
        words = [word for each in (f"staff_id={staff_id}", *given) for word in ("-e", each)]
        done = ansible("ansible-playbook", "playbooks/auditor.yml", *words)
        return done.stdout + done.stderr

    grant = ("warrant=1/QĐ-TTr", f"last_day={until}")
    assert "changed=1" in play(*grant)
    assert "changed=0" in play(*grant)
    assert ask(host, "select reads from (select staff_id, ended_at is null as reads from auditor) a") == "t"
    assert "changed=1" in play("warrant=1/QĐ-TTr", "end=true")
    assert ask(host, "select reads from (select staff_id, ended_at is null as reads from auditor) a") == "f"
    assert "is no day from today" in play("warrant=2/QĐ-TTr", "last_day=2020-01-01")
