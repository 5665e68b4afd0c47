"""The minutes of a handover: what they say in each case, on the page and in the DOCX."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import docx
import pytest

from congvu.policy import Resolved, Text, load
from congvu.report.document import Letterhead
from congvu.report.docx import to_docx
from congvu.report.minutes import Act, Party, minutes
from congvu.report.paper import Paper
from congvu.report.pdf import to_html

DAY = date(2026, 11, 26)
FOLDERS = [
    {"name": "INBOX", "messages": 1200, "unread": 12, "bytes": 5 * 2**20,
     "oldest": "2026-01-02T17:30:00+00:00", "newest": "2026-11-25T03:00:00+00:00"},
    {"name": "Hồ sơ <2026>", "messages": 0, "unread": 0, "bytes": 0, "oldest": None, "newest": None},
]  # fmt: skip
INVENTORY: dict[str, Any] = {
    "address": "bantg@snv.example",
    "folders": FOLDERS,
    "filters": [],
    "aliases": [],
    "roles": [],
    "giver_keeps": [],
    "receiver_heads": [],
    "same_day": [],
}
ACT = Act(
    box="bantg@snv.example",
    kind="unit",
    unit="Ban Tôn giáo",
    decision="45/QĐ-SNV",
    decided_on=date(2026, 11, 20),
    effective_on=DAY,
    giver=Party("CB1", "Nguyễn Văn An", "Trưởng ban", "Ban Tôn giáo"),
    receiver=Party("CB2", "Lê Thị Hoà", "", "Phòng Công chức"),
    acting=False,
    absent="",
    inventory=INVENTORY,
    made_at=datetime(2026, 11, 26, 7, 5, tzinfo=UTC),
    acknowledged_at=None,
    acknowledged_by="",
)
HEAD = Letterhead(
    authority="UBND tỉnh",
    organisation="Sở Nội vụ",
    symbol="BC-SNV",
    place="Bình Định",
    addressee="Giám đốc",
    signer=("Chánh Văn phòng",),
)


@pytest.fixture(scope="module")
def policy() -> Resolved:
    return load(Path("tests/policy/other_regulation"), "default", DAY)


def written(policy: Resolved, **change: Any) -> Paper:
    return minutes(replace(ACT, **change), policy, HEAD)


def said(document: Paper) -> str:
    return "\n".join(line.text for line in document.body)


def found(**more: Any) -> dict[str, Any]:
    return {"inventory": {**INVENTORY, **more}}


def test_both_sides_the_box_and_what_is_in_it(policy: Resolved) -> None:
    document = written(policy)
    text = said(document)
    assert document.title == "Biên bản bàn giao hộp thư điện tử công vụ của Ban Tôn giáo"
    assert document.head.symbol == "BB-SNV"
    assert "Căn cứ Quyết định số 45/QĐ-SNV ngày 20/11/2026 của …" in text
    assert "ban hành kèm theo Quyết định số 12/QĐ-UBND ngày 02/03/2026" in text
    assert (
        "BÊN GIAO: người đứng đầu Ban Tôn giáo\n- Ông (bà): Nguyễn Văn An (mã cán bộ CB1).\n"
        "- Chức vụ, đơn vị công tác: Trưởng ban, Ban Tôn giáo."
    ) in text
    assert (
        "BÊN NHẬN: người đứng đầu Ban Tôn giáo\n- Ông (bà): Lê Thị Hoà (mã cán bộ CB2).\n"
        "- Chức vụ, đơn vị công tác: Phòng Công chức."
    ) in text
    assert (
        "2 thư mục, 1.200 thư (trong đó 12 thư chưa đọc), dung lượng 5 MB; "
        "thư sớm nhất ngày 03/01/2026, thư mới nhất ngày 25/11/2026."
    ) in text
    assert "Không có mật khẩu nào được bàn giao" in text
    assert text.endswith("mỗi bên giữ một bản./.")
    assert unicodedata.is_normalized("NFC", text)


def test_an_empty_box(policy: Resolved) -> None:
    text = said(written(policy, **found(folders=FOLDERS[1:])))
    assert "hộp thư có 1 thư mục, chưa có thư." in text
    assert "4. Bộ lọc, chuyển tiếp và trả lời tự động\nKhông phát sinh." in text
    assert "Không có người nào khác giữ vai trò trong hộp thư." in text


@pytest.mark.parametrize(
    ("effective", "words"),
    [
        ("2026-11-26", "Từ 14:05 ngày 26/11/2026, bên giao không còn quyền đối với hộp thư"),
        ("2026-12-01", "Từ 00:00 ngày 01/12/2026, bên giao không còn quyền đối với hộp thư"),
        ("2026-11-20", "Việc bàn giao chậm 6 ngày so với ngày Quyết định có hiệu lực."),
    ],
)
def test_when_the_rights_pass(policy: Resolved, effective: str, words: str) -> None:
    text = said(written(policy, effective_on=date.fromisoformat(effective)))
    assert words in text
    assert ("Việc bàn giao chậm" in text) == (effective < "2026-11-26")
    assert ("Thư đến từ lúc đó" in text) == (effective > "2026-11-26")


def test_the_year_of_signing_is_that_of_the_later_day(policy: Resolved) -> None:
    assert written(policy, effective_on=date(2027, 1, 1)).year == 2027
    assert written(policy, effective_on=date(2025, 12, 31)).year == 2026


def test_a_giver_who_is_absent(policy: Resolved) -> None:
    document = written(policy, absent="nghỉ ốm dài ngày")
    assert "- Vắng mặt: nghỉ ốm dài ngày. Văn phòng xác nhận hiện trạng hộp thư." in said(document)
    assert [each.title for each in document.signing[0]] == ["Xác nhận của Văn phòng", "Đại diện bên nhận"]
    assert document.signing[0][0].name == ""


def test_a_box_that_had_no_head(policy: Resolved) -> None:
    document = written(policy, giver=None)
    text = said(document)
    assert "BÊN GIAO: đơn vị chưa có người đứng đầu, Văn phòng bàn giao" in text
    assert "bên giao không còn quyền" not in text
    assert "Từ 14:05 ngày 26/11/2026, bên nhận bắt đầu có quyền quản lý, sử dụng hộp thư." in text
    assert document.signing[0][0].title == "Xác nhận của Văn phòng"


def test_the_office_is_called_what_the_regulation_calls_it(policy: Resolved) -> None:
    named = replace(
        policy, parties={**policy.parties, "office": Text(vi="Văn phòng Ủy ban", en="the office")}
    )
    for change in ({"giver": None}, {"absent": "nghỉ ốm"}, {"giver": ACT.receiver}):
        document = written(named, **change)
        assert document.signing[0][0].title == "Xác nhận của Văn phòng Ủy ban"
        assert "đại diện Văn phòng Ủy ban hoặc quản trị viên" in said(document)
        assert said(document).count("Văn phòng") == said(document).count("Văn phòng Ủy ban") == 2


def test_an_acting_head(policy: Resolved) -> None:
    text = said(written(policy, acting=True))
    assert "BÊN NHẬN: người được giao phụ trách Ban Tôn giáo" in text
    assert "Khi có quyết định bổ nhiệm người đứng đầu, hộp thư được bàn giao lần nữa" in text
    assert "phụ trách" not in said(written(policy))


def test_who_was_in_charge_is_appointed(policy: Resolved) -> None:
    before = found(
        giver_acting=True, filters=[{"name": "a", "active": True, "forwards": [], "answers": False}]
    )
    document = written(policy, giver=ACT.receiver, **before)
    text = said(document)
    assert "BÊN GIAO: người được giao phụ trách Ban Tôn giáo" in text
    assert "BÊN NHẬN: người đứng đầu Ban Tôn giáo" in text
    assert "từ 14:05 ngày 26/11/2026 là người đứng đầu; quyền đối với hộp thư không gián đoạn" in text
    assert "bộ lọc đang dùng ngừng" not in text
    assert document.signing[0][0].title == "Xác nhận của Văn phòng"


def test_one_person_heads_two_units(policy: Resolved) -> None:
    more = found(giver_keeps=["vp@snv.example"], receiver_heads=["ccvc@snv.example", "tt@snv.example"])
    text = said(written(policy, **more))
    others = "quản lý các hộp thư khác với vai trò người đứng đầu"
    assert f"Bên giao tiếp tục {others}: vp@snv.example." in text
    assert f"Bên nhận đồng thời {others}: ccvc@snv.example, tt@snv.example." in text


def test_the_second_handover_of_one_day(policy: Resolved) -> None:
    text = said(written(policy, **found(same_day=["44/QĐ-SNV"])))
    assert "Trong cùng ngày, hộp thư đã được bàn giao một lần theo Quyết định số 44/QĐ-SNV" in text


def test_filters_and_other_roles(policy: Resolved) -> None:
    filters = [
        {"name": "về nhà", "active": True, "forwards": ["an@ngoai.test"], "answers": True},
        {"name": "cũ", "active": False, "forwards": [], "answers": False},
    ]
    roles = [{"role": "clerk", "staff_id": "CB3", "full_name": "Trần Thị Bích"}]
    document = written(policy, **found(filters=filters, roles=roles))
    text = said(document)
    assert "- “về nhà” (đang dùng): chuyển tiếp đến an@ngoai.test; trả lời tự động." in text
    assert "- “cũ” (không dùng): không chuyển tiếp, không trả lời tự động." in text
    assert "Từ thời điểm bàn giao, bộ lọc đang dùng ngừng hoạt động" in text
    assert "- Văn thư: Trần Thị Bích (mã cán bộ CB3)." in text
    idle = said(written(policy, **found(filters=filters[1:])))
    assert "ngừng hoạt động" not in idle


def test_the_acknowledgement_is_told_once_it_is_there(policy: Resolved) -> None:
    assert "xác nhận tiếp nhận" not in said(written(policy))
    at = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
    text = said(written(policy, acknowledged_at=at, acknowledged_by="Văn thư"))
    assert "Bên nhận đã xác nhận tiếp nhận lúc 09:00 ngày 27/11/2026 (người ghi nhận: Văn thư)." in text


def test_an_act_of_an_earlier_version_knows_less_and_is_written_all_the_same(policy: Resolved) -> None:
    assert "0 thư mục" in said(written(policy, inventory={"address": ACT.box}))


@pytest.mark.parametrize(
    ("count", "size"),
    [
        (0, "0 byte"),
        (999, "999 byte"),
        (1000, "1 KB"),
        (1536, "1,5 KB"),
        (1023 * 1024, "1 MB"),
        (3 * 2**30, "3 GB"),
    ],
)
def test_sizes(policy: Resolved, count: int, size: str) -> None:
    folder = {**FOLDERS[0], "bytes": count}
    assert f"dung lượng {size};" in said(written(policy, **found(folders=[folder])))


def test_both_forms_say_the_same(policy: Resolved) -> None:
    document = written(policy, absent="nghỉ <ốm>")
    page, editable = to_html(document), docx.Document(io.BytesIO(to_docx(document)))
    body = [paragraph.text.removesuffix("\t") for paragraph in editable.paragraphs]
    assert [line.text for line in document.body if line.text not in body] == []
    cells = [cell.text for table in editable.tables for row in table.rows for cell in row.cells]
    assert any("ĐẠI DIỆN BÊN NHẬN" in cell and "Lê Thị Hoà" in cell for cell in cells)
    assert any("NGƯỜI CHỨNG KIẾN" in cell for cell in cells)
    for text in (ACT.sha256, "Hộp thư đến (INBOX)"):
        assert text in page
        assert text in cells
    assert "Hồ sơ &lt;2026&gt;" in page
    assert "nghỉ &lt;ốm&gt;" in page
    assert "(Kèm theo Biên bản số" in page
    assert "Kính gửi" not in page
    assert "Nơi nhận" not in page
    assert "Phụ lục\n" not in page  # the only annex has no number, and no room for one


def test_the_digest_is_what_public_tools_make_of_the_inventory() -> None:
    """`printf '%s' '{"a":"ý","b":[1]}' | sha256sum`"""
    act = replace(ACT, inventory={"b": [1], "a": "ý"})
    assert act.sha256 == "122f5518ce836eb255b2b198ff24fc53bb0ab1d8985be1b2db9dc656d8716ee1"


def test_the_docx_is_the_same_bytes_again(policy: Resolved, monkeypatch: pytest.MonkeyPatch) -> None:
    once = to_docx(written(policy))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert to_docx(written(policy)) == once
