"""The two files: what they may look like, and how everything that is wrong with them is told at once."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from organisations import (
    DOMAIN,
    HEADINGS,
    ORGANISATION,
    PEOPLE,
    SPOILT,
    at,
    faults,
    read,
    table,
    ten_thousand,
)

from congvu import accounts
from congvu.accounts import Alias, Box, Person, Unit


def test_an_organisation_is_read() -> None:
    organisation = read()
    assert organisation.domain == DOMAIN
    assert organisation.units["ccvc"] == Unit("ccvc", "Phòng Công chức, viên chức", at("ccvc"))
    assert organisation.boxes == {
        at("vp"): Box(at("vp"), "office", "vp", frozenset({("CB2", "clerk"), ("CB3", "deputy")})),
        at("vanphong"): Box(at("vanphong"), "unit", "vp"),
        at("ccvc"): Box(at("ccvc"), "unit", "ccvc", frozenset({("CB3", "head")})),
    }
    assert organisation.aliases[at("vanthu")] == Alias(at("vanthu"), "vp")
    assert organisation.people["CB3"] == Person(
        "CB3", "Lê Thị Hoà", "hop_dong", "ccvc", "", date(2019, 2, 1), date(2026, 6, 30)
    )
    assert organisation.people["CB2"].kind == "vien_chuc"
    assert organisation.people["CB2"].unit == "vp"
    assert organisation.people["CB2"].start == date(2014, 9, 1)


VIETNAMESE = dict(
    zip(
        HEADINGS,
        ("Mã cán bộ", "Họ và tên", "Loại", "Đơn vị", "Chức vụ", "Ngày vào", "Ngày nghỉ", "Địa chỉ"),
        strict=True,
    )
)


def rewritten(separator: str = ",", bom: bool = False, newline: str = "\n", headings: bool = False) -> bytes:
    rows = list(csv.reader(io.StringIO(PEOPLE)))
    if headings:
        rows[0] = [VIETNAMESE[name] for name in rows[0]]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=newline).writerows(rows)
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8")


@pytest.mark.parametrize(
    "content",
    [
        rewritten(headings=True),
        rewritten(separator=";"),
        rewritten(separator="\t"),
        rewritten(bom=True, newline="\r\n", separator=";", headings=True),
        PEOPLE.encode() + b"\n,,,,,,,\n\n",
        PEOPLE.replace("staff_id,full_name", "STAFF_ID, Full_Name ").encode(),
    ],
    ids=["Vietnamese headings", "semicolon", "tab", "spreadsheet", "empty rows", "heading's case"],
)
def test_a_people_file_may_come_in_many_forms(content: bytes) -> None:
    assert read(content).people == read().people


def test_columns_may_be_left_out_and_stand_in_any_order() -> None:
    rows = [{"unit": "vp", "start": "2020-01-01", "kind": "Tập sự", "full_name": "Lý Ý", "staff_id": "9"}]
    organisation = ORGANISATION.replace("CB1", "9").replace("CB2", "9").replace("CB3", "9")
    made = read(table(rows, rows[0].keys()), organisation.replace(", deputy: [9]", ""))
    assert made.people["9"] == Person("9", "Lý Ý", "tap_su", "vp", "", date(2020, 1, 1), None)


def test_names_and_ids_in_yaml_are_text_whatever_they_look_like() -> None:
    units = "units: [{code: NO, name: 1.0, box: on}, {code: 0012, name: 2026-01-01, box: b}]\n"
    row = {"staff_id": "0012", "full_name": "Lý Ý", "kind": "tap_su", "unit": "NO", "start": "2020-01-01"}
    made = read(table([row]), units)
    assert {unit.code: unit.name for unit in made.units.values()} == {"NO": "1.0", "0012": "2026-01-01"}


@pytest.mark.parametrize(
    ("written", "order"),
    [("", "family_first"), ("Họ trước", "family_first"), ("TÊN TRƯỚC", "given_first"), ("given_first",) * 2],
)
def test_the_order_of_names_is_stated(written: str, order: str) -> None:
    rows = [{"staff_id": "CB9", "full_name": "Y Moan Ênuôl", "kind": "cong_chuc", "unit": "vp",
             "start": "2020-01-01", "Thứ tự tên": written}]  # fmt: skip
    made = read(table(rows, rows[0].keys()), "units: [{code: vp, name: Văn phòng, box: vp}]")
    assert made.people["CB9"].name_order == order


def test_an_order_of_names_that_is_none() -> None:
    people = PEOPLE.replace("address\n", "address,name_order\n").replace(",,\n", ",,,last\n", 1)
    (fault,) = faults(people)
    assert (fault.row, fault.column, fault.value) == (2, "name_order", "last")
    assert "Tên trước" in fault.remedy


# one fault in the people file: a row, and what is said of it (row, column, words)
FAULTY_ROWS = [
    ("C B,An,cong_chuc,vp,,2020-01-01,,", "staff_id", "is no staff id"),
    (",Nguyễn Văn An,cong_chuc,vp,,2020-01-01,,", "staff_id", "is no staff id"),
    ("cb1,Nguyễn Văn An,cong_chuc,vp,,2020-01-01,,", "staff_id", "is in row 2 too"),
    ("CB9,,cong_chuc,vp,,2020-01-01,,", "full_name", "holds no name"),
    ("CB9,Аn,cong_chuc,vp,,2020-01-01,,", "full_name", "CYRILLIC"),
    ("CB9,An,tình nguyện,vp,,2020-01-01,,", "kind", "is no kind of staff"),
    ("CB9,An,cong_chuc,ttra,,2020-01-01,,", "unit", "is no unit"),
    ("CB9,An,cong_chuc,,,2020-01-01,,", "unit", "is no unit"),
    ("CB9,An,cong_chuc,vp,,,,", "start", "is empty"),
    ("CB9,An,cong_chuc,vp,,31/02/2024,,", "start", "is no date"),
    ("CB9,An,cong_chuc,vp,,01/01/0202,,", "start", "is no date"),
    ("CB9,An,cong_chuc,vp,,1/1/24,,", "start", "is no date"),
    ("CB9,An,cong_chuc,vp,,2020-01-01,2019-12-31,", "end", "lies before the start"),
    ("CB9,An,cong_chuc,vp,,2020-01-01,,an@gmail.com", "address", f"no address of {DOMAIN}"),
    ("CB9,An,cong_chuc,vp,,2020-01-01,,an+tag", "address", "is no address"),
    ("CB9,An,cong_chuc,vp,,2020-01-01,,ăn", "address", "is no address"),
    ("CB9,An,cong_chuc,vp,,2020-01-01,,аn", "address", "is no address"),  # a Cyrillic look-alike
    (f"CB9,An,cong_chuc,vp,,2020-01-01,,{'a' * 65}", "address", "is no address"),
    ("CB9,An,cong_chuc,vp,,2020-01-01,,,extra", "", "beyond the last heading"),
]


@pytest.mark.parametrize(("row", "column", "words"), FAULTY_ROWS)
def test_a_fault_in_a_row_is_told_with_its_place(row: str, column: str, words: str) -> None:
    (fault,) = faults(f"{PEOPLE}{row}\n")
    assert (fault.file, fault.row, fault.column) == ("people.csv", 5, column)
    assert words in fault.rule
    assert fault.remedy
    assert str(fault).startswith("people.csv, row 5")


def test_all_faults_are_told_at_once() -> None:
    # ids are made different, so that no row is at fault twice
    rows = [row.replace("CB9", f"CB9{number}") for number, (row, *_) in enumerate(FAULTY_ROWS)]
    found = faults("\n".join([*PEOPLE.splitlines(), *rows]) + "\n")
    assert [fault.row for fault in found] == list(range(5, 5 + len(rows)))
    assert [fault.column for fault in found] == [column for _, column, _ in FAULTY_ROWS]


def test_the_same_address_asked_for_twice() -> None:
    rows = "CB8,An,cong_chuc,vp,,2020-01-01,,an\nCB9,An,cong_chuc,vp,,2020-01-01,,AN@SNV.EXAMPLE\n"
    (fault,) = faults(PEOPLE + rows)
    assert (fault.row, fault.column, fault.rule) == (6, "address", "is in row 5 too")


TCVN3 = PEOPLE.encode().replace("Nguyễn Văn An".encode(), b"Nguy\xd4n V\xa8n An")
UTF_16 = "is UTF-16"


@pytest.mark.parametrize(
    ("content", "row", "words", "cure"),
    [
        (PEOPLE.encode("utf-16"), 0, UTF_16, "CSV UTF-8"),
        (PEOPLE.replace(",", "\t").encode("utf-16-le"), 0, UTF_16, "CSV UTF-8"),
        (PEOPLE.encode("utf-16-be"), 0, UTF_16, "CSV UTF-8"),
        (TCVN3, 2, "perhaps TCVN3", "Unicode"),
        ("staff_id,full_name\nCB1,Hà".encode("cp1258"), 2, "Windows-1258", "CSV UTF-8"),
        (PEOPLE.encode() + b"\0", 5, "NUL", "CSV UTF-8"),
        (b'staff_id,full_name\n"CB1', 0, "is no CSV", "quotation mark"),
        (b"", 0, "is empty", "headings"),
        (b"\xef\xbb\xbf\r\n", 0, "is empty", "headings"),
        (PEOPLE.splitlines()[0].encode(), 0, "headings and no rows", "at least one row"),
        (PEOPLE.splitlines()[0].encode() + b"\n,,,,,,,\n", 0, "headings and no rows", "at least one row"),
        (PEOPLE.replace("start", "", 1).encode(), 1, "column start is missing", "Ngày vào"),
        (PEOPLE.replace("unit", "phong").encode(), 1, "is no heading here", "use staff_id"),
        (PEOPLE.replace("position", "unit").encode(), 1, "stands there twice", "keep one"),
        (PEOPLE.replace(",kind", ",Loại cán bộ").encode(), 1, "is no heading here", "use staff_id"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_such_table(content: bytes, row: int, words: str, cure: str) -> None:
    (fault, *others) = (each for each in faults(content) if words in each.rule)
    assert others == []
    assert (fault.file, fault.row) == ("people.csv", row)
    assert cure in fault.remedy


def test_text_of_an_old_font_is_no_name() -> None:
    """TCVN3 that was pasted into a file of UTF-8: Latin letters that look Vietnamese in one font only."""
    (fault,) = faults(PEOPLE.replace("Nguyễn Văn An", "NguyÔn V¨n An"))
    assert (fault.row, fault.column) == (2, "full_name")


def test_forty_faults_among_ten_thousand_rows() -> None:
    content, expected = ten_thousand()
    found = faults(content)
    assert [(fault.row, fault.column) for fault in found] == expected
    assert all(fault.remedy for fault in found)
    assert len({fault.rule for fault in found}) == len(SPOILT)


# a change to the sound organisation file, the line that is named, and what is said
FAULTY_ORGANISATIONS = [
    ("box: ccvc}", "box: vanphong}", 4, "belongs to unit vp too"),
    ("code: ccvc", "code: VP", 4, "belongs to unit vp too"),
    ("code: ccvc", "code: c c", 4, "is no code"),
    ("box: ccvc}", "box: ccvc@elsewhere.example}", 4, "is no address of"),
    (", box: ccvc}", "}", 4, "box is missing"),
    (", box: ccvc}", ", box: ccvc, phone: 1}", 4, "is unknown here"),
    ("kind: office, unit: vp", "kind: office, unit: ttra", 6, "is no unit of this file"),
    ("kind: office, unit: vp", "kind: unit, unit: vp", 6, "is no kind for this box"),
    ("address: ccvc, roles", "address: ccvc, unit: vp, roles", 7, "is the box of unit ccvc"),
    ("address: ccvc, roles", "address: vp, unit: vp, roles", 7, "is listed twice"),
    ("head: [CB3]", "boss: [CB3]", 7, "is no role"),
    ("head: [CB3]", "head: [CB3], member: [CB3]", 7, "is head too"),
    ("head: [CB3]", "head: [{id: CB3}]", 7, "is no staff id"),
    ("roles: {head: [CB3]}", "roles: [CB3]", 7, "is no list of roles"),
    ("address: vanthu", "address: ccvc", 9, "is another entry's address"),
    ("address: vanthu, target: vp", "address: vanthu", 9, "target is missing"),
    ("aliases:", "alias:", 0, "is no part of an organisation"),
    ("{address: vanthu, target: vp}", "vanthu", 0, "is no entry"),
    ("box: ccvc}", "box: ccvc, box: ccvc}", 4, "is no YAML (key 'box' stands twice)"),
    ("units:", "units: [", 3, "is no YAML"),
]


@pytest.mark.parametrize(("old", "new", "line", "words"), FAULTY_ORGANISATIONS)
def test_a_fault_in_the_organisation_is_told_with_its_line(old: str, new: str, line: int, words: str) -> None:
    assert ORGANISATION.count(old) == 1
    found = [fault for fault in faults(organisation=ORGANISATION.replace(old, new)) if words in fault.rule]
    assert found
    assert found[0].file == "organisation.yml"
    assert found[0].row == line
    assert found[0].remedy


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no organisation"),
        (b"- a\n", "holds no organisation"),
        (b"units: []\n", "is empty"),
        (b"units: vp\n", "is no list"),
        (ORGANISATION.encode("utf-16"), UTF_16),
        (ORGANISATION.encode().replace("Sở".encode(), b"S\xeb"), "perhaps TCVN3"),
        (b"units: \x07\n", "is no YAML"),
    ],
)
def test_a_file_that_is_no_organisation(content: bytes, words: str) -> None:
    (fault,) = (each for each in faults(organisation=content) if each.file == "organisation.yml")
    assert words in fault.rule


def test_faults_of_both_files_come_together() -> None:
    found = faults(PEOPLE.replace("Lê Thị Hoà", ""), ORGANISATION.replace("head: [CB3]", "boss: [CB3]"))
    assert {fault.file for fault in found} == {"organisation.yml", "people.csv"}


def test_the_policy_says_which_kinds_of_staff_there_are() -> None:
    with pytest.raises(accounts.InputError, match="hop_dong"):
        read(rules=accounts.Rules(kinds=["cong_chuc", "vien_chuc"]))
