"""The report of the quarter that is over: made once, sent to the Office and the Director."""

from __future__ import annotations

import email
import email.policy
import hashlib
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import docx
import pytest
from fix_database import Database
from fix_quarter import POLICY
from organisations import DOMAIN, at
from psycopg import errors

from congvu.policy import digest, dump
from congvu.services import cli

HEAD = {"organisation": "Sở Nội vụ", "symbol": "BC-SNV"}


class Host:
    """What the two timers call, on a day; and the mail that came of it."""

    def __init__(self, database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.database, self.folder, self.monkeypatch = database, folder, monkeypatch
        (folder / "policy.json").write_text(json.dumps(dump(POLICY), ensure_ascii=False))
        (folder / "letterhead.json").write_text(json.dumps(HEAD))
        settings = {"organisation": "Sở Nội vụ", "domain": DOMAIN, "page": "https://mail.example/mat-khau",
                    "database": {"host": database.host, "name": database.name}}  # fmt: skip
        (folder / "reminders.json").write_text(json.dumps(settings))
        self.sendmail = folder / "sendmail"
        self.sendmail.write_text(f'#!/bin/sh\nexec cat >"{folder}/$(date +%s%N).eml"\n')
        self.sendmail.chmod(0o755)

    def issue(self, day: str, letterhead: str = "letterhead.json") -> int:
        moment = datetime.fromisoformat(f"{day}T22:30+00:00").astimezone(UTC)
        self.monkeypatch.setattr("congvu.clock.now", lambda: moment)
        self.database.set_now(moment.isoformat())
        sources = ["--host", self.database.host, "--database", self.database.name]
        files = ["--policy", f"{self.folder}/policy.json", "--letterhead-file", f"{self.folder}/{letterhead}"]
        return cli.main(["issue", "--format", "docx", *sources, *files])

    def notify(self) -> list[EmailMessage]:
        settings = ["--settings", f"{self.folder}/reminders.json", "--sendmail", str(self.sendmail)]
        assert cli.main(["notify", *settings]) == 0
        found = sorted(self.folder.glob("*.eml"))
        mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in found]
        for path in found:
            path.unlink()
        return [mail for mail in mails if mail["Subject"].startswith("Báo cáo")]

    def made(self) -> list[str]:
        return [row[0] for row in self.database.ask("congvu_admin", "select quarter from report_issue")]


@pytest.fixture
def host(quarter: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(quarter, tmp_path, monkeypatch)


def test_it_is_made_after_the_end_and_once(host: Host) -> None:
    assert host.issue("2026-12-13") == 0  # 05:30 on the last day: the third quarter was not reported on yet
    assert host.made() == ["2026-Q3"]
    assert host.issue("2026-12-14") == 0
    assert host.issue("2026-12-14") == 0
    assert host.issue("2026-12-20") == 0
    assert host.made() == ["2026-Q3", "2026-Q4"]
    records = "select subject, actor from audit_record where verb = 'report.issue' order by id"
    assert host.database.ask("congvu_admin", records) == [
        ("2026-Q3", "congvu-issue"), ("2026-Q4", "congvu-issue")
    ]  # fmt: skip


def test_the_office_and_the_director_have_it_by_mail_once(host: Host) -> None:
    host.issue("2026-12-14")
    mails = {mail["To"].addresses[0].addr_spec: mail for mail in host.notify()}
    assert mails.keys() == {at("vp"), at("giamdoc")}
    assert host.notify() == []
    office = mails[at("vp")]
    told = "Báo cáo kết quả thực hiện quy định về thư điện tử công vụ quý IV năm 2026"
    assert office["Subject"] == told
    text = office.get_body().get_content()
    assert "Kính gửi: Phòng vp" in text
    assert "từ ngày 15/09/2026 đến ngày 14/12/2026" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 100
    (attached,) = office.iter_attachments()
    assert attached.get_filename() == "bao-cao-quy-4-2026.docx"
    document = docx.Document(io.BytesIO(attached.get_content()))
    assert any("41/QĐ-SNV" in cell.text for table in document.tables for cell in table._cells)
    ((kept,),) = host.database.ask("congvu_admin", "select content from report_issue")
    assert attached.get_content() == bytes(kept)


def test_the_figures_that_it_was_made_of_can_be_made_again(host: Host) -> None:
    host.issue("2026-12-14")
    sources = ["--host", host.database.host, "--database", host.database.name]
    files = ["--policy", f"{host.folder}/policy.json", "--out", str(host.folder)]
    assert cli.main(["report", "--quarter", "2026-Q4", "--format", "json", *sources, *files]) == 0
    plain = (host.folder / "2026-Q4-nd09" / "report.json").read_bytes()
    ((kept, digest),) = host.database.ask(
        "congvu_admin",
        "select figures, detail ->> 'sha256' from report_issue, audit_record where verb = 'report.issue'",
    )
    assert kept.encode() == plain
    assert digest == hashlib.sha256(plain).hexdigest()


def test_a_policy_of_the_night_after_the_quarter_does_not_spoil_its_report(host: Host) -> None:
    later = replace(POLICY, version="99")
    later = replace(later, sha256=digest(dump(later)))
    host.database.change(
        "congvu_owner",
        "insert into policy_version values ('2026-12-15 02:00+07', '99', %s)",
        later.sha256,
    )
    (host.folder / "policy.json").write_text(json.dumps(dump(later), ensure_ascii=False))
    assert host.issue("2026-12-14") == 0
    ((figures,),) = host.database.ask("congvu_admin", "select figures from report_issue")
    document = json.loads(figures)
    assert document["policy"]["sha256"] == later.sha256
    assert document["policy"]["then"] == [{"version": POLICY.version, "sha256": POLICY.sha256}]
    assert document["trend"][-1]["counts"]["met"] > 10
    assert sum(each["confirmed"] for each in document["register"]["signed"]) == 1


def test_a_quarter_that_nobody_observed_has_none(host: Host) -> None:
    host.database.ask("congvu_owner", "delete from observation")
    assert host.issue("2026-12-14") == 0
    assert host.made() == []


def test_without_a_letterhead_it_says_where_that_comes_from(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    assert host.issue("2026-12-14", letterhead="nowhere.json") == 1
    assert "nowhere.json: No such file or directory; role audit writes it" in capsys.readouterr().err
    assert host.made() == []


def test_nobody_changes_what_was_made(host: Host) -> None:
    host.issue("2026-12-14")
    with pytest.raises(errors.IntegrityConstraintViolation, match="are kept as they are"):
        host.database.change("congvu_owner", "update report_issue set content = ''")
    with pytest.raises(errors.InsufficientPrivilege):
        host.database.ask("congvu_reminder", "select * from report_issue")
    with pytest.raises(errors.InsufficientPrivilege):
        host.database.change("congvu_admin", "delete from report_copy")
