"""A unit's mailbox passes to the next head: access moves at once, and no file takes it back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from subprocess import CompletedProcess
from typing import Any

import pytest
from doors import Doors
from test_boxes import PREFIX, Account, alive, listed, session, utf7
from testinfra.host import Host

BOX = "bantg"
HEAD, DEPUTY = "SNV049", "SNV050"
Ansible = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def doors(demo: dict[str, Any]) -> Doors:
    return Doors(demo)


@pytest.fixture(scope="module")
def staff(demo: dict[str, Any]) -> dict[str, Account]:
    return {account["staff_id"]: account for account in demo["accounts"] if account["kind"] == "person"}


def hand_over(ansible: Ansible, receiver: str, decision: str, **more: str) -> CompletedProcess[str]:
    today = datetime.now(UTC).astimezone().date().isoformat()
    asked = {"box": BOX, "decision": decision, "decided_on": today, "effective_on": today,
             "receiver": receiver, **more}  # fmt: skip
    done = ansible("ansible-playbook", "playbooks/handover.yml", "-e", json.dumps(asked))
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def ask(host: Host, sql: str) -> str:
    return host.check_output(f'psql -XAtU congvu_admin congvu -c "{sql}"')


def test_the_mailbox_changes_hands(
    ansible: Ansible, demo: dict[str, Any], doors: Doors, host: Host, staff: dict[str, Account]
) -> None:
    address, number = f"{BOX}@{demo['domain']}", int(time.time())
    old, new = staff[HEAD], staff[DEPUTY]
    box = utf7(f"{PREFIX}/{address}")
    try:
        with session(doors, old) as going:
            assert going.select(box, readonly=True)[0] == "OK"
            hand_over(ansible, DEPUTY, f"{number}/QĐ-SNV")
            assert not alive(going)
        with session(doors, old) as again:
            assert address not in listed(again)
        with session(doors, new) as head:
            assert head.select(box)[0] == "OK"
            folder = utf7(f"{PREFIX}/{address}/Tạm {number}")
            assert head.create(folder)[0] == "OK"
            assert head.delete(folder)[0] == "OK"  # which only the head may

        undone = ansible("ansible-playbook", "playbooks/accounts.yml")
        assert undone.returncode != 0
        assert f"would undo the handover to {DEPUTY} by decision {number}/QĐ-SNV" in undone.stdout

        again_ = hand_over(ansible, DEPUTY, f"{number}/QĐ-SNV", acknowledged_by="Văn thư")
        assert "changed=2" in again_.stdout  # the record, and the handler that looks at sessions
        unchanged = hand_over(ansible, DEPUTY, f"{number}/QĐ-SNV", acknowledged_by="Văn thư")
        assert "changed=0" in unchanged.stdout
        said = ask(host, f"select giver, receiver, acknowledged_by, inventory->>'address' from handover"
                         f" where decision = '{number}/QĐ-SNV'")  # fmt: skip
        assert said == f"{HEAD}|{DEPUTY}|Văn thư|{address}"
    finally:
        hand_over(ansible, HEAD, f"{number}a/QĐ-SNV")
        deputy = f"insert into box_role values ('{address}', 'unit', '{DEPUTY}', 'deputy')"
        record = "insert into audit_record (actor, verb, subject) values ('test', 'test', '')"
        ask(host, f"begin; {record}; {deputy}; commit")
    verbs = ask(
        host, f"select string_agg(verb, ' ' order by id) from audit_record where subject = '{address}'"
    )
    assert verbs.endswith("handover.make handover.effect handover.acknowledge handover.make handover.effect")
