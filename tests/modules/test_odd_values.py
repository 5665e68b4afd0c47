"""What no playbook would ask for, straight to the modules of the acts: one message, and nothing changed."""

from __future__ import annotations

from typing import Any

import pytest
from directories import converge, give_password
from fix_database import Database
from fix_modules import Run
from organisations import DOMAIN, Box, at, organisation, person

SOUND: dict[str, dict[str, Any]] = {
    "mail_break_glass": {
        "ticket": "1/QĐ", "owner": "CB1", "reader": "CB2", "approver": "CB3", "reason": "Nghỉ ốm",
        "ends_at": "2026-11-26 17:00", "domain": DOMAIN,
    },
    "mail_handover": {
        "box": "vp", "domain": DOMAIN, "decision": "1/QĐ", "decided_on": "2026-11-25",
        "effective_on": "2026-11-26", "receiver": "CB2",
    },
    "mail_password": {"output": "", "reset": ["CB1"]},
}  # fmt: skip
WORDS = [
    "", " ", "\x00", "a\nb", "CB1'; drop table person; --", "{{ 7 * 7 }}", "$(id)", "../x", "CB1\u200b",
]  # fmt: skip
DAYS = ["", "now", "infinity", "2026-02-30", "0001-01-01", "9999-12-31", "2026-11-26T17:00:00+99:00"]
ODD = [
    *(("mail_break_glass", {name: word}) for name in ("owner", "reader", "approver") for word in WORDS),
    *(("mail_break_glass", {name: word}) for name in ("ticket", "reason") for word in WORDS[:4]),
    *(("mail_break_glass", {"ends_at": day}) for day in DAYS),
    *(("mail_handover", {name: word}) for name in ("box", "receiver") for word in WORDS),
    *(("mail_handover", {"decision": word}) for word in WORDS[:4]),
    *(("mail_handover", {"absent": word}) for word in WORDS[2:4]),
    *(("mail_handover", {"decided_on": day}) for day in DAYS if day != "0001-01-01"),
    *(("mail_handover", {"effective_on": day}) for day in DAYS),
    ("mail_handover", {"box": at("an")}),  # a person's
    *(("mail_password", {"reset": [word]}) for word in WORDS),
]


@pytest.fixture
def office(database: Database) -> Database:
    database.set_now("2026-11-26 08:00+07")
    box = Box(at("vp"), "office", "vp", frozenset({("CB1", "head")}))
    staff = [person("CB1", "An"), person("CB2", "Bình"), person("CB3", "Cúc")]
    converge(database, organisation(*staff, boxes=[box]))
    for name in ("an", "binh", "cuc"):
        give_password(database, at(name), "2026-11-20T08:00:00+07:00")
    return database


def everything(database: Database) -> list[Any]:
    tables = ("break_glass", "handover", "box_role", "credential", "person", "audit_record")
    return [database.ask("congvu_owner", f"select * from {table} order by 1, 2") for table in tables]


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("module", ["mail_break_glass", "mail_handover"])
def test_what_is_sound_is_done(run: Run, module: str) -> None:
    """Or nothing below would be a refusal of what is odd."""
    assert run(module, **SOUND[module])["changed"]


@pytest.mark.parametrize(("module", "change"), ODD)
def test_odd_values_are_refused_and_change_nothing(
    office: Database, run: Run, module: str, change: dict[str, Any], tmp_path: Any
) -> None:
    before = everything(office)
    sound = SOUND[module] | ({"output": str(tmp_path)} if module == "mail_password" else {})
    result = run(module, **sound | change)
    assert result.get("failed"), result
    assert "Traceback" not in result["output"]
    assert "exception" not in result
    assert everything(office) == before
