"""Runs of playbooks that are killed on the way, and what there is to see on the host afterwards."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GROUP = os.environ.get("CONGVU_HOSTS", "demo")
HEADINGS = ("TASK [", "RUNNING HANDLER [")
LONGEST = 900  # seconds that a whole run may take on a busy machine

# What every daemon reads, written down once more: whoever judges does not ask the tables of those who act.
CONFIGURATION = {
    "unbound.service": "/etc/unbound/unbound.conf.d/congvu.conf",
    "systemd-journald.service": "/etc/systemd/journald.conf.d/congvu.conf",
    "ssh.service": "/etc/ssh/sshd_config.d/10-congvu.conf",
    "nftables.service": "/etc/nftables.conf",
    "fail2ban.service": "/etc/fail2ban/jail.d/congvu.conf",
    "postgresql@17-main.service": "/etc/postgresql/17/main/pg_hba.conf",
    "congvu-password.service": "/etc/congvu/password.json /etc/systemd/system/congvu-password.service",
    "congvu-web.service": "/etc/congvu/web.json /etc/systemd/system/congvu-web.service",
    "redis-server.service": "/etc/redis/redis.conf",
    "clamav-daemon.service": "/etc/clamav/clamd.conf",
    "rspamd.service": "/etc/rspamd/rspamd.conf /etc/systemd/system/rspamd.service.d/congvu.conf",
    "postfix.service": "/etc/postfix/main.cf /etc/postfix/master.cf /etc/postfix/pgsql/mailbox.cf",
    "dovecot.service": "/etc/dovecot/dovecot.conf",
    "nginx.service": "/etc/nginx/nginx.conf",
    "php8.4-fpm.service": "/etc/php/8.4/fpm/pool.d/www.conf",
}
STALE = """
for unit in "$@"; do
  name=${unit%%=*}
  taken=$(systemctl show --timestamp=unix --property=StateChangeTimestamp --value "$name")
  for file in ${unit#*=}; do
    changed=$(stat -c %Z "$file" 2>/dev/null) || { echo "$name: $file is missing"; continue; }
    [ "${taken#@}" -ge "$changed" ] || echo "$name is older than $file"
  done
  systemctl is-active --quiet "$name" || echo "$name does not run"
done
"""


def ssh(command: str, data: str = "", fine: tuple[int, ...] = (0,)) -> str:
    """What a command of the shell prints on the host."""
    config = ROOT / "build" / "hosts" / GROUP / "ssh_config"
    # a connection of its own, since runs are killed with theirs
    line = ["ssh", "-F", str(config), "-o", "ControlPath=none", "mail", command]
    done = subprocess.run(line, input=data, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode in fine, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def stale() -> list[str]:
    """Daemons that are older than their configuration, or do not run."""
    units = (shlex.quote(f"{unit}={files}") for unit, files in CONFIGURATION.items())
    return ssh(f"bash -s {' '.join(units)}", STALE).splitlines()


def locked() -> bool:
    """Whether a run holds the host."""
    return bool(ssh("flock -n /run/congvu/converge.lock true || echo held"))


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for parent in found:
        listed = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False)
        found += map(int, listed.stdout.split())
    return found


class Run:
    """A playbook at work; its output is read as it comes."""

    def __init__(self, playbook: str, **variables: Any) -> None:
        command = [str(Path(sys.executable).with_name("ansible-playbook")), playbook]
        command += ["-i", "inventories/shared", "-i", "inventories/demo", "-e", json.dumps(variables)]
        environment = {
            **os.environ,
            "CONGVU_HOSTS": GROUP,
            "ANSIBLE_FORCE_COLOR": "0",
            "PYTHONUNBUFFERED": "1",
        }
        # every task with its heading as it begins, not only those that change something
        environment |= {"ANSIBLE_STDOUT_CALLBACK": "default", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "true"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: list[str] = []
        self._ended = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as output:
            self.lines.extend(line.rstrip() for line in output)
        self._ended.set()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    @property
    def headings(self) -> list[str]:
        """The tasks and handlers so far."""
        return [line for line in self.lines if line.startswith(HEADINGS)]

    def wait_for(self, heading: str) -> None:
        """Until a task begins."""
        self._wait(lambda: any(heading in line for line in self.headings), heading)

    def wait_for_task(self, number: int) -> str:
        """Until so many tasks have begun; the heading of the last."""
        self._wait(lambda: len(self.headings) >= number, f"task {number}")
        return self.headings[-1]

    def _wait(self, arrived: Any, what: str) -> None:
        end = time.monotonic() + LONGEST
        while not arrived():
            assert not self._ended.is_set(), f"ended before {what}:\n{self.output[-4000:]}"
            assert time.monotonic() < end, f"{what} did not begin:\n{self.output[-4000:]}"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it, and all that it started here, as a power cut of the controller would."""
        for pid in family(self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(60)
        self._ended.wait(60)

    def end(self) -> int:
        """Its exit status, when it has come to its end."""
        status = self.process.wait(LONGEST)
        self._ended.wait(60)
        return status
