"""Auditors: who is let in by what, what they read under their own login, and that it is on record."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import timedelta

import pytest
from fix_database import Database
from fix_portal import Visitor, text
from psycopg import errors

from congvu.services import cli

PAGE = "<!DOCTYPE html><html lang='vi'><style>\np { color: red }\n</style><p>Báo cáo quý III</p></html>"


@pytest.fixture
def issued(roles: Database) -> Database:
    """One report that has its page, and one that was made before pages were kept."""
    for quarter, page in (("2026-Q3", PAGE), ("2026-Q2", "")):
        roles.change(
            "congvu_owner",
            "insert into report_issue (quarter, cutoff, first, last, form, content, figures, page) "
            "values (%s, 'nd09', '2026-06-15', '2026-09-14', 'pdf', '', '{}', %s)",
            quarter, page,
        )  # fmt: skip
    return roles


def auditor(database: Database, *options: str) -> int:
    return cli.main(["auditor", "--host", database.host, "--database", database.name, *options])


def until(database: Database, days: int = 30) -> str:
    with database.store() as db:
        return f"--until={db.today() + timedelta(days=days)}"


def readings(database: Database) -> list[tuple[str, str]]:
    statement = "select actor, subject from audit_record where verb = 'report.read' order by id"
    return database.ask("congvu_admin", statement)


def test_an_auditor_reads_and_each_reading_is_on_record(issued: Database, head: Visitor) -> None:
    assert auditor(issued, "annv", "--warrant=12/QĐ-TTr", until(issued)) == 0
    shown = head.get("/kiem-toan")
    assert "Quý 3 năm 2026" in text(shown.text)
    assert "Quý 2 năm 2026" not in text(shown.text)
    assert readings(issued) == []
    page = head.get("/kiem-toan/2026-Q3")
    assert page.status == 200
    assert page.text == PAGE
    (address,) = {actor for actor, _ in readings(issued)}
    assert address.startswith("annv@")
    head.get("/kiem-toan/2026-Q3")
    assert [subject for _, subject in readings(issued)] == ["2026-Q3", "2026-Q3"]


def test_the_browser_takes_the_style_of_the_page_and_no_other(issued: Database, head: Visitor) -> None:
    auditor(issued, "annv", "--warrant=12/QĐ-TTr", until(issued))
    rules = head.get("/kiem-toan/2026-Q3").headers["Content-Security-Policy"]
    style = re.findall("<style>(.*?)</style>", PAGE, re.S)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}' 'self';" in rules
    assert "unsafe" not in rules
    assert "sha256" not in head.get("/kiem-toan").headers["Content-Security-Policy"]


def test_nobody_else_reads(issued: Database, head: Visitor, clerk: Visitor, visitor: Visitor) -> None:
    auditor(issued, "annv", "--warrant=12/QĐ-TTr", until(issued))
    for path in ("/kiem-toan", "/kiem-toan/2026-Q3"):
        refused = clerk.get(path)
        assert refused.status in (403, 404)
        assert "dành cho người được giao kiểm tra" in text(refused.text)
        assert "Quý 3" not in text(refused.text)
    assert Visitor(visitor.server).get("/kiem-toan/2026-Q3").status == 303
    assert readings(issued) == []
    assert head.get("/kiem-toan/2026-Q2").status == 404
    assert head.get("/kiem-toan/2026-Q9").status == 404


@pytest.mark.parametrize("way", ["ended", "over"])
def test_it_ends_by_an_act_and_by_its_day(issued: Database, head: Visitor, way: str) -> None:
    auditor(issued, "annv", "--warrant=12/QĐ-TTr", until(issued))
    assert head.get("/kiem-toan").status == 200
    if way == "ended":
        assert auditor(issued, "annv", "--warrant=12/QĐ-TTr", "--end") == 0
    else:
        issued.change("congvu_owner", "alter table auditor disable trigger kept_act")
        issued.change(
            "congvu_owner", "update auditor set until = granted_on - 1, granted_on = granted_on - 9"
        )
    assert head.get("/kiem-toan").status == 403
    assert head.get("/kiem-toan/2026-Q3").status in (403, 404)
    assert readings(issued) == []


def test_the_command_changes_once_and_tells_every_fault(
    issued: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*options: str) -> str:
        assert auditor(issued, *options) == 0
        return capsys.readouterr().out.strip()

    day = until(issued)
    assert said("annv", "--warrant=12/QĐ-TTr", day, "--check") == "changed"
    assert said() == ""
    assert said("annv", "--warrant=12/QĐ-TTr", day) == "changed"
    assert said("annv", "--warrant=12/QĐ-TTr", day) == "unchanged"
    assert said().startswith("annv: 12/QĐ-TTr, until ")
    assert said("annv", "--warrant=12/QĐ-TTr", "--end") == "changed"
    assert said("annv", "--warrant=12/QĐ-TTr", "--end") == "unchanged"
    assert said().endswith(", over")
    assert auditor(issued, "nobody", until(issued, 400)) == 1
    told = capsys.readouterr().err
    for words in ("'nobody' has no open mailbox", "--warrant: '' is not one line", "is no day from today"):
        assert words in told
    assert auditor(issued, "annv", "--warrant=12/QĐ-TTr", day) == 1
    assert "a new time needs a new order" in capsys.readouterr().err


def test_the_database_sees_to_it(issued: Database) -> None:
    auditor(issued, "annv", "--warrant=12/QĐ-TTr", until(issued))
    with pytest.raises(errors.InsufficientPrivilege):
        issued.ask("congvu_portal", "select page from report_issue")
    with pytest.raises(errors.InsufficientPrivilege):
        issued.ask("congvu_portal", "select is_auditor('annv')")
    with pytest.raises(errors.IntegrityConstraintViolation, match="kept as they are"):
        issued.change("congvu_owner", "update auditor set until = until + 9")
