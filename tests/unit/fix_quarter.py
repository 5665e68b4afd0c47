"""A department in the fourth quarter of 2026, in which a little of everything arose; and its report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from directories import converge
from fix_database import Database
from organisations import Alias, Box, at, organisation, person

from congvu import store
from congvu.policy import Resolved, dump, load
from congvu.services import cli

POLICY = load(Path(__file__).resolve().parents[2] / "policy", "default", date(2026, 11, 23))
CHANGES = (Path(__file__).parent / "files" / "quarter.sql").read_text("utf-8")
# how many people each unit has; two are too small to be shown alone
UNITS = {"vp": 12, "ccvc": 9, "tchc": 7, "ttra": 3, "cntt": 2}
SEEN: dict[str, Any] = {
    "checked": 1204, "exceptions": [], "numerator": None, "denominator": None, "figure": None, "evidence": []
}  # fmt: skip


def _observed(database: Database, moment: datetime, policy: Resolved, kept: int, sha256: str) -> None:
    body = {**SEEN, "observed_at": moment.isoformat()}
    rows = [
        store.Observation(each.id, "mail", moment, {**body, "control": each.id}, sha256)
        for each in policy.controls
        if each.built
    ]
    rates = {"numerator": kept, "denominator": 1000}
    rows = [
        replace(each, body={**each.body, **rates}) if each.control == "twice-daily-check" else each
        for each in rows
    ]
    with database.store() as db:
        db.add_observations(rows)


@pytest.fixture
def quarter(database: Database) -> Database:
    """In the second quarter nothing was there yet; in the third another policy was in force."""
    database.set_now("2026-07-01 08:00+07")
    people = [person(f"{unit}{n}", unit=unit) for unit, count in UNITS.items() for n in range(1, count + 1)]
    boxes = [Box(at("vp"), "office", "vp", frozenset({("vp2", "clerk")}))]
    aliases = [Alias(at("giamdoc"), at("annv"))]
    converge(database, organisation(*people, units=UNITS, boxes=boxes, aliases=aliases))
    with database.store("congvu_owner") as db:
        db.run(CHANGES.replace("VERSION", POLICY.version).replace("SHA256", POLICY.sha256).encode())
    _observed(database, datetime(2026, 9, 14, 1, tzinfo=UTC), POLICY, 941, "0" * 64)
    _observed(database, datetime(2026, 12, 14, 16, tzinfo=UTC), POLICY, 987, POLICY.sha256)
    database.set_now("2026-12-28 08:00+07")
    return database


Render = Callable[..., Path]


@pytest.fixture
def render(quarter: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Render:
    """`congvu report` of a quarter some days after its end, as the host runs it; the folder of its files."""
    monkeypatch.setattr("congvu.clock.now", lambda: datetime(2026, 12, 28, 1, tzinfo=UTC))
    (tmp_path / "policy.json").write_text(json.dumps(dump(POLICY), ensure_ascii=False))

    def run(*formats: str, quarter_of: str = "2026-Q4", cutoff: str = "nd09") -> Path:
        sources = ["--host", quarter.host, "--database", quarter.name, "--policy", f"{tmp_path}/policy.json"]
        asked = ["report", "--quarter", quarter_of, "--cutoff", cutoff, "--out", str(tmp_path), *sources]
        assert cli.main([*asked, "--format", *formats]) == 0
        return tmp_path / f"{quarter_of}-{cutoff}"

    return run
