"""Who reads another person's mailbox: by which paper, until when, and whether its owner knows."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from answers import Answers, holds, period_began
from conftest import Observe
from hostfacts import HostFacts

from congvu import clock

GRACE = timedelta(minutes=2)  # rights are taken out of the store by a timer of each minute
HOUR = timedelta(hours=1)
PROMPT = HOUR  # within which an owner is told
Access = dict[str, Any]


def read_by_others(facts: HostFacts) -> set[str]:
    """The mailboxes that somebody else may read now, or could until just now."""
    now = facts.directory.now
    return {
        each["address"]
        for each in facts.directory.accesses
        if (over := _over(each)) > now - GRACE and _at(each["opened_at"]) < over
    }


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _over(access: Access) -> datetime:
    """When it was, or will be, over."""
    return min(_at(access["ends_at"]), _at(access["ended_at"] or access["ends_at"]))


@pytest.mark.control("break-glass")
def test_break_glass(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    directory = facts.directory
    first = period_began(directory.today, facts.value("report.cutoff"))
    began = datetime.combine(first, time(), clock.TIMEZONE)
    accesses = [each for each in directory.accesses if _over(each) >= began]
    most = timedelta(hours=facts.value("break_glass.max_hours"))
    for each in accesses:
        subject = f"văn bản số {each['ticket']}, hộp thư của mã cán bộ {each['owner']}"
        three = len({each["owner"], each["reader"], each["approver"]}) == 3
        observe.check(f"{subject}, phê duyệt", three, "người phê duyệt không phải người thứ ba")
        observe.check(
            f"{subject}, căn cứ", bool(each["ticket"].strip() and each["reason"].strip()), "để trống"
        )
        length = _at(each["ends_at"]) - _at(each["opened_at"])
        told = f"{length / HOUR:.1f} giờ (chính sách: tối đa {most / HOUR:.0f} giờ)".replace(".", ",")
        observe.check(f"{subject}, thời hạn", length <= most, told)
        written = "break_glass.open" in (each["records"] or [])
        observe.check(f"{subject}, bản ghi khi mở", written, "không có")
        opened, sent = _at(each["opened_at"]), each["notices"] or {}
        _check_told(observe, f"{subject}, thông báo khi mở", sent.get("opened"), (opened, directory.now))
        if _over(each) < directory.now - GRACE:
            _check_end(observe, subject, each, directory.now)
    current = read_by_others(facts)
    given = [path for path, right in answers.rights if ":reader " in right]
    left = [path for path in given if not any(holds(path, box) for box in current)]
    observe.check_each(given, left, "còn quyền đọc đã hết hạn")
    observe.fact(f"{len(accesses)} lần mở trong kỳ, {len(current)} hộp thư đang mở.")


def _check_end(observe: Observe, subject: str, access: Access, now: datetime) -> None:
    ended = access["ended_at"] and _at(access["ended_at"]) <= _at(access["ends_at"])
    observe.check(f"{subject}, chấm dứt", bool(ended), "không được ghi nhận là đã chấm dứt")
    written = "break_glass.end" in (access["records"] or [])
    observe.check(f"{subject}, bản ghi khi chấm dứt", written, "không có")
    told = (access["notices"] or {}).get("ended")
    _check_told(observe, f"{subject}, thông báo khi chấm dứt", told, (_over(access), now))


def _check_told(observe: Observe, subject: str, sent: str | None, over: tuple[datetime, datetime]) -> None:
    """The owner was told within the hour; before that hour is over it is too early to say."""
    since, now = over
    if sent or now > since + PROMPT:
        observe.check(subject, bool(sent) and _at(sent) <= since + PROMPT, "không gửi trong một giờ")
