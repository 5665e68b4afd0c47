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


def day(value: date) -> str:
    """Return ``05/01/2027``."""
    return f"{value:%d/%m/%Y}"


def moment(value: datetime) -> str:
    """Return ``14:05 ngày 05/01/2027`` in Viet Nam for an aware instant."""
    return f"{clock.local(value):%H:%M ngày %d/%m/%Y}"


def moment_in_letter(value: datetime) -> str:
    """Return ``14 giờ 05 ngày 05/01/2027``, as a letter says it."""
    return f"{clock.local(value):%H giờ %M ngày %d/%m/%Y}"
