"""The list of absences: who is away, why, from when to when, as the personnel office keeps it.

Someone who is away has no duty to look into the mailbox; it stays open to them. One row an absence, and no
two of one person at the same time. Half a day is a row of one day with its half.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from congvu import names
from congvu.accounts.dates import written_date
from congvu.accounts.faults import Faults
from congvu.accounts.model import ABSENCES, PARTS, Absence, Person
from congvu.accounts.people import COLUMNS as PEOPLE
from congvu.accounts.table import Columns, Record, plain, read_table

COLUMNS = Columns(
    {
        "staff_id": PEOPLE.headings["staff_id"],
        "full_name": PEOPLE.headings["full_name"],
        "kind": [
            "Loại", "Loại nghỉ", "Loại vắng mặt", "Lý do", "Lý do nghỉ", "Lý do vắng mặt", "Lý do vắng",
            "Hình thức", "Hình thức nghỉ", "Nội dung",
        ],
        "start": ["Từ ngày", "Nghỉ từ ngày", "Vắng từ ngày", "Ngày bắt đầu", "Bắt đầu từ ngày", "Từ"],
        "end": [
            "Đến ngày", "Đến hết ngày", "Nghỉ đến ngày", "Nghỉ đến hết ngày", "Vắng đến hết ngày",
            "Ngày kết thúc", "Đến",
        ],
        "part": ["Buổi", "Buổi nghỉ", "Sáng/chiều"],
    },
    required=("staff_id", "kind", "start", "end"),
    key="staff_id",
    dates=("start", "end"),
    ignored=(
        "STT", "TT", "Số TT", "Số thứ tự", "Đơn vị", "Phòng", "Phòng, đơn vị", "Phòng ban", "Chức vụ",
        "Chức danh", "Số ngày", "Số ngày nghỉ", "Số quyết định", "Quyết định", "Căn cứ", "Nơi đến",
        "Nơi công tác", "Nơi nghỉ", "Người làm thay", "Ghi chú",
    ),
)  # fmt: skip

# What offices also call them; beside the words of ABSENCES.
_ALSO = {
    "phép": "nghi_phep", "phép năm": "nghi_phep", "nghỉ phép năm": "nghi_phep",
    "nghỉ hằng năm": "nghi_phep", "nghỉ hàng năm": "nghi_phep",
    "thai sản": "thai_san", "nghỉ sinh con": "thai_san", "nghỉ chế độ thai sản": "thai_san",
    "ốm": "nghi_om", "ốm đau": "nghi_om", "nghỉ ốm đau": "nghi_om", "nghỉ bệnh": "nghi_om",
    "nghỉ việc riêng": "viec_rieng", "việc riêng": "viec_rieng",
    "nghỉ không lương": "khong_luong", "không lương": "khong_luong",
    "công tác": "cong_tac", "đi công tác": "cong_tac",
    "cử biệt phái": "biet_phai", "biệt phái": "biet_phai",
    "học tập": "di_hoc", "cử đi học": "di_hoc", "đào tạo": "di_hoc", "bồi dưỡng": "di_hoc",
    "đào tạo, bồi dưỡng": "di_hoc", "tập huấn": "di_hoc",
    "ca": "theo_ca", "trực ca": "theo_ca", "theo ca": "theo_ca", "làm theo ca": "theo_ca",
    "khác": "khac",
}  # fmt: skip
_LONGEST = 6 * 366  # days: longer is a slip in the year


def read_absences(
    data: bytes, people: Mapping[str, Person], faults: Faults, hosted: Collection[str] = ()
) -> dict[str, Absence]:
    """Absences by their keys. ``people``: those of the list of people, left or not."""
    found: list[Absence] = []
    for record in read_table(data, COLUMNS, faults, hosted):
        absence = _absence(record, people, faults)
        if absence:
            found.append(absence)
    last: dict[str, Absence] = {}
    for absence in sorted(found, key=lambda each: (each.staff_id, each.halves)):
        before = last.get(absence.staff_id)
        if before and absence.halves[0] < before.halves[1]:
            rule = f"is away on some of these days by row {before.row} too"
            faults.add(absence.row, "start", absence.staff_id, rule, "keep the days of one of the two")
        if not before or absence.halves[1] > before.halves[1]:
            last[absence.staff_id] = absence
    return {absence.key: absence for absence in found}


def _absence(record: Record, people: Mapping[str, Person], faults: Faults) -> Absence | None:
    """One row as an absence; None where a fault leaves nothing to compare with others."""
    row, cells = record.row, record.cells
    before = len(faults.found)
    person = people.get(cells["staff_id"])
    if person is None:
        faults.add(row, "staff_id", cells["staff_id"], "is no staff id of the people file", "correct it")
    elif (name := cells.get("full_name", "")) and _heard(name) != _heard(person.full_name):
        rule = f"is not the name of {person.staff_id}, who is {person.full_name}"
        faults.add(row, "full_name", name, rule, "correct the staff id or the name")
    kind = _kind(cells["kind"])
    if kind not in ABSENCES:
        known = ", ".join(f"{code} ({title})" for code, title in ABSENCES.items())
        faults.add(row, "kind", cells["kind"], "is no kind of absence", f"use one of {known}")
    start = written_date(record, "start", faults, required=True)
    end = written_date(record, "end", faults, required=True)
    part = _part(cells.get("part", ""))
    if part not in PARTS:
        faults.add(row, "part", cells["part"], "is no half of a day", "use Sáng or Chiều, or nothing")
    if start and end:
        _check_days(row, start, end, part, faults)
        if person:
            _check_service(row, start, end, person, faults)
    if len(faults.found) > before or person is None or start is None or end is None:
        return None
    return Absence(person.staff_id, kind, start, end, part, row)


def _check_days(row: int, start: date, end: date, part: str, faults: Faults) -> None:
    if end < start:
        faults.add(row, "end", str(end), f"lies before the start, {start}", "correct one of the two")
    elif (end - start).days > _LONGEST:
        faults.add(row, "end", str(end), f"is {(end - start).days} days after {start}", "correct the year")
    elif part and start != end:
        rule = f"is said of more than one day, {start} to {end}"
        faults.add(row, "part", PARTS.get(part, part), rule, "give each such day its row")


def _check_service(row: int, start: date, end: date, person: Person, faults: Faults) -> None:
    remedy = "correct the absence, or the person's dates in the list of people"
    if start < person.start:
        faults.add(row, "start", str(start), f"lies before the person's first day, {person.start}", remedy)
    if person.end and end > person.end:
        faults.add(row, "end", str(end), f"lies after the person's last day, {person.end}", remedy)


def _kind(written: str) -> str:
    """nghi_phep, of "nghi_phep", "Nghỉ phép" or "Phép năm"."""
    said = plain(written).casefold()
    titles = {title.casefold(): code for code, title in ABSENCES.items()}
    return titles.get(said) or _ALSO.get(said, said)


def _part(written: str) -> str:
    """morning, of "Sáng" or "Buổi sáng"; whole days have none."""
    said = plain(written).casefold().removeprefix("buổi ")
    if said in ("cả ngày", "nguyên ngày"):
        return ""
    return next((part for part, title in PARTS.items() if said == title), said)


def _heard(name: str) -> str:
    """A name as far as lists agree on it: Thuý is Thúy, VÕ is Võ."""
    try:
        return names.local_part(name, "full_joined")
    except ValueError:
        return name
