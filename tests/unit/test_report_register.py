"""What arose in a quarter, out of a real database: what is told of it, and what is told of nobody."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import docx
import pytest
from fix_database import Database
from fix_quarter import POLICY, Render

from congvu.report.register import SMALL, Group, pooled


@pytest.fixture
def document(render: Render) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((render("json") / "report.json").read_bytes())
    return made


def test_each_thing_stands_in_the_quarter_in_which_it_arose(document: dict[str, Any]) -> None:
    found = document["register"]
    # the one of 15 December belongs to the next quarter; the second was taken over after the end of this one
    assert found["handovers"] == [
        {"decision": "41/QĐ-SNV", "box": "box-ccvc@snv.example", "effective_on": "2026-10-01",
         "acting": False, "days_late": 4, "acknowledged": True},
        {"decision": "52/QĐ-SNV", "box": "box-ttra@snv.example", "effective_on": "2026-11-10",
         "acting": False, "days_late": 0, "acknowledged": False},
    ]  # fmt: skip
    assert [(each["number"], each["outcome"], each["decision"]) for each in found["incidents"]] == [
        ("12/BC-VP", "dealt_with", "34/QĐ-SNV"),
        ("15/BC-VP", None, ""),  # closed after the end
    ]
    assert [(each["ticket"], each["early"]) for each in found["accesses"]] == [("5/GĐN", True)]
    assert [each["reason"] for each in found["outages"]] == [
        "Nâng cấp hệ quản trị dữ liệu", "Đứt cáp quang tầng 3",
    ]  # fmt: skip
    assert {(each["provision"], each["about"], each["told"], each["answered"]) for each in found["told"]} == {
        ("d6.k5", "difficulty", 2, 1),
        ("d3.k4.2", "abuse", 1, 0),
    }
    assert found["odd_logins"] == {"networks": 1, "spray": 1}


def test_each_signatory_owes_what_they_have_not_said(document: dict[str, Any]) -> None:
    heads = sum(row.attests == "head" for row in POLICY.provisions)
    said = {(each["party"], each["unit"]): each for each in document["register"]["signed"]}
    assert said["head", "Phòng ccvc"] == {
        "party": "head", "unit": "Phòng ccvc", "asked": heads, "confirmed": 1, "denied": 0
    }  # fmt: skip
    assert said["head", "Phòng cntt"]["confirmed"] == 0
    assert {party for party, _ in said} == {"head", "office", "director"}


def test_small_units_are_told_of_together_only(document: dict[str, Any]) -> None:
    checks = {each["unit"]: each for each in document["register"]["checks"]}
    assert checks.keys() == {"Phòng vp", "Phòng ccvc", "Phòng tchc", SMALL}
    assert document["register"]["working_days"] == 65
    assert checks[SMALL] == {"unit": SMALL, "people": 5, "due": 5 * 65, "kept": 5 * 65 - 3 * 12}
    assert checks["Phòng vp"]["kept"] == checks["Phòng vp"]["due"] == 12 * 65
    acknowledged = {each["unit"]: each["kept"] for each in document["register"]["acknowledged"]}
    assert acknowledged == {"Phòng vp": 12, "Phòng ccvc": 1, "Phòng tchc": 0, SMALL: 0}


@pytest.mark.parametrize(
    ("people", "shown"),
    [
        ({"a": 9, "b": 7}, {"a", "b"}),
        ({"a": 9, "b": 7, "c": 2}, {"a", SMALL}),  # c could be told from the sum: b joins it
        ({"a": 9, "b": 3, "c": 2}, {"a", SMALL}),
        ({"a": 4}, set()),
        ({"a": 2, "b": 2}, set()),
        ({}, set()),
    ],
)
def test_nothing_can_be_inferred_of_few(people: dict[str, int], shown: set[str]) -> None:
    found = pooled([Group(unit, count, count, 1) for unit, count in people.items()], 5)
    assert {each.unit for each in found} == shown
    assert all(each.people >= 5 for each in found)
    if found:
        assert sum(each.people for each in found) == sum(people.values())


def test_nobody_is_named(render: Render) -> None:
    for form in ("json", "html"):
        text = (render(form) / f"report.{form}").read_text("utf-8")
        assert "Nguyễn Văn" not in text
        assert "Phông chữ" not in text
        assert "ccvc3" not in text


def test_the_page_tells_it_in_words_and_what_did_not_arise_too(render: Render) -> None:
    page = (render("html") / "report.html").read_text("utf-8")
    for words in ("Chậm 4 ngày", "Đã xử lý, văn bản số 34/QĐ-SNV", "Đang xử lý", "Các đơn vị khác", "98,7%"):
        assert words in page
    before = (render("html", quarter_of="2026-Q2") / "report.html").read_text("utf-8")
    assert "<h3>1. Bàn giao hộp thư</h3>\n<p>Không phát sinh.</p>" in before


def test_quarters_are_judged_by_what_was_in_force_in_them(document: dict[str, Any]) -> None:
    trend = {each["quarter"]: each for each in document["trend"]}
    assert list(trend) == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert trend["2026-Q2"]["counts"] is None
    assert trend["2026-Q3"]["counts"]["met"] == trend["2026-Q4"]["counts"]["met"] > 10
    assert trend["2026-Q3"]["figures"]["twice-daily-check"] == {"numerator": 941, "denominator": 1000}


def test_an_observation_under_a_policy_of_nobody_proves_nothing_then(
    quarter: Database, render: Render
) -> None:
    quarter.ask(
        "congvu_owner",
        "update observation set policy_sha256 = repeat('9', 64) where observed_at < '2026-10-01'",
    )
    trend = json.loads((render("json") / "report.json").read_bytes())["trend"]
    assert trend[2]["counts"]["met"] == 0


def test_a_past_quarter_comes_to_what_it_came_to_then(document: dict[str, Any], render: Render) -> None:
    """The third quarter was under another policy, which is kept by its digest alone."""
    folder = render("json", "html", "docx", "oscal", quarter_of="2026-Q3")
    then = json.loads((folder / "report.json").read_bytes())
    assert then["trend"][-1] == document["trend"][2]
    assert then["policy"] == {
        "version": POLICY.version, "sha256": POLICY.sha256, "then": [{"version": "0", "sha256": "0" * 64}]
    }  # fmt: skip
    looked_under = {each["policy_sha256"] for row in then["provisions"] for each in row["evidence"]}
    assert looked_under == {"0" * 64}
    told = "Kết quả kiểm tra và xác nhận giữ nguyên theo chính sách có hiệu lực trong kỳ (phiên bản 0, mã băm"
    page = (folder / "report.html").read_text("utf-8")
    assert told in page
    assert "0" * 64 in page
    paper = docx.Document(folder / "report.docx")
    assert any(told in paragraph.text for paragraph in paper.paragraphs)
    assert any(cell.text == f"Phiên bản 0: {'0' * 64}" for table in paper.tables for cell in table._cells)
    assert told in (folder / "report.oscal.json").read_text("utf-8")


def test_what_the_present_policy_judged_is_not_said_to_be_anothers(
    document: dict[str, Any], render: Render
) -> None:
    assert "then" not in document["policy"]
    assert "giữ nguyên theo chính sách" not in (render("html") / "report.html").read_text("utf-8")


def test_what_was_said_under_the_policy_of_then_counts_for_its_quarter(
    quarter: Database, render: Render
) -> None:
    quarter.change(
        "congvu_owner",
        "insert into statement (quarter, provision, party, unit, attested, staff_id, version, sha256) "
        "select '2026-Q3', 'd4.k2.a.1', party, key, true, 'vp1', '0', '' from asked where party = 'head'",
    )
    register = json.loads((render("json", quarter_of="2026-Q3") / "report.json").read_bytes())["register"]
    said = {each["unit"]: each["confirmed"] for each in register["signed"] if each["party"] == "head"}
    assert set(said.values()) == {1}


def test_the_quarter_that_runs_is_judged_by_the_present_policy_alone(
    quarter: Database, render: Render, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = datetime(2026, 12, 14, 16, 30, tzinfo=UTC)
    monkeypatch.setattr("congvu.clock.now", lambda: seen)
    quarter.ask(
        "congvu_owner",
        "update observation set policy_sha256 = repeat('0', 64) where observed_at > '2026-12-01'",
    )
    counts = json.loads((render("json") / "report.json").read_bytes())["trend"][-1]["counts"]
    assert counts["met"] == 0


def test_figures_that_were_counted_over_another_span_are_said_to_be(render: Render) -> None:
    """The policy cuts the quarter off on the 14th; a calendar one ends with a look of the next period."""
    folder = render("json", "html", "docx", cutoff="calendar")
    document = json.loads((folder / "report.json").read_bytes())
    assert document["period"]["counted_from"] == "2026-09-15"
    assert document["period"]["from"] == "2026-10-01"
    told = "đếm từ ngày 15/09/2026 (chốt số liệu ngày 14 của tháng cuối kỳ báo cáo)"
    page = (folder / "report.html").read_text("utf-8")
    assert told in page
    assert page.index('<p class="period">') < page.index(told) < page.index("<section")
    assert any(told in each.text for each in docx.Document(folder / "report.docx").paragraphs)
    usual = render("json", "html")
    assert "counted_from" not in json.loads((usual / "report.json").read_bytes())["period"]
    assert "đếm từ ngày" not in (usual / "report.html").read_text("utf-8")


def test_a_quarter_that_is_over_says_that_its_last_day_came_after_the_last_look(render: Render) -> None:
    folder = render("html", "docx")
    told = "chưa gồm ngày cuối kỳ"
    assert told in (folder / "report.html").read_text("utf-8")
    assert any(told in each.text for each in docx.Document(folder / "report.docx").paragraphs)


def test_the_same_evidence_gives_the_same_bytes(render: Render) -> None:
    forms = ("json", "html", "docx")
    once = {form: (render(*forms) / f"report.{form}").read_bytes() for form in forms}
    assert {form: (render(*forms) / f"report.{form}").read_bytes() for form in forms} == once
