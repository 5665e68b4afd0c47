"""Reads a policy folder. It gathers faults and raises none: :func:`congvu.policy.resolve` decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from congvu.policy.model import (
    About,
    CalendarYear,
    Control,
    Finding,
    Key,
    Names,
    Policy,
    Profile,
    Provision,
    Slug,
    Value,
    WorkingHours,
)
from congvu.policy.schema import build, check_key
from congvu.policy.source import Fault, Node, read_yaml

T = TypeVar("T")


def read(folder: Path) -> Policy:
    """The policy in ``folder``. Never raises: what is missing or wrong is in ``faults``."""
    faults: list[Fault] = []
    about = read_yaml(folder / "regulation" / "about.yml", faults)
    rows = _rows(folder, faults)
    controls = list(_files(folder / "controls", faults).values())
    values = _values(folder, faults)
    findings = _listed(read_yaml(folder / "findings.yml", faults), faults)
    profiles = _files(folder / "profiles", faults)
    years = _files(folder / "calendar", faults, but="hours").values()
    hours = folder / "calendar" / "hours.yml"  # an agency whose rules ask for no working hours has none
    periods = _listed(read_yaml(hours, faults), faults) if hours.exists() else []
    names = Names(
        parties=frozenset(_entries(about.entry("parties"), [])) if about else frozenset(),
        norms=frozenset(_entries(about.entry("norms"), [])) if about else frozenset(),
        provisions=frozenset(map(_id, rows)),
        controls=frozenset(map(_id, controls)),
        values=frozenset(values),
        profiles=frozenset(profiles),
    )
    return Policy(
        folder=str(folder),
        about=build(About, about, "about", faults) if about else None,
        provisions=_built(Provision, "provision", rows, faults),
        controls=_built(Control, "control", controls, faults),
        values=_built_by_name(Value, Key, values, faults),
        findings=_built(Finding, "finding", findings, faults),
        profiles=_built_by_name(Profile, Slug, profiles, faults),
        calendar=_each(CalendarYear, "calendar", years, faults),
        working_hours=_each(WorkingHours, "working hours", periods, faults),
        names=names,
        faults=tuple(faults),  # last: the lines above add to it
    )


def _rows(folder: Path, faults: list[Fault]) -> list[Node]:
    """The provisions of every file beside ``about.yml``, by file name, then by place."""
    files = _files(folder / "regulation", faults, but="about")
    rows = [row for file in files.values() for row in _listed(file, faults)]
    if not rows:
        problem = "regulation/ holds no provisions"
        faults.append(Fault(str(folder), 0, "", problem, "List them in regulation/*.yml"))
    return rows


def _files(folder: Path, faults: list[Fault], but: str = "") -> dict[str, Node]:
    """Every readable YAML file of a folder by its stem, sorted, except one."""
    paths = [path for path in sorted(folder.glob("*.yml")) if path.stem != but]
    trees = {path.stem: read_yaml(path, faults) for path in paths}
    return {stem: tree for stem, tree in trees.items() if tree is not None}


def _listed(root: Node | None, faults: list[Fault]) -> list[Node]:
    """The entries of a file that holds a list."""
    if root is not None and not isinstance(root.data, list):
        faults.append(
            root.fault("", "the file must hold a list", "Start each entry with '- id: ...'", hides=True)
        )
    return root.elements() if root else []


def _entries(root: Node | None, faults: list[Fault]) -> dict[str, Node]:
    """The entries of a mapping of names."""
    if root is not None and not isinstance(root.data, dict):
        faults.append(root.fault("", "must be a mapping", "Start each entry with its key", hides=True))
    return root.data if root and isinstance(root.data, dict) else {}


def _values(folder: Path, faults: list[Fault]) -> dict[str, Node]:
    """The entries of values.yml, and of the files values-TOPIC.yml beside it."""
    values = dict(_entries(read_yaml(folder / "values.yml", faults), faults))
    for path in sorted(folder.glob("values-*.yml")):
        for key, node in _entries(read_yaml(path, faults), faults).items():
            known = values.setdefault(key, node)
            if known is not node:
                problem = f"the key was already given at {known.file}:{known.line}"
                faults.append(node.fault(key, problem, "Keep one of them"))
    return values


def _built(kind: type[T], noun: str, nodes: Iterable[Node], faults: list[Fault]) -> tuple[T, ...]:
    nodes = list(nodes)
    faults += _twice(noun, nodes)
    built = (build(kind, node, f"{noun} {_id(node)}", faults) for node in nodes)
    return tuple(each for each in built if each is not None)


def _each(kind: type[T], noun: str, nodes: Iterable[Node], faults: list[Fault]) -> tuple[T, ...]:
    """Entries that have no id of their own."""
    built = [build(kind, node, noun, faults) for node in nodes]
    return tuple(each for each in built if each is not None)


def _built_by_name(
    kind: type[T], name_hint: Any, nodes: dict[str, Node], faults: list[Fault]
) -> dict[str, T]:
    for name, node in nodes.items():
        check_key(name_hint, node, name, faults)
    built = {name: build(kind, node, name, faults) for name, node in nodes.items()}
    return {name: each for name, each in built.items() if each is not None}


def _id(node: Node) -> str:
    entry = node.entry("id")
    return entry.data if entry and isinstance(entry.data, str) else "without id"


def _twice(noun: str, nodes: Iterable[Node]) -> Iterator[Fault]:
    first: dict[str, Node] = {}
    for node in nodes:
        known = first.setdefault(_id(node), node)
        if known is not node and node.entry("id"):
            problem = f"this id was already given at {known.file}:{known.line}"
            yield node.find("id").fault(f"{noun} {_id(node)}", problem, "Give one of them another id")
