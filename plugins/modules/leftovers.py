#!/usr/bin/python
"""Finish or clear away what an interrupted run left on the host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: leftovers
short_description: Finish or clear away what an interrupted run left
description:
  - Lets dpkg finish packages that were unpacked and never configured, after it waited for whoever still has
    dpkg's lock. On an interrupted dpkg no other package can be installed.
  - Removes temporary files that were meant to be gone with their run, among them those that hold people's
    data and keys. Only a run that holds the host's lock may do so.
  - Needs nothing but Debian's Python, since the run that was interrupted may have been the first.
options:
  names:
    description: Patterns of names of files and folders that lived for the length of a run.
    type: list
    elements: str
    required: true
  folders:
    description: Where such names are looked for, with all that is below.
    type: list
    elements: path
    required: true
  stages:
    description: Patterns of whole paths of files and folders that lived for the length of a run.
    type: list
    elements: path
    default: []
  lock_timeout:
    description: How long to wait, in seconds, for another program that installs packages.
    type: int
    default: 300
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
author: congvu
"""

EXAMPLES = r"""
- name: Finish or clear away what an interrupted run left
  leftovers:
    names: [".congvu.*", ".ansible_tmp*"]
    folders: [/etc, /var/lib/congvu]
    stages: [/tmp/congvu.*]
"""

RETURN = r"""
removed:
  description: Paths of what was (in check mode, would be) removed.
  type: list
  elements: str
  returned: always
  sample: [/etc/postfix/.congvu.x3f9]
packages:
  description: Whether packages had to be finished.
  type: bool
  returned: always
"""

import fcntl
import fnmatch
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

UPDATES = Path("/var/lib/dpkg/updates")  # not empty: dpkg was interrupted
FRONTEND_LOCK = Path("/var/lib/dpkg/lock-frontend")


def found_below(folders: Sequence[str], names: Sequence[str]) -> Iterator[Path]:
    """Files and folders with such names; what lies in a folder that is found goes with it."""
    for top in folders:
        for place, below, files in os.walk(top):
            hits = [name for name in [*below, *files] if any(fnmatch.fnmatch(name, one) for one in names)]
            below[:] = [name for name in below if name not in hits]
            yield from (Path(place, name) for name in hits)


def found(module: AnsibleModule) -> list[Path]:
    """All that has to go, but for the folder of this very module."""
    stages = (path for one in module.params["stages"] for path in Path("/").glob(one.lstrip("/")))
    below = found_below(module.params["folders"], module.params["names"])
    own = Path(module.tmpdir)
    return sorted(path for path in {*stages, *below} if path != own and path not in own.parents)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; a link is removed, not followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def unfinished(module: AnsibleModule) -> bool:
    """Whether dpkg was interrupted, or has packages that it began and did not finish."""
    audit = module.run_command(["dpkg", "--audit"], check_rc=True)[1]
    return bool(audit.strip()) or any(UPDATES.iterdir())


def wait_for_dpkg(module: AnsibleModule) -> None:
    """Wait until nobody installs packages: what the interrupted run started may still be at work."""
    end = time.monotonic() + module.params["lock_timeout"]
    with FRONTEND_LOCK.open("w") as lock:
        while True:
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError:
                if time.monotonic() > end:
                    holder = module.run_command(["fuser", str(FRONTEND_LOCK)])[1].strip() or "unknown"
                    module.fail_json(
                        msg=f"{FRONTEND_LOCK}: process {holder} still installs packages after"
                        f" {module.params['lock_timeout']} s, and some are half-installed. Wait for it or"
                        " end it, then run again. Nothing was changed."
                    )
                time.sleep(1)


def finish_packages(module: AnsibleModule) -> bool:
    """Let dpkg and APT finish what they began; whether there was anything."""
    if not unfinished(module):
        return False
    if module.check_mode:
        return True
    wait_for_dpkg(module)
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    keep = ["--force-confdef", "--force-confold"]  # our configuration stays, as with the module apt
    module.run_command(["dpkg", *keep, "--configure", "-a"], environ_update=quiet)
    if unfinished(module):  # some have to be unpacked again, which is APT's affair
        options = [part for option in keep for part in ("-o", f"Dpkg::Options::={option}")]
        command = ["apt-get", "-y", "--no-install-recommends", *options, "--fix-broken", "install"]
        code, out, err = module.run_command(command, environ_update=quiet)
        if code != 0 or unfinished(module):
            module.fail_json(
                msg=f"packages are half-installed, and neither dpkg nor APT can finish them: {err or out}. "
                "Repair them by hand (`dpkg --audit` names them), then run again."
            )
    return True


def main() -> None:
    options = {
        "names": {"type": "list", "elements": "str", "required": True},
        "folders": {"type": "list", "elements": "path", "required": True},
        "stages": {"type": "list", "elements": "path", "default": []},
        "lock_timeout": {"type": "int", "default": 300},
    }
    module = AnsibleModule(argument_spec=options, supports_check_mode=True)
    packages = finish_packages(module)
    paths = found(module)
    if not module.check_mode:
        for path in paths:
            remove(path)
    removed = [str(path) for path in paths]
    diff = {"before": "".join(f"{path}\n" for path in removed), "after": ""}
    module.exit_json(changed=bool(paths) or packages, removed=removed, packages=packages, diff=diff)


if __name__ == "__main__":
    main()
