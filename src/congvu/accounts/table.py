"""A list as people keep it, CSV or XLSX, with titles above its headings and signatures below.

Headings stand in any order, in English or as Vietnamese offices write them; CSV with comma, semicolon or tab.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from congvu.accounts.faults import Faults
from congvu.accounts.lookalike import misspelt
from congvu.accounts.sheet import EMPTY, OLE, ZIP, Cell, Sheet

# 10,000 people are 1 MB. What is much larger is another file.
LARGEST = 16 * 1024 * 1024
# How far down titles may push the headings.
_TITLES = 50

# Remarks of a heading: "Ngày vào (ngày/tháng/năm)", "Mã cán bộ *:".
_REMARK = re.compile(r"\([^()]*\)|[*:]")
_KEY = re.compile(r"[^\s]*\d[^\s]*")
_NUMBERING = re.compile(r"\(?(?:\d{1,2}|[A-ZĐ])\)?")
# What stands between the rows of a list: "I", "II. Phòng Công chức", "A. KHỐI VĂN PHÒNG".
_GROUP = re.compile(r"(?:[IVX]+|[A-ZĐ])(?:[.)/]\s*\D.*|[.)/])?")
# What stands below a list: a total, place and date, who signs (titles in capitals, as decree 30 has them).
_CLOSING = re.compile(
    r"(?i:^(tổng (cộng|số)|cộng)\b|^danh sách (này |trên )?(có|gồm)\b|\bngày\W.{0,6}\btháng\b|"
    r"^người lập|^nơi nhận|\bký,? (và )?(ghi rõ|tên))|THỦ TRƯỞNG|GIÁM ĐỐC|CHÁNH VĂN PHÒNG"
)


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its number as a spreadsheet counts, and its cells by column, in NFC without needless space."""

    row: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table: name -> other headings that mean the same; which must be there.

    ``key``: the column by which a row is known; its cells are text. ``dates``: columns of dates.
    ``addresses``: columns whose domains the reader judges itself. ``ignored``: headings of columns of no use.
    """

    headings: Mapping[str, Collection[str]]
    required: Collection[str]
    key: str = ""
    dates: Collection[str] = ()
    addresses: Collection[str] = ()
    ignored: Collection[str] = ()

    def name(self, heading: str) -> str | None:
        """The column of a heading, "" for one that is ignored, None for one that is unknown."""
        said = _said(heading)
        for name, others in self.headings.items():
            if said in {_said(name), *map(_said, others)}:
                return name
        return "" if not said or said in map(_said, self.ignored) else None

    def known(self, row: Sequence[Cell]) -> int:
        """How many required columns have their heading in this row."""
        return len({self.name(cell.text) for cell in row} & set(self.required))


@dataclass(frozen=True, slots=True)
class _Headings:
    """``row``: their first row, from 1; ``depth``: how many rows; ``names``: the column under each."""

    row: int
    depth: int
    names: list[str]


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


def read_table(data: bytes, columns: Columns, faults: Faults, hosted: Collection[str] = ()) -> list[Record]:
    """The rows below the headings. A file that is no such table adds its faults and gives no rows.

    ``hosted``: our domains; whoever misspells one, in whichever cell, is told.
    """
    if len(data) > LARGEST:
        rule = f"is larger than {LARGEST >> 20} MB"
        faults.add(0, "", "", rule, "copy the table alone into a new file")
        return []
    if data.startswith((ZIP, OLE)):
        # openpyxl takes 17 MB, which the services that never read a list can do without
        from congvu.accounts.workbook import read_workbook  # noqa: PLC0415

        sheet = _chosen(read_workbook(data, faults), columns, faults)
    else:
        sheet = _csv(data, columns, faults)
    headings = _headings(sheet, columns, faults) if sheet else None
    if not sheet or not headings:
        return []
    _look_at_domains(sheet, headings, columns, faults, hosted)
    start = headings.row + headings.depth
    body = [(number, cells) for number, cells in enumerate(sheet.rows[start - 1 :], start) if _filled(cells)]
    body = _without_frame(body, headings.names, columns)
    if not body:
        faults.add(0, "", "", "holds headings and no rows", "write at least one row below them")
    records = (_record(number, cells, headings.names, columns, faults) for number, cells in body)
    return [record for record in records if record]


def _said(heading: str) -> str:
    return plain(_REMARK.sub(" ", heading)).casefold()


def _filled(cells: Sequence[Cell]) -> bool:
    return any(cell.text.strip() or cell.trouble for cell in cells)


def _csv(data: bytes, columns: Columns, faults: Faults) -> Sheet | None:
    text = decode(data, faults, 'convert the text to Unicode, and save it as "CSV UTF-8 (Comma delimited)"')
    if text is None:
        return None
    if not text.strip():
        faults.add(
            0, "", "", "is empty", f"write the headings {', '.join(columns.required)}, then a row each"
        )
        return None
    try:
        separator = max(",;\t", key=lambda mark: _fitness(text, mark, columns))
        return Sheet("", _split(text, separator, strict=True))
    except csv.Error as error:
        faults.add(0, "", "", f"is no CSV ({error})", "look for a quotation mark that is not closed")
        return None


def _split(text: str, separator: str, *, strict: bool) -> list[list[Cell]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)
    return [[Cell(cell) for cell in row] for row in rows]


def _fitness(text: str, separator: str, columns: Columns) -> tuple[int, int]:
    """How well a separator fits: headings that are known, then cells of the first row."""
    top = text.split("\n", _TITLES)[:_TITLES]
    rows = _split("\n".join(top), separator, strict=False)
    return max(map(columns.known, rows)), len(rows[0])


def _chosen(sheets: list[Sheet], columns: Columns, faults: Faults) -> Sheet | None:
    """The one sheet that has the headings: another that has most of them might hold the other half."""
    if not sheets:
        return None
    fits = {sheet.name: max(map(columns.known, sheet.rows[:_TITLES]), default=0) for sheet in sheets}
    alike = [name for name, known in fits.items() if 2 * known > len(columns.required)]
    if len(alike) > 1:
        rule = f"has these headings on {len(alike)} sheets: {', '.join(alike)}"
        faults.add(0, "", "", rule, "put all rows on one of them, and delete the others")
        return None
    if not any(map(_filled, (row for sheet in sheets for row in sheet.rows))):
        rule = "is empty"
        faults.add(0, "", "", rule, f"write the headings {', '.join(columns.required)}, then a row each")
        return None
    return max(sheets, key=lambda sheet: fits[sheet.name])


def _headings(sheet: Sheet, columns: Columns, faults: Faults) -> _Headings | None:
    """Where the headings stand, and the column under each; None when they cannot be used."""
    before = len(faults.found)
    row, depth, cells = max(
        _offers(sheet, columns), key=lambda offer: (columns.known(offer[2]), offer[1] if sheet.merged else 0)
    )
    names: list[str] = []
    for position, cell in enumerate(cells):
        name = columns.name(cell.text)
        # One heading over two columns, "Họ và tên" over "Nguyễn Văn" and "An", is one column.
        same = position and any(
            top <= row <= bottom and left <= position < position + 1 <= right
            for top, left, bottom, right in sheet.merged
        )
        if name is None:
            faults.add(row, "headings", cell.text, "is no heading here", f"use {', '.join(columns.headings)}")
        elif name and name in names and not (same and names[-1] == name):
            faults.add(row, "headings", cell.text, "stands there twice", "keep one of them")
        names.append(name or "")
    for name in columns.required:
        if name not in names:
            others = " or ".join([name, *columns.headings[name]])
            faults.add(row, "headings", "", f"column {name} is missing", f"add {others}")
    return _Headings(row, depth, names) if len(faults.found) == before else None


def _offers(sheet: Sheet, columns: Columns) -> Iterator[tuple[int, int, list[Cell]]]:
    """Each row that may be that of the headings: (its number, how many rows they take, their cells)."""
    for row, cells in enumerate(sheet.rows[:_TITLES], 1):
        begun = [each for each in sheet.merged if each[0] == row]
        spread = list(cells)
        for _, left, _, right in begun:
            spread[left - 1 : right] = [cells[left - 1]] * (right - left + 1)
        yield row, 1, spread
        if any(bottom == row + 1 for _, _, bottom, _ in begun):
            yield row, 2, [_joined(*each, columns) for each in zip(spread, sheet.rows[row], strict=True)]


def _joined(top: Cell, low: Cell, columns: Columns) -> Cell:
    """A heading of two rows: "Ngày" over "vào", or a group's name over "Ngày vào"."""
    if low in (top, EMPTY):
        return top
    said = (f"{top.text} {low.text}", low.text)
    return Cell(next((text for text in said if columns.name(text)), f"{top.text} / {low.text}"))


def _look_at_domains(
    sheet: Sheet, headings: _Headings, columns: Columns, faults: Faults, hosted: Collection[str]
) -> None:
    first = headings.row + headings.depth
    for row, cells in enumerate(sheet.rows, 1):
        for position, cell in enumerate(cells):
            name = headings.names[position] if row >= first and position < len(headings.names) else ""
            if name not in columns.addresses:
                for address, domain in misspelt(cell.text, hosted):
                    faults.add(row, name, address, f"has a misspelt domain, {domain} is meant", "correct it")


Body = list[tuple[int, list[Cell]]]


def _without_frame(body: Body, names: Sequence[str], columns: Columns) -> Body:
    """The rows without numbers of columns above, headings of groups among, and the closing below them."""
    if body and _is_numbering(body[0][1]):
        body = body[1:]
    body = [(number, cells) for number, cells in body if not _is_group(cells, names, columns)]
    entries = [index for index, (_, cells) in enumerate(body) if _is_entry(cells, names, columns)]
    if not columns.key or not entries:
        return body
    below = range(entries[-1] + 1, len(body))
    return body[: next((index for index in below if _closes(body[index][1])), len(body))]


def _is_numbering(cells: Sequence[Cell]) -> bool:
    said = [plain(cell.text) for cell in cells if cell.text.strip()]
    return len(said) > 2 and all(map(_NUMBERING.fullmatch, said))


def _required(cells: Sequence[Cell], names: Sequence[str], columns: Columns) -> dict[str, str]:
    """The required cells that are filled."""
    found = {name: cell.text.strip() for name, cell in zip(names, cells, strict=False)}
    return {name: text for name, text in found.items() if text and name in columns.required}


def _is_group(cells: Sequence[Cell], names: Sequence[str], columns: Columns) -> bool:
    first = next(plain(cell.text) for cell in cells if _filled([cell]))
    return bool(_GROUP.fullmatch(first)) and len(_required(cells, names, columns)) < 2


def _is_entry(cells: Sequence[Cell], names: Sequence[str], columns: Columns) -> bool:
    """Whether a row has a key and more, or so much else that its key can only have been forgotten."""
    filled = _required(cells, names, columns)
    return len(filled) > 2 or (len(filled) > 1 and bool(_KEY.fullmatch(filled.get(columns.key, ""))))


def _closes(cells: Sequence[Cell]) -> bool:
    return any(_CLOSING.search(plain(cell.text)) for cell in cells)


def _record(
    number: int, cells: Sequence[Cell], names: Sequence[str], columns: Columns, faults: Faults
) -> Record | None:
    before = len(faults.found)
    for cell in cells[len(names) :]:
        if cell.text.strip():
            remedy = "put a cell that holds the separator in quotation marks"
            faults.add(number, "", cell.text, "stands beyond the last heading", remedy)
            return None
    found = dict.fromkeys(filter(None, names), "")
    for name, cell in zip(names, cells, strict=False):
        if name:
            _check(number, name, cell, columns, faults)
            text = cell.day or cell.text if name in columns.dates else cell.text
            found[name] = plain(f"{found[name]} {text}")
    return Record(number, found) if len(faults.found) == before else None


def _check(row: int, name: str, cell: Cell, columns: Columns, faults: Faults) -> None:
    if cell.trouble:
        remedy = "write the value itself, or open the file in Excel and save it"
        faults.add(row, name, cell.text, cell.trouble, remedy)
    elif cell.number and name == columns.key:
        rule = "is a number, which may have lost zeros at its beginning"
        remedy = "set the column to text, and write it as it is on paper"
        faults.add(row, name, cell.text, rule, remedy)
