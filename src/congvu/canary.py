"""The message that the system sends to itself, and how it is known again. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

SUBJECT = "Thư kiểm tra hệ thống"
_TOKEN = re.compile(r"\b[0-9a-f]{32}\b")
_NAMED_IN = ("Message-ID", "In-Reply-To", "References", "Subject")
_TEXT = """\
Thư này do hệ thống thư công vụ tự gửi để kiểm tra đường truyền thư, không cần trả lời.
Hộp thư phản hồi tự động trả lại một thư có cùng tiêu đề là đủ.
"""


def message(token: str, sender: str, recipient: str, at: datetime) -> EmailMessage:
    """A message with its token, which whoever answers it automatically gives back."""
    mail = EmailMessage()
    mail["From"] = Address(addr_spec=sender)
    mail["To"] = Address(addr_spec=recipient)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{token}@{sender.rpartition('@')[2]}>"
    # the token first, so that it stands in one piece in a line that answers may cut short
    mail["Subject"] = f"{token} {SUBJECT}"
    mail["Content-Language"] = "vi"
    mail.set_content(_TEXT, charset="utf-8", cte="quoted-printable")
    return mail


def tokens(headers: Iterable[tuple[str, str]]) -> set[str]:
    """The tokens that a message names in its headers."""
    named = {name.lower() for name in _NAMED_IN}
    return {token for name, value in headers if name.lower() in named for token in _TOKEN.findall(value)}
