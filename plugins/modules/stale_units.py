#!/usr/bin/python
"""Let daemons take up configuration that is newer than their last start or reload."""

from __future__ import annotations

DOCUMENTATION = r"""
module: stale_units
short_description: Let daemons take up what was configured and never taken up
description:
  - A handler is an event, and is lost when a run is interrupted between the changed file and the handler.
    This module looks at the state instead, and can be asked at any time.
  - A running unit whose configuration is newer than its last start or reload is reloaded or restarted, one
    whose own unit file or drop-in is newer than its last start is restarted. systemd reads its units anew
    where it has to.
  - A file that is older than what it is made from is made again; kernel settings not in force are applied.
  - Units that do not run are left alone, so that one table serves all hosts.
options:
  table:
    description: What has to be up to date with what. Each entry is of one of three kinds.
    type: list
    elements: dict
    required: true
    suboptions:
      unit:
        description: Name of a unit of systemd, with its suffix.
        type: str
      action:
        description: How the unit takes up its configuration.
        type: str
        choices: [reload, restart]
        default: restart
      paths:
        description: Files (patterns of shell) that the unit reads, or of which the file is made.
        type: list
        elements: path
        default: []
      groups:
        description: Whether groups that its user joined after its start make the unit stale, too.
        type: bool
        default: false
      made:
        description: A file that is made of O(table[].paths).
        type: path
      command:
        description: The command, without a shell, that makes it.
        type: str
      sysctl:
        description: A file of kernel settings, as in sysctl.d.
        type: path
  strict:
    description: Fail when something cannot be taken up. Otherwise that is a warning.
    type: bool
    default: true
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
author: congvu
"""

EXAMPLES = r"""
- name: Let every daemon take up its configuration
  stale_units:
    table:
      - {unit: nginx.service, action: reload, paths: [/etc/nginx/nginx.conf]}
      - made: /etc/dovecot/junk.svbin
        paths: [/etc/dovecot/junk.sieve]
        command: sievec /etc/dovecot/junk.sieve
      - {sysctl: /etc/sysctl.d/60-congvu.conf}
"""

RETURN = r"""
taken_up:
  description: What was (in check mode, would be) done, with its reason.
  type: list
  elements: str
  returned: always
  sample: ["reload nginx.service: /etc/nginx/nginx.conf is newer than its last start or reload"]
"""

import os
import pwd
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

# ActiveEnterTimestamp moves with a start alone, StateChangeTimestamp with a reload too (ADR 0007).
PROPERTIES = (
    *("Id", "ActiveState", "NeedDaemonReload", "FragmentPath", "DropInPaths", "MainPID"),
    *("ActiveEnterTimestamp", "StateChangeTimestamp"),
)
Entry = Mapping[str, Any]
Unit = Mapping[str, str]


def parse_units(text: str) -> dict[str, Unit]:
    """What `systemctl show` prints of several units, by their names."""
    blocks = [
        dict(line.split("=", 1) for line in block.splitlines()) for block in text.split("\n\n") if block
    ]
    return {block["Id"]: dict.fromkeys(PROPERTIES, "") | block for block in blocks}  # a socket has no process


def moment(text: str) -> float:
    """A time as `systemctl show --timestamp=us+utc` prints it, in seconds; 0 for never."""
    if not text:
        return 0.0
    parsed = datetime.strptime(text, "%a %Y-%m-%d %H:%M:%S.%f UTC")
    return parsed.replace(tzinfo=UTC).timestamp()


def newest(paths: Sequence[str], than: float) -> str | None:
    """The newest of the files, if it is newer than a moment.

    The change of the inode counts, not of the content: a file is written under another name long before it
    comes to its place, and then belongs to whoever it is given to.
    """
    times = {str(path): path.stat().st_ctime for path in map(Path, paths) if path.exists()}
    path = max(times, key=lambda name: times[name], default=None)
    return path if path is not None and times[path] > than else None


def unit_step(
    entry: Entry, unit: Unit, files: Sequence[str], missing: frozenset[str]
) -> tuple[str, str] | None:
    """How a unit has to take up what it does not know yet, and why; None when it knows all."""
    if unit["ActiveState"] not in ("active", "reloading"):
        return None
    definition = [
        path
        for path in [unit["FragmentPath"], *unit["DropInPaths"].split()]
        if path.startswith("/etc/")  # Debian's own files are the affair of Debian's packages
    ]
    if path := newest(definition, moment(unit["ActiveEnterTimestamp"])):
        return "restart", f"{path} is newer than its last start"
    if path := newest(files, moment(unit["StateChangeTimestamp"])):
        return entry["action"], f"{path} is newer than its last start or reload"
    if missing:
        return "restart", f"its user joined {', '.join(sorted(missing))} after its start"
    return None


def parse_sysctl(text: str) -> dict[str, str]:
    """Setting to value of a file as in sysctl.d."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.lstrip("-").split("=", 1) for line in lines if "=" in line and line[0] not in "#;")
    return {name.strip(): " ".join(value.split()) for name, value in pairs}


class Host:
    """The host as it is; everything that asks or changes it goes through here."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module, self.units = module, {}
        self.taken_up: list[str] = []

    def show(self, names: Sequence[str]) -> dict[str, Unit]:
        command = ["systemctl", "show", "--timestamp=us+utc", f"--property={','.join(PROPERTIES)}", *names]
        return parse_units(self.module.run_command(command, check_rc=True)[1])

    def do(self, command: Sequence[str], reason: str) -> None:
        """Run a command, but for check mode; whether that went well decides the module's end."""
        self.taken_up.append(reason)
        if self.module.check_mode:
            return
        code, out, err = self.module.run_command(list(command))
        if code != 0:
            words = f"{shlex.join(command)} failed: {(err or out).strip()}"
            if self.module.params["strict"]:
                self.module.fail_json(msg=f"{words}. See `journalctl -xe`; the next run tries again.")
            self.module.warn(words)

    def glob(self, patterns: Sequence[str]) -> list[str]:
        return [str(path) for pattern in patterns for path in Path("/").glob(pattern.lstrip("/"))]

    def missing_groups(self, entry: Entry, unit: Unit) -> frozenset[str]:
        """Groups of a unit's user that its running process does not have."""
        status = Path(f"/proc/{unit['MainPID']}/status")
        if not entry["groups"] or unit["MainPID"] in ("", "0") or not status.exists():
            return frozenset()
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        user = pwd.getpwuid(int(lines["Uid"].split()[1]))
        has = {int(number) for number in lines["Groups"].split()} | {user.pw_gid}
        return frozenset(str(gid) for gid in set(os.getgrouplist(user.pw_name, user.pw_gid)) - has)

    def take_up_unit(self, entry: Entry) -> None:
        unit = self.units.get(entry["unit"])
        if unit is None:
            return
        step = unit_step(entry, unit, self.glob(entry["paths"]), self.missing_groups(entry, unit))
        if step is None:
            return
        action, reason = step
        verb = "reload-or-restart" if action == "reload" else "restart"
        self.do(["systemctl", verb, unit["Id"]], f"{action} {unit['Id']}: {reason}")
        self.units |= self.show(list(self.units))  # one unit may take others with it

    def make(self, entry: Entry) -> None:
        made = Path(entry["made"])
        # nothing to make of: whatever it belongs to is not installed yet
        if path := newest(self.glob(entry["paths"]), made.stat().st_ctime if made.exists() else 0.0):
            self.do(shlex.split(entry["command"]), f"make {made}: {path} is newer")

    def apply(self, entry: Entry) -> None:
        file = Path(entry["sysctl"])
        wanted = parse_sysctl(file.read_text("utf-8")) if file.exists() else {}
        live = {name: Path("/proc/sys", *name.split(".")) for name in wanted}
        other = [
            name
            for name, path in live.items()
            if path.exists() and " ".join(path.read_text().split()) != wanted[name]
        ]
        if other:
            self.do(["sysctl", "--quiet", "--load", str(file)], f"apply {file}: {', '.join(other)} differs")


def main() -> None:
    entry = {
        "unit": {"type": "str"},
        "action": {"type": "str", "choices": ["reload", "restart"], "default": "restart"},
        "paths": {"type": "list", "elements": "path", "default": []},
        "groups": {"type": "bool", "default": False},
        "made": {"type": "path"},
        "command": {"type": "str"},
        "sysctl": {"type": "path"},
    }
    kinds = {
        "options": entry,
        "required_one_of": [("unit", "made", "sysctl")],
        "mutually_exclusive": [("unit", "made", "sysctl")],
        "required_together": [("made", "command")],
    }
    options = {
        "table": {"type": "list", "elements": "dict", "required": True, **kinds},
        "strict": {"type": "bool", "default": True},
    }
    module = AnsibleModule(argument_spec=options, supports_check_mode=True)
    table, host = module.params["table"], Host(module)
    names = sorted({entry["unit"] for entry in table if entry["unit"]})
    host.units = host.show(names) if names else {}
    if unread := [name for name, unit in host.units.items() if unit["NeedDaemonReload"] == "yes"]:
        host.do(["systemctl", "daemon-reload"], f"daemon-reload: {', '.join(unread)} changed")
        host.units = host.show(names)
    for entry in table:
        if entry["made"]:
            host.make(entry)
        elif entry["sysctl"]:
            host.apply(entry)
    # restarts before reloads: who was restarted has read everything; in each, sockets before their services
    units = [entry for entry in table if entry["unit"]]
    for entry in sorted(units, key=lambda one: (one["action"] == "reload", one["unit"].endswith(".service"))):
        host.take_up_unit(entry)
    diff = {"before": "", "after": "".join(f"{line}\n" for line in host.taken_up)}
    module.exit_json(changed=bool(host.taken_up), taken_up=host.taken_up, diff=diff)


if __name__ == "__main__":
    main()
