"""What the people's page says of records and refusals: in words for each, none of another's."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from congvu.policy import load
from congvu.web import words

ROOT = Path(__file__).resolve().parents[2]
SQL = ROOT / "src" / "congvu" / "store"
SUBJECTS = (
    "abuse|app_password|auditor|break_glass|credential|difficulty|factor|handover|odd_use|password|policy|statement"
    "|webmail"
)
VERB = re.compile(rf"'((?:{SUBJECTS})\.[a-z_]+)'")


def test_every_record_about_a_person_has_words() -> None:
    values = load(ROOT / "policy", "default", date(2026, 11, 23)).values
    written = {verb for file in SQL.rglob("*.sql") for verb in VERB.findall(file.read_text("utf-8"))}
    written |= {
        f"odd_use.{kind}" for kind in ("networks", "abroad", "guess", "sprayed")
    }  # of the table's kinds
    written.remove("password.in_use")  # shown to nobody: it tells whose password was guessed
    assert written - set(values) - set(words.ACTS) == set()


def test_every_refusal_has_words() -> None:
    sql = "".join(file.read_text("utf-8") for file in SQL.rglob("001[12]_*.sql"))
    page = (ROOT / "src/congvu/web/templates/portal/base.html").read_text("utf-8")
    refusals = set(re.findall(r"return '([a-z_]+)'", sql)) - {"recorded", "made", "no_session"}
    assert refusals - set(re.findall(r'problem == "([a-z_]+)"', page)) == set()
