"""What the people's page says of records and refusals: in words for each, none of another's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from congvu.policy import load
from congvu.web import words

ROOT = Path(__file__).resolve().parents[2]
STORE = ROOT / "src" / "congvu" / "store"
VERB = re.compile(r"[a-z_]+\.[a-z_]+")
# About no person, so no page shows them: of the host, the evidence, the register, a day's or a domain's work.
OF_NOBODY = {
    "backup.restore",
    "canary.declare",
    "checks.close",
    "checks.correct",
    "checks.expire",
    "domain.names",
    "event.expire",
    "evidence.export",
    "incident.close",
    "incident.open",
    "odd_use.expire",
    "outage.add",
    "outage.gap",
    "outage.withdraw",
    "policy.enforce",
    "report.issue",
    "service.issue",
}
# Put together where they are written: of the table's kinds, and of what the page's form is about.
PUT_TOGETHER = {
    *(f"odd_use.{kind}" for kind in ("networks", "abroad", "guess", "sprayed")),
    "abuse.report",
    "difficulty.report",
}


def in_sql() -> Iterator[str]:
    """What stands as a verb in a statement that writes a record, or as the reason beside it."""
    for file in STORE.rglob("*.sql"):
        for statement in re.findall(r"insert into audit_record[^;]*", file.read_text("utf-8")):
            yield from re.findall(rf"'({VERB.pattern})'", statement)


def in_python() -> Iterator[str]:
    """What is recorded by name; in modules, which hand names on, whatever looks like a verb with words."""
    subjects = "|".join({verb.partition(".")[0] for verb in words.ACTS})
    for file in (ROOT / "src" / "congvu").rglob("*.py"):
        yield from re.findall(rf'\.record(?:_bulk)?\(\s*[^,]+,\s*"({VERB.pattern})"', file.read_text("utf-8"))
    for file in (ROOT / "plugins" / "modules").glob("*.py"):
        yield from re.findall(rf'"((?:{subjects})\.[a-z_]+)"', file.read_text("utf-8"))


def test_every_record_about_a_person_has_words_and_no_others_have() -> None:
    written = {*in_sql(), *in_python()} - set(load(ROOT / "policy", "default", date(2026, 11, 23)).values)
    assert "password.in_use" not in words.ACTS  # shown to nobody: it tells whose password was guessed
    written = (written | PUT_TOGETHER) - {"password.in_use"}
    assert written - OF_NOBODY - set(words.ACTS) == set()
    assert (OF_NOBODY | set(words.ACTS)) - written == set()


def test_every_refusal_has_words() -> None:
    sql = "".join(file.read_text("utf-8") for file in STORE.rglob("001[12]_*.sql"))
    page = (ROOT / "src/congvu/web/templates/portal/base.html").read_text("utf-8")
    refusals = set(re.findall(r"return '([a-z_]+)'", sql)) - {"recorded", "made", "no_session"}
    assert refusals - set(re.findall(r'problem == "([a-z_]+)"', page)) == set()
