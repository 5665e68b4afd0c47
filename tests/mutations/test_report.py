"""What `playbooks/report.yml` brought here: a row for each provision, observed or with the reason why not."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from congvu.policy import load

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "build" / os.environ.get("CONGVU_HOSTS", "demo") / "reports"
OBSERVED_AT_LEAST = 40


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """The newest report.json."""
    newest = max(REPORTS.glob("*/report.json"), key=lambda path: path.stat().st_mtime)
    document: dict[str, Any] = json.loads(newest.read_text("utf-8"))
    return document


def test_every_provision_has_its_row(report: dict[str, Any]) -> None:
    policy = load(ROOT / "policy", "demo", datetime.now(UTC).date())
    assert [row["id"] for row in report["provisions"]] == [row.id for row in policy.provisions]
    assert report["policy"]["sha256"] == policy.sha256


def test_enough_rows_were_observed_on_the_live_host(report: dict[str, Any]) -> None:
    observed = [row["id"] for row in report["provisions"] if row["evidence"]]
    assert len(observed) >= OBSERVED_AT_LEAST, observed


def test_what_was_not_assessed_says_why(report: dict[str, Any]) -> None:
    silent = [
        row["id"] for row in report["provisions"] if row["status"] == "not_assessed" and not row["observed"]
    ]
    assert not silent


def test_whatever_is_built_was_assessed(report: dict[str, Any]) -> None:
    """A row is not assessed for want of a control only, with the reason that the policy gives."""
    policy = load(ROOT / "policy", "demo", datetime.now(UTC).date())
    reasons = {each.id: each.reason.vi for each in policy.controls if each.reason}
    for row in report["provisions"]:
        if row["status"] == "not_assessed":
            missing = [reasons[control] for control in row["controls"] if control in reasons]
            assert missing, row["id"]
            assert all(reason in row["observed"] for reason in missing), row["id"]


def test_nothing_is_not_met(report: dict[str, Any]) -> None:
    assert not [row["id"] for row in report["provisions"] if row["status"] == "not_met"]


def test_the_page_stands_beside_it() -> None:
    page = max(REPORTS.glob("*/report.html"), key=lambda path: path.stat().st_mtime).read_text("utf-8")
    assert 'lang="vi"' in page
    assert "d5.s2" in page
