"""What is wrong with a file that people wrote: every fault at once, each with its place and its cure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from congvu.errors import UserError


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``row``: as a spreadsheet counts (1 = headings), in YAML the line; 0 = the whole file."""

    file: str
    row: int
    column: str
    value: str
    rule: str
    remedy: str

    def __str__(self) -> str:
        place = self.file
        if self.row:
            place += f", row {self.row}"
        if self.column:
            place += f", {self.column}"
        value = f'"{self.value}" ' if self.value else ""
        return f"{place}: {value}{self.rule}; {self.remedy}"


class InputError(UserError):
    """Files that cannot be used. ``faults`` are in reading order; nothing was changed."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        head = f"{count} fault{'s' if count > 1 else ''}, nothing was changed:"
        super().__init__("\n".join([head, *map(str, self.faults)]))


class Faults:
    """Collects the faults of one file, so that its reader need not stop at the first."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Fault] = []

    def add(self, row: int, column: str, value: object, rule: str, remedy: str) -> None:
        text = "" if value is None else str(value)
        self.found.append(Fault(self.file, row, column, text[:80], rule, remedy))


def refuse(*collectors: Faults) -> None:
    """Raise InputError if any of the collectors holds a fault; per file in the order of rows."""
    faults = [fault for each in collectors for fault in sorted(each.found, key=lambda fault: fault.row)]
    if faults:
        raise InputError(faults)
