"""Cells in rows: what a CSV file and a sheet of a workbook have in common."""

from __future__ import annotations

from dataclasses import dataclass

# How the two kinds of workbook begin: XLSX, and the old format or one with a password.
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class Cell:
    """``text``: what the cell says, a date as 2026-11-23. ``trouble``: why that cannot be trusted.

    ``number``: it is a bare number; ``day``: the date that this number stands for in a column of dates.
    """

    text: str
    number: bool = False
    day: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of cells from row 1 on. ``merged``: (first row, first column, last row, last column), from 1."""

    name: str
    rows: list[list[Cell]]
    merged: tuple[tuple[int, int, int, int], ...] = ()


EMPTY = Cell("")
