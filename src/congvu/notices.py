"""What people are told of access to their mailbox, granted or odd, and the report: in Vietnamese. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
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


@dataclass(frozen=True, slots=True)
class Issued:
    """The report of a ``quarter`` ("2026-Q4", these days), and one of those who are to have it.

    ``form``: pdf or docx; ``name``: of the unit, where the address is a unit's.
    """

    quarter: str
    first: date
    last: date
    made_at: datetime
    form: str
    content: bytes
    address: str
    name: str


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


def report_letter(issued: Issued, sender: Sender, now: datetime) -> EmailMessage:
    """The mail that brings the report to the Office or to the Director."""
    quarter = f"quý {('I', 'II', 'III', 'IV')[int(issued.quarter[-1]) - 1]} năm {issued.quarter[:4]}"
    span = f"từ ngày {day(issued.first)} đến ngày {day(issued.last)}"
    body = f"""\
        Kính gửi: {issued.name or "Lãnh đạo cơ quan"}

        Hệ thống đã lập báo cáo kết quả thực hiện quy định về thư điện tử công vụ {quarter}
        (số liệu {span}) tại tệp kèm theo.

        Số, ngày, tháng và chữ ký để trống. Đề nghị {issued.name or "bộ phận văn phòng"} rà soát,
        trình ký, đề nghị văn thư cấp số, gửi báo cáo, rồi ghi số, ngày của văn bản tại Trang của tôi.

        Số liệu trong báo cáo không nêu tên người sử dụng. Bằng chứng của từng số liệu được lưu tại
        hệ thống và cung cấp khi có yêu cầu kiểm tra.
        """
    subject = f"Báo cáo kết quả thực hiện quy định về thư điện tử công vụ {quarter}"
    about = f"report {issued.quarter} {issued.address}"
    made = mail(Letter(issued.name, issued.address, subject, body, about), sender, now)
    kind = "pdf" if issued.form == "pdf" else "vnd.openxmlformats-officedocument.wordprocessingml.document"
    name = f"bao-cao-quy-{issued.quarter[-1]}-{issued.quarter[:4]}.{issued.form}"
    made.add_attachment(issued.content, "application", kind, filename=name)
    return made


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
        return f"Lúc {at}, có đăng nhập lần đầu từ một mạng ngoài danh sách mạng trong nước."
    if odd.kind == "guess":
        return (
            f"Đến {at}, trong thời gian ngắn có {odd.accounts} lần nhập sai mật khẩu của hộp thư này. "
            "Nếu một thiết bị của ông/bà còn lưu mật khẩu cũ, đề nghị nhập mật khẩu mới trên thiết bị đó."
        )
    return f"Lúc {at}, có đăng nhập từ một mạng có người đang dò mật khẩu của nhiều hộp thư."


def _wrapped(text: str) -> str:
    """In lines of the mail's width, as they stand in its template."""
    return fill(text, 88, subsequent_indent=" " * 12, break_on_hyphens=False)


def _person(name: str, position: str, unit: str) -> str:
    return ", ".join(filter(None, (name, position, unit)))
