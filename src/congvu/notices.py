"""What people are told of access to their mailbox, granted or odd: mails in Vietnamese. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from textwrap import fill

from congvu import clock
from congvu.letters import Letter, Sender, mail
from congvu.odd_use import OFFICE
from congvu.words import day, moment_in_letter


@dataclass(frozen=True, slots=True)
class Opened:
    """An access to the mailbox ``address``, of which its owner is to be told. ``step``: opened, or ended."""

    access: int
    step: str
    address: str
    full_name: str
    reader: str
    reader_position: str
    reader_unit: str
    approver: str
    approver_position: str
    approver_unit: str
    ticket: str
    reason: str
    opened_at: datetime
    ends_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Odd:
    """Something odd about logins of ``address``. ``kind``: as in :mod:`congvu.odd_use`, but for spraying."""

    finding: int
    kind: str
    address: str
    full_name: str
    seen_at: datetime
    networks: list[str]
    accounts: int


def message(notice: Opened | Odd, sender: Sender, now: datetime) -> EmailMessage:
    """The mail for the owner of the mailbox."""
    if isinstance(notice, Odd):
        subject = "Cảnh báo: đăng nhập bất thường vào hộp thư công vụ của ông/bà ngày"
        subject += f" {day(clock.day(notice.seen_at))}"
        about = f"{notice.address} odd {notice.finding}"
        return mail(
            Letter(notice.full_name, notice.address, subject, _odd(notice, sender), about), sender, now
        )
    return _access(notice, sender, now)


def _access(opened: Opened, sender: Sender, now: datetime) -> EmailMessage:
    about = f"{opened.address} {opened.access} {opened.step}"
    ticket = f"theo văn bản số {opened.ticket}"
    if opened.step == "opened":
        subject = f"Thông báo: hộp thư công vụ của ông/bà được mở cho người khác đọc {ticket}"
        body = _opened(opened, sender)
    else:
        subject = f"Thông báo: đã chấm dứt quyền đọc hộp thư công vụ của ông/bà {ticket}"
        body = _ended(opened)
    return mail(Letter(opened.full_name, opened.address, subject, body, about), sender, now)


def _opened(opened: Opened, sender: Sender) -> str:
    return f"""\
        Kính gửi: {opened.full_name}

        Hộp thư công vụ {opened.address} được mở cho người khác đọc, cụ thể như sau:

            Căn cứ: văn bản số {opened.ticket}
            Lý do: {opened.reason}
            Người được đọc: {_person(opened.reader, opened.reader_position, opened.reader_unit)}
            Người phê duyệt: {_person(opened.approver, opened.approver_position, opened.approver_unit)}
            Từ: {moment_in_letter(opened.opened_at)}
            Đến: {moment_in_letter(opened.ends_at)}

        Trong thời gian này, người được đọc chỉ xem được thư; không sửa, xóa hoặc đánh dấu được thư
        và không gửi được thư thay ông/bà. Mỗi lần mở hộp thư đều được ghi nhật ký. Quyền đọc tự chấm dứt
        khi hết thời hạn; khi đó ông/bà sẽ nhận được thông báo.

        Nếu có ý kiến, đề nghị phản ánh với người phê duyệt hoặc lãnh đạo {sender.organisation}.
        """


def _ended(opened: Opened) -> str:
    ended = moment_in_letter(opened.ended_at or opened.ends_at)
    return f"""\
        Kính gửi: {opened.full_name}

        Quyền đọc hộp thư công vụ {opened.address} của {opened.reader} theo văn bản số {opened.ticket}
        đã chấm dứt lúc {ended}. Từ thời điểm đó, người này không còn
        mở được hộp thư của ông/bà.
        """


def _odd(odd: Odd, sender: Sender) -> str:
    networks = ", ".join("mạng cơ quan" if each == OFFICE else each for each in odd.networks)
    return f"""\
        Kính gửi: {odd.full_name}

        Hệ thống ghi nhận đăng nhập bất thường vào hộp thư công vụ {odd.address}:

            {_wrapped(_what(odd))}
            {_wrapped(f"Mạng truy cập: {networks}")}

        Nếu đó là ông/bà (ví dụ đang đi công tác, dùng điện thoại hoặc mạng riêng ảo), không cần làm gì.

        Nếu không phải, đề nghị đổi mật khẩu ngay tại trang:

            {sender.page}

        và báo cho quản trị viên thư điện tử của {sender.organisation}.

        Hộp thư không bị khóa. Vì lý do an toàn, hãy tự gõ địa chỉ trên vào trình duyệt. Cơ quan không
        bao giờ hỏi mật khẩu qua thư hoặc điện thoại.
        """


def _what(odd: Odd) -> str:
    at = moment_in_letter(odd.seen_at)
    if odd.kind == "networks":
        return f"Đến {at}, trong thời gian ngắn có đăng nhập từ {len(odd.networks)} mạng khác nhau."
    if odd.kind == "abroad":
        return f"Lúc {at}, có đăng nhập lần đầu từ một mạng ngoài các mạng trong nước."
    return f"Lúc {at}, có đăng nhập từ một mạng có người đang dò mật khẩu của nhiều hộp thư."


def _wrapped(text: str) -> str:
    """In lines of the mail's width, as they stand in its template."""
    return fill(text, 88, subsequent_indent=" " * 12, break_on_hyphens=False)


def _person(name: str, position: str, unit: str) -> str:
    return ", ".join(filter(None, (name, position, unit)))
