"""The list of people as a workbook: what offices make of it, what of that is read, and what is refused."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from organisations import PEOPLE, faults, read

from congvu.accounts.sheet import OLE
from congvu.accounts.table import LARGEST

FILES = Path(__file__).parent / "files"
Change = Callable[[Worksheet], object]

HEADINGS = (
    "STT",
    "Mã cán bộ",
    "Họ và tên",
    "Ngày sinh",
    "Loại",
    "Phòng, đơn vị",
    "Chức vụ",
    "Ngày vào",
    "Ngày nghỉ",
)
ROWS: tuple[tuple[Any, ...], ...] = (
    (1, "CB1", "Nguyễn Văn An", 1975, "Công chức", "Văn phòng Sở", "Chánh Văn phòng", date(2006, 3, 1), None),
    (2, "CB2", "Nguyễn Vân Ân", date(1980, 1, 2), "Viên chức", "vp", "Văn thư", "01/09/2014", None),
    (3, "CB3", "Lê Thị Hoà", "?", "Hợp đồng", "ccvc", None, "2019-02-01", date(2026, 6, 30)),
)  # fmt: skip
# where the first person stands in what `made` makes
FIRST = 5


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def made(
    change: Change | None = None,
    rows: Sequence[Sequence[Any]] = ROWS,
    headings: Sequence[str] = HEADINGS,
) -> bytes:
    """A list with merged titles above; ``change`` is done to its sheet at the end."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Danh sách"
    sheet.append(["UBND TỈNH BÌNH ĐỊNH"])
    sheet.append(["DANH SÁCH CÔNG CHỨC, VIÊN CHỨC SỞ NỘI VỤ"])
    sheet.append(["(Kèm theo Công văn số 12/SNV-VP ngày 05 tháng 01 năm 2026)"])
    for row in (1, 2, 3):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(headings))
    for line in (headings, *rows):
        sheet.append(list(line))
    if change:
        change(sheet)
    return saved(book)


def put(**cells: Any) -> Change:
    """put(B5="CB9"): write these cells."""

    def change(sheet: Worksheet) -> None:
        for place, value in cells.items():
            sheet[place] = value

    return change


def under(*rows: Sequence[Any]) -> Change:
    """Rows below the list."""

    def change(sheet: Worksheet) -> None:
        for row in rows:
            sheet.append(list(row))

    return change


def numbered_columns(sheet: Worksheet) -> None:
    sheet.insert_rows(FIRST)
    for column in range(1, 10):
        sheet.cell(FIRST, column).value = column


def two_rows_of_headings(sheet: Worksheet) -> None:
    """STT ... over two rows each, "Thời gian công tác" over "Ngày vào" and "Ngày nghỉ"."""
    for spread in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(spread))
    sheet.insert_rows(FIRST)
    for column in range(1, 8):
        sheet.merge_cells(start_row=FIRST - 1, end_row=FIRST, start_column=column, end_column=column)
    sheet["H4"], sheet["H5"], sheet["I5"] = "Thời gian công tác", "Ngày vào", "Ngày nghỉ"
    sheet["I4"] = None
    sheet.merge_cells("H4:I4")


def half_headings(sheet: Worksheet) -> None:
    two_rows_of_headings(sheet)
    sheet["H4"], sheet["H5"], sheet["I5"] = "Ngày", "vào", "nghỉ"


def names_in_two_columns(sheet: Worksheet) -> None:
    for spread in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(spread))
    sheet.insert_cols(4)
    for row, (family, name) in enumerate(
        [("Nguyễn Văn", "An"), ("Nguyễn Vân", "Ân"), ("Lê Thị", "Hoà")], FIRST
    ):
        sheet.cell(row, 3).value, sheet.cell(row, 4).value = family, name
    sheet.merge_cells("C4:D4")


def merged_unit(sheet: Worksheet) -> None:
    sheet["F6"] = None
    sheet.merge_cells("F5:F6")


def hidden_row(sheet: Worksheet) -> None:
    sheet.row_dimensions[6].hidden = True
    sheet.auto_filter.ref = "A4:I7"


def second_sheet(sheet: Worksheet) -> None:
    assert sheet.parent
    sheet.parent.create_sheet("Ghi chú").append(["Mã cán bộ", "Ghi chú"])
    sheet.parent.create_sheet("Trống", 0)


def serials(sheet: Worksheet) -> None:
    sheet["H5"], sheet["H6"] = 38777, 41883.0
    sheet["H5"].number_format = sheet["H6"].number_format = "General"


def in_groups(sheet: Worksheet) -> None:
    """Like "I | VĂN PHÒNG SỞ | 2" above two people, "II. Phòng ..." merged above the third."""
    sheet.insert_rows(FIRST + 2)
    sheet.insert_rows(FIRST)
    sheet.cell(FIRST, 1).value, sheet.cell(FIRST, 3).value = "I", "VĂN PHÒNG SỞ"
    sheet.cell(FIRST + 3, 1).value = "II. Phòng Công chức, viên chức"
    sheet.merge_cells(start_row=FIRST + 3, end_row=FIRST + 3, start_column=1, end_column=9)


CLOSING = (
    (),
    ("Tổng cộng: 3 người",),
    (None, None, None, None, None, "Quy Nhơn, ngày 05 tháng 01 năm 2026"),
    (None, "NGƯỜI LẬP BIỂU", None, None, None, "GIÁM ĐỐC"),
    (None, "(Ký, ghi rõ họ tên)"),
    (),
    (None, "Trần Thị Bình", None, None, None, "Nguyễn Đình Ấn"),
)


@pytest.mark.parametrize(
    "change",
    [
        put(),
        two_rows_of_headings,
        half_headings,
        names_in_two_columns,
        merged_unit,
        hidden_row,
        second_sheet,
        serials,
        under(*CLOSING),
        under((None, "Tổng số", 3)),
        under((), (), ("Danh sách này có 03 người./.",)),
        lambda sheet: sheet.insert_rows(6),
        numbered_columns,
        in_groups,
        put(B4="Mã số", C4="Họ tên", F4="Đơn vị", H4="Ngày bắt đầu"),
        put(B4="MÃ CB (*)", C4="Họ và\ntên", H4="Ngày vào:\n(ngày/tháng/năm)"),
        put(H5=datetime(2006, 3, 1), H6="1/9/2014", I7="30/6/2026"),
    ],
    ids=["titles", "two rows of headings", "headings in halves", "names in two columns", "merged unit",
         "hidden row", "other sheets", "serial numbers", "signatures", "total", "count", "blank row",
         "numbered columns", "groups", "other words", "remarks", "other dates"],
)  # fmt: skip
def test_a_list_as_offices_make_it_is_read(change: Change) -> None:
    assert read(made(change)).people == read().people


def test_titles_and_signatures_of_a_csv_file_too() -> None:
    heading, *rows = PEOPLE.splitlines()
    titles = ['"DANH SÁCH CÔNG CHỨC, VIÊN CHỨC",,,,,,,', ",,,,,,,"]
    below = [",,,,,,,", "Tổng cộng: 3,,,,,,,", ',,,"Quy Nhơn, ngày 05 tháng 01 năm 2026",,,,']
    content = "\n".join([*titles, heading, *rows, *below])
    assert read(content).people == read().people
    (fault,) = faults(content.replace("2006-03-01", "31/02/2006"))
    assert (fault.row, fault.column) == (4, "start")


def padded(sheet: Worksheet) -> None:
    for row, (number, shown) in enumerate([(7, "0000"), (12, '"CB"0000'), (13, "0000")], FIRST):
        sheet.cell(row, 2).value = number
        sheet.cell(row, 2).number_format = shown


def test_a_staff_id_that_the_sheet_shows_with_its_zeros_is_known() -> None:
    organisation = "units: [{code: vp, name: Văn phòng Sở, box: v}, {code: ccvc, name: C, box: c}]"
    assert list(read(made(padded), organisation).people) == ["0007", "CB0012", "0013"]


@pytest.mark.parametrize(
    ("change", "row", "column", "words", "cure"),
    [
        (put(B5=12), 5, "staff_id", "is a number, which may have lost zeros", "set the column to text"),
        (put(H6="=DATE(2014,9,1)"), 6, "start", "whose result was not stored", "in Excel and save it"),
        (put(H6=2014), 6, "start", "is no date", "2026-11-23"),
        (put(H6=20140901), 6, "start", "is no date", "2026-11-23"),
        (put(H6=41883.5), 6, "start", "is no date", "2026-11-23"),
        (put(H6=datetime(2014, 9, 1, 8, 30)), 6, "start", "is no date", "2026-11-23"),
        (put(H6="31/02/2014"), 6, "start", "is no date", "2026-11-23"),
        (put(G4="Số giày"), 4, "headings", "is no heading here", "use staff_id"),
        (put(G4="Họ tên"), 4, "headings", "stands there twice", "keep one"),
        (put(H4=None), 4, "headings", "column start is missing", "Ngày bắt đầu"),
        (under((4, None, "Lê Bình", None, "Công chức", "vp")), 8, "staff_id", "is no staff id", ""),
        (under(("C", None, "Lê Bình", None, "Công chức")), 8, "start", "is empty", ""),
        (under((None, None, "Lê Bình")), 8, "start", "is empty", ""),
        (under((None, None, "Lê Bình", None, None, None, "Phó Giám đốc Sở")), 8, "start", "is empty", ""),
        (under(*CLOSING, (4, "CB4", "Lê Bình", None, "Công chức", "vp")), 15, "start", "is empty", ""),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_the_row_that_the_sheet_shows(
    change: Change, row: int, column: str, words: str, cure: str
) -> None:
    found = [fault for fault in faults(made(change)) if (fault.row, fault.column) == (row, column)]
    assert len(found) == 1
    assert words in found[0].rule
    assert cure in found[0].remedy


def unreadable_headings(sheet: Worksheet) -> None:
    two_rows_of_headings(sheet)
    sheet["H5"] = "bắt đầu từ"


def test_headings_of_two_rows_that_cannot_be_read_are_quoted_whole() -> None:
    found = {fault.value: fault.rule for fault in faults(made(unreadable_headings))}
    assert found["Thời gian công tác / bắt đầu từ"] == "is no heading here"


def test_the_rest_of_the_people_on_a_second_sheet() -> None:
    def second(sheet: Worksheet) -> None:
        assert sheet.parent
        sheet.parent.create_sheet("Chi cục").append(["Mã CB", "Họ và tên", "Loại", "Phòng"])
        sheet.parent["Chi cục"].sheet_state = "hidden"

    (fault,) = (fault for fault in faults(made(second)) if fault.row == 0 and not fault.column)
    assert "has these headings on 2 sheets: Danh sách, Chi cục (hidden)" in fault.rule


def bomb() -> bytes:
    """80 MB of spaces in 80 kB."""
    content = io.BytesIO(made())
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", b" " * (80 * 1024 * 1024))
    return content.getvalue()


def spoilt_sheet(old: bytes, new: bytes) -> bytes:
    """A workbook with other XML in its sheet."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made())) as old_archive, zipfile.ZipFile(content, "w") as archive:
        for name in old_archive.namelist():
            part = old_archive.read(name)
            archive.writestr(name, part.replace(old, new) if name.startswith("xl/worksheets/") else part)
    return content.getvalue()


def entities() -> bytes:
    content = io.BytesIO(made())
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("xl/extra.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    return content.getvalue()


def archive_of(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, "x")
    return content.getvalue()


def empty_book() -> bytes:
    return saved(openpyxl.Workbook())


@pytest.mark.parametrize(
    ("content", "words", "cure"),
    [
        (bomb(), "MB when unpacked, more than 64", "table alone"),
        (b"a" * (LARGEST + 1), "is larger than 16 MB", "table alone"),
        (OLE + bytes(4096), "is a workbook of Excel 97-2003", "save it as XLSX"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "by a password", "without one"),
        (spoilt_sheet(b'ref="A1:I1"', b'ref="A1:XFD1048576"'), "more than 400000 cells", "table alone"),
        (spoilt_sheet(b"</sheetData>", b"<row>" + b"<c/>" * 400_000 + b"</row></sheetData>"),
         "more than 400000 cells", "table alone"),
        (entities(), "declares XML entities", "anew"),
        (archive_of("content.xml"), "is no XLSX workbook", "CSV UTF-8"),
        (archive_of("xl/workbook.xml"), "cannot be read as a workbook", "anew"),
        (made()[:-60], "is a damaged workbook", "anew"),
        (made(put(XFD1048576="x")), "reaches to row 1048576, column 16384", "table alone"),
        (empty_book(), "is empty", "headings"),
    ],
    ids=["bomb", "large", "old", "password", "merged to the end", "flood of cells", "entities",
         "other archive", "broken", "cut short", "far cell", "empty"],
)  # fmt: skip
def test_a_file_that_is_no_workbook_to_be_trusted(content: bytes, words: str, cure: str) -> None:
    (fault,) = (fault for fault in faults(content) if fault.file == "people.csv")
    assert words in fault.rule
    assert cure in fault.remedy


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False),
    st.dates(date(1900, 3, 1)), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
    st.sampled_from(["CB7", "Tổng cộng", "=1+1", "Họ tên", "Ngày vào", "GIÁM ĐỐC"]),
)  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(VALUES, max_size=9), max_size=4))
def test_whatever_stands_in_the_cells_is_read_or_told(rows: list[list[Any]]) -> None:
    """Never a failure of the program, and never fewer of those who are sound."""
    content = made(rows=(*ROWS, *rows))
    if not faults(content):
        assert read().people.items() <= read(content).people.items()


def test_who_reads_no_workbook_needs_not_what_reads_them() -> None:
    """The services on a host import the rules, and have better use for 17 MB."""
    program = "import congvu.store, sys; sys.exit('openpyxl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_libreoffice_writes() -> None:
    """`made` with three formulas and `CLOSING`, saved by LibreOffice 7.4, which stores their results."""
    assert read((FILES / "libreoffice.xlsx").read_bytes()).people == read().people
