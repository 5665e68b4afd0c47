"""Who looks into which mailbox how often: by what the directory keeps of it, borne out by what happened."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache
from typing import Any

import pytest
from answers import period_began
from conftest import Observe
from hostfacts import HostFacts, NotAnswered
from mailchecks import (
    LEAST,
    SETTINGS,
    Found,
    Unknown,
    box_days,
    groups,
    longest_runs,
    question,
    unvisited,
    windows,
)

from congvu import clock

REASONS = {
    "joining": "ngày đầu làm việc tại cơ quan hoặc chưa có hộp thư",
    "leaving": "ngày cuối làm việc tại cơ quan",
    "no_access": "chưa được cấp hoặc bị thu hồi mật khẩu",
    "leave": "nghỉ theo chế độ",
    "mission": "đi công tác, đi học, biệt phái",
    "shift": "làm việc ở ca khác",
    "outage": "hệ thống gián đoạn",
    "no_records": "thiếu nhật ký",
}
COUNTED = {
    "webmail_login": "đăng nhập webmail",
    "client_login": "đăng nhập bằng phần mềm thư",
    "message_read": "đọc thư",
}


@cache
def look(facts: HostFacts) -> Found:
    """The answer of the directory for the period that runs. NotAnswered where there is no calendar."""
    directory = facts.directory
    first = min(period_began(directory.today, facts.value("report.cutoff")), directory.today - LEAST)
    facts.value("check.counts")
    try:
        asked = windows(facts.policy, first, directory.today)
    except Unknown as missing:
        raise NotAnswered(f"the policy of this host has no {missing}") from missing
    ask = ("psql -qXAt -h /run/postgresql -U congvu_owner -d congvu -v ON_ERROR_STOP=1 -f -",
           SETTINGS + question(facts.policy, first, asked))  # fmt: skip
    status, answer, errors = facts.ask({"checks": ask})["checks"]
    if status != 0:
        raise NotAnswered(f"checks of mail: {errors.strip()[-500:]}")
    return Found.read(json.loads(answer), asked, directory.now)


def shown(day: date | str) -> str:
    return f"{date.fromisoformat(str(day)):%d/%m/%Y}"


def hours(minutes: int) -> str:
    return f"{minutes / 60:.1f}".replace(".", ",").removesuffix(",0")


def moment(written: str) -> str:
    return clock.local(datetime.fromisoformat(written)).strftime("%H:%M ngày %d/%m/%Y")


def told_outage(outage: dict[str, Any]) -> str:
    place = f", đơn vị {outage['unit']}" if outage["unit"] else ""
    why = "thiếu nhật ký" if outage["source"] == "gap" else outage["reason"]
    return f"Gián đoạn từ {moment(outage['starts'])} đến {moment(outage['ends'])}{place}: {why}"


def tell_days(observe: Observe, found: Found) -> None:
    """Which days it is about."""
    if found.days:
        observe.fact(
            f"{len(found.days)} ngày làm việc, từ {shown(found.days[0])} đến {shown(found.days[-1])}."
        )
    for year in found.estimated():
        observe.fact(f"Lịch làm việc năm {year} là lịch dự kiến.")


@pytest.mark.control("twice-daily-check")
def test_twice_daily_check(observe: Observe, facts: HostFacts) -> None:
    found = look(facts)
    tell_days(observe, found)
    for day in found.missing:
        observe.check(f"ngày {shown(day)}", False, "chưa có số liệu, tính là không đạt")
    for name, wrong in (
        ("unseen", "lần ghi là đã kiểm tra nhưng không có dấu vết nào"),
        ("groundless", "lần ghi là được miễn nhưng không có căn cứ"),
    ):
        for day, count in found.plain[name].items():
            observe.check(f"ngày {shown(day)}", False, f"{count} {wrong}, tính là không đạt")
    observe.checked = observe.denominator = found.due
    observe.numerator = found.kept
    tell_definition(observe, facts)
    smallest = facts.value("privacy.min_group_size")
    for unit, kept, due in groups(found.plain["units"], smallest):
        observe.fact(f"{unit}: {kept}/{due} ngày đủ số lần.")
    observe.fact(f"Không thống kê riêng đơn vị dưới {smallest} người.")
    for why, count in found.plain["reasons"].items():
        observe.fact(f"Không tính {count} buổi: {REASONS[why]}.")
    for outage in found.plain["outages"]:
        observe.fact(f"{told_outage(outage)}.")
    for outage in found.plain["withdrawn"]:
        observe.fact(f"{told_outage(outage)}; đã rút lại lúc {moment(outage['withdrawn_at'])}, không tính.")
    observe.fact(f"{found.plain['corrections']} lần đính chính sau khi chốt ngày.")


def tell_definition(observe: Observe, facts: HostFacts) -> None:
    """What counts, and when: the regulation leaves both open."""
    words = ", ".join(COUNTED[word] for word in facts.value("check.counts"))
    since = max((each for each in facts.policy.working_hours if each.since <= facts.directory.today),
                key=lambda each: each.since)  # fmt: skip
    observe.fact(
        f"Được tính: {words}; từ {facts.value('check.before_minutes')} phút trước đến "
        f"{facts.value('check.window_minutes')} phút sau khi bắt đầu buổi làm việc "
        f"(giờ làm việc từ ngày {shown(since.since)}: {since.morning}, {since.afternoon})."
    )


@pytest.mark.control("official-mailbox-watch")
def test_official_mailbox_watch(observe: Observe, facts: HostFacts) -> None:
    found, most = look(facts), 60 * facts.value("boxes.max_gap_hours")
    tell_days(observe, found)
    empty, gaps = unvisited(found), []
    observe.numerator = observe.denominator = 0
    for box, day, row in box_days(found, "office"):
        observe.denominator += 1
        subject = f"{box}, ngày {shown(day)}"
        if row is None:
            observe.check(subject, False, "chưa có số liệu, tính là không đạt")
            continue
        gaps.append(row["longest"])
        invented = (box, day) in empty and row["longest"] <= most and not down(found, day)
        observe.numerator += row["longest"] <= most and not invented
        observe.check(subject, not invented, "ghi là có mở xem nhưng không có dấu vết nào")
        told = f"{hours(row['longest'])} giờ làm việc không có người phụ trách mở xem"
        observe.check(subject, row["longest"] <= most, told)
    observe.checked = observe.denominator
    wide = sum(gap > most for gap in gaps)
    observe.fact(
        f"{wide} ngày có khoảng trống quá {hours(most)} giờ; dài nhất {hours(max(gaps, default=0))} giờ."
    )


def down(found: Found, day: date) -> bool:
    """Whether mail could not be used for a while on a day."""
    return any(
        clock.day(datetime.fromisoformat(each["starts"])) <= day
        <= clock.day(datetime.fromisoformat(each["ends"]))
        for each in found.plain["outages"]
    )  # fmt: skip


@pytest.mark.control("unit-mailbox-visits")
def test_unit_mailbox_visits(observe: Observe, facts: HostFacts) -> None:
    found, most = look(facts), facts.value("boxes.head_max_days")
    tell_days(observe, found)
    runs = longest_runs(found)
    for box, run in runs.items():
        observe.check(box, run <= most, f"{run} ngày làm việc liền người đứng đầu không mở xem")
    days = dict.fromkeys(runs, 0)
    for box, _, row in box_days(found, "unit"):
        days[box] += bool(row and row["head"])
    for box, count in days.items():
        observe.fact(f"{box}: người đứng đầu mở xem {count} ngày.")
