"""What was issued and still lies on the host is destroyed on command: lists of passwords and slips."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from subprocess import CompletedProcess

import pytest
from testinfra.host import Host

Ansible = Callable[..., CompletedProcess[str]]
FOLDER = "/var/lib/congvu/issued"
LEFT = ("19990101T000000Z.csv", "19990101T000000Z.slips.pem")
DESTROY = json.dumps({"accounts_issued_destroy": True, "accounts_issue": False})


@pytest.fixture
def handed_out(host: Host) -> Iterator[str]:
    """The word in what was issued long ago. A second name of each file shows what becomes of its content."""
    word, aside = secrets.token_hex(16), f"{FOLDER}/aside"
    host.run_expect([0], f"install -d -m 0700 {aside}")
    for name in LEFT:
        file = f"{FOLDER}/{name}"
        host.run_expect([0], f"umask 077; echo {word} > {file} && ln {file} {aside}/{name}")
    yield word
    host.run_expect([0], f"rm -rf {aside}; cd {FOLDER}; rm -f {' '.join(LEFT)}")


def test_what_was_handed_out_is_destroyed_on_command(ansible: Ansible, host: Host, handed_out: str) -> None:
    written = f"grep -rlF {handed_out} {FOLDER} | wc -l"
    tried = ansible("ansible-playbook", "playbooks/accounts.yml", "--check", "-e", DESTROY)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert host.check_output(written) == "4"

    done = ansible("ansible-playbook", "playbooks/accounts.yml", "-e", DESTROY)
    assert done.returncode == 0, done.stdout + done.stderr
    assert host.check_output(f"find {FOLDER} -maxdepth 1 -type f") == ""
    assert host.check_output(written) == "0"
