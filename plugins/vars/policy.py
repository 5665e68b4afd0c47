"""Hands the resolved policy to every host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: policy
short_description: The regulation as one variable
description:
  - Loads and resolves C(policy/) once and hands every host the variable C(policy).
  - A value outside its bounds, an unknown control or an expired exception ends the run before its first task.
  - Nothing may override the variable; this plugin refuses it as an extra variable.
  - The profile is the one named in O(profile), else the one named like the directory of the inventory
    (the last inventory source that has one), else C(default).
options:
  folder:
    description: Policy folder. Without it, C(policy/) of this repository.
    type: path
    env: [{name: CONGVU_POLICY_DIR}]
  profile:
    description: Name of a file in C(profiles/), without C(.yml).
    type: str
    env: [{name: CONGVU_POLICY_PROFILE}]
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ansible import context
from ansible.errors import AnsibleParserError
from ansible.inventory.host import Host
from ansible.plugins.vars import BaseVarsPlugin
from ansible.utils.vars import load_extra_vars

try:
    from congvu import clock
    from congvu.errors import PolicyError
    from congvu.policy import dump, load
except ImportError as error:
    raise AnsibleParserError(
        "The Python package congvu is not installed beside Ansible. Use the venv that make sets up."
    ) from error

_REPOSITORY = Path(__file__).resolve().parents[2]


class VarsModule(BaseVarsPlugin):
    """Ansible calls this for every inventory source, play and host; the policy is read once."""

    def get_vars(self, loader: Any, path: str, entities: Any) -> dict[str, Any]:
        """``{"policy": ...}`` for hosts, nothing for groups. Raises AnsibleParserError."""
        super().get_vars(loader, path, entities)
        if "policy" in load_extra_vars(loader):
            raise AnsibleParserError(
                "The variable policy comes from the policy folder alone. Remove it from --extra-vars; "
                "another value belongs into policy/profiles/."
            )
        hosts = [entity for entity in _listed(entities) if isinstance(entity, Host)]
        if not hosts:
            return {}
        folder = Path(self.get_option("folder") or _REPOSITORY / "policy")
        profile = self.get_option("profile") or _profile(folder)
        return {"policy": _resolved(folder, profile, clock.day(clock.now()))}


def _listed(entities: Any) -> list[Any]:
    return entities if isinstance(entities, list) else [entities]


@cache
def _resolved(folder: Path, profile: str, today: date) -> dict[str, Any]:
    try:
        return dump(load(_shortened(folder), profile, today))
    except PolicyError as error:
        raise AnsibleParserError(f"The policy cannot be used:\n{error}") from error


def _profile(folder: Path) -> str:
    for source in reversed(context.CLIARGS.get("inventory") or ()):
        path = Path(source)
        name = path.name if path.is_dir() else path.parent.name
        if (folder / "profiles" / f"{name}.yml").is_file():
            return name
    return "default"


def _shortened(folder: Path) -> Path:
    """Relative to where the operator stands, if below: this is how faults name the files."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
