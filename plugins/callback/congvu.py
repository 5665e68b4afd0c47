"""What an operator sees of a run: what is going on, what changed, every failure complete; no wall of `ok`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: congvu
type: stdout
short_description: The default output without what is in order, and a sum of changes at the end
description:
  - Names each role as it begins, with the time since the start, so that a long task is seen to run.
  - Shows changes, differences, failures and warnings as the default output does; C(debug) speaks plain text.
  - Says at the end for each host what changed, by role, or that nothing did.
  - With C(-v) what is in order is shown, too.
extends_documentation_fragment: [default_callback, result_format_callback]
"""

import textwrap
import time
from collections import defaultdict
from typing import Any

from ansible import context
from ansible.plugins.callback.default import CallbackModule as Default

_WIDTH = 110


class CallbackModule(Default):
    """Ansible calls this with every event of a run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "congvu"

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()
        self._part = ""
        # host -> part of the run -> names of the tasks that changed something
        self._changes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._stopped: dict[str, str] = {}

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        self.set_option("display_ok_hosts", self._display.verbosity > 0)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._part = ""
        super().v2_playbook_on_play_start(play)

    def _task_start(self, task: Any, prefix: str | None = None) -> None:
        role = str(task._role or "")
        if role and role != self._part:
            self._part = role
            self._display.display(f"{self._elapsed()}  {role}")
        super()._task_start(task, prefix)

    def v2_runner_on_ok(self, result: Any) -> None:
        if result.result.get("changed"):
            part, _, name = result.task.get_name().rpartition(" : ")
            self._changes[result.host.get_name()][part or self._play.get_name()].append(name.strip())
        elif result.task.action.rpartition(".")[2] == "debug":
            self._say(result)
            return
        elif not self.get_option("display_ok_hosts"):
            self._handle_warnings_and_exception(result)  # the default shows none where it shows no result
        super().v2_runner_on_ok(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            self._stopped[result.host.get_name()] = result.task.get_name().strip()
        super().v2_runner_on_failed(result, ignore_errors)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        super().v2_playbook_on_stats(stats)
        checked = context.CLIARGS["check"]
        for host in sorted(stats.processed):
            changes = self._changes.get(host, {})
            if changes:
                count = sum(map(len, changes.values()))
                would = "would change" if checked else "changed"
                self._display.display(f"{host}: {count} {would}, {self._elapsed()}")
            elif not stats.summarize(host)["unreachable"] and host not in self._stopped:
                self._display.display(f"{host}: nothing {'would change' if checked else 'changed'}")
            for part, names in changes.items():
                head = f"  {len(names):>3}  {part:<16}  "
                named = textwrap.shorten(", ".join(names), max(20, _WIDTH - len(head)), placeholder=" ...")
                self._display.display(head + named)
            if host in self._stopped and stats.summarize(host)["failures"]:
                self._display.display(
                    f'{host}: stopped at "{self._stopped[host]}". Mend the cause and run the playbook again:'
                    " what is done stays done (docs/operate/converge.md)"
                )

    def _say(self, result: Any) -> None:
        said = result.result.get("msg")
        if isinstance(said, str | list):
            lines = [said] if isinstance(said, str) else said
            self._display.display("\n".join(f"[{result.host.get_name()}] {line}" for line in lines))
            return
        shown = self.get_option("display_ok_hosts")
        self.set_option("display_ok_hosts", True)
        super().v2_runner_on_ok(result)
        self.set_option("display_ok_hosts", shown)

    def _elapsed(self) -> str:
        seconds = int(time.monotonic() - self._began)
        return f"{seconds // 60:>3}:{seconds % 60:02}"
