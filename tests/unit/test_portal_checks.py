"""What the people's page tells of checks of mail: one's own; to a head who of the unit is below the mark."""

from __future__ import annotations

import pytest
from fix_database import Database
from fix_portal import Visitor, text

PATH = "/kiem-tra-thu"


@pytest.fixture
def checked(roles: Database) -> Database:
    """Ten days: linhnhp of annv's unit missed two, annv the oldest; on the last morning linhnhp was away."""
    roles.change(
        "congvu_owner",
        "insert into check_day (day, estimated, off, morning_from, counts, policy_sha256) "
        "select congvu_today() - n, false, '', congvu_now(), '{}', '' from generate_series(1, 10) n; "
        "insert into mail_check (day, staff_id, unit, morning, morning_why, afternoon, afternoon_why, "
        "correction) "
        "select congvu_today() - n, who, p.unit, case when who <> 'linhnhp' or n > 1 then true end, "
        "       case when who = 'linhnhp' and n = 1 then 'leave' else '' end, "
        "       not (who = 'linhnhp' and n in (2, 3) or who = 'annv' and n = 10), "
        "       '', false from generate_series(1, 10) n, unnest(array['annv', 'linhnhp']) who "
        "join person p on p.staff_id = who",
    )
    return roles


def test_a_head_sees_who_of_the_unit_is_below_the_mark(head: Visitor, checked: Database) -> None:
    assert checked
    told = text(head.get(PATH).text)
    assert "chưa đạt mức 90%" in told
    assert "(linhnhp)" in told
    assert "8/10" in told
    assert "(annv)" not in told


def test_everybody_sees_their_own_and_nobodys_else(clerk: Visitor, checked: Database) -> None:
    told = text(clerk.get(PATH).text)
    assert "chưa đạt mức" not in told
    assert "(annv)" not in told
    yesterday = checked.ask("congvu_owner", "select to_char(congvu_today() - 1, 'DD/MM/YYYY')")[0][0]
    assert f"{yesterday} Không tính: nghỉ Đã kiểm tra" in told
    assert told.count("Chưa kiểm tra") == 2


def test_who_keeps_the_mark_is_on_no_list(head: Visitor, checked: Database) -> None:
    checked.change("congvu_owner", "delete from mail_check where not afternoon and staff_id = 'linhnhp'")
    assert "chưa đạt mức" not in text(head.get(PATH).text)


def test_the_page_says_what_counts_and_how_long_it_is_kept(clerk: Visitor) -> None:
    told = text(clerk.get(PATH).text)
    assert "đăng nhập webmail, đăng nhập bằng phần mềm thư, đọc thư" in told
    assert "từ 30 phút trước đến 60 phút sau" in told
    assert "lưu 12 tháng" in told
    assert "Chưa có ngày nào được ghi" in told
    assert "Kiểm tra hộp thư" in text(clerk.get("/du-lieu").text)
