"""A CSV file as spreadsheets write it: headings in any order; comma, semicolon or tab; maybe a BOM."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from congvu.accounts.faults import Faults


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its number as a spreadsheet counts, and its cells by column, in NFC without needless space."""

    row: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table: name -> other headings that mean the same; which must be there."""

    headings: Mapping[str, Collection[str]]
    required: Collection[str]

    def name(self, heading: str) -> str | None:
        said = plain(heading).casefold()
        for name, others in self.headings.items():
            if said in {name.casefold(), *(other.casefold() for other in others)}:
                return name
        return None


def plain(text: str) -> str:
    """NFC, without space at the ends or more than one inside."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def decode(data: bytes, faults: Faults, remedy: str) -> str | None:
    """The text of a file in UTF-8, with or without a mark at its beginning; None where it is no such text."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or 0 in data[:4]:
        faults.add(0, "", "", 'is UTF-16 (Excel\'s "Unicode Text"), not UTF-8', remedy)
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        faults.add(line, "", "", "is not UTF-8 (but perhaps TCVN3, VNI or Windows-1258)", remedy)
        return None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        faults.add(line, "", "", "holds a NUL character", remedy)
        return None
    return text


def read_table(data: bytes, columns: Columns, faults: Faults) -> list[Record]:
    """The rows below the headings. A file that is no such table adds its faults and gives no rows."""
    text = decode(data, faults, 'convert the text to Unicode, and save it as "CSV UTF-8 (Comma delimited)"')
    if text is None:
        return []
    if not text.strip():
        faults.add(
            0, "", "", "is empty", f"write the headings {', '.join(columns.required)}, then a row each"
        )
        return []
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        faults.add(0, "", "", f"is no CSV ({error})", "look for a quotation mark that is not closed")
        return []
    names = _headings(rows[0] if rows else [], columns, faults)
    if not names:
        return []
    filled = [(number, cells) for number, cells in enumerate(rows[1:], 2) if any(map(str.strip, cells))]
    if not filled:
        faults.add(0, "", "", "holds headings and no rows", "write at least one row below them")
    return [record for number, cells in filled if (record := _record(number, cells, names, faults))]


def _headings(cells: list[str], columns: Columns, faults: Faults) -> list[str | None]:
    """The column under each heading, None under an empty one; empty when the headings cannot be used."""
    before = len(faults.found)
    names: list[str | None] = []
    for cell in cells:
        name = columns.name(cell)
        if name is None and plain(cell):
            faults.add(1, "headings", cell, "is no heading here", f"use {', '.join(columns.headings)}")
        elif name is not None and name in names:
            faults.add(1, "headings", cell, "stands there twice", "keep one of them")
        names.append(name)
    for name in columns.required:
        if name not in names:
            others = " or ".join([name, *columns.headings[name]])
            faults.add(1, "headings", "", f"column {name} is missing", f"add {others}")
    return names if len(faults.found) == before else []


def _record(number: int, cells: list[str], names: list[str | None], faults: Faults) -> Record | None:
    extra = [cell for cell in cells[len(names) :] if cell.strip()]
    if extra:
        remedy = "put a cell that holds the separator in quotation marks"
        faults.add(number, "", extra[0], "stands beyond the last heading", remedy)
        return None
    found = {name: plain(cell) for name, cell in zip(names, cells, strict=False) if name}
    return Record(number, {name: found.get(name, "") for name in names if name})
