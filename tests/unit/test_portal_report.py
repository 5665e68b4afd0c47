"""From people's word on their page to `congvu audit` and `congvu report`, over a real directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fix_database import Database
from fix_portal import Visitor

from congvu.services import cli


@pytest.fixture
def audit(roles: Database, host_files: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """What the rows come to now, by `congvu audit --json`."""

    def run() -> dict[str, str]:
        where = ["--policy", str(host_files / "policy.json"), "--host", roles.host, "--database", roles.name]
        cli.main(["audit", "--json", *where])
        rows: dict[str, str] = json.loads(capsys.readouterr().out)["rows"]
        return rows

    return run


def sign(visitor: Visitor, party: str, unit: str, **said: str) -> None:
    quarter = visitor.get("/xac-nhan-quy").text.split("quy=")[1][:7]
    form = {"quarter": quarter, "party": party, "unit": unit, "shown": visitor.shown(), **said}
    assert visitor.post("/xac-nhan-quy", **form).status == 303


def test_the_word_of_all_heads_turns_a_row(head: Visitor, clerk: Visitor, audit: Any) -> None:
    assert audit()["d8.k1"] == "attestation_missing"
    sign(head, "head", "tccb", **{"said-d8.k1": "yes"})
    assert audit()["d8.k1"] == "attestation_missing"  # the archive's is missing
    no = {"said-d8.k1": "no", "remark-d8.k1": "Chưa họp trung tâm."}
    sign(clerk, "head", "luutru", **no)
    assert audit()["d8.k1"] == "not_met"
    sign(clerk, "head", "luutru", **{"said-d8.k1": "yes"})
    assert audit()["d8.k1"] == "attested"


def test_the_offices_word_turns_its_rows_alone(head: Visitor, audit: Any) -> None:
    sign(head, "office", "tccb", **{"said-d1.k1": "yes", "said-d8.k2.1": "yes"})
    rows = audit()
    assert (rows["d1.k1"], rows["d8.k2.1"]) == ("attested", "attested")
    assert rows["d8.k1"] == "attestation_missing"


def test_the_word_under_another_version_does_not_count(head: Visitor, audit: Any, roles: Database) -> None:
    sign(head, "office", "tccb", **{"said-d1.k1": "yes"})
    roles.ask("congvu_owner", "alter table statement disable trigger kept_word")
    roles.change("congvu_owner", "update statement set version = '2025.9'")
    assert audit()["d1.k1"] == "attestation_missing"


def test_the_report_tells_what_was_said(
    head: Visitor, clerk: Visitor, roles: Database, host_files: Path, tmp_path: Path
) -> None:
    no = {"said-d8.k1": "no", "remark-d8.k1": "Chưa họp trung tâm."}
    sign(clerk, "head", "luutru", **no)
    sign(head, "office", "tccb", **{"said-d1.k1": "yes"})
    where = ["--policy", str(host_files / "policy.json"), "--host", roles.host, "--database", roles.name]
    assert cli.main(["report", "--out", str(tmp_path), "--format", "json", *where]) == 0
    (path,) = tmp_path.glob("*/report.json")
    rows = {each["id"]: each for each in json.loads(path.read_text("utf-8"))["provisions"]}
    assert (rows["d1.k1"]["status"], rows["d1.k1"]["observed"]) == ("attested", "Văn phòng Sở đã xác nhận.")
    assert rows["d8.k1"]["status"] == "not_met"
    assert "Trung tâm Lưu trữ (Chưa họp trung tâm)." in rows["d8.k1"]["observed"]
