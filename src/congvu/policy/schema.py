"""Builds dataclasses from a :class:`~congvu.policy.source.Node` tree by their annotations, and plain data.

Understood are str, int, float, bool, date, ``Literal``, unions, ``tuple[X, ...]``, ``Mapping[str, X]``, other
dataclasses, and ``Annotated`` with the constraints below. A field named ``at`` receives the node itself.
Types are exact: ``yes`` is no string and ``true`` no number, since in a law a slip of YAML must not pass.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from congvu.policy.source import Fault, Node

T = TypeVar("T")

_NAMES: dict[Any, str] = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a date such as 2026-11-30",
}
_UNIONS = (Union, types.UnionType)


@dataclass(frozen=True)
class Pattern:
    """A string must match ``regex`` as a whole; ``wanted`` says in words what it looks like."""

    regex: str
    wanted: str

    def accepts(self, value: Any) -> bool:
        return re.fullmatch(self.regex, value) is not None


@dataclass(frozen=True)
class AtLeast:
    """A number must not be smaller."""

    least: int

    @property
    def wanted(self) -> str:
        return f"at least {self.least}"

    def accepts(self, value: Any) -> bool:
        return bool(value >= self.least)


@dataclass(frozen=True)
class NotEmpty:
    """A list or mapping must have an entry."""

    wanted: str = "at least one entry"

    def accepts(self, value: Any) -> bool:
        return len(value) > 0


@dataclass(frozen=True)
class Distinct:
    """A list must not name anything twice."""

    wanted: str = "no entry twice"

    def accepts(self, value: Any) -> bool:
        return len(set(value)) == len(value)


def suggestion(wrong: str, right: Iterable[str], otherwise: str) -> str:
    """What to do about an unknown name: the known one that looks most like it, or ``otherwise``."""
    close = difflib.get_close_matches(wrong, sorted(right), n=1)
    return f"Did you mean '{close[0]}'? {otherwise}" if close else otherwise


def build(kind: type[T], node: Node, subject: str, faults: list[Fault]) -> T | None:
    """``node`` as a ``kind``. None when something is wrong; every fault of it is added to ``faults``."""
    before = len(faults)
    built: T = _Builder(faults).value(kind, node, subject)
    return built if len(faults) == before else None


def check_key(hint: Any, node: Node, key: str, faults: list[Fault]) -> None:
    """Adds a fault when ``key``, under which ``node`` stands, does not look like ``hint``."""
    _Builder(faults).value(hint, Node(node.file, node.line, key), f"the key {key}")


def to_plain(value: Any) -> Any:
    """Dataclasses, tuples and dates as what JSON has. Every field is there; ``None``: nothing is said."""
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {each.name: to_plain(getattr(value, each.name)) for each in fields if each.name != "at"}
    if isinstance(value, Mapping):
        return {key: to_plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [to_plain(entry) for entry in value]
    return value.isoformat() if isinstance(value, date) else value


class _Builder:
    """Walks annotation and node side by side. What it returns after a fault is never used."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults

    def record(self, kind: type[T], node: Node, subject: str) -> T | None:
        assert isinstance(node.data, dict)  # noqa: S101 - value() has looked
        fields = {each.name: each for each in dataclasses.fields(kind) if each.name != "at"}  # type: ignore[arg-type]
        hints = get_type_hints(kind, include_extras=True)
        for name in node.data.keys() - fields.keys():
            known = ", ".join(fields)
            cure = suggestion(name, fields, f"Known here: {known}")
            self.faults.append(node.data[name].fault(subject, f"unknown key '{name}'", cure))
        arguments: dict[str, Any] = {"at": node} if "at" in hints else {}
        complete = True
        for name, each in fields.items():
            if name in node.data:
                arguments[name] = self.value(hints[name], node.data[name], f"{subject}: {name}")
            elif each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING:
                self.faults.append(
                    node.fault(subject, f"'{name}' is missing", f"Add it: {_describe(hints[name])}")
                )
                complete = False
        return kind(**arguments) if complete else None

    def value(self, hint: Any, node: Node, subject: str) -> Any:
        origin, arguments, data = get_origin(hint), get_args(hint), node.data
        result: Any = data
        if origin is Annotated:
            result = self._constrained(arguments[0], arguments[1:], node, subject)
        elif not _fits(hint, node):
            self._wrong(node, subject, _describe(hint))
        elif origin in _UNIONS:
            result = self.value(next(arm for arm in arguments if _fits(arm, node)), node, subject)
        elif dataclasses.is_dataclass(hint):
            result = self.record(hint, node, subject)  # type: ignore[arg-type]
        elif isinstance(data, list):
            result = tuple(self.value(arguments[0], child, subject) for child in data)
        elif isinstance(data, dict):
            for key, child in data.items():
                check_key(arguments[0], child, key, self.faults)
            result = {
                key: self.value(arguments[1], child, f"{subject}: {key}") for key, child in data.items()
            }
        elif hint is date:
            result = _day(data)
        return result

    def _constrained(self, base: Any, constraints: tuple[Any, ...], node: Node, subject: str) -> Any:
        before = len(self.faults)
        value = self.value(base, node, subject)
        for constraint in constraints:
            if len(self.faults) == before and not constraint.accepts(value):
                self._wrong(node, subject, constraint.wanted)
        return value

    def _wrong(self, node: Node, subject: str, wanted: str) -> None:
        data = node.data
        if isinstance(data, list | dict):
            shown = "a list" if isinstance(data, list) else "a mapping"
        else:
            shown = (
                "nothing" if data is None else repr(data) if isinstance(data, str) else f"{data} (no string)"
            )
        self.faults.append(node.fault(subject, f"must be {wanted}, not {shown}", "Correct it here"))


def _fits(hint: Any, node: Node) -> bool:
    """Whether the node has the shape of the annotation; its content is looked at later."""
    origin, arguments, data = get_origin(hint), get_args(hint), node.data
    if origin is Annotated:
        fits = _fits(arguments[0], node)
    elif origin in _UNIONS:
        fits = any(_fits(arm, node) for arm in arguments)
    elif origin is Literal:
        fits = any(type(data) is type(choice) and data == choice for choice in arguments)
    elif origin is tuple:
        fits = isinstance(data, list)
    elif origin is not None or dataclasses.is_dataclass(hint):
        fits = isinstance(data, dict)
    elif hint is date:
        fits = _day(data) is not None
    else:
        fits = type(data) is hint or (hint is float and type(data) is int)
    return fits


def _day(data: Any) -> date | None:
    """A YAML date, or the ISO string that JSON has instead; None for anything else."""
    if isinstance(data, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", data):
        try:
            return date.fromisoformat(data)
        except ValueError:
            return None
    return data if type(data) is date else None


def _describe(hint: Any) -> str:
    """The annotation in words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        patterns = [each.wanted for each in arguments[1:] if isinstance(each, Pattern)]
        words = patterns[0] if patterns else _describe(arguments[0])
    elif origin in _UNIONS:
        words = " or ".join(dict.fromkeys(_describe(arm) for arm in arguments if arm is not types.NoneType))
    elif origin is Literal:
        words = " or ".join(f"'{choice}'" if isinstance(choice, str) else str(choice) for choice in arguments)
    elif origin is tuple:
        words = f"a list ({_describe(arguments[0])})"
    elif dataclasses.is_dataclass(hint):
        names = (each.name for each in dataclasses.fields(hint) if each.name != "at")
        words = f"a mapping ({', '.join(names)})"
    else:
        words = _NAMES.get(hint, "a mapping")
    return words
