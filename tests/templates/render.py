"""Every file that roles make of templates, as the hosts would get it: rendered by Ansible's own Templar.

Tasks are read, not run: what a task of `config_files` or `template` would write is rendered with the
variables that the task would have, whatever its `when` says. An undefined variable is an error, as on a
host.

    python tests/templates/render.py --write            makes tests/templates/golden/ anew
    python tests/templates/render.py --print VARIANT    prints a variant's files with their validators as JSON
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parent / "golden"
VARIANTS = {"demo": ROOT / "inventories" / "demo", "two_hosts": Path(__file__).parent / "two_hosts"}
SECTIONS = ("block", "rescue", "always")
POLICY = "/etc/congvu/policy.json"  # not of a template; tests/policy pins it


def facts(number: int) -> dict[str, Any]:
    """What the hosts' Ansible would have found out, the same on every machine."""
    address = {"address": f"203.0.113.{10 + number}", "gateway": "203.0.113.1", "prefix": "24"}
    return {
        "default_ipv4": {**address, "network": "203.0.113.0"},
        "virtualization_type": "kvm",
        "processor_vcpus": 2,
        "memtotal_mb": 4096,
        "distribution": "Debian",
        "distribution_version": "13",
        "distribution_major_version": "13",
    }


def trusted(data: Any) -> Any:
    """YAML with every string marked as a template, as Ansible's own loader would."""
    if isinstance(data, dict):
        return {key: trusted(value) for key, value in data.items()}
    if isinstance(data, list):
        return [trusted(value) for value in data]
    return trust_as_template(data) if isinstance(data, str) else data


def read(path: Path) -> Any:
    return trusted(yaml.safe_load(path.read_text("utf-8"))) if path.exists() else None


def plays(*books: str) -> Iterator[tuple[str, str]]:
    """(hosts, role) as the playbooks bind them."""
    for book in books:
        for play in yaml.safe_load((ROOT / "playbooks" / book).read_text("utf-8")):
            yield from ((play["hosts"], role) for role in play.get("roles", ()) if isinstance(role, str))
            for task in play.get("tasks", ()):
                if "ansible.builtin.import_role" in task:
                    yield play["hosts"], task["ansible.builtin.import_role"]["name"]


def tasks(
    entries: list[dict[str, Any]], outer: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """(task, its variables) of a list of tasks, those in blocks too."""
    for task in entries:
        variables = {**outer, **task.get("vars", {})}
        yield task, variables
        for section in SECTIONS:
            yield from tasks(task.get(section, []), variables)


@dataclass(frozen=True)
class File:
    """What a task would write; ``validate`` is the daemon's own check, with %s for the path, or empty."""

    dest: str
    content: str
    validate: str


def files(role: Path, variables: dict[str, Any], loader: DataLoader) -> Iterator[File]:
    """What the role's tasks make of its templates."""

    def render(data: Any, **more: Any) -> Any:
        return Templar(loader, variables={**variables, **more}).template(data)

    for path in sorted((role / "tasks").glob("*.yml")):
        for task, own in tasks(read(path) or [], {}):
            if "config_files" in task:
                made = render(task["config_files"]["files"], **own)
                yield from (File(file["dest"], file["content"], file.get("validate", "")) for file in made)
            elif "ansible.builtin.template" in task:
                asked = task["ansible.builtin.template"]
                for item in render(task.get("loop", [None]), **own):
                    each = {**own, "item": item}
                    source = f"{{{{ lookup('ansible.builtin.template', '{render(asked['src'], **each)}') }}}}"
                    content = render(trust_as_template(source), **each)
                    yield File(
                        render(asked["dest"], **each), content, render(asked.get("validate", ""), **each)
                    )


def rendered(variant: str) -> dict[str, File]:
    """HOST/PATH -> file, over all hosts of a variant."""
    loader = DataLoader()
    inventory = InventoryManager(loader, [str(ROOT / "inventories" / "shared"), str(VARIANTS[variant])])
    manager = VariableManager(loader, inventory)
    for number, host in enumerate(sorted(inventory.get_hosts(), key=str)):
        manager.set_host_facts(host.name, facts(number))
    hostvars = HostVars(inventory, manager, loader)
    found: dict[str, File] = {}
    for group, name in plays("site.yml", "demo.yml"):
        role = ROOT / "roles" / name
        constants = {
            key: value for path in (role / "vars").glob("*.yml") for key, value in read(path).items()
        }
        for host in inventory.get_hosts(group) if group in inventory.groups else ():
            variables = {
                **(read(role / "defaults" / "main.yml") or {}),
                **manager.get_vars(host=host),
                **constants,
                "hostvars": hostvars,
                "role_path": str(role),
                "role_name": name,
                "ansible_search_path": [str(role)],
            }
            made = files(role, variables, loader)
            found |= {f"{host.name}{file.dest}": file for file in made if file.dest != POLICY}
    return found


def kept(variant: str) -> dict[str, str]:
    """HOST/PATH -> content of the golden files."""
    folder = GOLDEN / variant
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in files}


def write() -> None:
    """The golden files, made anew; a difference is reviewed as the change of the hosts that it is."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for variant in VARIANTS:
        for name, file in rendered(variant).items():
            path = GOLDEN / variant / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content, encoding="utf-8")


init_plugin_loader()

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--write"]:
            write()
        case ["--print", variant]:
            print(json.dumps({name: asdict(file) for name, file in rendered(variant).items()}))
        case _:
            sys.exit(__doc__)
