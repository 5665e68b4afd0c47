"""Let one run at a time converge a host."""

from __future__ import annotations

import getpass
import json
import os
import select
import shlex
import signal
import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from ansible import context
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

DOCUMENTATION = r"""
module: converge_lock
short_description: Let one run at a time converge a host
description:
  - Takes a lock on the host that lasts until C(ansible-playbook) ends, however it ends. Taking it again in
    the same run is no change, so each playbook that converges a host (C(site), C(accounts), C(domain)) takes
    it, also when another imports it. Those that enter one act in the directory (C(handover), C(break_glass),
    C(incident), C(auditor)) do so in one transaction and take no lock.
  - The lock is held by a process on the host at the far end of an SSH session which only this run keeps open;
    it dies with the session (ADR 0008). Hence nothing has to be cleared by hand, ever.
  - In check mode, too, since a check run brings people's files to the host; a converge would clear them away.
options:
  wait:
    description: How long to wait, in seconds, for another run to end.
    type: int
    default: 60
attributes:
  check_mode: {support: full}
author: congvu
"""

FOLDER = "/run/congvu"
LOCK, HOLDER = f"{FOLDER}/converge.lock", f"{FOLDER}/converge.json"
BEAT = 2  # seconds; the holder notices at the latest so long after it that nobody listens any more

# Holds the lock until it cannot say that it lives. $1: seconds to wait, $2: who holds it.
HOLD = f"""
mkdir -p -m 0755 {FOLDER}; exec 9>>{LOCK}; flock -w "$1" 9 || exit 75
printf %s "$2" >{HOLDER}.new && mv {HOLDER}.new {HOLDER}
while printf .; do sleep {BEAT} 9>&-; done
"""
# Prints who holds the lock; nothing when nobody does. $1: seconds to wait for $2 to hold it.
LOOK = f"""
n=$(($1 * 5))
while :; do
  holder=; if [ -e {LOCK} ] && ! flock -n {LOCK} true; then holder=$(cat {HOLDER} 2>/dev/null); fi
  case $holder in *"$2"*) break ;; esac
  n=$((n - 1)); [ $n -ge 0 ] || break; sleep 0.2
done
printf '%s' "$holder"
"""


def run_of(pid: int) -> str:
    """What names a run for ever: its process, when that started, and the boot of its machine."""
    started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}-{pid}-{started}"


def refusal(host: str, holder: dict[str, str], waited: int) -> str:
    """What the one who comes second is told."""
    who, since = holder.get("by", "another run"), holder.get("since", "a moment ago")
    what = f"{holder.get('playbook', 'playbook unknown')}, process {holder.get('process', 'unknown')}"
    return (
        f"{host}: {who} converges this host since {since} ({what}); waited {waited} s, nothing was changed."
        " Start again when that run has ended. One that was killed gives the host free by itself within"
        " ten seconds, one whose controller vanished within two minutes."
    )


class ActionModule(ActionBase):
    """What Ansible looks for."""

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Take the lock, or fail with the name of who holds it."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        wait = int(self.validate_argument_spec({"wait": {"type": "int", "default": 60}})[1]["wait"])
        main = os.getppid()  # ansible-playbook itself: it forks a process for each task and host
        run = run_of(main)
        if self._look(0, run).get("run") != run:
            self._keep(main, wait, self._description(main, run))
            holder = self._look(wait + 1, run)
            if holder.get("run") != run:
                raise AnsibleActionFail(refusal((task_vars or {})["inventory_hostname"], holder, wait))
        return {**result, "changed": False}  # it is gone with this run, and no state of the host

    def _description(self, main: int, run: str) -> str:
        return json.dumps(
            {
                "run": run,
                "by": f"{getpass.getuser()}@{socket.gethostname()}",
                "process": str(main),
                "playbook": " ".join(context.CLIARGS.get("args", ())),
                "since": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
            }
        )

    def _shell(self, script: str, *arguments: object) -> str:
        return shlex.join(["sh", "-c", script, "converge-lock", *map(str, arguments)])

    def _look(self, wait: int, run: str) -> dict[str, str]:
        done = self._low_level_execute_command(self._shell(LOOK, wait, run))
        if done["rc"] != 0:
            raise AnsibleActionFail(
                f"the host's lock cannot be looked at: {done['stderr'] or done['stdout']}"
            )
        try:
            holder: dict[str, str] = json.loads(done["stdout"])
        except ValueError:  # nobody, or somebody who did not say yet who it is
            return {}
        return holder

    def _keep(self, main: int, wait: int, description: str) -> None:
        """Leave a process behind that keeps the holder's session open as long as ansible-playbook runs."""
        if os.fork() == 0:
            self._keeper(main, self._shell(HOLD, wait, description))

    def _keeper(self, main: int, command: str) -> NoReturn:
        try:
            os.setpgid(0, 0)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            threading.Thread(target=_end_with, args=(main,), daemon=True).start()
            self._low_level_execute_command(command)
        finally:
            os._exit(0)


def _end_with(main: int) -> None:
    """End this process and its SSH client when another process ends; a descriptor cannot mean a successor."""
    select.select([os.pidfd_open(main)], [], [])
    time.sleep(0.1)  # the last words of a task may still be on their way
    os.killpg(0, signal.SIGKILL)
