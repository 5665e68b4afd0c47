"""The vars plugin under Ansible's own commands: a law that is at fault stops every one of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from congvu.policy import dump, read_json

REPOSITORY = Path(__file__).parents[2]
PLAY = """\
- hosts: mail
  gather_facts: false
  tasks:
    - name: First
      tags: [first]
      ansible.builtin.debug: {msg: "length {{ policy['values']['password.min_length'] }}"}
    - name: Write the policy as a role does
      ansible.builtin.copy: {content: "{{ policy | to_nice_json }}", dest: "{{ target }}", mode: "0600"}
"""


@dataclass(frozen=True)
class Controller:
    """A bare inventory in a directory of its own, and the plugin of this repository."""

    home: Path
    policy: Path

    def run(self, command: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "ANSIBLE_CONFIG": str(self.home / "ansible.cfg"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "CONGVU_POLICY_DIR": str(self.policy),
        }
        program = Path(sys.executable).parent / command
        return subprocess.run(
            [program, *arguments],
            cwd=self.home,
            env=environment | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def play(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run(
            "ansible-playbook", "play.yml", "-e", f"target={self.home}/out.json", *arguments, **variables
        )


@pytest.fixture
def controller(tmp_path, folder):
    for name in ("shared", "strict"):
        (tmp_path / "inventories" / name).mkdir(parents=True)
    (tmp_path / "inventories/shared/hosts.yml").write_text("all: {children: {mail: {}}}\n")
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "policy": "mine"}
    (tmp_path / "inventories/strict/hosts.yml").write_text(json.dumps({"mail": {"hosts": {"m1": host}}}))
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "ansible.cfg").write_text(
        f"[defaults]\ninventory = inventories/shared,inventories/strict\n"
        f"vars_plugins = {REPOSITORY}/plugins/vars\n"
    )
    return Controller(tmp_path, folder.path)


def test_every_host_has_the_policy_of_its_environment_and_can_write_it_down(controller, folder):
    """The profile is named like the inventory's directory; a variable of the inventory does not override."""
    done = controller.play()
    assert done.returncode == 0, done.stderr
    assert "length 14" in done.stdout
    assert dump(read_json(controller.home / "out.json")) == dump(folder.resolve("strict"))


def test_the_profile_may_be_named_and_default_is_the_last_resort(controller):
    assert "length 10" in controller.play("--tags", "first", CONGVU_POLICY_PROFILE="default").stdout
    (controller.policy / "profiles/strict.yml").unlink()
    assert "length 10" in controller.play("--tags", "first").stdout


@pytest.mark.parametrize(
    "command",
    [
        ("ansible-playbook", "play.yml"),
        ("ansible-playbook", "play.yml", "--tags", "first", "--start-at-task", "First"),
        ("ansible", "-m", "ping", "localhost"),
        ("ansible-inventory", "--host", "m1"),
    ],
    ids=["playbook", "tags", "ad-hoc", "inventory"],
)
def test_a_fault_stops_every_command_before_its_first_task(controller, folder, command):
    folder.replace("values.yml", "  value: 10\n", "  value: 7\n")
    folder.replace("profiles/strict.yml", "2026-12-31", "2026-10-31")
    done = controller.run(*command)
    assert done.returncode == 4
    assert "policy/values.yml:3: password.min_length: 7 is out of bounds" in done.stderr
    assert "policy/profiles/strict.yml:12: exception for provision a3: expired" in done.stderr
    assert "TASK" not in done.stdout
    assert "bug" not in done.stderr


@pytest.mark.parametrize("extra", ["policy=x", '{"policy": {"values": {}}}'])
def test_extra_variables_cannot_override_the_policy(controller, extra):
    done = controller.play("-e", extra)
    assert done.returncode == 4
    assert "Remove it from --extra-vars" in done.stderr
    assert "TASK" not in done.stdout


def test_a_template_in_the_law_is_refused_not_rendered(controller, folder):
    folder.replace("profiles/strict.yml", "line is", "line {{ lookup('pipe', 'touch ran') }} is")
    done = controller.play()
    assert done.returncode == 4
    assert "looks like a Jinja template" in done.stderr
    assert not (controller.home / "ran").exists()
