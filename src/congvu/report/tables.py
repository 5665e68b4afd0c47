"""Tables and bars as every form of a document shows them, and the annexes that they stand in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from congvu.report import words


@dataclass(frozen=True)
class Piece:
    """A coloured piece of a bar: its status, and where it lies, in thousandths of the bar."""

    status: str
    label: str
    count: int
    start: int
    width: int


@dataclass(frozen=True)
class Bar:
    """The shares of the statuses of something; without pieces nothing is known of it."""

    name: str
    pieces: tuple[Piece, ...]


def bar(name: str, counts: Mapping[str, int]) -> Bar:
    """The bar of so many rows by status; the pieces fill it exactly."""
    pieces, passed, total = [], 0, sum(counts.values())
    for status in words.SHOWN:
        if counts.get(status):
            start = passed * 1000 // total
            passed += counts[status]
            width = passed * 1000 // total - start
            pieces.append(Piece(status, words.STATUS[status][0], counts[status], start, width))
    return Bar(name, tuple(pieces))


@dataclass(frozen=True)
class Table:
    """``shares``: widths of the columns in percent. A row of one cell spans them all and names a group."""

    title: str
    columns: tuple[str, ...]
    shares: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: frozenset[int] = frozenset()  # columns that are centred
    total: bool = False  # the last row sums up the others


@dataclass(frozen=True)
class Annex:
    """One annex, its pages numbered by themselves, from 1. The only one of a document has no ``number``."""

    number: str
    title: str
    landscape: bool
    tables: tuple[Table, ...]
    bars: tuple[Bar, ...] = ()  # drawn above the tables, which hold the same numbers

    @property
    def heading(self) -> str:
        return f"Phụ lục {self.number}".rstrip()
