"""The register of cases: what may be entered, what stays, and what no tool can go round."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from fix_database import Database
from psycopg import errors

from congvu.accounts.faults import InputError
from congvu.incidents import Case, plan_case
from congvu.policy import dump, load
from congvu.services import cli

TODAY = date(2026, 11, 26)
ROWS = ("d3.k4.1", "d3.k4.2")
CASE = Case(number="12/BC-VP", kind="spam", provision="d3.k4.2", found_on=date(2026, 11, 20))
ENDED = replace(CASE, closed_on=date(2026, 11, 25), outcome="dealt_with", decision="34/QĐ-SNV")


def test_a_case_is_opened_once_and_closed_once() -> None:
    assert plan_case(CASE, [], ROWS, TODAY) == (CASE, None)
    assert plan_case(CASE, [CASE], ROWS, TODAY) == (None, None)
    assert plan_case(ENDED, [CASE], ROWS, TODAY) == (None, ENDED)
    assert plan_case(ENDED, [], ROWS, TODAY) == (ENDED, ENDED)
    assert plan_case(ENDED, [ENDED], ROWS, TODAY) == (None, None)
    assert plan_case(CASE, [ENDED], ROWS, TODAY) == (None, None)


@pytest.mark.parametrize(
    ("change", "register", "told"),
    [
        ({"number": " "}, [], ["incident, number: is missing"]),
        ({"kind": "gossip"}, [], ['incident, kind: "gossip" is no kind; write one of propaganda']),
        ({"provision": "d9"}, [], ['provision: "d9" is no provision']),
        ({"found_on": date(2026, 11, 27)}, [], ['found_on: "2026-11-27" lies ahead']),
        ({"closed_on": TODAY}, [], ["outcome: is missing"]),
        ({"outcome": "unfounded"}, [], ["closed_on: is missing"]),
        (
            {"closed_on": TODAY, "outcome": "forgotten"},
            [],
            ['"forgotten" is no outcome', "decision: is missing"],
        ),
        ({"closed_on": TODAY, "outcome": "referred"}, [], ["decision: is missing"]),
        ({"closed_on": date(2026, 11, 1), "outcome": "unfounded"}, [], ["is before 2026-11-20"]),
        ({"kind": "virus"}, [CASE], ['kind: "virus" is spam in the register']),
        ({"closed_on": TODAY, "outcome": "unfounded"}, [ENDED], ["is closed; open another case"]),
        ({"decision": "x" * 65}, [], ["is not one line of 64 characters"]),
    ],
)
def test_every_fault_is_told(change: dict[str, object], register: list[Case], told: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        plan_case(replace(CASE, **change), register, ROWS, TODAY)  # type: ignore[arg-type]
    for words in told:
        assert words in str(refused.value)


@pytest.fixture
def command(database: Database, tmp_path: Path) -> list[str]:
    policy = load(Path("policy"), "default", TODAY)
    (tmp_path / "policy.json").write_text(json.dumps(dump(policy), ensure_ascii=False))
    database.set_now("2026-11-26 08:00+07")
    sources = [
        "--host",
        database.host,
        "--database",
        database.name,
        "--policy",
        str(tmp_path / "policy.json"),
    ]
    return ["incident", *sources]


def test_the_command_enters_a_case_and_its_end(
    command: list[str], database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*options: str) -> str:
        assert cli.main([*command, *options]) == 0
        return capsys.readouterr().out.strip()

    opening = ("--kind=spam", "--provision=d3.k4.2", "12/BC-VP")
    assert said("--check", *opening) == "changed"
    assert said(*opening) == "changed"
    assert said(*opening) == "unchanged"
    closing = ("--closed-on=2026-11-26", "--outcome=dealt_with", "--decision=34/QĐ-SNV", "12/BC-VP")
    assert said(*closing) == "changed"
    assert said(*closing) == "unchanged"
    assert said() == "12/BC-VP: spam, d3.k4.2, 2026-11-26: 2026-11-26 dealt_with 34/QĐ-SNV"
    verbs = database.ask(
        "congvu_admin", "select verb from audit_record where subject = '12/BC-VP' order by id"
    )
    assert verbs == [("incident.open",), ("incident.close",)]


def test_what_was_written_stays(command: list[str], database: Database) -> None:
    cli.main([*command, "--kind=spam", "--provision=d3.k4.2", "12/BC-VP"])
    for statement in (
        "delete from incident",
        "update incident set kind = 'virus'",
        "update incident set closed_on = '2026-11-26', outcome = 'dealt_with'",
    ):
        with pytest.raises(errors.IntegrityError):
            database.change("congvu_owner", statement)
    with pytest.raises(errors.IntegrityError):
        database.ask("congvu_admin", "update incident set outcome = 'unfounded', closed_on = found_on")
