"""The minutes that `playbooks/handover.yml` brought here, measured on the page by NĐ 30/2020.

The PDF as the host rendered it, and the DOCX as LibreOffice prints it. The handovers are test_handover.py's.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import docx
import pdfplumber
import pytest
from paper import RIGHT, Page, convert, foreign_letters, read, within_margins
from testinfra.host import Host

from congvu.report.document import Letterhead
from congvu.report.docx import to_docx
from congvu.report.paper import Line, Paper, Signature
from congvu.report.tables import Annex, Table

ROOT = Path(__file__).resolve().parents[3]
MINUTES = ROOT / "build" / os.environ.get("CONGVU_HOSTS", "demo") / "handovers"
HEADINGS = [
    "1. Hộp thư bàn giao",
    "2. Thời điểm bàn giao",
    "3. Số lượng",
    "4. Bộ lọc, chuyển tiếp và trả lời tự động",
    "5. Quyền đối với hộp thư",
    "6. Mật khẩu, thiết bị và việc đang giải quyết",
]
BOTH_SIDES = Signature("Đại diện bên giao", "(Ký)"), Signature("Đại diện bên nhận", "(Ký)")
WITNESS = Signature("Người chứng kiến", "(Ký)")


@pytest.fixture(scope="module")
def folder() -> Path:
    """The newest minutes."""
    return max(MINUTES.glob("*/minutes.pdf"), key=lambda path: path.stat().st_mtime).parent


@pytest.fixture(scope="module", params=["pdf", "docx"])
def pages(
    request: pytest.FixtureRequest, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Page]:
    if request.param == "pdf":
        return read(folder / "minutes.pdf")
    return read(*convert(tmp_path_factory.mktemp("office"), folder / "minutes.docx"))


@pytest.fixture(scope="module")
def body(pages: list[Page]) -> list[Page]:
    """The document without its annex, which has its own pages."""
    first = next(index for index, page in enumerate(pages) if page.text.startswith("Phụ lục\n"))
    assert first == len(pages) - 1
    return pages[:first]


def test_the_paper_and_its_margins(pages: list[Page]) -> None:
    for page in pages:
        assert (page.width, page.height) == (pytest.approx(210, abs=0.2), pytest.approx(297, abs=0.2))
        assert within_margins(page)


def test_pages_are_numbered_from_the_second_and_the_annex_by_itself(
    pages: list[Page], body: list[Page]
) -> None:
    assert body[0].head == []
    for number, page in enumerate(body[1:], start=2):
        assert [line.text for line in page.head] == [str(number)]
    assert [line.text for line in pages[-1].head] == ["1"]


def test_the_letterhead_leaves_number_and_day_to_the_clerk(body: list[Page]) -> None:
    first, second = (line.text for line in body[0].body[:2])
    assert first.endswith("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
    assert second.endswith("Độc lập - Tự do - Hạnh phúc")
    text = body[0].text
    assert re.search(r"^Số: +/BB-SNV", text, re.M)
    assert re.search(r"Bình Định, ngày +tháng +năm 20\d\d$", text, re.M)
    assert "BIÊN BẢN\nBàn giao hộp thư điện tử công vụ của Ban Tôn giáo\n" in text
    assert "Kính gửi" not in text


def test_the_text_is_set_in_14_points_and_its_parts_stand_in_their_order(body: list[Page]) -> None:
    lines = [line for page in body for line in page.body]
    first = next(index for index, line in enumerate(lines) if line.text.startswith("Căn cứ Quyết định"))
    last = next(index for index, line in enumerate(lines) if line.text.endswith("./."))
    assert {size for line in lines[first : last + 1] for size in line.sizes} == {14.0}
    headings = [line for line in lines if re.match(r"\d\. |BÊN |NGƯỜI CHỨNG KIẾN:", line.text)]
    assert [line.text for line in headings if line.text[0].isdigit()] == HEADINGS
    assert [line.text.split(":")[0] for line in headings if not line.text[0].isdigit()] == [
        "BÊN GIAO", "BÊN NHẬN", "NGƯỜI CHỨNG KIẾN"
    ]  # fmt: skip
    assert all("Bold" in font for line in headings for font in line.fonts)


def test_what_is_written_by_hand_has_its_line_to_the_margin(body: list[Page]) -> None:
    blanks = [line for page in body for line in page.body if line.text.count(".") > 20]
    assert [line.text.split(":")[0] for line in blanks] == [
        "- Ông (bà)",
        "- Chức vụ, đơn vị công tác",
        "- Thiết bị, chữ ký số bàn giao kèm theo",
        "- Việc đang giải quyết, vướng mắc",
    ]
    for line in blanks:
        assert line.right == pytest.approx(body[0].width - RIGHT, abs=1.5)


def test_both_sides_and_the_witness_sign_below_the_text_on_its_page(body: list[Page]) -> None:
    text = body[-1].text
    assert re.search(
        r"\./\.\nĐẠI DIỆN BÊN GIAO ĐẠI DIỆN BÊN NHẬN\n\(Ký, ghi rõ họ tên\) \(Ký, ghi rõ họ tên\)\n", text
    )
    assert re.search(r"\nNGƯỜI CHỨNG KIẾN\n\(Ký, ghi rõ họ tên\)$", text)
    lines = body[-1].body
    titles = next(line for line in lines if line.text.startswith("ĐẠI DIỆN"))
    names = lines[lines.index(titles) + 2]
    assert names.top - titles.bottom > 20  # room for a hand
    for title, name in zip(titles.pieces, names.pieces, strict=True):
        assert sum(title) / 2 == pytest.approx(sum(name) / 2, abs=1)


@pytest.mark.parametrize("signing", [(), (BOTH_SIDES, (WITNESS,))], ids=["one hand", "three hands"])
def test_wherever_the_text_ends_its_last_line_and_all_who_sign_share_a_page(
    signing: tuple[tuple[Signature, ...], ...], tmp_path: Path
) -> None:
    head = Letterhead(signer=(WITNESS.title,))
    table = Table("1. Thư mục", ("STT",), (100,), (("1",),))
    annex = Annex("", "Danh mục", landscape=False, tables=(table,))
    files = [tmp_path / f"{count}.docx" for count in range(30)]  # more lines than a page holds
    for count, file in enumerate(files):
        body = (*[Line("text", "Dòng trước.")] * count, Line("text", "Dòng cuối./."))
        paper = Paper(head, "Thử", 2026, body, (annex,), datetime(2026, 11, 26, tzinfo=UTC), signing=signing)
        file.write_bytes(to_docx(paper))
    lengths = set()
    for file in convert(tmp_path, *files):
        *text, after = read(file)
        assert text[-1].text.count("Dòng cuối./.") == text[-1].text.count(WITNESS.title.upper()) == 1, (
            file.stem
        )
        assert after.text.startswith("Phụ lục\n")
        lengths.add(len(text))
    assert lengths == {1, 2}


def test_the_annex_lists_the_folders(pages: list[Page]) -> None:
    text = pages[-1].text
    assert text.startswith("Phụ lục\nDANH MỤC NỘI DUNG HỘP THƯ BÀN GIAO\n")
    assert re.search(r"\(Kèm theo Biên bản số +/BB-SNV ngày +tháng +năm 20\d\d của Sở Nội vụ\)", text)
    assert "Hộp thư đến (INBOX)" in text
    assert re.search(r"^Cộng \d", text, re.M)


def test_no_letter_is_missing_or_from_another_font(pages: list[Page]) -> None:
    assert foreign_letters(pages) == set()


def test_the_files_say_what_they_are(folder: Path) -> None:
    with pdfplumber.open(folder / "minutes.pdf") as document:
        assert document.metadata["Title"] == "Biên bản bàn giao hộp thư điện tử công vụ của Ban Tôn giáo"
        assert document.doc.catalog["Lang"] == b"vi"
    editable = docx.Document(str(folder / "minutes.docx"))
    assert editable.core_properties.author == "Sở Nội vụ"
    used = {paragraph.style.name for paragraph in editable.paragraphs if paragraph.style}
    assert {"Title", "Heading 2", "Body Text", "List Paragraph"} <= used


def test_the_same_handover_gives_the_same_bytes(host: Host) -> None:
    newest = "select box, decision from handover order by id desc limit 1"
    box, decision = host.check_output(f"psql -XAtF ' ' -U congvu_admin congvu -c '{newest}'").split()
    render = (
        "PYTHONHASHSEED={0} /usr/bin/python3 /usr/bin/congvu minutes --out /run/congvu-test-{0} {1} {2} "
        ">/dev/null && cd /run/congvu-test-{0} && sha256sum * && rm -r $PWD"
    )
    sums = [host.check_output(render.format(seed, box, decision)) for seed in (1, 2)]
    assert sums[0].count("minutes.") == 2
    assert sums[0] == sums[1]
