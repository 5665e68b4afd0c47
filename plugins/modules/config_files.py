#!/usr/bin/python
"""Install a set of rendered configuration files in one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: config_files
short_description: Install a set of configuration files in one call
description:
  - Compares, validates and installs many small text files at once. A loop over M(ansible.builtin.template)
    would cost a round trip for each.
  - Nothing is replaced before every changed file has passed its validation; no daemon meets half a set.
  - Directories that are missing are made (root, 0755).
options:
  files:
    description: The files that have to be there.
    type: list
    elements: dict
    required: true
    suboptions:
      dest:
        description: Absolute path.
        type: path
        required: true
      content:
        description: What is in it, for instance from the lookup P(ansible.builtin.template#lookup).
        type: str
        required: true
      owner:
        description: Its owner.
        type: str
        default: root
      group:
        description: Its group.
        type: str
        default: root
      mode:
        description: Its mode, octal.
        type: str
        default: "0644"
      validate:
        description: >-
          Command, without a shell, that accepts the new file; V(%s) stands for its path. Left out where the
          program is not installed yet, so that a file can be there before the package whose installation
          starts the daemon; then the daemon itself judges, at its first start.
        type: str
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
author: congvu
"""

EXAMPLES = r"""
- name: Configure the look-ups
  config_files:
    files:
      - dest: /etc/postfix/pgsql/alias.cf
        content: "{{ lookup('ansible.builtin.template', 'etc/postfix/pgsql/lookup.cf.j2') }}"
        group: postfix
        mode: "0640"
  notify: Restart Postfix
"""

RETURN = r"""
changed_files:
  description: Paths of the files whose content, owner or mode changed.
  returned: always
  type: list
  elements: str
  sample: [/etc/postfix/pgsql/alias.cf]
"""

import grp
import os
import pwd
import shlex
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

SPEC = {
    "dest": {"type": "path", "required": True},
    "content": {"type": "str", "required": True},
    "owner": {"type": "str", "default": "root"},
    "group": {"type": "str", "default": "root"},
    "mode": {"type": "str", "default": "0644"},
    "validate": {"type": "str"},
}


def current(dest: Path) -> tuple[bytes | None, str]:
    """Content (None where there is no file) and "owner:group mode" of what is there."""
    if not dest.exists():
        return None, ""
    found = dest.stat()
    owner, group = _name(pwd.getpwuid, found.st_uid), _name(grp.getgrgid, found.st_gid)
    return dest.read_bytes(), f"{owner}:{group} {stat.S_IMODE(found.st_mode):04o}"


def _name(lookup: Any, number: int) -> str:
    try:
        return str(lookup(number)[0])
    except KeyError:
        return str(number)


def wanted(file: dict[str, str]) -> tuple[bytes, str]:
    """The same two of what has to be there."""
    return file["content"].encode(), f"{file['owner']}:{file['group']} {int(file['mode'], 8):04o}"


def stage(file: dict[str, str], folder: Path) -> Path:
    """Write the new file into a folder of its own, under its own name: some validators look at the name."""
    staged = Path(tempfile.mkdtemp(dir=folder)) / Path(file["dest"]).name
    staged.write_bytes(file["content"].encode())
    return staged


def validate(module: AnsibleModule, file: dict[str, str], staged: Path) -> None:
    """Let the daemon judge; fails the module with its words."""
    command = shlex.split(file["validate"])
    if module.get_bin_path(command[0]) is None:
        return
    code, out, err = module.run_command([part.replace("%s", str(staged)) for part in command])
    if code != 0:
        refusal = f"`{command[0]}` refuses the new file; nothing was replaced. It says: {err or out}"
        module.fail_json(msg=f"{file['dest']}: {refusal}")


def install(file: dict[str, str], staged: Path) -> None:
    """Replace the file in one step, with its owner and mode."""
    dest = Path(file["dest"])
    dest.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=dest.parent, prefix=".congvu.", delete=False) as new:
        new.write(staged.read_bytes())
        os.fchmod(new.fileno(), int(file["mode"], 8))
        os.fsync(new.fileno())
    shutil.chown(new.name, file["owner"], file["group"])
    Path(new.name).replace(dest)


def main() -> None:
    module = AnsibleModule(
        argument_spec={"files": {"type": "list", "elements": "dict", "required": True, "options": SPEC}},
        supports_check_mode=True,
    )
    changed, diff = [], []
    for file in module.params["files"]:
        (before, was), (after, will_be) = current(Path(file["dest"])), wanted(file)
        if before == after and was == will_be:
            continue
        changed.append(file)
        heads = (f"{file['dest']} {was}".strip(), f"{file['dest']} {will_be}")
        diff.append(
            {
                "before_header": heads[0],
                "after_header": heads[1],
                "before": (before or b"").decode("utf-8", "replace"),
                "after": file["content"],
            }
        )
    with tempfile.TemporaryDirectory(prefix="congvu.") as folder:
        staged = [(file, stage(file, Path(folder))) for file in changed]
        for file, path in staged:
            if file["validate"]:
                validate(module, file, path)
        if not module.check_mode:
            for file, path in staged:
                install(file, path)
    module.exit_json(changed=bool(changed), changed_files=[file["dest"] for file in changed], diff=diff)


if __name__ == "__main__":
    main()
