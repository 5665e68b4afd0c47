"""The report's annexes as a workbook: every row, to be sorted and counted. Same report, same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import tostring

from congvu.report import words
from congvu.report.document import Report, expected, observed
from congvu.report.happened import compared, happened
from congvu.report.packed import without_clock
from congvu.report.tables import Table

Cell = str | int | float | None


class Share(float):
    """Shown in percent."""


_TOP = Alignment(vertical="top", wrap_text=True)
_WIDTH = 150  # characters, over all columns of a table
# Sheets for the tables of what happened, in their order; Excel allows a name 31 characters
_HAPPENED = (
    "Bàn giao", "Vụ việc", "Mở hộp thư cá nhân", "Gián đoạn", "Xác nhận", "Vướng mắc, phản ánh",
    "Đăng nhập bất thường", "Kiểm tra thư theo đơn vị", "Xác nhận đã đọc",
)  # fmt: skip
_COMPARED = ("Kết quả bốn quý", "Chỉ tiêu bốn quý")


def to_xlsx(report: Report) -> bytes:
    """Return ``report.xlsx``."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    _provisions(book.create_sheet("Theo điều khoản"), report)
    _observations(book.create_sheet("Kiểm tra"), report)
    _exceptions(book.create_sheet("Trường hợp không đạt"), report)
    for name, table in zip(_HAPPENED, happened(report, None), strict=True):
        _table(book.create_sheet(name), table)
    for name, table in zip(_COMPARED, compared(report), strict=True):
        _table(book.create_sheet(name), table)
    about = book.properties
    about.creator, about.title = report.letterhead.organisation or "congvu", report.policy.title.vi
    made = report.observed_until or report.period.starts
    packed = io.BytesIO()
    book.save(packed)
    about.created = about.modified = made.astimezone(UTC).replace(tzinfo=None)
    return without_clock(packed.getvalue(), {"docProps/core.xml": tostring(about.to_tree())})


def _provisions(sheet: Worksheet, report: Report) -> None:
    columns = (
        "Mã",
        "Điều, khoản, điểm",
        "Nội dung quy định",
        "Trách nhiệm",
        "Kết quả",
        "Ghi nhận",
        "Yêu cầu",
    )
    rows = (
        (
            finding.row.provision.id,
            words.sentence(finding.row.provision.article),
            finding.row.provision.duty.vi,
            ", ".join(report.policy.parties[who].vi for who in finding.row.provision.who),
            words.STATUS[finding.row.status.value][0],
            observed(report.policy, finding.row),
            expected(report.policy, finding.row.provision),
        )
        for finding in report.findings
    )
    _fill(sheet, columns, (7, 13, 22, 12, 8, 20, 18), rows)


def _observations(sheet: Worksheet, report: Report) -> None:
    columns = ("Mã kiểm tra", "Nội dung", "Máy chủ", "Thời điểm", "Số trường hợp", "Không đạt", "Tử số",
               "Mẫu số", "Số liệu", "Chi tiết")  # fmt: skip
    rows = (
        (
            each.control,
            report.policy.control(each.control).title.vi,
            each.host,
            words.moment(each.observed_at),
            each.checked,
            len(each.exceptions),
            each.numerator,
            each.denominator,
            each.figure,
            "\n".join(each.evidence),
        )
        for each in report.observations
    )
    _fill(sheet, columns, (12, 22, 6, 11, 7, 7, 6, 6, 6, 17), rows)


def _exceptions(sheet: Worksheet, report: Report) -> None:
    rows = (
        (each.control, each.host, case.subject, case.found)
        for each in report.observations
        for case in each.exceptions
    )
    _fill(sheet, ("Mã kiểm tra", "Máy chủ", "Trường hợp", "Ghi nhận"), (18, 10, 32, 40), rows)


def _table(sheet: Worksheet, table: Table) -> None:
    rows = (
        [_number(cell) if index in table.figures else cell for index, cell in enumerate(row)]
        for row in table.rows
    )
    _fill(sheet, table.columns, table.shares, rows)


def _number(shown: str) -> Cell:
    """A figure as a number that can be counted with; what is none stays as it is shown."""
    if re.fullmatch(r"\d{1,3}(\.\d{3})*(,\d+)?%?", shown):
        value = float(shown.rstrip("%").replace(".", "").replace(",", "."))
        return (
            Share(round(value / 100, 6))
            if shown.endswith("%")
            else int(value)
            if value == int(value)
            else value
        )
    return shown


def _fill(
    sheet: Worksheet, columns: Sequence[str], shares: Sequence[int], rows: Iterable[Sequence[Cell]]
) -> None:
    sheet.append(list(columns))
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell for cell in row])
    for index, share in enumerate(shares, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = _WIDTH * share / 100
    for line in sheet.iter_rows():
        for cell in line:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # also what begins with "=": it is somebody's words, never a formula
            if isinstance(cell.value, Share):
                cell.number_format = "0.0%"
            cell.alignment = _TOP
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
