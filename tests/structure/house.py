"""Reads the repository as data, for the tests about the house.

Every rule of this folder is a function `tree -> list of faults` (a fault is one line: place, colon, what is
wrong). Its test asserts that the repository has none, and that a small tree with a fault planted in it has
one: a rule that cannot fail is no rule.
"""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import yaml
from jinja2 import meta

ROOT = Path(__file__).resolve().parents[2]


class _Loader(yaml.CSafeLoader):
    """YAML as Ansible writes it: `!vault` and `!unsafe` are plain values here."""


_Loader.add_multi_constructor("!", lambda loader, _suffix, node: loader.construct_scalar(node))


@functools.cache
def _parsed(path: Path, _changed: int) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  (a CSafeLoader)


def load(path: Path) -> Any:
    """The content of a YAML file, read once; None where it is empty."""
    return _parsed(path, path.stat().st_mtime_ns)


def compose(path: Path) -> yaml.Node | None:
    """The YAML file with the line of every node."""
    return yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)


def yaml_files(*folders: Path) -> list[Path]:
    return sorted(
        file for folder in folders for file in folder.rglob("*") if file.suffix in {".yml", ".yaml"}
    )


def roles(tree: Path) -> list[Path]:
    return sorted(path for path in (tree / "roles").glob("*") if path.is_dir())


def options(role: Path) -> dict[str, dict[str, Any]]:
    """Every variable that the role's argument_specs declare, over all its entry points."""
    path = role / "meta" / "argument_specs.yml"
    entries = (load(path) or {}).get("argument_specs", {}) if path.exists() else {}
    return {name: spec for entry in entries.values() for name, spec in (entry.get("options") or {}).items()}


def task_files(tree: Path) -> list[Path]:
    """Files that hold tasks or plays."""
    inside = [
        path for role in roles(tree) for part in ("tasks", "handlers") for path in yaml_files(role / part)
    ]
    scenarios = [path for path in (tree / "molecule").glob("**/*.yml") if path.name != "molecule.yml"]
    return sorted(
        [*inside, *yaml_files(tree / "playbooks"), *(p for p in scenarios if "group_vars" not in p.parts)]
    )


def mappings(data: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a YAML document, the outer ones first."""
    if isinstance(data, dict):
        yield data
        for value in data.values():
            yield from mappings(value)
    elif isinstance(data, list):
        for value in data:
            yield from mappings(value)


def tasks(data: Any) -> Iterator[dict[str, Any]]:
    """Every task in a document of tasks or plays, those inside blocks too."""
    for entry in data if isinstance(data, list) else []:
        if not isinstance(entry, dict):
            continue
        sections = ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always")
        if not {"hosts", "import_playbook"} & entry.keys():
            yield entry
        for section in sections:
            yield from tasks(entry.get(section))


def inventory_vars(data: Any) -> set[str]:
    """The variables set inside an inventory file (`vars:` of groups, and those of hosts)."""
    names: set[str] = set()
    for group in mappings(data):
        names |= (group.get("vars") or {}).keys() if isinstance(group.get("vars"), dict) else set()
        for host in (group.get("hosts") or {}).values() if isinstance(group.get("hosts"), dict) else []:
            names |= (host or {}).keys()
    return names


def set_names(tree: Path) -> dict[str, str]:
    """Variable -> the first file of group_vars, inventories or a scenario that sets it."""
    found: dict[str, str] = {}
    for path in yaml_files(tree / "group_vars", tree / "inventories", tree / "molecule"):
        place = str(path.relative_to(tree))
        if {"group_vars", "host_vars"} & set(path.parts):
            names = set(load(path) or {})
        elif path.name.startswith("hosts") or "inventory" in path.parts:
            names = inventory_vars(load(path))
        else:  # people and units of the demo, scenarios' own files
            continue
        for name in names:
            found.setdefault(name, place)
    return found


def given_names(data: Any) -> set[str]:
    """The variables that tasks and plays make themselves: register, loop, vars, set_fact, include_vars."""
    names: set[str] = set()
    for entry in mappings(data):
        for key in ("register", "loop_var", "index_var"):
            if isinstance(entry.get(key), str):
                names.add(entry[key])
        for key in ("vars", "ansible.builtin.set_fact"):
            names |= (entry.get(key) or {}).keys() if isinstance(entry.get(key), dict) else set()
        included = entry.get("ansible.builtin.include_vars")
        if isinstance(included, dict) and "name" in included:
            names.add(included["name"])
    return names


class _Anything(dict[str, Any]):
    """Filters and tests that only Ansible knows: what counts here is what an expression reads."""

    def get(self, _name: str, _default: object = None) -> Any:
        return str


_environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701  (nothing is rendered)
_environment.filters = _Anything(_environment.filters)
_environment.tests = _Anything(_environment.tests)


@functools.cache
def free_names(template: str) -> frozenset[str]:
    """The variables that a Jinja template reads and does not set itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Ansible doubles the backslashes of its regexes
        return frozenset(meta.find_undeclared_variables(_environment.parse(template)))


def names_in(data: Any) -> set[str]:
    """The variables that the templated strings of a YAML value read."""
    if isinstance(data, str):
        return set(free_names(data)) if "{{" in data or "{%" in data else set()
    if isinstance(data, dict):
        return {name for key, value in data.items() for name in names_in(key) | names_in(value)}
    if isinstance(data, list):
        return {name for value in data for name in names_in(value)}
    return set()


def expressions(value: Any) -> list[str]:
    """The bare expressions of a `when`, `that` or `until`."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def code_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are no comment, with their numbers."""
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if not re.match(r"\s*(#|//|;|--|\{#)", line):
            yield number, line


def collections_used(tree: Path) -> dict[str, str]:
    """`namespace.collection` -> the first file that calls it."""
    used: dict[str, str] = {}
    for path in task_files(tree):
        for task in tasks(load(path)):
            for key in task:
                parts = str(key).split(".")
                if len(parts) >= 3 and parts[:2] != ["ansible", "builtin"]:
                    used.setdefault(".".join(parts[:2]), str(path.relative_to(tree)))
    return used
