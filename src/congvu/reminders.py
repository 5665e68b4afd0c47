"""What people are told when their password is due: a mail in Vietnamese. Pure.

It names the address of the password page as people know it, and holds no link that would open anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage

from congvu.letters import Letter, Sender, mail
from congvu.words import day


@dataclass(frozen=True, slots=True)
class Reminder:
    """A password that is due. ``step``: so many days before its end, 0 when it became due."""

    address: str
    full_name: str
    password_set_at: datetime
    due_on: date
    expires_on: date
    days_left: int
    step: int


def message(reminder: Reminder, sender: Sender, now: datetime) -> EmailMessage:
    """The mail for one person. The same reminder has the same Message-ID, should it ever be sent twice."""
    last = day(reminder.expires_on)
    left = f"còn {reminder.days_left} ngày" if reminder.days_left else "hôm nay là ngày cuối"
    about = f"{reminder.address} {reminder.password_set_at.isoformat()} {reminder.step}"
    body = f"""\
        Kính gửi: {reminder.full_name}

        Mật khẩu hộp thư công vụ {reminder.address} đã đến hạn đổi từ ngày {day(reminder.due_on)}
        và chỉ còn dùng được đến hết ngày {last} ({left}). Sau ngày đó, không thể đọc
        và gửi thư cho đến khi đổi mật khẩu.

        Đề nghị đổi mật khẩu tại trang:

            {sender.page}

        Vì lý do an toàn, hãy tự gõ địa chỉ trên vào trình duyệt. Cơ quan không bao giờ hỏi mật khẩu
        qua thư hoặc điện thoại.
        """
    subject = f"Nhắc đổi mật khẩu thư công vụ: dùng được đến hết ngày {last} ({left})"
    return mail(Letter(reminder.full_name, reminder.address, subject, body, about), sender, now)
