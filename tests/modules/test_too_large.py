"""What is too large to be a list is refused on the controller, before a byte of it is brought to the host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from congvu.accounts import LARGEST

ROOT = Path(__file__).parents[2]
PLAY = """\
- hosts: mail
  gather_facts: false
  roles: [accounts]
"""


def converge(folder: Path, size: int) -> str:
    """Run the role for a host that nobody can reach, with a list of that size; what Ansible said."""
    people = folder / "people.csv"
    with people.open("wb") as file:
        file.truncate(size)
    (folder / "organisation.yml").write_text("units: []\n")
    (folder / "play.yml").write_text(PLAY)
    given = {
        "accounts_organisation": str(folder / "organisation.yml"),
        "accounts_people": str(people),
        "mail_domain": "snv.example",
        "mail_organisation": "Sở Nội vụ",
        "mail_hostname": "mail.snv.example",
        "mail_environment": "test",
        "mail_directory_database": {"host": "/run/postgresql", "name": "congvu"},
    }
    (folder / "hosts").write_text(
        "mail ansible_host=192.0.2.1 ansible_ssh_common_args='-o ProxyCommand=false'\n"
    )
    command = [
        Path(sys.executable).parent / "ansible-playbook",
        "-i",
        "hosts",
        "play.yml",
        "-e",
        json.dumps(given),
    ]
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    ).stdout


def test_it_is_refused_before_the_host_is_asked_for_anything(tmp_path: Path) -> None:
    said = converge(tmp_path, LARGEST + 1)
    assert f"{tmp_path}/people.csv: larger than {LARGEST >> 20} MB" in said
    assert "UNREACHABLE" not in said


def test_what_is_as_large_as_may_be_is_brought(tmp_path: Path) -> None:
    assert "UNREACHABLE" in converge(tmp_path, LARGEST)
