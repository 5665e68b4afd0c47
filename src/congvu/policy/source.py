"""Where policy stands: YAML (or JSON) as a tree in which every piece knows its file and line.

The safe loader of PyYAML builds the scalars. On top of it this module refuses what would make a law hard to
read or dangerous to load: anchors, tags, a key given twice, templates, text that is not in Unicode NFC.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

Scalar = str | int | float | bool | date | None

_TEMPLATE_MARKS = ("{{", "{%", "{#")


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong, where it stands, and what to do about it. ``line`` 0: the file as a whole.

    ``hides``: the content could not be read, so that nobody can say which names it declares.
    """

    file: str
    line: int
    subject: str
    problem: str
    cure: str
    hides: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        subject = f"{self.subject}: " if self.subject else ""
        return f"{place}: {subject}{self.problem}. {self.cure}."


@dataclass(frozen=True, eq=False)
class Node:
    """A piece of a file. ``line`` counts from 1; of a mapping's entry it is the line of the key."""

    file: str
    line: int
    data: Scalar | list[Node] | dict[str, Node]

    def find(self, *path: str) -> Node:
        """The node under these keys, or the last one on the way that exists."""
        node = self
        for key in path:
            if not isinstance(node.data, dict) or key not in node.data:
                break
            node = node.data[key]
        return node

    def entry(self, key: str) -> Node | None:
        """The node of one key, or None."""
        return self.data.get(key) if isinstance(self.data, dict) else None

    def elements(self) -> list[Node]:
        """The nodes of a list; of anything else none."""
        return self.data if isinstance(self.data, list) else []

    def fault(self, subject: str, problem: str, cure: str, *, hides: bool = False) -> Fault:
        """A fault at this place."""
        return Fault(self.file, self.line, subject, problem, cure, hides)


def from_plain(data: Any, file: str) -> Node:
    """The tree of data that has no lines, such as JSON. Raises TypeError for what JSON does not have."""
    if isinstance(data, Mapping):
        return Node(file, 0, {str(key): from_plain(value, file) for key, value in data.items()})
    if isinstance(data, list | tuple):
        return Node(file, 0, [from_plain(value, file) for value in data])
    if data is None or isinstance(data, str | int | float | bool | date):
        return Node(file, 0, data)
    raise TypeError(f"{file}: cannot hold {type(data).__name__}")


def read_yaml(path: Path, faults: list[Fault]) -> Node | None:
    """The tree of one file. None when it cannot be read; what is wrong is added to ``faults``."""
    file, line = str(path), 0
    try:
        loader = _Loader(path.read_text(encoding="utf-8"), file)
        tree = loader.file_tree()
    except OSError as error:
        problem, cure = f"cannot be read: {error.strerror}", "Create or correct the file"
    except UnicodeDecodeError:
        problem, cure = "is not UTF-8", "Save it as UTF-8"
    except _Refused as refused:
        problem, cure, line = refused.problem, refused.cure, refused.line
    except yaml.MarkedYAMLError as error:
        problem, cure = f"is not plain YAML: {error.problem}", "Correct the line"
        line = error.problem_mark.line + 1 if error.problem_mark else 0
    except (yaml.YAMLError, ValueError) as error:  # a forbidden character; a date such as 2026-02-30
        problem, cure = f"is not plain YAML: {error}", "Correct the value"
    else:
        faults.extend(loader.faults)
        faults.extend(_unreadable(tree))
        return tree
    faults.append(Fault(file, line, "", " ".join(problem.split()), cure, hides=True))
    return None


class _Refused(Exception):
    """YAML that is valid, but not for policy."""

    def __init__(self, problem: str, cure: str, line: int) -> None:
        super().__init__(problem)
        self.problem, self.cure, self.line = problem, cure, line


class _Loader(yaml.SafeLoader):
    """Composes nodes with PyYAML and turns them into a :class:`Node` tree."""

    def __init__(self, text: str, file: str) -> None:
        super().__init__(text)
        self.file = file
        self.faults: list[Fault] = []

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        # An alias shows the reader one thing here and another elsewhere; nested, a few lines fill the memory.
        if self.check_event(yaml.AliasEvent):
            line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
            raise _Refused("an alias (*name) is not allowed", "Write the content out", line)
        return super().compose_node(parent, index)

    def file_tree(self) -> Node:
        """The whole file, which holds one document."""
        root = self.get_single_node()
        if root is None:
            raise _Refused("the file is empty", "Write its content, or remove the file", 0)
        return self.tree(root)

    def tree(self, node: yaml.Node, line: int = 0) -> Node:
        line = line or node.start_mark.line + 1
        if isinstance(node, yaml.SequenceNode):
            return Node(self.file, line, [self.tree(child) for child in node.value])
        if isinstance(node, yaml.MappingNode):
            return Node(self.file, line, self._mapping(node))
        return Node(self.file, line, self.construct_object(node))

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self.construct_object(key_node)
            if not isinstance(key, str):
                raise _Refused(f"the key {key!r} is not a string", "Put it in quotes or correct it", line)
            if key in entries:
                first = entries[key].line
                self.faults.append(
                    Fault(
                        self.file, line, key, f"the key was already given in line {first}", "Keep one of them"
                    )
                )
            entries[key] = self.tree(value_node, line)
        return entries


def _unreadable(node: Node) -> Iterator[Fault]:
    """Faults of strings, keys included, wherever they stand below ``node``."""
    if isinstance(node.data, dict):
        for key, child in node.data.items():
            yield from _unreadable(Node(node.file, child.line, key))
            yield from _unreadable(child)
    elif isinstance(node.data, list):
        for child in node.data:
            yield from _unreadable(child)
    elif isinstance(node.data, str):
        shown = node.data if len(node.data) <= 40 else node.data[:39] + "…"
        if any(mark in node.data for mark in _TEMPLATE_MARKS):
            yield node.fault(
                "", f"'{shown}' looks like a Jinja template; policy holds none", "Write the value itself"
            )
        if not unicodedata.is_normalized("NFC", node.data):
            yield node.fault("", f"'{shown}' is not in Unicode NFC", "Type it again with composed letters")
    elif isinstance(node.data, float) and not math.isfinite(node.data):
        yield node.fault("", f"{node.data} is no number to compare with", "Write a finite number")
