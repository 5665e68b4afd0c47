"""What a plan says of itself: items that programs read, and lines that an official would write."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from organisations import EMPTY, UNGUARDED, after, at, organisation, person, read

from congvu.accounts import Alias, Box, Directory, Organisation, plan, preview, text


def said(current: Directory, wanted: Organisation) -> list[str]:
    return [item.said for item in preview(plan(current, wanted, UNGUARDED), current)]


def test_an_organisation_is_told_from_the_beginning() -> None:
    assert said(EMPTY, read()) == [
        "Thêm đơn vị vào danh bạ: Phòng Công chức, viên chức (ccvc), hộp thư ccvc@snv.example",
        "Thêm đơn vị vào danh bạ: Văn phòng Sở (vp), hộp thư vanphong@snv.example",
        "Cấp mới: Nguyễn Văn An (CB1), Văn phòng Sở, địa chỉ annv@snv.example",
        "Cấp mới: Nguyễn Vân Ân (CB2), Văn phòng Sở, địa chỉ annv2@snv.example",
        "Cấp mới: Lê Thị Hoà (CB3), Phòng Công chức, viên chức, địa chỉ hoalt@snv.example,"
        " đến hết ngày 30/06/2026",
        "Lập hộp thư dùng chung: ccvc@snv.example (Phòng Công chức, viên chức)",
        "Giao vai trò: Lê Thị Hoà (CB3), người đứng đầu của ccvc@snv.example (Phòng Công chức, viên chức)",
        "Lập hộp thư dùng chung: vanphong@snv.example (Văn phòng Sở)",
        "Lập hộp thư dùng chung: vp@snv.example (Văn phòng Sở)",
        "Giao vai trò: Nguyễn Vân Ân (CB2), văn thư của vp@snv.example (Văn phòng Sở)",
        "Giao vai trò: Lê Thị Hoà (CB3), cấp phó hoặc người làm thay của vp@snv.example (Văn phòng Sở)",
        "Thêm địa chỉ phụ: nguyenvanan@snv.example của annv@snv.example",
        "Thêm địa chỉ phụ: vanthu@snv.example của vp@snv.example",
    ]  # fmt: skip


WHO = "Nguyễn Văn An (CB1)"


@pytest.mark.parametrize(
    ("change", "verb", "line"),
    [
        ({"full_name": "Nguyễn Văn Ân"}, "rename",
         f"Đổi họ tên: {WHO} thành Nguyễn Văn Ân, địa chỉ vẫn là annv@snv.example"),
        ({"unit": "ccvc"}, "move", f"Chuyển đơn vị: {WHO}, từ Phòng vp sang Phòng ccvc"),
        ({"end": date(2026, 11, 30)}, "leave",
         f"Thôi làm việc tại cơ quan: {WHO}, ngày làm việc cuối cùng 30/11/2026"),
        ({"position": "Phó Giám đốc"}, "position", f"Đổi chức vụ: {WHO}, từ (trống) thành Phó Giám đốc"),
        ({"kind": "vien_chuc"}, "kind", f"Đổi loại nhân sự: {WHO}, từ Công chức thành Viên chức"),
        ({"start": date(2020, 2, 1)}, "start",
         f"Sửa ngày bắt đầu làm việc: {WHO}, từ 01/01/2020 thành 01/02/2020"),
    ],
)  # fmt: skip
def test_a_change_of_a_person(change: dict[str, Any], verb: str, line: str) -> None:
    units = ("vp", "ccvc")
    current = after(plan(EMPTY, organisation(person("CB1"), units=units)))
    made = plan(current, organisation(replace(person("CB1"), **change), units=units))
    (item,) = preview(made, current)
    assert (item.kind, item.verb, item.key) == ("person", verb, "CB1")
    assert item.said == line
    assert item.before
    assert item.after
    differing = {name for name in item.before if item.before[name] != item.after[name]}
    assert differing == change.keys()


def test_who_leaves_and_comes_back() -> None:
    current = after(plan(EMPTY, organisation(person("CB1", end=date(2026, 11, 30)))))
    assert said(current, organisation(person("CB1"))) == [
        f"Tiếp tục công tác: {WHO}, bỏ ngày thôi làm việc 30/11/2026"
    ]
    closes = f"Đóng hộp thư: {WHO}, địa chỉ annv@snv.example, ngày làm việc cuối cùng 30/11/2026"
    assert said(current, organisation()) == [closes]
    gone = after(plan(current, organisation()), current)
    assert said(gone, organisation(person("CB1"))) == [f"Cấp lại: {WHO}, Phòng vp, địa chỉ annv@snv.example"]


def test_boxes_units_and_aliases() -> None:
    units = ("vp", "cu")
    box = Box(at("chung"), "office", "vp", frozenset({("CB1", "clerk")}))
    current = after(
        plan(EMPTY, organisation(person("CB1"), units=units, boxes=[box], aliases=[Alias(at("a"), "chung")]))
    )
    moved = replace(box, unit="cu", roles=frozenset({("CB1", "head")}))
    wanted = organisation(person("CB1"), units=units, boxes=[moved], aliases=[Alias(at("a"), "box-vp")])
    assert said(current, wanted) == [
        "Chuyển quản lý hộp thư: chung@snv.example, sang Phòng cu",
        f"Thôi vai trò: {WHO}, văn thư của chung@snv.example (Phòng cu)",
        f"Giao vai trò: {WHO}, người đứng đầu của chung@snv.example (Phòng cu)",
        "Chuyển địa chỉ phụ: a@snv.example, từ chung@snv.example sang box-vp@snv.example",
    ]
    assert said(current, organisation(person("CB1"))) == [
        "Ngừng sử dụng đơn vị trong danh bạ: Phòng cu (cu)",
        "Đóng hộp thư dùng chung: box-cu@snv.example (Phòng cu)",
        "Đóng hộp thư dùng chung: chung@snv.example (Phòng vp)",
        "Bỏ địa chỉ phụ: a@snv.example của chung@snv.example",
    ]


def test_items_are_json_and_say_what_the_diff_says() -> None:
    made = plan(EMPTY, read())
    items = [item.json() for item in preview(made, EMPTY)]
    assert json.loads(json.dumps(items)) == items
    assert {(item["kind"], item["key"]) for item in items} == {(each.noun, each.key) for each in made.changes}
    (head,) = (item["after"] for item in items if item["key"] == at("ccvc") and item["verb"] == "open")
    assert head == {"address": at("ccvc"), "kind": "unit", "unit": "ccvc", "roles": [["CB3", "head"]]}


def test_the_text_counts_its_lines() -> None:
    items = preview(plan(EMPTY, read()), EMPTY)
    lines = text(items).splitlines()
    assert lines[0] == "Sẽ có 13 thay đổi:"
    assert len(lines) == 14
    assert text([]) == "Không có thay đổi.\n"
