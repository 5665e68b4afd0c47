"""What becomes of a message to a mailing list: handed out as it is, or shown to whoever decides. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from textwrap import dedent

from congvu import letters


def header_of(address: str) -> bytes:
    """The header fields that a list puts above what it hands out (RFC 2919, RFC 2369)."""
    fields = {"List-Id": _id(address), "List-Post": f"<mailto:{address}>", "Precedence": "list"}
    return "".join(f"{name}: {value}\n" for name, value in fields.items()).encode()


def went_through(head: bytes, address: str) -> bool:
    """Whether the list has handed this message out before. ``head``: its header."""
    mark = _id(address).encode()
    return any(line.startswith(b"list-id:") and mark in line for line in head.lower().splitlines())


def _id(address: str) -> str:
    return f"<{address.replace('@', '.')}>"


def request(content: bytes, sender: str, to: str, list_: tuple[str, str], now: datetime) -> bytes:
    """What a moderator gets of a message that its sender may not send to the list: the message, attached.

    ``list_``: its address and name. The message itself stays as it came, byte by byte.
    """
    address, name = list_
    digest = hashlib.sha256(content).hexdigest()[:32]
    subject = f"Thư chờ duyệt gửi đến danh sách {name}"
    author, moderator = Address(name, addr_spec=address), Address(addr_spec=to)
    mail = letters.head(author, moderator, subject, f"{address} {digest}", now)
    mail["MIME-Version"] = "1.0"
    text = EmailMessage()
    body = f"""\
        {sender or "Một hệ thống thư"} đã gửi thư đính kèm đến danh sách {name} ({address}),
        nhưng không thuộc diện được gửi trực tiếp đến danh sách này.

        Nếu đồng ý phát hành, hãy mở thư đính kèm và chuyển tiếp đến:

            {address}

        Nếu không đồng ý, không cần làm gì thêm: thư này chưa được gửi đến thành viên nào của danh sách.
        """
    text.set_content(dedent(body), cte="quoted-printable")
    del text["MIME-Version"]
    opening, closing = f"--{digest}\n".encode(), f"\n--{digest}--\n".encode()
    attached = b"Content-Type: message/rfc822\nContent-Disposition: attachment\n\n"
    kind = f'Content-Type: multipart/mixed; boundary="{digest}"\n\n'.encode()
    return (
        mail.as_bytes().rstrip(b"\n")
        + b"\n"
        + kind
        + opening
        + text.as_bytes()
        + opening
        + attached
        + content
        + closing
    )
