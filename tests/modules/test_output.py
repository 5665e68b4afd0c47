"""The callback `congvu`: what an operator sees of a run, and what he is spared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def play(tmp_path: Path) -> Any:
    """Run tasks on this machine as an operator would; what is on the screen."""

    def _play(tasks: list[dict[str, Any]], *arguments: str) -> str:
        book = tmp_path / "play.yml"
        book.write_text(
            json.dumps([{"name": "Try", "hosts": "localhost", "gather_facts": False, "tasks": tasks}]),
            "utf-8",
        )
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
        done = subprocess.run(
            [program, "-i", "localhost,", "-c", "local", str(book), *arguments],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    return _play


def write(path: Path) -> dict[str, Any]:
    copy = {"content": "x\n", "dest": str(path), "mode": "0600"}
    return {"name": "Write the file", "ansible.builtin.copy": copy}


SAY = {"name": "Speak", "ansible.builtin.debug": {"msg": ["first", "second"]}}
IN_ORDER = {"name": "Be in order", "ansible.builtin.assert": {"that": ["true"]}}
FAIL = {"name": "Break", "ansible.builtin.fail": {"msg": "the cause"}}


def test_what_changed_is_summed_up_and_what_is_in_order_is_not_shown(play: Any, tmp_path: Path) -> None:
    tasks = [IN_ORDER, SAY, write(tmp_path / "a")]
    assert "1 would change" in play(tasks, "--check")
    first = play(tasks)
    assert "Be in order" not in first
    assert "[localhost] first\n[localhost] second\n" in first
    assert "changed: [localhost]" in first
    assert "localhost: 1 changed" in first
    assert "    1  Try               Write the file" in first
    again = play(tasks)
    assert "Write the file" not in again
    assert "localhost: nothing changed" in again
    assert "Be in order" in play(tasks, "-v")


def test_a_difference_is_shown(play: Any, tmp_path: Path) -> None:
    shown = play([write(tmp_path / "a")], "--check", "--diff")
    assert "TASK [Write the file]" in shown
    assert "+x" in shown


def test_a_failure_is_complete_and_says_how_to_go_on(play: Any, tmp_path: Path) -> None:
    shown = play([write(tmp_path / "a"), FAIL])
    assert "TASK [Break]" in shown
    assert "the cause" in shown
    assert "localhost: 1 changed" in shown
    assert 'localhost: stopped at "Break"' in shown
    assert "nothing changed" not in shown


def test_a_warning_of_what_is_in_order_is_not_swallowed(play: Any) -> None:
    warned = play([{"name": "Warn", "ansible.builtin.find": {"paths": "/no/such/place"}}])
    assert "/no/such/place" in warned
