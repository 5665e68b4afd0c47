"""The mail that takes a seal off the host. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage

from congvu.chain.seal import fingerprint, head
from congvu.letters import Letter, Sender, mail


@dataclass(frozen=True, slots=True)
class Copy:
    """A seal, and to whom it goes. ``body``: its text; ``signer``: the public key."""

    day: date
    body: str
    signature: str
    signer: str
    address: str


def letter(seal: Copy, sender: Sender, now: datetime) -> EmailMessage:
    """What to do with it, and beside it the text and the signature."""
    day, body = seal.day, seal.body
    host = body.splitlines()[1].removeprefix("host: ")
    told = f"{day:%d/%m/%Y}"
    made = mail(
        Letter(
            name="",
            address=seal.address,
            subject=f"Niêm phong bằng chứng ngày {told} ({host})",
            body=f"""
                Kính gửi: Người lưu giữ niêm phong

                Kèm theo thư này là niêm phong bằng chứng ngày {told} của máy chủ {host}, gồm tệp văn bản
                và tệp chữ ký số. Đề nghị lưu giữ thư này, không cần thao tác gì thêm. Khi kiểm tra báo cáo
                quý, niêm phong đang lưu giữ được so với niêm phong trong gói bằng chứng; nếu hai bản khác
                nhau thì dữ liệu đã bị sửa đổi sau khi niêm phong.

                Mã băm SHA-256 của tệp văn bản:
                {head(body)}

                Mã nhận dạng của khóa ký:
                {fingerprint(seal.signer)}
                """,
            about=f"seal {head(body)} {seal.address}",
        ),
        sender,
        now,
    )
    for name, text in ((f"{day}.txt", body), (f"{day}.txt.sig", seal.signature)):
        # As they are, to the byte: not as text, whose line ends are mail's
        made.add_attachment(text.encode(), "application", "octet-stream", filename=name)
    return made
