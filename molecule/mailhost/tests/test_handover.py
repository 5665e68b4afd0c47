"""A unit's mailbox passes to the next head: access moves at once, filters end, and no file takes it back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from subprocess import CompletedProcess
from typing import Any

import docx
import pytest
from doors import Doors
from test_boxes import PREFIX, Account, alive, found, listed, send, session, utf7
from test_break_glass import SOON, until
from test_minutes import MINUTES
from testinfra.host import Host

BOX = "bantg"
HEAD, DEPUTY = "SNV049", "SNV050"
# Forwards what it is told to, and hides the rest. (The store refuses to forward: dovecot_sieve_redirects.)
FILTER = """require ["fileinto", "mailbox"];
if header :contains "subject" "ra-ngoai" { redirect "citizen@congdan.test"; } else { fileinto :create "Kho"; }
"""
Ansible = Callable[..., CompletedProcess[str]]


@dataclass
class Case:
    """One mailbox, its head and its deputy, and decisions like no others before."""

    ansible: Ansible
    demo: dict[str, Any]
    host: Host
    number: int = field(default_factory=lambda: int(time.time()))

    def __post_init__(self) -> None:
        self.doors, self.address = Doors(self.demo), f"{BOX}@{self.demo['domain']}"
        self.folder = utf7(f"{PREFIX}/{self.address}")
        people = {account["staff_id"]: account for account in self.demo["accounts"] if "staff_id" in account}
        self.head: Account = people[HEAD]
        self.deputy: Account = people[DEPUTY]

    def hand_over(self, receiver: str, sign: str = "QĐ-SNV", **more: str) -> CompletedProcess[str]:
        today = datetime.now(UTC).astimezone().date().isoformat()
        asked = {"box": BOX, "decision": f"{self.number}/{sign}", "decided_on": today, "effective_on": today,
                 "receiver": receiver, **more}  # fmt: skip
        return self.ansible("ansible-playbook", "playbooks/handover.yml", "-e", json.dumps(asked))

    def ask(self, sql: str) -> str:
        return self.host.check_output(f'psql -XAtU congvu_admin congvu -c "{sql}"')

    def heads(self) -> str:
        return self.ask(f"select staff_id from box_role where box = '{self.address}' and role = 'head'")

    def active_filters(self) -> list[str]:
        lines = self.host.check_output(f"doveadm sieve list -u {self.address}").splitlines()
        return [line.removesuffix(" ACTIVE") for line in lines if line.endswith(" ACTIVE")]


@pytest.fixture
def case(ansible: Ansible, demo: dict[str, Any], host: Host) -> Iterator[Case]:
    """Afterwards the mailbox is again as the organisation file has it."""
    made = Case(ansible, demo, host)
    yield made
    if made.heads() != HEAD:
        succeeded(made.hand_over(HEAD, "QĐ-LẠI"))
    record = "insert into audit_record (actor, verb, subject) values ('test', 'test', '')"
    deputy = f"insert into box_role values ('{made.address}', 'unit', '{DEPUTY}', 'deputy')"
    made.ask(f"begin; {record}; {deputy} on conflict do nothing; commit")


def succeeded(done: CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_mailbox_changes_hands(case: Case, ansible: Ansible) -> None:
    with session(case.doors, case.head) as going:
        assert going.select(case.folder, readonly=True)[0] == "OK"
        with ThreadPoolExecutor(2) as pool:
            running = pool.submit(case.hand_over, DEPUTY)
            out = pool.submit(until, lambda: not alive(going), running)
            in_ = until(lambda: acts_as_head(case), running)
            succeeded(running.result())
            moments = [in_, out.result()]
    act = f"subject = '{case.address}' and verb = 'handover.make'"
    moved = float(case.ask(f"select extract(epoch from max(at)) from audit_record where {act}"))
    print(
        "new head in, old head out, seconds after the transaction:",
        [f"{each - moved:.1f}" for each in moments],
    )
    assert max(moments) - moved < SOON
    with session(case.doors, case.head) as again:
        assert case.address not in listed(again)

    undone = ansible("ansible-playbook", "playbooks/accounts.yml")
    assert undone.returncode != 0
    assert f"would undo the handover to {DEPUTY} by decision {case.number}/QĐ-SNV" in undone.stdout

    assert "changed=0" not in succeeded(case.hand_over(DEPUTY, acknowledged_by="Văn thư"))
    assert "changed=0" in succeeded(case.hand_over(DEPUTY, acknowledged_by="Văn thư"))
    said = case.ask(f"select giver, receiver, acknowledged_by, inventory->>'address' from handover"
                    f" where decision = '{case.number}/QĐ-SNV'")  # fmt: skip
    assert said == f"{HEAD}|{DEPUTY}|Văn thư|{case.address}"
    verbs = case.ask(
        f"select string_agg(verb, ' ' order by id) from audit_record where subject = '{case.address}'"
    )
    assert verbs.endswith("handover.make handover.effect handover.filters handover.acknowledge")


def acts_as_head(case: Case) -> bool:
    """The deputy deletes a folder, which only the head may."""
    folder = utf7(f"{PREFIX}/{case.address}/Tạm {case.number}")
    with session(case.doors, case.deputy) as client:
        client.create(folder)
        return bool(client.delete(folder)[0] == "OK")


# --- filters ------------------------------------------------------------------------------------------------


@pytest.fixture
def forwarding(case: Case) -> Iterator[str]:
    """The mailbox has a filter that forwards; its name."""
    name, run = "về nhà", case.host.run_expect
    run([0], f"printf %s '{FILTER}' | doveadm sieve put -u {case.address} -a '{name}'")
    yield name
    run([0], f"doveadm sieve deactivate -u {case.address}; doveadm sieve delete -u {case.address} '{name}'")


def write_to(case: Case, word: str) -> None:
    send(case.doors, case.head, case.head["address"], [case.address], To=case.address, Subject=word)


def test_a_forgotten_forward_ends_with_the_role_and_stands_in_the_minutes(
    case: Case, forwarding: str
) -> None:
    before, after = f"truoc-{case.number}", f"sau-{case.number}"
    write_to(case, before)
    with session(case.doors, case.head) as head:
        assert found(head, utf7(f"{PREFIX}/{case.address}/Kho"), before)
    succeeded(case.hand_over(DEPUTY))
    assert case.active_filters() == []
    write_to(case, after)
    with session(case.doors, case.deputy) as head:
        assert found(head, case.folder, after)

    document = docx.Document(str(MINUTES / f"{BOX}-{case.number}-QĐ-SNV" / "minutes.docx"))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert f"- “{forwarding}” (đang dùng): chuyển tiếp đến citizen@congdan.test." in text
    assert "Từ thời điểm bàn giao, bộ lọc đang dùng ngừng hoạt động" in text


# --- what fails ---------------------------------------------------------------------------------------------


def test_an_act_that_fails_midway_has_never_been(case: Case, forwarding: str) -> None:
    """The database refuses the act after its record was written: no part of it stays, and nobody notices."""
    superuser = 'runuser -u postgres -- psql -qX congvu -c "{} insert on handover {} congvu_admin"'
    with session(case.doors, case.head) as going:
        assert going.select(case.folder, readonly=True)[0] == "OK"
        case.host.run_expect([0], superuser.format("revoke", "from"))
        try:
            refused = case.hand_over(DEPUTY)
        finally:
            case.host.run_expect([0], superuser.format("grant", "to"))
        assert refused.returncode != 0
        assert "permission denied for table handover" in refused.stdout
        assert alive(going)
    assert case.active_filters() == [forwarding]
    record = f"detail->>'decision' = '{case.number}/QĐ-SNV'"
    assert case.ask(f"select count(*) from audit_record where {record}") == "0"
    assert case.heads() == HEAD
    succeeded(case.hand_over(DEPUTY))  # the same act, made good


def test_filters_that_will_not_end_are_said_and_ended_as_soon_as_they_will(
    case: Case, forwarding: str
) -> None:
    """After the act nothing is taken back: access has moved, and what is left is tried every minute."""
    home = case.host.check_output(f"doveadm user -f home {case.address}")
    waits = f"select filters_ended_at is null from handover where decision = '{case.number}/QĐ-SNV'"
    with session(case.doors, case.head) as going:
        assert going.select(case.folder, readonly=True)[0] == "OK"
        case.host.run_expect([0], f"chmod a-w {home}")
        try:
            stuck = case.hand_over(DEPUTY)
            assert stuck.returncode != 0
            assert not alive(going)
            assert case.active_filters() == [forwarding]
            assert case.ask(waits) == "t"
        finally:
            case.host.run_expect([0], f"chmod u+w {home}")
    assert "minutes.pdf" in succeeded(case.hand_over(DEPUTY))
    case.host.run_expect([0], "systemctl start congvu-boxes.service")
    assert case.active_filters() == []
    assert case.ask(waits) == "f"
