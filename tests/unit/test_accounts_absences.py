"""The list of absences: every fault at once, and what of it the directory keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from fix_database import Database
from organisations import DOMAIN, EMPTY, ORGANISATION, PEOPLE, after, organisation, person
from psycopg import errors

from congvu import accounts, store
from congvu.accounts import Absence, Organisation, Rules, plan, preview

HEADINGS = "Mã cán bộ,Họ và tên,Loại nghỉ,Từ ngày,Đến hết ngày,Buổi,Ghi chú\n"
SOUND = """CB1,Nguyễn Văn An,Nghỉ phép,01/12/2026,04/12/2026,,
CB1,,Công tác,05/12/2026,05/12/2026,Sáng,Hà Nội
CB1,,nghi_om,05/12/2026,05/12/2026,Buổi chiều,
CB2,Nguyễn Vân Ân,Thai sản,2026-09-01,2027-02-28,,
"""
DEMO = Path(__file__).resolve().parents[2] / "inventories" / "demo"
TODAY = Rules(today=date(2026, 11, 26), closures_percent=100)


def read(rows: str, headings: str = HEADINGS) -> Organisation:
    contents = [text.encode() for text in (ORGANISATION, PEOPLE, f"{headings}{rows}")]
    return accounts.read(contents, DOMAIN, files=("organisation.yml", "people.csv", "absences.csv"))


def faults(rows: str) -> list[tuple[int, str, str]]:
    """(row, column, rule) of each fault."""
    with pytest.raises(accounts.InputError) as told:
        read(rows)
    assert {each.file for each in told.value.faults} == {"absences.csv"}
    assert all(each.remedy for each in told.value.faults)
    return [(each.row, each.column, each.rule) for each in told.value.faults]


def away(staff_id: str, start: str, end: str, kind: str = "nghi_phep", part: str = "") -> Absence:
    return Absence(staff_id, kind, date.fromisoformat(start), date.fromisoformat(end), part)


def listing(*absences: Absence) -> Organisation:
    people = organisation(person("CB1"), person("CB2"))
    return replace(people, absences={each.key: each for each in absences})


def test_a_list_as_offices_keep_it() -> None:
    assert list(read(SOUND).absences.values()) == [
        away("CB1", "2026-12-01", "2026-12-04"),
        away("CB1", "2026-12-05", "2026-12-05", "cong_tac", "morning"),
        away("CB1", "2026-12-05", "2026-12-05", "nghi_om", "afternoon"),
        away("CB2", "2026-09-01", "2027-02-28", "thai_san"),
    ]


def test_every_fault_at_once() -> None:
    rows = """CB9,,Nghỉ phép,01/12/2026,04/12/2026,,
CB1,Trần Thị Ai,Nghỉ phép,01/12/2026,04/12/2026,,
CB1,,Đi chơi,31/02/2026,04/12/2026,,
CB1,,Nghỉ phép,04/12/2026,01/12/2026,,
CB1,,Nghỉ phép,04/12/2026,05/12/2026,Sáng,
CB1,,Nghỉ phép,04/12/2026,04/12/2062,,
CB1,,Nghỉ phép,04/12/2026,04/12/2026,Tối,
CB2,,Nghỉ phép,01/08/2014,04/08/2014,,
CB3,,Nghỉ phép,29/06/2026,01/07/2026,,
CB2,,Nghỉ phép,,04/08/2015,,
"""
    assert [(row, column) for row, column, _ in faults(rows)] == [
        (2, "staff_id"),
        (3, "full_name"),
        (4, "kind"),
        (4, "start"),
        (5, "end"),
        (6, "part"),
        (7, "end"),
        (8, "part"),
        (9, "start"),
        (10, "end"),
        (11, "start"),
    ]


@pytest.mark.parametrize(
    ("rows", "at_fault"),
    [
        ("CB1,,Nghỉ phép,1/12/2026,4/12/2026,,\nCB1,,Nghỉ ốm,4/12/2026,4/12/2026,,\n", [3]),
        ("CB1,,Nghỉ phép,1/12/2026,9/12/2026,,\nCB1,,Nghỉ ốm,2/12/2026,2/12/2026,,\n"
         "CB1,,Nghỉ ốm,8/12/2026,8/12/2026,Sáng,\n", [3, 4]),
        ("CB1,,Nghỉ ốm,1/12/2026,1/12/2026,Sáng,\nCB1,,Đi học,1/12/2026,1/12/2026,Sáng,\n", [3]),
        ("CB1,,Nghỉ ốm,1/12/2026,1/12/2026,Sáng,\nCB1,,Đi học,1/12/2026,1/12/2026,Chiều,\n", []),
        ("CB1,,Nghỉ ốm,1/12/2026,1/12/2026,Chiều,\nCB1,,Đi học,2/12/2026,2/12/2026,,\n", []),
        ("CB1,,Nghỉ ốm,1/12/2026,1/12/2026,,\nCB2,,Đi học,1/12/2026,2/12/2026,,\n", []),
    ],
)  # fmt: skip
def test_nobody_is_away_twice_at_one_time(rows: str, at_fault: list[int]) -> None:
    found = faults(rows) if at_fault else []
    assert [row for row, _, _ in found] == at_fault
    if not at_fault:
        assert read(rows).absences


def test_the_same_name_written_otherwise_is_the_same() -> None:
    assert read("CB3,LÊ THỊ HÒA,Nghỉ phép,29/06/2026,30/06/2026,,\n").absences


def test_the_demos_list_fits() -> None:
    files = [(DEMO / name).read_bytes() for name in ("organisation.yml", "people.csv", "absences.csv")]
    assert len(accounts.read(files, DOMAIN).absences) == 9


def test_a_preview_in_words() -> None:
    before = listing(away("CB1", "2026-12-01", "2026-12-04"), away("CB2", "2026-12-01", "2026-12-01"))
    current = after(plan(EMPTY, before, TODAY))
    wanted = listing(
        away("CB1", "2026-12-01", "2026-12-05", "cong_tac"),
        away("CB2", "2026-12-02", "2026-12-02", part="afternoon"),
    )
    made = plan(current, wanted, TODAY)
    assert [item.said for item in preview(made, current)] == [
        "Sửa vắng mặt: Nguyễn Văn An (CB1), từ “nghỉ phép, từ ngày 01/12/2026 đến hết ngày 04/12/2026”"
        " thành “đi công tác, từ ngày 01/12/2026 đến hết ngày 05/12/2026”",
        "Bỏ vắng mặt: Nguyễn Văn An (CB2), nghỉ phép, ngày 01/12/2026",
        "Ghi vắng mặt: Nguyễn Văn An (CB2), nghỉ phép, chiều ngày 02/12/2026",
    ]
    assert made.counts() == {"absence changed": 1, "absence closed": 1, "absence added": 1}
    assert "+absence CB2: nghi_phep, 2026-12-02 to 2026-12-02, afternoon\n" in made.text()


def test_a_new_list_leaves_what_was_over_before_it() -> None:
    over, lately, ahead = (
        away("CB1", "2026-03-01", "2026-03-04"),
        away("CB1", "2026-11-02", "2026-11-04"),
        away("CB1", "2026-12-02", "2026-12-04"),
    )
    current = after(plan(EMPTY, listing(over, lately, ahead), TODAY))

    def kept(*listed: Absence) -> set[Absence]:
        return set(plan(current, listing(*listed), TODAY).wanted.absences.values())

    assert kept() == {over, lately, ahead}  # no list was given
    other = away("CB2", "2026-12-20", "2026-12-21")
    assert kept(other) == {over, lately, other}  # what lies ahead is taken back, what is past is not
    other = away("CB2", "2026-11-03", "2026-11-03")
    assert kept(other) == {over, other}  # it speaks of these days itself


def test_it_is_stored_and_read_back(database: Database) -> None:
    lists = (
        listing(away("CB1", "2026-12-01", "2026-12-04"), away("CB2", "2026-12-01", "2026-12-01")),
        listing(away("CB1", "2026-12-01", "2026-12-02", "nghi_om"), away("CB1", "2026-12-03", "2026-12-04")),
    )
    for wanted in lists:
        with database.store() as db:
            made = plan(store.read_directory(db, DOMAIN), wanted, TODAY)
            store.converge(db, made, "test")
        with database.store() as db:
            assert store.read_directory(db, DOMAIN).organisation == made.wanted


def test_what_the_directory_refuses(database: Database) -> None:
    with database.store() as db:
        store.converge(db, plan(EMPTY, listing(away("CB1", "2026-12-01", "2026-12-04")), TODAY), "test")
    insert = "insert into absence (staff_id, kind, starts, ends, part) values ({})"
    for row, words in (
        ("'CB1', 'nghi_om', '2026-12-04', '2026-12-05', ''", "overlap"),
        ("'CB1', 'nghi_om', '2026-11-01', '2026-12-31', ''", "overlap"),
        ("'CB1', 'nghi_om', '2026-12-04', '2026-12-04', 'morning'", "overlap"),
        ("'CB1', 'nghi_om', '2026-12-06', '2026-12-05', ''", "absence_check"),
        ("'CB1', 'nghi_om', '2026-12-06', '2026-12-07', 'morning'", "absence_check"),
        ("'CB9', 'nghi_om', '2026-12-06', '2026-12-07', ''", "absence_staff_id_fkey"),
    ):
        with pytest.raises(errors.IntegrityError, match=words):
            database.change("congvu_admin", insert.format(row))
    halves = [f"'CB1', 'nghi_om', '2026-12-07', '2026-12-07', '{part}'" for part in ("morning", "afternoon")]
    for row in halves:
        database.change("congvu_admin", insert.format(row))
    with pytest.raises(errors.IntegrityError, match="without an audit record"):
        database.ask("congvu_admin", "delete from absence")
