"""The report as an official document: its words for whatever regulation, its page, its DOCX."""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import docx
import pytest

from congvu import evidence
from congvu.evidence import Deviation, Observation
from congvu.policy import LegalBasis, Resolved, Text, Waiver, load
from congvu.report import words
from congvu.report.document import Letterhead, Report
from congvu.report.docx import to_docx
from congvu.report.paper import Paper, paper
from congvu.report.pdf import to_html
from congvu.report.period import period

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HEAD = Letterhead(
    authority="UBND huyện & thị xã",
    organisation="UBND xã Ví Dụ",
    symbol="BC-UBND",
    place="Ví Dụ",
    addressee="Chủ tịch UBND xã",
    signer=("Chánh Văn phòng",),
)


@pytest.fixture(scope="module")
def policy() -> Resolved:
    return load(Path("tests/policy/other_regulation"), "default", NOW.date())


@pytest.fixture(scope="module")
def observations(policy: Resolved) -> list[Observation]:
    made = Observation("password-length", "mail", policy.sha256, NOW - timedelta(hours=1), checked=1204)
    fault = Deviation("mã cán bộ CB<07>", "quá hạn")
    return [
        made,
        replace(made, control="password-age", checked=60, exceptions=(fault,) * 5),
        replace(made, control="mail-delivery", checked=1000, numerator=987, denominator=1000),
    ]


def written(
    policy: Resolved, observations: list[Observation], quarter: str = "2026-Q4", cutoff: str = "nd09"
) -> Paper:
    window = period(quarter, cutoff)
    findings = evidence.findings(policy, observations, {}, min(NOW, window.ends))
    return paper(Report(window, policy, findings, HEAD))


def said(document: Paper) -> str:
    return "\n".join(line.text for line in document.body).replace("\u00a0", " ")


def section(document: Paper, roman: str) -> str:
    """The text of one part, from its title to the next."""
    return re.split(r"^[IVX]+\. .*$", said(document), flags=re.M)[words.ROMAN.index(roman) + 1]


def test_it_is_composed_for_whatever_regulation(policy: Resolved, observations: list[Observation]) -> None:
    document = written(policy, observations)
    text = said(document)
    assert "Quy định được tách thành 5 quy định" in text
    assert "Quyết định số 12/QĐ-UBND ngày 02/03/2026 của Chủ tịch Ủy ban nhân dân xã" in text
    assert "a) Điều 1: 1 quy định" in text
    assert "đ)" not in text
    assert "dự thảo" not in text
    assert "98,7% (987/1.000)" in section(document, "II")
    assert "Đã kiểm tra 1.264 trường hợp, 5 trường hợp không đạt." in section(document, "II")
    assert text.endswith("kính trình Chủ tịch UBND xã xem xét, cho ý kiến chỉ đạo./.")
    assert unicodedata.is_normalized("NFC", text)


def test_what_is_not_met_is_named_and_has_to_be_mended(
    policy: Resolved, observations: list[Observation]
) -> None:
    document = written(policy, observations)
    found = section(document, "III")
    assert "Khoản 2 Điều 2: Thay mật khẩu sau hai đến bốn tháng" in found
    assert found.count("mã cán bộ CB<07>: quá hạn") == 3
    assert "và 2 trường hợp khác" in found
    assert "nguyên nhân của từng trường hợp do đơn vị có trách nhiệm làm rõ" in found
    assert "Cán bộ, công chức xã: khắc phục nội dung chưa đạt tại khoản 2 Điều 2." in section(document, "IV")
    assert "Khắc phục dứt điểm 1 quy định chưa đạt." in section(document, "V")


def test_the_regulations_own_defects_are_proposals(policy: Resolved, observations: list[Observation]) -> None:
    assert (
        "Khoản 2 Điều 2 (F1): Không nói rõ tính tháng dương lịch hay ba mươi ngày. "
        "Hướng xử lý: Tính theo tháng dương lịch."
    ) in section(written(policy, observations), "IV")


def test_nothing_is_said_to_be_nothing_and_nothing_is_guessed(policy: Resolved) -> None:
    document = written(replace(policy, findings=()), [])
    assert "Trong kỳ chưa có lần kiểm tra nào được ghi nhận." in section(document, "I")
    assert "Chưa đạt: không phát sinh." in section(document, "II")
    assert "Đã kiểm tra" not in section(document, "II")
    assert "3. Chỉ tiêu định lượng\nKhông phát sinh." in section(document, "II")
    assert "1. Quy định chưa đạt\nKhông phát sinh." in section(document, "III")
    assert "3. Sửa đổi, bổ sung Quy định\nKhông phát sinh." in section(document, "IV")


def test_a_draft_and_an_unfinished_period_are_said(policy: Resolved, observations: list[Observation]) -> None:
    basis = LegalBasis(number=None, date=None, issuer="Sở Nội vụ", status="draft")
    text = said(written(replace(policy, legal_basis=basis), observations))
    assert "Quyết định ban hành Quy định chưa có số, ngày, tháng nên Quy định còn là dự thảo." in text
    assert "Trình cấp có thẩm quyền ban hành chính thức Quy định." in text
    assert "Kỳ báo cáo chưa kết thúc hoặc chưa đủ số liệu; số liệu tính đến 14:00 ngày 23/11/2026." in text


def test_a_waiver_that_ends_next_quarter_is_reviewed(
    policy: Resolved, observations: list[Observation]
) -> None:
    reason = Text(vi="Máy chủ cũ sắp thay.", en="An old server.")
    waiver = Waiver(provision="a2.k2", reason=reason, approver="Chủ tịch", expires=NOW.date())
    document = written(replace(policy, exceptions=(waiver,)), observations)
    assert "Máy chủ cũ sắp thay. Người duyệt: Chủ tịch; áp dụng đến hết ngày 23/11/2026." in section(
        document, "III"
    )
    assert "Rà soát 1 trường hợp miễn áp dụng" in section(document, "V")


@pytest.mark.parametrize(
    ("quarter", "year", "following"),
    [
        ("2026-Q3 calendar", 2026, "quý IV năm 2026, số liệu từ ngày 01/10/2026 đến ngày 31/12/2026"),
        ("2025-Q4 calendar", 2026, "quý I năm 2026, số liệu từ ngày 01/01/2026 đến ngày 31/03/2026"),
        ("2025-Q4 nd09", 2025, "quý I năm 2026, số liệu từ ngày 15/12/2025 đến ngày 14/03/2026"),
        ("2026-Q4 calendar", 2026, "quý I năm 2027, số liệu từ ngày 01/01/2027 đến ngày 31/03/2027"),
    ],
)
def test_the_year_of_signing_and_the_next_quarter(
    policy: Resolved, observations: list[Observation], quarter: str, year: int, following: str
) -> None:
    # of a past quarter the evidence is as old; the last one runs still
    seen = observations if "2026-Q4" in quarter else []
    document = written(policy, seen, *quarter.split())
    assert document.year == year
    assert f"Lập báo cáo {following}." in section(document, "V")


def test_points_are_lettered_by_the_vietnamese_alphabet() -> None:
    assert "".join(words.point(index) for index in range(8)) == "a)b)c)d)đ)e)g)h)"
    assert words.point(30) == "-"


def test_the_page_takes_nothing_from_outside_and_escapes(
    policy: Resolved, observations: list[Observation]
) -> None:
    page = to_html(written(policy, observations))
    assert '<html lang="vi">' in page
    assert "UBND HUYỆN &amp; THỊ XÃ" in page
    assert "CB<07>" not in page
    assert not re.search(r"""(?:src|href)=|url\(|@import|<script""", page)


def test_both_annexes_are_in_both_forms(policy: Resolved, observations: list[Observation]) -> None:
    document = written(policy, observations)
    page = to_html(document)
    editable = docx.Document(io.BytesIO(to_docx(document)))
    cells = [cell.text for table in editable.tables for row in table.rows for cell in row.cells]
    for provision in policy.provisions:
        assert f"({provision.id})</td>" in page
        assert any(f"({provision.id})" in cell for cell in cells)
    assert policy.sha256 in page
    assert policy.sha256 in cells
    assert {"Độ dài tối thiểu của mật khẩu", "10 ký tự", "Theo Quy định", "Do cơ quan ấn định"} <= set(cells)
    followed = "Đã được thay thế bằng Luật Thư tín số 20/2023/QH15"
    assert {followed, "Còn hiệu lực", "Cần kiểm tra"} <= set(cells)
    body = [paragraph.text for paragraph in editable.paragraphs]
    assert [line.text for line in document.body if line.text not in body] == []


def test_the_docx_is_the_same_bytes_again(
    policy: Resolved, observations: list[Observation], monkeypatch: pytest.MonkeyPatch
) -> None:
    once = to_docx(written(policy, observations))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert to_docx(written(policy, list(reversed(observations)))) == once
    assert docx.Document(io.BytesIO(once)).core_properties.created == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
