"""Another regulation, with nothing but its folder: it converges, opens and shuts doors, audits and reports.

The host goes back to the first regulation at the end, whatever happens.
"""

from __future__ import annotations

import html
import json
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from congvu.policy import load

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "molecule" / "mailhost" / "tests"))

from doors import Doors  # noqa: E402

REGULATION = ROOT / "tests" / "regulations" / "commune"
STORY = "molecule/regulation/converge.yml"
ROWS = ["m1", "m2.dai", "m2.thay", "m3", "m4"]
# The dates of one person's password are moved as superuser, and moved back with the end of the transaction.
BOUNDARIES = """
set session_replication_role = replica;
begin;
update credential set set_at = congvu_now() - interval '{age}' where address = '{address}';
select state from account where address = '{address}';
rollback;
"""


@contextmanager
def governed(ansible: Callable[..., Any], extra: dict[str, object], **environment: str) -> Iterator[None]:
    """The host under another law, audited and reported on; under the first one again at the end."""

    def play(*arguments: str, **more: str) -> None:
        done = ansible("ansible-playbook", *arguments, **more)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]

    books = (STORY, "playbooks/audit.yml", "playbooks/report.yml")
    try:
        play(*books, "-e", json.dumps(extra), **environment)
        yield
    finally:
        play(STORY)


@pytest.fixture(scope="module")
def folder() -> Path:
    return ROOT / "build" / "regulation"


@pytest.fixture(scope="module", autouse=True)
def another_regulation(ansible: Callable[..., Any], demo: dict[str, Any], folder: Path) -> Iterator[None]:
    """The host under the other regulation, audited (which fails on what is not met) and reported on.

    ``demo`` was written before: its states are those of the first regulation.
    """
    assert demo
    with governed(ansible, {"audit_directory": str(folder)}, CONGVU_POLICY_DIR=str(REGULATION)):
        yield


def somebody(demo: dict[str, Any], state: str) -> list[dict[str, Any]]:
    """Those whom the first regulation gave this state, and whose password is known."""
    people = [each for each in demo["accounts"] if each["state"] == state and each.get("password")]
    assert people
    return people


def test_the_report_has_the_five_rows_and_no_other(folder: Path) -> None:
    (path,) = folder.glob("reports/*/report.json")
    report = json.loads(path.read_text(encoding="utf-8"))
    policy = load(REGULATION, "default", datetime.now(UTC).date())
    assert report["policy"]["sha256"] == policy.sha256
    assert [row["id"] for row in report["provisions"]] == ROWS
    assert [row["status"] for row in report["provisions"]] == [
        "not_assessed", "met", "met", "met", "not_assessed",
    ]  # fmt: skip
    assert [finding["id"] for finding in report["findings"]] == ["N1"]
    page = path.with_name("report.html").read_text(encoding="utf-8")
    assert "Mục III" in page
    assert "Điều" not in page.replace("Điều 1", "")  # of no article that the first regulation has
    assert "10 ký tự" in page


def test_nine_characters_are_refused_where_ten_would_do(demo: dict[str, Any]) -> None:
    doors, person = Doors(demo), somebody(demo, "active")[0]
    page, cookie = doors._web("GET", "/mat-khau")
    assert "dài từ 10 đến 100 ký tự" in page.text
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token
    strong = "v7#q" + secrets.token_hex(8)
    for new, refused in ((strong[:9], True), (strong[:10] + "\a", False)):  # neither can be set
        form = {"token": token[1], "login": person["address"], "present": person["password"]}
        answer, _ = doors._web("POST", "/mat-khau", {**form, "new": new, "repeat": new}, cookie)
        assert answer.status == 422
        said = "Mật khẩu phải có ít nhất 10 ký tự (mới có 9)." in html.unescape(answer.text)
        assert said == refused


@pytest.mark.parametrize(
    ("age", "state"),
    [
        ("2 months - 1 day", "active"),
        ("2 months", "due"),
        ("4 months", "due"),
        ("4 months 1 day", "expired"),
    ],
)
def test_two_months_are_due_and_more_than_four_expired(
    host: Any, demo: dict[str, Any], age: str, state: str
) -> None:
    sql = BOUNDARIES.format(age=age, address=somebody(demo, "active")[0]["address"])
    asked = host.run_expect([0], f'runuser -u postgres -- psql -qXAt -v ON_ERROR_STOP=1 congvu -c "{sql}"')
    assert asked.stdout.split() == [state]


def test_who_was_only_due_by_the_first_regulation_is_shut_out(demo: dict[str, Any]) -> None:
    """The demo's due people changed their passwords between four and five months ago."""
    doors = Doors(demo)
    assert not [
        who["staff_id"] for who in somebody(demo, "due") if doors.imap(who["address"], who["password"]).open
    ]
    who = somebody(demo, "active")[0]
    assert doors.imap(who["address"], who["password"]).open
