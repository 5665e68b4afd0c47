"""Vietnamese words and numbers of the report, as NĐ 30/2020 and its readers write them."""

from __future__ import annotations

from congvu import words
from congvu.report.period import Period

CHOICE, day, moment = words.CHOICE, words.day, words.moment

# The closed list of statuses, worst first, and how a row of the report shows each: label, mark.
# The mark keeps a status readable on a black-and-white print.
STATUS: dict[str, tuple[str, str]] = {
    "not_met": ("Chưa đạt", "✕"),
    "attestation_missing": ("Chờ xác nhận", "✎"),
    "not_assessed": ("Chưa đánh giá", "?"),
    "waived": ("Được miễn áp dụng", "↷"),
    "attested": ("Đã xác nhận", "✍"),
    "met": ("Đạt", "✓"),
    "not_applicable": ("Không phát sinh", "–"),
}
# The order of tiles and bars: good on the left, what has to be done on the right.
SHOWN = ("met", "attested", "not_applicable", "waived", "not_assessed", "attestation_missing", "not_met")
KIND = {
    "E": "bắt buộc bằng kỹ thuật",
    "M": "đo được",
    "O": "cần người xác nhận",
    "S": "phạm vi",
    "P": "khuyến khích",
}
ROMAN = ("I", "II", "III", "IV", "V")
# What points are lettered with (NĐ 30/2020): the Vietnamese alphabet, which has no f, j, w and z.
_LETTERS = "abcdđeghiklmnopqrstuvxy"


def number(value: float) -> str:
    """Return ``1.234,5`` for 1234.5; a whole number has no decimals, others at most two."""
    text = f"{int(value):,}" if value == int(value) else f"{value:,.2f}".rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,"))


def percent(share: float) -> str:
    """Return ``98,7%`` for 0.987; never rounded up to 100% (nor down to 0%) when it is not."""
    hundredths = round(share * 1000) / 10
    if share < 1:
        hundredths = min(hundredths, 99.9)
    if share > 0:
        hundredths = max(hundredths, 0.1)
    return number(hundredths) + "%"


def point(index: int) -> str:
    """Return ``đ)`` for 4; a list that is longer than the alphabet goes on with dashes."""
    return f"{_LETTERS[index]})" if index < len(_LETTERS) else "-"


def sentence(text: str) -> str:
    """Return a text as it begins a line: with a capital."""
    return text[:1].upper() + text[1:]


def quarter(period: Period) -> str:
    """Return ``quý IV năm 2026``."""
    return f"quý {ROMAN[int(period.quarter[-1]) - 1]} năm {period.quarter[:4]}"
