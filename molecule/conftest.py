"""What the stories share: the contract of the hosts they run on (demo.json)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Ansible = Callable[..., "subprocess.CompletedProcess[str]"]

ROOT = Path(__file__).parent.parent
GROUP = os.environ.get("CONGVU_HOSTS", "demo")


@pytest.fixture(scope="session")
def demo() -> dict[str, Any]:
    """demo.json, written anew: people change their passwords and their states while stories run."""
    folder = ROOT / "build" / GROUP
    subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.demo.contract",
            f"--hosts={ROOT / 'build' / 'hosts' / GROUP}",
            f"--folder={folder}",
        ],
        cwd=ROOT,
        check=True,
    )
    contract: dict[str, Any] = json.loads((folder / "demo.json").read_text("utf-8"))
    return contract


@pytest.fixture(scope="session")
def ansible() -> Ansible:
    """ansible("ansible-playbook", "playbooks/site.yml", ...): a program of the venv, run as operators do.

    The inventory is the stories', unless the arguments name another.
    """

    def run(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        inventory = () if "-i" in arguments else ("-i", "inventories/shared", "-i", "inventories/demo")
        settings = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0"}
        return subprocess.run(
            [str(Path(sys.executable).with_name(program)), *inventory, *arguments],
            cwd=ROOT, env={**os.environ, **settings, **environment},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run
