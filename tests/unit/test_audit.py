"""`congvu audit` and `congvu report` on a real database: what is kept, the exit status, and the files."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fix_database import Database

from congvu import policy as policies
from congvu.policy import Resolved
from congvu.services import cli

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.now(UTC)


@pytest.fixture
def policy(tmp_path: Path) -> Resolved:
    """Our own policy, as a role writes it to a host."""
    resolved = policies.load(ROOT / "policy", "default", NOW.date())
    (tmp_path / "policy.json").write_text(json.dumps(policies.dump(resolved)), encoding="utf-8")
    return resolved


@pytest.fixture
def congvu(database: Database, tmp_path: Path, policy: Resolved) -> Any:  # noqa: ARG001 - it writes the file
    """Run a verb against the test's database; the exit status."""
    where = ["--policy", str(tmp_path / "policy.json"), "--host", database.host, "--database", database.name]
    return lambda *arguments: cli.main([*arguments, *where])


def observations(policy: Resolved, at: datetime = NOW, **exceptions: str) -> dict[str, Any]:
    """An observation file in which everything is well but for the ``exceptions`` (by control)."""
    entries = [
        {
            "control": control.id,
            "observed_at": at.isoformat(),
            "checked": 5,
            "exceptions": [
                {"subject": "đối tượng", "found": exceptions[name]}
                for name in [control.id.replace("-", "_")]
                if name in exceptions
            ],
            "numerator": 99,
            "denominator": 100,
            "figure": None,
            "evidence": ["quan sát được"],
        }
        for control in policy.controls
        if control.built
    ]
    return {"schema": 1, "observed_at": at.isoformat(), "host": "mail", "policy_sha256": policy.sha256,
            "observations": entries}  # fmt: skip


@pytest.fixture
def record(congvu: Any, tmp_path: Path) -> Any:
    """Write an observation file and have it recorded and judged; the exit status."""

    def _record(document: Any, *arguments: str) -> int:
        (tmp_path / "observed.json").write_text(json.dumps(document), encoding="utf-8")
        status: int = congvu("audit", "--record", str(tmp_path / "observed.json"), *arguments)
        return status

    return _record


def test_nothing_observed_is_broken_and_not_clean(congvu: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert congvu("audit") == 2
    assert "no recent observation of: address-unique, banned-example" in capsys.readouterr().err


def test_all_met_is_clean(
    record: Any, policy: Resolved, congvu: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert record(observations(policy)) == 0
    assert congvu("audit") == 0  # what was recorded is there
    assert " met" in capsys.readouterr().out


def test_what_is_not_met_is_named(record: Any, policy: Resolved, capsys: pytest.CaptureFixture[str]) -> None:
    assert record(observations(policy, banned_example="được nhận"), "--json") == 3
    result = json.loads(capsys.readouterr().out)
    assert result["rows"]["d5.s3"] == "not_met"
    assert result["not_met"] == [
        {"provision": "d5.s3", "control": "banned-example", "found": ["đối tượng: được nhận"]}
    ]
    assert [row for row, status in result["rows"].items() if status == "not_met"] == ["d5.s3"]


def test_an_observer_that_broke_down_leaves_its_rows_open(
    record: Any, policy: Resolved, capsys: pytest.CaptureFixture[str]
) -> None:
    document = observations(policy)
    document["observations"] = [
        each for each in document["observations"] if each["control"] != "banned-example"
    ]
    assert record(document, "--json") == 2
    result = json.loads(capsys.readouterr().out)
    assert result["unobserved"] == ["banned-example"]
    assert result["rows"]["d5.s3"] == "not_assessed"


def test_yesterdays_fault_does_not_outlive_todays_look(record: Any, policy: Resolved) -> None:
    yesterday = NOW - timedelta(days=1)
    assert record(observations(policy, at=yesterday, banned_example="được nhận")) == 3
    assert record(observations(policy)) == 0


def test_an_old_look_does_not_count(record: Any, policy: Resolved) -> None:
    assert record(observations(policy, at=NOW - timedelta(days=30))) == 2


def test_recording_twice_changes_nothing(record: Any, policy: Resolved, database: Database) -> None:
    record(observations(policy))
    record(observations(policy))
    built = sum(control.built for control in policy.controls)
    assert database.ask("congvu_admin", "select count(*) from observation") == [(built,)]


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 2}'])
def test_a_broken_file_is_the_users_to_mend(
    congvu: Any, monkeypatch: pytest.MonkeyPatch, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert congvu("audit", "--record", "-") == 1
    assert capsys.readouterr().err.startswith("congvu: ")


def test_the_report_goes_to_a_directory_of_its_quarter(
    record: Any, policy: Resolved, congvu: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(observations(policy, banned_example="được nhận"))
    capsys.readouterr()
    forms = ["json", "html", "docx"]
    assert congvu("report", "--cutoff", "calendar", "--out", str(tmp_path / "out"), "--format", *forms) == 0
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert written == [written[0].parent / f"report.{form}" for form in forms]
    assert written[0].parent.parent == tmp_path / "out"
    assert written[0].parent.name.endswith("-calendar")
    assert all(path.stat().st_size > 1000 for path in written)
    rows = {row["id"]: row["status"] for row in json.loads(written[0].read_bytes())["provisions"]}
    assert len(rows) == len(policy.provisions)
    assert rows["d5.s3"] == "not_met"


def test_a_host_without_the_renderer_says_what_to_do(
    congvu: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert congvu("report", "--out", str(tmp_path / "out")) == 1
    assert "cannot render pdf" in (said := capsys.readouterr().err)
    assert "playbooks/site.yml" in said
    assert not (tmp_path / "out").exists()


def test_a_quarter_is_judged_as_it_stood_at_its_end(
    record: Any, policy: Resolved, congvu: Any, tmp_path: Path
) -> None:
    end = datetime(2026, 6, 30, 16, 0, tzinfo=UTC)  # 23:00 on the last day of the calendar quarter
    record(observations(policy, at=end))
    record(observations(policy, at=end + timedelta(hours=2), banned_example="được nhận"))  # the next quarter
    congvu("report", "--quarter=2026-Q2", "--cutoff=calendar", f"--out={tmp_path}", "--format=json")
    document = json.loads((tmp_path / "2026-Q2-calendar/report.json").read_bytes())
    assert {row["id"]: row["status"] for row in document["provisions"]}["d5.s3"] == "met"


def test_a_quarter_to_come_has_no_report(congvu: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert congvu("report", "--quarter", f"{NOW.year + 1}-Q4", "--out", "unused") == 1
    assert "nothing to report yet" in capsys.readouterr().err
