"""What people here call things: days, moments, roles in mailboxes."""

from __future__ import annotations

from datetime import date, datetime

from congvu import clock

ROLES = {
    "head": "người đứng đầu",
    "clerk": "văn thư",
    "deputy": "cấp phó hoặc người làm thay",
    "member": "thành viên",
}

# The words among which a value of the policy is chosen; the version of a protocol is called by its own name.
CHOICE = {
    "digit": "chữ số",
    "upper": "chữ hoa",
    "lower": "chữ thường",
    "special": "ký tự đặc biệt",
    "read": "đọc",
    "work": "đọc và xử lý",
    "given_initials": "tên, kèm chữ cái đầu của họ và tên đệm",
    "initials_given": "chữ cái đầu của họ và tên đệm, kèm tên",
    "full_joined": "họ và tên viết liền",
    "cong_chuc": "công chức",
    "vien_chuc": "viên chức",
    "hop_dong": "hợp đồng",
    "tap_su": "tập sự",
    "webmail_login": "đăng nhập webmail",
    "client_login": "đăng nhập bằng phần mềm thư",
    "message_read": "đọc thư",
    "quarter": "hằng quý",
    "nd09": "chốt số liệu ngày 14 của tháng cuối kỳ báo cáo",
    "calendar": "quý theo năm dương lịch",
}


def day(value: date) -> str:
    """Return ``05/01/2027``."""
    return f"{value:%d/%m/%Y}"


def moment(value: datetime) -> str:
    """Return ``14:05 ngày 05/01/2027`` in Viet Nam for an aware instant."""
    return f"{clock.local(value):%H:%M ngày %d/%m/%Y}"


def moment_in_letter(value: datetime) -> str:
    """Return ``14 giờ 05 ngày 05/01/2027``, as a letter says it."""
    return f"{clock.local(value):%H giờ %M ngày %d/%m/%Y}"
