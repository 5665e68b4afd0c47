"""The throw-away hosts that are measured: `mail` becomes a governed mail host, `partner` stays bare."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.demo.hosts import FOLDER, HOSTS, ROOT, Hosts

TESTHOST = ROOT / "molecule" / "hosts" / "testhost"
ON_HOST = Path(__file__).parent / "on_host"
RESULTS = ROOT / "build" / "bench"
INVENTORY = ("-i", "inventories/shared", "-i", "inventories/demo")
FACTS = "tests/bench/facts.yml"


@dataclass(frozen=True)
class Played:
    """A playbook run: how long it took, and what its recap says of the mail host."""

    seconds: float
    tasks: int
    changed: int


class Site:
    """Hosts are started when a benchmark first needs them, and converged when it first needs that."""

    hosts = Hosts(HOSTS)

    @cached_property
    def bare(self) -> bool:
        """Two bare hosts of one image, reached by SSH."""
        subprocess.run([TESTHOST, "up", "mail", "partner"], check=True, stdout=subprocess.DEVNULL)
        self.play("authority", "playbooks/authority.yml")
        return True

    @cached_property
    def first(self) -> Played:
        """The first converge of the bare host."""
        assert self.bare
        return self.play("first-converge", FACTS, "playbooks/site.yml")

    @cached_property
    def people(self) -> Played:
        """The demo's organisation on the converged host, with passwords."""
        assert self.first
        subprocess.run([sys.executable, "-m", "tests.demo.credentials"], check=True)
        return self.play("accounts", FACTS, "playbooks/accounts.yml")

    def play(self, name: str, *playbooks: str) -> Played:
        """Run playbooks as an operator does; all output goes to build/bench/NAME.log."""
        log = RESULTS / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        settings = {"ANSIBLE_CALLBACKS_ENABLED": "ansible.posix.profile_tasks", "ANSIBLE_NOCOLOR": "1"}
        start = time.monotonic()
        with log.open("w", encoding="utf-8") as output:
            done = subprocess.run(
                ["ansible-playbook", *INVENTORY, *playbooks],
                cwd=ROOT,
                env={**os.environ, **settings},
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        seconds = time.monotonic() - start
        if done.returncode != 0:
            raise RuntimeError(f"ansible-playbook ended with {done.returncode}: see {log.relative_to(ROOT)}")
        recaps = re.findall(
            r"^mail +: ok=(\d+) +changed=(\d+)", log.read_text("utf-8"), re.M
        )  # a playbook each
        tasks, changed = (sum(map(int, column)) for column in zip(*recaps, strict=True)) if recaps else (0, 0)
        return Played(seconds, tasks, changed)

    def run(self, *command: str, data: bytes = b"") -> str:
        """What a command wrote that ran as root on the mail host."""
        return self.hosts.run("mail", *command, data=data)

    def script(self, name: str, *arguments: str) -> Any:
        """What on_host/NAME.py, run on the mail host by its own Python, has to say as JSON."""
        return json.loads(self.run("python3", "-", *arguments, data=(ON_HOST / f"{name}.py").read_bytes()))

    def payload(self, module: str, **options: Any) -> str:
        """A module as Ansible sends it, with these options, kept on the host: the path of the program.

        Ansible runs it once for that. Whoever asks sees to it that this changes nothing: files that are not
        there yet, a directory without anybody.
        """
        settings = {"ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_PIPELINING": "0"}
        command = ["ansible", *INVENTORY, "mail", "-m", module, "-a", json.dumps(options)]
        self.run("rm", "-rf", "/root/.ansible/tmp")
        subprocess.run(command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, check=False)
        find = ("find", "/root/.ansible/tmp", "-name", f"AnsiballZ_{module}.py")
        sent = self.run(*find).split()
        if not sent:
            raise RuntimeError(f"Ansible kept no program of {module} on the host")
        self.run("install", "-D", sent[0], f"/root/bench/{module}.py")
        return f"/root/bench/{module}.py"


def down() -> None:
    """Remove the hosts, whatever became of them, and what was made for them."""
    subprocess.run([TESTHOST, "down"], check=False)
    shutil.rmtree(FOLDER, ignore_errors=True)
