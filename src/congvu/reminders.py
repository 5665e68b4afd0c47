"""What people are told when their password is due: a mail in Vietnamese. Pure.

It names the address of the password page as people know it, and holds no link that would open anything.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from textwrap import dedent

_LOCAL_PART = "no-reply"


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


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name: the organisation, its domain, and where its password page is."""

    organisation: str
    domain: str
    page: str


def message(reminder: Reminder, sender: Sender, now: datetime) -> EmailMessage:
    """The mail for one person. The same reminder has the same Message-ID, should it ever be sent twice."""
    last = f"{reminder.expires_on:%d/%m/%Y}"
    left = f"còn {reminder.days_left} ngày" if reminder.days_left else "hôm nay là ngày cuối"
    about = f"{reminder.address} {reminder.password_set_at.isoformat()} {reminder.step}"
    mail = EmailMessage()
    mail["From"] = Address(sender.organisation, _LOCAL_PART, sender.domain)
    mail["To"] = Address(reminder.full_name, addr_spec=reminder.address)
    mail["Subject"] = f"Nhắc đổi mật khẩu thư công vụ: dùng được đến hết ngày {last} ({left})"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{hashlib.sha256(about.encode()).hexdigest()[:32]}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    body = f"""\
        Kính gửi: {reminder.full_name}

        Mật khẩu hộp thư công vụ {reminder.address} đã đến hạn đổi từ ngày {reminder.due_on:%d/%m/%Y}
        và chỉ còn dùng được đến hết ngày {last} ({left}). Sau ngày đó, không thể đọc
        và gửi thư cho đến khi đổi mật khẩu.

        Đề nghị đổi mật khẩu tại trang:

            {sender.page}

        Vì lý do an toàn, hãy tự gõ địa chỉ trên vào trình duyệt. Cơ quan không bao giờ hỏi mật khẩu
        qua thư hoặc điện thoại.

        Đây là thư tự động, đề nghị không trả lời thư này.

        {sender.organisation}
        """
    mail.set_content(dedent(body), cte="quoted-printable")
    mail["Content-Language"] = "vi"  # after the content, which brings its own headers along
    return mail
