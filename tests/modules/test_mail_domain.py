"""mail_domain: check, do, check again, do again; what is at fault changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from directories import converge
from fix_database import Database
from fix_modules import Run
from organisations import DOMAIN, ORGANISATION, PEOPLE, Box, at, organisation, person

NEW = "snv.gialai.example"
NAME = {"name": NEW, "cut_over": "2026-12-15", "in_use": {"vp": "vp"}}


@pytest.fixture
def named(database: Database, run: Run) -> Any:
    """named(entries) -> the module's result, on a directory with two people, before the cut-over."""
    database.set_now("2026-11-26 08:00+07")
    box = Box(at("vp"), "office", "vp", frozenset())
    converge(database, organisation(person("CB1"), person("CB2", "Lê Thị Hoa"), boxes=[box]))
    return lambda *names, **more: run("mail_domain", domain=DOMAIN, names=list(names), **more)


def rows(database: Database) -> list[tuple[Any, ...]]:
    return database.ask("congvu_admin", "select name, home, cut_over::text from domain_name order by 1")


def test_check_do_check_again_do_again(named: Any, database: Database) -> None:
    foreseen = named(NAME, check=True)
    assert rows(database) == []
    done = named(NAME)
    assert (foreseen["changed"], foreseen["diff"], foreseen["said"]) == (True, done["diff"], done["said"])
    assert done["diff"]["after"] == f"{NEW}: name of {DOMAIN}, people send under it from 2026-12-15\n"
    assert any(
        f"On 2026-12-15, at midnight in Viet Nam, people send under {NEW}" in each for each in done["said"]
    )
    assert rows(database) == [(NEW, DOMAIN, "2026-12-15")]
    for check in (True, False):
        assert not named(NAME, check=check)["changed"]
    assert named()["changed"]
    assert rows(database) == []


def test_all_faults_come_in_one_failure_and_nothing_changes(named: Any, database: Database) -> None:
    result = named({**NAME, "in_use": {"hoalt": "CB9", "binhl": "CB8"}}, {"name": "Gia Lai"})
    assert result["failed"]
    assert [(fault["row"], fault["column"]) for fault in result["faults"]] == [
        (1, "in_use"), (1, "in_use"), (2, "name"),
    ]  # fmt: skip
    assert f"hoalt@{NEW}" in result["msg"]
    assert rows(database) == []


def test_what_is_in_force_stays(named: Any, database: Database) -> None:
    named(NAME)
    database.set_now("2026-12-15 00:00+07")
    assert "people send under it since 2026-12-15" in named()["msg"]
    assert "moves a cut-over" in named({**NAME, "cut_over": "2027-01-01"})["msg"]
    assert not named(NAME)["changed"]


def test_a_site_is_not_moved_to_a_name(named: Any, run: Run, tmp_path: Path) -> None:
    """Who writes the new name as mail_domain is told what to write."""
    named(NAME)
    (tmp_path / "organisation.yml").write_text(ORGANISATION, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    files = {each: str(tmp_path / file) for each, file in (
        ("organisation", "organisation.yml"), ("people", "people.csv"))}  # fmt: skip
    for module, more in (("mail_directory", files), ("mail_domain", {"names": []})):
        result = run(module, domain=NEW, **more)
        assert f"is a further name of {DOMAIN}, in which addresses stay" in result["msg"]


def test_files_may_be_written_with_the_new_name(run: Run, database: Database, tmp_path: Path) -> None:
    database.set_now("2026-07-10 08:00+07")
    run("mail_domain", domain=DOMAIN, names=[{"name": NEW, "cut_over": "2026-08-01"}])
    (tmp_path / "organisation.yml").write_text(
        ORGANISATION.replace("address: vp,", f"address: vp@{NEW},"), "utf-8"
    )
    (tmp_path / "people.csv").write_text(PEOPLE.replace("2026-06-30,", f"2026-06-30,hoalt@{NEW}"), "utf-8")
    done = run(
        "mail_directory",
        organisation=str(tmp_path / "organisation.yml"),
        people=str(tmp_path / "people.csv"),
        domain=DOMAIN,
    )
    assert done["changed"], done
    addresses = {address for (address,) in database.ask("congvu_admin", "select address from address")}
    assert {at("vp"), at("hoalt")} <= addresses
    assert all(address.endswith(f"@{DOMAIN}") for address in addresses)
