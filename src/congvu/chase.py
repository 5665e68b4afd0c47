"""Quarterly statements that nobody has made: when whoever may sign is reminded, and by which mail. Pure.

Signing opens with the quarter, when nobody can say yet how it goes: nobody is asked then. The reminders are
gathered about its end, since the report is made on the morning after.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from textwrap import fill

from congvu import clock
from congvu.duties import Duties
from congvu.letters import Letter, Sender, mail
from congvu.policy import Provision
from congvu.report import words
from congvu.report.period import Period

BEFORE = (14, 7, 3, 1)  # days before a quarter's last day
AFTER = 0
PAGE = "/trang-cua-toi/xac-nhan-quy"
_WIDTH = 92
_NEVER = "Cơ quan không bao giờ hỏi mật khẩu qua thư hoặc điện thoại."


@dataclass(frozen=True, slots=True)
class Moment:
    """What is due about a quarter. ``step``: so many days before its end, or AFTER.

    ``until``: the last day of signing, for the report or, AFTER, at all; ``days_left``: to it.
    """

    period: Period
    step: int
    until: date
    days_left: int


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody has not said yet for one unit, in the words of the regulation's party (``role``)."""

    unit_name: str
    role: str
    rows: tuple[Provision, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """What somebody is to be told at a moment, under a version of the policy."""

    address: str
    full_name: str
    version: str
    moment: Moment
    parts: tuple[Part, ...]


def moments(duties: Duties, now: datetime, since: datetime) -> Iterator[Moment]:
    """What is due now for each quarter that is signed for: of the steps that have come, the latest alone."""
    today = clock.day(now)
    running, *before = duties.periods(now, since)
    left = (running.last - today).days
    if steps := [days for days in BEFORE if left <= days]:
        yield Moment(running, min(steps), running.last, left)
    for each in before:  # the page takes it until the next one ends
        yield Moment(each, AFTER, running.last, left)


def message(missing: Missing, sender: Sender, now: datetime) -> EmailMessage:
    """The mail for one person. The same reminder has the same Message-ID, should it ever be sent twice."""
    moment = missing.moment
    quarter = words.quarter(moment.period)
    count = sum(len(part.rows) for part in missing.parts)
    subject, opening = (_after if moment.step == AFTER else _before)(moment, quarter, count)
    paragraphs = [
        f"Kính gửi: {missing.full_name}",
        _filled(opening),
        "Đề nghị ông/bà đăng nhập Trang của tôi và ký tại mục Xác nhận hằng quý:",
        f"    {sender.page}",
        *(_part(part) for part in missing.parts),
        _filled("Nội dung nào chưa thực hiện đầy đủ thì chọn “Chưa thực hiện đầy đủ” và nêu lý do."),
        _filled(f"Vì lý do an toàn, hãy tự gõ địa chỉ trên vào trình duyệt. {_NEVER}"),
    ]
    body = "\n\n".join(paragraphs)
    about = f"statements {missing.address} {moment.period.quarter} {missing.version} {moment.step}"
    return mail(Letter(missing.full_name, missing.address, subject, body, about), sender, now)


def _before(moment: Moment, quarter: str, count: int) -> tuple[str, str]:
    left = f"còn {moment.days_left} ngày" if moment.days_left else "hôm nay là ngày cuối"
    last = f"hết ngày {words.day(moment.until)} ({left})"
    return (
        f"Nhắc ký xác nhận {quarter} trước khi {last}",
        f"Còn {count} nội dung dưới đây chưa được ký xác nhận cho {quarter} ({_span(moment.period)}). "
        f"Xác nhận ký đến {last} được đưa vào báo cáo quý; sau thời hạn đó, nội dung chưa ký được "
        "ghi trong báo cáo là chưa có xác nhận.",
    )


def _after(moment: Moment, quarter: str, count: int) -> tuple[str, str]:
    last = f"hết ngày {words.day(moment.until)}"
    return (
        f"Đề nghị ký bổ sung xác nhận {quarter}: còn thiếu {count} nội dung",
        f"{words.sentence(quarter)} ({_span(moment.period)}) đã kết thúc nhưng còn {count} nội dung "
        "dưới đây chưa được ký xác nhận và được ghi trong báo cáo quý là chưa có xác nhận. Có thể ký "
        f"bổ sung đến {last}; xác nhận ký bổ sung được tính trong các báo cáo lập sau khi ký.",
    )


def _span(period: Period) -> str:
    return f"từ ngày {words.day(period.first)} đến ngày {words.day(period.last)}"


def _part(part: Part) -> str:
    """The unit and the role as the page names them, and below them its sentences."""
    sentences = (f"{(row.statement or row.duty).vi} ({row.article})" for row in part.rows)
    heading = _filled(f"{part.unit_name} (với vai trò {part.role}):")
    return "\n".join([heading, *(_filled(f"- {each}", "  ") for each in sentences)])


def _filled(text: str, indent: str = "") -> str:
    return fill(text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
