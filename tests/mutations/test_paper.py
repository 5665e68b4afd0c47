"""The document that `playbooks/report.yml` brought here, measured on the page by NĐ 30/2020, Phụ lục I.

The PDF as the host rendered it, and the DOCX as LibreOffice prints it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from itertools import count
from pathlib import Path
from typing import Any

import docx
import pdfplumber
import pytest
from paper import LEFT, RIGHT, UPPER, Page, convert, foreign_letters, read, within_margins

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "build" / os.environ.get("CONGVU_HOSTS", "demo") / "reports"
PARTS = [
    "I. TÌNH HÌNH TRIỂN KHAI",
    "II. KẾT QUẢ THỰC HIỆN",
    "III. TỒN TẠI, HẠN CHẾ, NGUYÊN NHÂN",
    "IV. KIẾN NGHỊ, ĐỀ XUẤT",
    "V. PHƯƠNG HƯỚNG QUÝ SAU",
]


@pytest.fixture(scope="module")
def folder() -> Path:
    """The newest report."""
    return max(REPORTS.glob("*/report.json"), key=lambda path: path.stat().st_mtime).parent


@pytest.fixture(scope="module", params=["pdf", "docx"])
def pages(
    request: pytest.FixtureRequest, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Page]:
    if request.param == "pdf":
        return read(folder / "report.pdf")
    return read(*convert(tmp_path_factory.mktemp("office"), folder / "report.docx"))


@pytest.fixture(scope="module")
def parts(pages: list[Page]) -> list[list[Page]]:
    """The document itself, then each annex."""
    starts = [index for index, page in enumerate(pages) if re.match(r"Phụ lục [IVX]+\n", page.text)]
    assert len(starts) == 4
    return [pages[start:end] for start, end in zip([0, *starts], [*starts, None], strict=True)]


def test_the_paper_is_a4_and_upright_but_for_the_tables(parts: list[list[Page]]) -> None:
    for part, landscape in zip(parts, (False, True, False, False, False), strict=True):
        for page in part:
            size = (page.height, page.width) if landscape else (page.width, page.height)
            assert size == (pytest.approx(210, abs=0.2), pytest.approx(297, abs=0.2))


def test_the_margins_are_kept_and_used(pages: list[Page]) -> None:
    for page in pages:
        assert min(line.left for line in page.body) == pytest.approx(
            LEFT, abs=3
        )  # a table's text is drawn in
        assert within_margins(page)
    assert min(line.top for line in pages[0].body) == pytest.approx(UPPER, abs=2)


def test_pages_are_numbered_from_the_second_and_annexes_by_themselves(parts: list[list[Page]]) -> None:
    assert parts[0][0].head == []
    numbered = [parts[0][1:], *parts[1:]]
    for part, first in zip(numbered, (2, 1, 1, 1, 1), strict=True):
        for number, page in zip(count(first), part, strict=False):
            (line,) = page.head
            assert line.text == str(number)
            assert 13 <= min(line.sizes) <= max(line.sizes) <= 14
            centre = (LEFT + page.width - RIGHT) / 2
            assert (line.left + line.right) / 2 == pytest.approx(centre, abs=1)


def test_the_letterhead(pages: list[Page]) -> None:
    # the two columns stand on the same lines
    first, second = (line.text for line in pages[0].body[:2])
    assert first.endswith("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
    assert second.endswith("Độc lập - Tự do - Hạnh phúc")
    assert re.search(r"^Số: +/BC-SNV", pages[0].text, re.M)
    assert re.search(r"Bình Định, ngày +tháng +năm 20\d\d$", pages[0].text, re.M)
    words = pages[0].text
    assert words.index("BÁO CÁO\nKết quả thực hiện") < words.index("Kính gửi: Giám đốc Sở Nội vụ.")


def test_rules_are_as_long_as_they_have_to_be(pages: list[Page]) -> None:
    page = pages[0]
    issuer, motto = page.body[1].pieces
    title = next(line for line in page.body if line.text.startswith("Kết quả thực hiện"))
    for (left, right), least, most in (
        (issuer, 1 / 3, 1 / 2),
        (motto, 0.97, 1.05),
        (title.pieces[0], 1 / 3, 1 / 2),
    ):
        centred = [rule for rule in page.rules if abs(rule[0] + rule[1] - left - right) < 3]
        below = min(centred, key=lambda rule: rule[2])
        assert least <= (below[1] - below[0]) / (right - left) <= most
        assert page.body[1].bottom - 1 <= below[2]


def test_the_text_is_set_in_14_points_justified_with_its_first_line_drawn_in(parts: list[list[Page]]) -> None:
    lines = [line for page in parts[0] for line in page.body]
    first = next(index for index, line in enumerate(lines) if line.text.startswith("Thực hiện "))
    last = next(index for index, line in enumerate(lines) if line.text.endswith("./."))
    text = lines[first : last + 1]
    assert {size for line in text for size in line.sizes} == {14.0}
    assert text[0].left == pytest.approx(LEFT + 12.7, abs=0.5)
    width = parts[0][0].width
    inner = [line for line in text[:3] if line.left < LEFT + 1]
    assert inner[0].right == pytest.approx(width - RIGHT, abs=0.5)
    full = [line for line in text if line.right > width - RIGHT - 0.5]
    assert len(full) > len(text) / 3


def test_the_parts_stand_in_their_order_and_the_text_ends_with_its_mark(parts: list[list[Page]]) -> None:
    lines = [line for page in parts[0] for line in page.body]
    headings = [line for line in lines if re.match(r"[IVX]+\. ", line.text)]
    assert [line.text for line in headings] == PARTS
    assert all("Bold" in font for line in headings for font in line.fonts)
    ends = [line.text for line in lines if line.text.endswith("./.")]
    assert len(ends) == 1


def test_the_signature_and_the_recipients(parts: list[list[Page]]) -> None:
    page = parts[0][-1]
    text = page.text
    assert text.index("./.") < text.index("Nơi nhận:")
    assert re.search(r"TL\. GIÁM ĐỐC(.*\n)+.*CHÁNH VĂN PHÒNG", text)
    lines = {line.text: line for line in page.body}
    recipients = [line for line in lines.values() if line.text.startswith("- Lưu: VT")]
    assert recipients[0].sizes == {11.0}
    assert any({12.0, 14.0} >= line.sizes > set() and "Nơi nhận:" in line.text for line in page.body)


def test_annexes_name_the_report_and_hold_every_provision(folder: Path, parts: list[list[Page]]) -> None:
    document = json.loads((folder / "report.json").read_bytes())
    for part in parts[1:]:
        assert re.search(
            r"\(Kèm theo Báo cáo số +/BC-SNV ngày +tháng +năm 20\d\d của Sở Nội vụ\)", part[0].text
        )
    table = re.sub(r"\s", "", "".join(page.text for page in parts[1]))
    assert [row["id"] for row in document["provisions"] if f"({row['id']})" not in table] == []
    # a digest takes two lines of its cell, between which the other cell's words are read
    digests = "".join(re.findall(r"\b[0-9a-f]{8,64}\b", parts[2][0].text))
    assert document["policy"]["sha256"] in digests
    assert hashlib.sha256((folder / "report.json").read_bytes()).hexdigest() in digests


def test_no_letter_is_missing_or_from_another_font(pages: list[Page]) -> None:
    assert foreign_letters(pages) == set()


# --- the files themselves -----------------------------------------------------------------------------------


def _objects(document: Any) -> list[dict[str, Any]]:
    identifiers = {number for xref in document.doc.xrefs for number in xref.get_objids()}
    found = [document.doc.getobj(number) for number in sorted(identifiers)]
    return [each for each in found if isinstance(each, dict)]


def test_the_pdf_embeds_its_fonts_and_speaks_to_screen_readers(folder: Path) -> None:
    with pdfplumber.open(folder / "report.pdf") as document:
        catalog, about = document.doc.catalog, document.metadata
        fonts = [each for each in _objects(document) if str(each.get("Type")) == "/'FontDescriptor'"]
    assert fonts
    assert all("FontFile2" in font for font in fonts)
    assert catalog["Lang"] == b"vi"
    assert {"StructTreeRoot", "MarkInfo", "Outlines"} <= catalog.keys()
    assert about["Title"].startswith("Báo cáo kết quả thực hiện ")
    assert about["Author"] == "Sở Nội vụ"


def test_the_docx_can_be_edited_by_its_styles(folder: Path) -> None:
    document = docx.Document(str(folder / "report.docx"))
    used = {paragraph.style.name for paragraph in document.paragraphs if paragraph.style}
    assert {"Title", "Heading 1", "Heading 2", "Body Text", "List Paragraph"} <= used
    for name in used:
        assert document.styles[name].font.name == "Times New Roman"
    headings = [each.text for each in document.paragraphs if each.style and each.style.name == "Heading 1"]
    assert headings == PARTS
    body, wide, *upright = document.sections
    assert body.different_first_page_header_footer
    assert not wide.different_first_page_header_footer
    assert "PAGE" in body.header._element.xml
    assert wide.header.is_linked_to_previous
    assert all(each.header.is_linked_to_previous for each in upright)
    repeated = [table for table in document.tables if "w:tblHeader" in table.rows[0]._tr.xml]
    assert len(repeated) == len(document.tables) - 2  # but for the letterhead and the signature
    assert document.core_properties.language == "vi-VN"


def test_the_same_evidence_gives_the_same_bytes(host: Any) -> None:
    """Two processes, a second apart, with other hash seeds."""
    render = (
        "PYTHONHASHSEED={0} /usr/bin/python3 /usr/bin/congvu report --host /run/postgresql --database congvu "
        "--out /run/congvu-test-{0} >/dev/null && cd /run/congvu-test-{0} && sha256sum */* && rm -r $PWD"
    )
    sums = [host.check_output(render.format(seed)) for seed in (1, 2)]
    assert sums[0].count("/report.") == 6
    assert sums[0] == sums[1]
