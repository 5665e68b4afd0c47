"""The people file: one row a person, as the personnel office keeps it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from congvu import names
from congvu.accounts.dates import written_date
from congvu.accounts.faults import Faults
from congvu.accounts.model import KINDS, STANDARD, Person, Rules, Unit, canonical
from congvu.accounts.table import Columns, Record, plain, read_table

_FIRST = {"family_first": "Họ trước", "given_first": "Tên trước"}

COLUMNS = Columns(
    {
        "staff_id": [
            "Mã cán bộ", "Mã CB", "Mã CBCC", "Mã CBCCVC", "Mã số", "Mã số cán bộ", "Mã số CBCCVC",
            "Mã số CCVC", "Mã công chức", "Mã viên chức", "Mã nhân viên", "Mã NV", "Số hiệu",
            "Số hiệu công chức",
        ],
        "full_name": ["Họ và tên", "Họ tên", "Họ, tên", "Họ và tên đầy đủ"],
        "kind": ["Loại", "Loại nhân sự", "Loại hình", "Đối tượng", "Diện", "Ngạch/loại"],
        "unit": [
            "Đơn vị", "Phòng", "Phòng, đơn vị", "Phòng/đơn vị", "Phòng ban", "Phòng, ban", "Phòng/ban",
            "Đơn vị công tác", "Nơi công tác", "Cơ quan, đơn vị", "Bộ phận",
        ],
        "position": ["Chức vụ", "Chức danh", "Chức vụ, chức danh", "Chức danh, chức vụ", "Chức vụ/chức danh"],
        "start": [
            "Ngày vào", "Ngày bắt đầu", "Ngày vào làm", "Ngày vào cơ quan", "Ngày vào ngành", "Từ ngày",
            "Ngày nhận công tác", "Ngày tuyển dụng", "Ngày bắt đầu công tác",
        ],
        "end": [
            "Ngày nghỉ", "Ngày kết thúc", "Đến ngày", "Ngày nghỉ việc", "Ngày thôi việc", "Ngày nghỉ hưu",
            "Ngày chuyển công tác", "Ngày kết thúc công tác", "Ngày hết hạn hợp đồng", "Hợp đồng đến ngày",
            "Thời hạn hợp đồng", "Ngày hết hạn biệt phái",
        ],
        "address": ["Địa chỉ", "Địa chỉ thư", "Địa chỉ thư điện tử", "Địa chỉ email", "Thư điện tử", "Email",
                    "E-mail", "Thư công vụ", "Hộp thư"],
        "name_order": ["Thứ tự tên", "Thứ tự họ tên", "Thứ tự họ, tên"],
    },
    required=("staff_id", "full_name", "kind", "unit", "start"),
    key="staff_id",
    dates=("start", "end"),
    addresses=("address",),
    ignored=(
        "STT", "TT", "Số TT", "Số thứ tự", "Ngày sinh", "Ngày, tháng, năm sinh", "Ngày tháng năm sinh",
        "Năm sinh", "Giới tính", "Nam/nữ", "Dân tộc", "Quê quán", "Điện thoại", "Số điện thoại",
        "Trình độ", "Ghi chú",
    ),
)  # fmt: skip
_STAFF_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,31}")


def read_people(
    data: bytes, domain: str, units: Mapping[str, Unit], faults: Faults, rules: Rules = STANDARD
) -> dict[str, Person]:
    """People by staff id. ``units``: the organisation's; a person names one by its code or its name."""
    by_name = {key.casefold(): unit.code for unit in units.values() for key in (unit.name, unit.code)}
    people: dict[str, Person] = {}
    seen: dict[str, int] = {}
    addresses: dict[str, int] = {}
    for record in read_table(data, COLUMNS, faults, rules.hosted):
        person = _person(record, domain, by_name, rules, faults)
        if (first := seen.setdefault(person.staff_id.casefold(), record.row)) != record.row:
            rule = f"is in row {first} too"
            faults.add(record.row, "staff_id", person.staff_id, rule, "give each person one row")
        if person.address and (first := addresses.setdefault(person.address, record.row)) != record.row:
            faults.add(record.row, "address", person.address, f"is in row {first} too", "change one of them")
        people[person.staff_id] = person
    return people


def _person(record: Record, domain: str, by_name: Mapping[str, str], rules: Rules, faults: Faults) -> Person:
    """One row as a person. What is at fault is reported, and the rest is read all the same."""
    row, cells = record.row, record.cells

    staff_id = cells["staff_id"]
    if not _STAFF_ID.fullmatch(staff_id):
        faults.add(
            row, "staff_id", staff_id, "is no staff id", "use 1 to 32 of a-z, 0-9 and, inside, . _ / -"
        )
    full_name = names.clean(cells["full_name"])
    try:
        names.local_part(full_name)
    except ValueError as error:
        faults.add(row, "full_name", cells["full_name"], str(error), "write family, middle and given name")
    kind = _kind(cells["kind"])
    if kind not in rules.kinds:
        known = ", ".join(f"{code} ({KINDS.get(code, code)})" for code in rules.kinds)
        faults.add(row, "kind", cells["kind"], "is no kind of staff", f"use one of {known}")
    unit = by_name.get(cells["unit"].casefold(), "")
    if not unit:
        faults.add(row, "unit", cells["unit"], "is no unit of the organisation", "use a unit's code or name")
    start = written_date(record, "start", faults, required=True)
    end = written_date(record, "end", faults, required=False)
    if start and end and end < start:
        faults.add(row, "end", cells["end"], f"lies before the start, {start}", "correct one of the two")
    address = cells.get("address", "")
    if address:
        try:
            address = canonical(address, domain, rules.names)
        except ValueError as error:
            faults.add(row, "address", address, str(error), "correct it, or leave it empty to have one made")
    order = _order(cells.get("name_order", ""))
    if order not in _FIRST:
        remedy = "use " + ", ".join(f"{code} ({title})" for code, title in _FIRST.items())
        faults.add(row, "name_order", cells["name_order"], "is no order of names", f"{remedy}, or nothing")
    position = cells.get("position", "")
    return Person(
        staff_id, full_name, kind, unit, position, start or date.min, end, address, row, name_order=order
    )


def _order(written: str) -> str:
    """given_first, of "given_first" or "Tên trước"; an empty cell stands for the usual order."""
    said = written.casefold()
    titles = {title.casefold(): code for code, title in _FIRST.items()}
    return titles.get(said, said) if said else "family_first"


def _kind(written: str) -> str:
    """cong_chuc, of "cong_chuc" or "Công chức"."""
    said = plain(written).casefold()
    return next((code for code, title in KINDS.items() if said == title.casefold()), said.replace(" ", "_"))
