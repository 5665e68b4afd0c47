"""What the report says of the chain of evidence: how far it is sealed, and since when it is not. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from congvu import clock
from congvu.report import words


@dataclass(frozen=True)
class Sealed:
    """The newest seal up to the end of a period. ``head``: its digest; ``signer``: the key's fingerprint."""

    day: date
    head: str
    signer: str

    @property
    def until(self) -> datetime:
        """Up to here what was recorded is sealed."""
        return datetime.combine(self.day + timedelta(days=1), time(), clock.TIMEZONE)

    def open_hours(self, moment: datetime) -> int:
        """For how many hours, begun ones included, up to then nothing is sealed."""
        return max(0, -((self.until - moment) // timedelta(hours=1)))


def plain(seal: Sealed | None, moment: datetime) -> dict[str, Any]:
    """The seal as ``report.json`` has it. ``moment``: up to when the report speaks."""
    if seal is None:
        return {"status": "none", "reason": "Chưa có ngày nào trong kỳ được niêm phong."}
    return {
        "status": "sealed",
        "day": seal.day.isoformat(),
        "head": seal.head,
        "signer": seal.signer,
        "open_from": seal.until.isoformat(),
        "open_hours": seal.open_hours(moment),
    }


def rows(seal: Sealed | None, moment: datetime) -> list[tuple[str, str]]:
    """The same in words: what it is about, and what holds."""
    if seal is None:
        return [
            (
                "Niêm phong",
                "Chưa có ngày nào trong kỳ được niêm phong; số liệu dựa vào các lần kiểm tra nêu dưới đây",
            )
        ]
    hours = seal.open_hours(moment)
    window = (
        f"{words.number(hours)} giờ, kể từ {words.moment(seal.until)}; số liệu sau đó chưa được niêm phong"
        if hours
        else "Không có; số liệu của cả kỳ báo cáo đã được niêm phong"
    )
    return [
        ("Niêm phong gần nhất", f"Ngày {words.day(seal.day)}"),
        ("Mã băm SHA-256 của niêm phong", seal.head),
        ("Mã nhận dạng của khóa ký niêm phong", seal.signer),
        ("Khoảng thời gian chưa niêm phong", window),
    ]
