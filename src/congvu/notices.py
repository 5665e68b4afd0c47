"""What owners are told of access to their mailbox: a mail at its beginning and one at its end. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from congvu import clock
from congvu.letters import Letter, Sender, mail


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


def message(opened: Opened, sender: Sender, now: datetime) -> EmailMessage:
    """The mail for the owner."""
    about = f"{opened.address} {opened.access} {opened.step}"
    if opened.step == "opened":
        subject = f"Thông báo: hộp thư công vụ của ông/bà được mở cho người khác đọc theo số {opened.ticket}"
        body = _opened(opened, sender)
    else:
        subject = f"Thông báo: đã chấm dứt quyền đọc hộp thư công vụ của ông/bà theo số {opened.ticket}"
        body = _ended(opened)
    return mail(Letter(opened.full_name, opened.address, subject, body, about), sender, now)


def _opened(opened: Opened, sender: Sender) -> str:
    return f"""\
        Kính gửi: {opened.full_name}

        Hộp thư công vụ {opened.address} được mở cho người khác đọc, cụ thể như sau:

            Căn cứ: số {opened.ticket}
            Lý do: {opened.reason}
            Người được đọc: {_person(opened.reader, opened.reader_position, opened.reader_unit)}
            Người phê duyệt: {_person(opened.approver, opened.approver_position, opened.approver_unit)}
            Từ: {_moment(opened.opened_at)}
            Đến: {_moment(opened.ends_at)}

        Trong thời gian này, người được đọc chỉ xem được thư; không sửa, xóa hoặc đánh dấu được thư
        và không gửi được thư thay ông/bà. Mỗi lần mở hộp thư đều được ghi nhật ký. Quyền đọc tự chấm dứt
        khi hết thời hạn; khi đó ông/bà sẽ nhận được thông báo.

        Nếu có ý kiến, đề nghị phản ánh với người phê duyệt hoặc lãnh đạo {sender.organisation}.
        """


def _ended(opened: Opened) -> str:
    return f"""\
        Kính gửi: {opened.full_name}

        Quyền đọc hộp thư công vụ {opened.address} của {opened.reader} theo số {opened.ticket} đã chấm dứt
        lúc {_moment(opened.ended_at or opened.ends_at)}. Từ thời điểm đó, chỉ ông/bà mở được hộp thư này.
        """


def _person(name: str, position: str, unit: str) -> str:
    return ", ".join(filter(None, (name, position, unit)))


def _moment(at: datetime) -> str:
    return f"{clock.local(at):%H giờ %M ngày %d/%m/%Y}"
