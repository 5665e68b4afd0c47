"""Excel workbooks (XLSX, as Excel and LibreOffice write them) as sheets of cells.

What cannot be read safely is refused: too large, protected by a password, made by an old Excel, with formulas
whose results were not stored. Hidden rows, columns and sheets are read like all others.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import openpyxl
from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.datetime import from_excel

from congvu.accounts.faults import Faults
from congvu.accounts.sheet import EMPTY, OLE, Cell, Sheet

# 10,000 people are about 1 MB, 8 MB unpacked. More than this holds pictures, or wants to fill the memory.
LARGEST_UNPACKED = 64 * 1024 * 1024
LARGEST_SHEET = 400_000  # cells, empty ones too

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream that holds the whole file
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_CELL = re.compile(rb"<(?:\w+:)?c[ />]")
# Ranges of which openpyxl makes every cell: "A1:XFD1048576" is 17 thousand million.
_RANGE = re.compile(
    rb"<(?:\w+:)?(?:mergeCell|hyperlink)\s[^>]*?\bref=[\"'](?P<left>[A-Z]+)(?P<top>\d+):(?P<right>[A-Z]+)(?P<bottom>\d+)"
)
_PADDED = re.compile(r'(?:"([^"]*)")?(0{2,})')
# Bare numbers that stand for a day from 1950 to 2199: what is less is a year, an age or a slip.
_EARLIEST, _LATEST = 18_264, 109_575

_ANEW = "open it in Excel or LibreOffice, and save it as XLSX anew"
_SMALLER = "copy the table alone into a new workbook"


def read_workbook(data: bytes, faults: Faults) -> list[Sheet]:
    """The sheets with cells. A file that is none, or not to be trusted, adds a fault and gives none."""
    if data.startswith(OLE):
        if _ENCRYPTED in data:
            faults.add(0, "", "", "is protected by a password", "save it without one")
        else:
            faults.add(0, "", "", "is a workbook of Excel 97-2003 (.xls)", "save it as XLSX")
        return []
    formulas = _formulas(data, faults)
    if formulas is None:
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of extensions that hold no cells
            shown = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
            written = openpyxl.load_workbook(io.BytesIO(data)) if formulas else None
    except Exception as error:  # openpyxl raises whatever a broken part leads it to
        faults.add(0, "", "", f"cannot be read as a workbook ({type(error).__name__})", _ANEW)
        return []
    epoch = shown.epoch
    return [
        Sheet(_named(sheet), _rows(sheet, written[sheet.title] if written else None, epoch), _merged(sheet))
        for sheet in shown.worksheets
        if _is_small(sheet, faults)
    ]


def _formulas(data: bytes, faults: Faults) -> bool | None:
    """Whether any sheet has formulas; None when the archive is not safe to unpack, or no workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(part.file_size for part in archive.infolist())
            if size > LARGEST_UNPACKED:
                rule = f"is {size >> 20} MB when unpacked, more than {LARGEST_UNPACKED >> 20}"
                faults.add(0, "", "", rule, _SMALLER)
                return None
            archive.getinfo("xl/workbook.xml")
            parts = [name for name in archive.namelist() if name.endswith(".xml")]
            if any(b"<!DOCTYPE" in archive.read(name) for name in parts):
                faults.add(0, "", "", "declares XML entities, which no workbook does", _ANEW)
                return None
            sheets = [archive.read(name) for name in parts if name.startswith("xl/worksheets/")]
            if sum(map(_cells_of, sheets)) > LARGEST_SHEET:
                faults.add(0, "", "", f"holds more than {LARGEST_SHEET} cells", _SMALLER)
                return None
            return any(map(_FORMULA.search, sheets))
    except KeyError:
        faults.add(0, "", "", "is no XLSX workbook", "save it as XLSX, or as CSV UTF-8")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        faults.add(0, "", "", f"is a damaged workbook ({error})", _ANEW)
    return None


def _cells_of(sheet: bytes) -> int:
    """How many cells the XML of a sheet would become."""
    count = len(_CELL.findall(sheet))
    for found in _RANGE.finditer(sheet):
        left, right = (column_index_from_string(found[side].decode()) for side in ("left", "right"))
        count += (right - left + 1) * (int(found["bottom"]) - int(found["top"]) + 1)
    return count


def _named(sheet: Any) -> str:
    return str(sheet.title) if sheet.sheet_state == "visible" else f"{sheet.title} (hidden)"


def _is_small(sheet: Any, faults: Faults) -> bool:
    if sheet.max_row * sheet.max_column <= LARGEST_SHEET:
        return True
    rule = f"sheet {sheet.title} reaches to row {sheet.max_row}, column {sheet.max_column}"
    faults.add(0, "", "", rule, _SMALLER)
    return False


def _merged(sheet: Any) -> tuple[tuple[int, int, int, int], ...]:
    ranges = sheet.merged_cells.ranges
    return tuple(sorted((each.min_row, each.min_col, each.max_row, each.max_col) for each in ranges))


def _rows(shown: Any, written: Any, epoch: datetime) -> list[list[Cell]]:
    rows = [list(_cells(row, written, epoch)) for row in shown.iter_rows(min_row=1, min_col=1)]
    # What is merged over several rows is said of each of them: a unit's name beside its people.
    for first_row, column, last_row, _ in _merged(shown):
        for row in range(first_row, last_row):
            rows[row][column - 1] = rows[first_row - 1][column - 1]
    return rows


def _cells(row: Any, written: Any, epoch: datetime) -> Iterator[Cell]:
    for cell in row:
        value = cell.value
        if value is None:
            formula = written is not None and written.cell(cell.row, cell.column).data_type == "f"
            # An empty text is the stored result of many a formula.
            lost = formula and cell.data_type not in {"s", "str"}
            yield Cell("", trouble="is a formula whose result was not stored") if lost else EMPTY
        elif cell.data_type == "e":
            yield Cell(str(value), trouble="is a formula that went wrong")
        elif isinstance(value, datetime):
            whole = (value.hour, value.minute, value.second) == (0, 0, 0)
            yield Cell((value.date() if whole else value).isoformat())
        elif isinstance(value, date):
            yield Cell(value.isoformat())
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield _number(value, cell.number_format, epoch)
        else:
            yield Cell(str(value))


def _number(value: float, shown_as: str, epoch: datetime) -> Cell:
    if not float(value).is_integer():
        return Cell(str(value), number=True)
    text = str(int(value))
    if padded := _PADDED.fullmatch(shown_as):  # 0012 or CB0012, as the sheet shows it
        return Cell((padded[1] or "") + text.zfill(len(padded[2])))
    day = from_excel(value, epoch).date().isoformat() if _EARLIEST <= value < _LATEST else ""
    return Cell(text, number=True, day=day)
