"""The filter systemd_dropins: a table of units becomes the files that the module config_files installs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: systemd_dropins
short_description: Turn a table of units into systemd drop-in files
description:
  - Each unit takes the common options and changes what it says itself; V(null) takes an option away.
positional: common, header
options:
  _input:
    description: Service unit (without C(.service)) to the options of its C([Service]) section that differ.
    type: dict
    required: true
  common:
    description: Options of every unit.
    type: dict
    required: true
  header:
    description: First lines of each file, comment signs and all.
    type: str
    required: true
author: congvu
"""

EXAMPLES = r"""
files: "{{ {'nginx': {'UMask': none}} | systemd_dropins({'PrivateTmp': true, 'UMask': '0027'}, '# ours') }}"
"""

RETURN = r"""
_value:
  description: Files as the module config_files takes them.
  type: list
  elements: dict
"""


def systemd_dropins(
    units: Mapping[str, Mapping[str, Any]], common: Mapping[str, Any], header: str
) -> list[dict[str, str]]:
    """One drop-in file (dest, content) for each unit, in the order of the table."""
    if not isinstance(units, Mapping):
        raise AnsibleFilterError(f"systemd_dropins: takes a table of units, not {type(units).__name__}")
    return [
        {
            "dest": f"/etc/systemd/system/{unit}.service.d/congvu.conf",
            "content": "\n".join([header.strip(), "[Service]", *_lines({**common, **options})]) + "\n",
        }
        for unit, options in units.items()
    ]


def _lines(options: Mapping[str, Any]) -> list[str]:
    words = {True: "yes", False: "no"}
    return [
        f"{name}={words[value] if isinstance(value, bool) else value}"
        for name, value in options.items()
        if value is not None
    ]


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Any]:
        """Name to function."""
        return {"systemd_dropins": systemd_dropins}
