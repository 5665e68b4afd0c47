"""The workbook and the OSCAL results of a report, read by the programs that others read them with."""

from __future__ import annotations

import io
import json
from datetime import datetime

import openpyxl
import pytest
from fix_database import Database
from fix_quarter import POLICY, Render
from trestle.oscal.assessment_results import Model

from congvu.policy import Status


@pytest.fixture
def spoilt(quarter: Database) -> Database:
    """One control found something, in words that a spreadsheet would take for a formula."""
    quarter.ask(
        "congvu_owner",
        "update observation set body = jsonb_set(body, '{exceptions}', %s::jsonb) "
        "where control = 'password-age' and observed_at > '2026-12-01'",
        json.dumps([{"subject": "=HYPERLINK(1)", "found": "quá hạn"}]),
    )
    return quarter


def test_trestle_accepts_the_results(render: Render, spoilt: Database) -> None:
    assert spoilt
    text = (render("oscal") / "report.oscal.json").read_text("utf-8")
    read = Model.model_validate(json.loads(text)).assessment_results
    (result,) = read.results
    states = {each.target.target_id: each.target.status.state.value for each in result.findings}
    assert list(states) == [row.id for row in POLICY.provisions]
    document = json.loads((render("json") / "report.json").read_bytes())
    for row in document["provisions"]:
        kept = row["status"] in (Status.MET.value, Status.ATTESTED.value, Status.NOT_APPLICABLE.value)
        assert states[row["id"]] == ("satisfied" if kept else "not-satisfied"), row["id"]
    known = {each.uuid for each in result.observations}
    assert {
        each.observation_uuid for one in result.findings for each in one.related_observations or ()
    } <= known
    assert "=HYPERLINK(1): quá hạn" in text
    assert read.import_ap.href == f"#{read.back_matter.resources[0].uuid}"


def test_a_quarter_without_observations_is_accepted_too(render: Render) -> None:
    read = Model.model_validate_json(
        (render("oscal", quarter_of="2026-Q2") / "report.oscal.json").read_bytes()
    )
    assert read.assessment_results.results[0].observations is None
    assert {each.target.status.state.value for each in read.assessment_results.results[0].findings} == {
        "not-satisfied"
    }


def test_the_workbook_holds_every_row(render: Render, spoilt: Database) -> None:
    assert spoilt
    book = openpyxl.load_workbook(io.BytesIO((render("xlsx") / "report.xlsx").read_bytes()))
    sheets = {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}
    assert [row[0] for row in sheets["Theo điều khoản"][1:]] == [row.id for row in POLICY.provisions]
    assert len(sheets["Kiểm tra"]) == 1 + sum(control.built for control in POLICY.controls)
    assert sheets["Trường hợp không đạt"][1] == ["password-age", "mail", "=HYPERLINK(1)", "quá hạn"]
    assert {cell.data_type for row in book["Trường hợp không đạt"] for cell in row} == {"s"}
    assert sheets["Bàn giao"][1][:3] == [1, "41/QĐ-SNV", "box-ccvc@snv.example"]
    assert sheets["Kiểm tra thư theo đơn vị"][-1] == [None, "Cộng", 33, 33 * 65, 33 * 65 - 36, 0.983]
    assert sheets["Vụ việc"][1][1] == "12/BC-VP"
    assert sheets["Chỉ tiêu bốn quý"][1][-1] == 0.987


def test_both_are_the_same_bytes_again(render: Render, monkeypatch: pytest.MonkeyPatch) -> None:
    once = {
        form: (render("xlsx", "oscal") / f"report.{form}").read_bytes() for form in ("xlsx", "oscal.json")
    }
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    for form, content in once.items():
        assert (render("xlsx", "oscal") / f"report.{form}").read_bytes() == content
    created = openpyxl.load_workbook(io.BytesIO(once["xlsx"])).properties
    assert created.created == created.modified == datetime(2026, 12, 14, 16)
