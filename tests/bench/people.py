"""Organisations of any size, the same ones every time, with as many namesakes as Viet Nam has."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

# Family names by how common they are: four in ten are called Nguyễn.
FAMILIES = {
    **{"Nguyễn": 38, "Trần": 11, "Lê": 10, "Phạm": 7, "Huỳnh": 5, "Phan": 5, "Võ": 5, "Trương": 2, "Đặng": 2},
    **dict.fromkeys(["Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Đinh", "Mai", "Tô", "Rơ Châm"], 1),
}
_MIDDLES = """
Văn Thị Hữu Đức Minh Ngọc Thanh Quốc Xuân Hoàng Kim Thu Bích Đình Công Như Hồng Mỹ Gia Khánh
"""
_GIVEN = """
An Ân Anh Ánh Bảo Bình Châu Chi Cường Dung Dũng Duyên Đạt Đông Đức Giang Hà Hạnh Hải Hằng Hiền Hiếu Hoà Hoa
Hùng Huệ Hương Khánh Khoa Lan Liên Linh Loan Long Lộc Mai Minh Mỹ Nam Nga Ngân Nghĩa Ngọc Nhung Oanh Phong
Phúc Phương Quang Quân Quỳnh Sơn Tâm Thảo Thắng Thịnh Thu Thuỷ Thương Tiến Toàn Trang Trung Tú Tuấn Tùng Uyên
Vân Việt Vinh Yến
"""
MIDDLES, GIVEN = _MIDDLES.split(), _GIVEN.split()
KINDS = ("cong_chuc", "vien_chuc", "hop_dong")
HEADINGS = "staff_id,full_name,kind,unit,position,start,end,address"


def organisation(people: int, unit: int = 100) -> str:
    """The organisation file: a unit for each hundred people, or for so many, with its head and its clerk."""
    count = _units(people, unit)
    lines = ["units:"]
    lines += [f"  - {{code: u{n}, name: Phòng số {n}, box: phong{n}}}" for n in range(count)]
    lines += ["boxes:"]
    for number in range(count):
        head, clerk = (f"CB{number + step * count:06}" for step in (0, 1))
        lines.append(f"  - {{address: phong{number}, roles: {{head: [{head}], clerk: [{clerk}]}}}}")
    return "\n".join(lines) + "\n"


def people(count: int, unit: int = 100, seed: int = 2026) -> Iterator[str]:
    """The lines of the people file."""
    chance = random.Random(seed)  # noqa: S311  (the same people every time)
    yield HEADINGS
    for number in range(count):
        family = chance.choices(list(FAMILIES), list(FAMILIES.values()))[0]
        middles = chance.sample(MIDDLES, chance.choice((1, 1, 1, 2)))
        name = " ".join([family, *middles, chance.choice(GIVEN)])
        start = date(1990, 1, 1) + timedelta(days=chance.randrange(13_000))
        code = f"u{number % _units(count, unit)}"
        yield f"CB{number:06},{name},{chance.choice(KINDS)},{code},Chuyên viên,{start},,"


def _units(people: int, unit: int) -> int:
    return max(1, people // unit)
