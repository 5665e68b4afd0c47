"""mail_credential: check, do, check again, do again; faults together; no hash in anything that is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from directories import HASH, OTHER_HASH, converge, give_password, states
from fix_database import Database
from fix_modules import Run
from organisations import DOMAIN, at, organisation, person


@pytest.fixture
def people(database: Database) -> Database:
    database.set_now("2026-11-23 08:00+07")
    converge(database, organisation(person("CB1"), person("CB2", "Lê Bình")))
    return database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound file: one fresh, one old."""
    rows = [
        f'annv,"{HASH}",2026-11-20',
        f'{at("binhl")},"{{ARGON2ID}}{OTHER_HASH}",2026-07-01T09:00:00+07:00',
    ]
    path = tmp_path / "old-system.csv"
    path.write_text("\n".join(["address,hash,set_at", *rows]) + "\n")
    return path


def test_check_do_check_again_do_again(run: Run, people: Database, path: Path) -> None:
    options = {"path": str(path), "domain": DOMAIN}
    foreseen = run("mail_credential", check=True, **options)
    assert (foreseen["changed"], foreseen["count"]) == (True, 2)
    assert set(states(people).values()) == {"initial"}
    done = run("mail_credential", **options)
    assert (done["changed"], done["diff"]) == (True, foreseen["diff"])
    assert states(people) == {at("annv"): "active", at("binhl"): "due"}
    assert done["diff"]["after"] == (
        f"{at('annv')}: imported, set 2026-11-20T00:00:00+07:00\n"
        f"{at('binhl')}: imported, set 2026-07-01T09:00:00+07:00\n"
    )
    for check in (True, False):
        again = run("mail_credential", check=check, **options)
        assert (again["changed"], again["count"], again["left_alone"]) == (False, 0, [])
    for shown in (foreseen, done):
        assert HASH[-20:] not in shown["output"]
        assert "argon2id" not in shown["output"].replace(str(path), "")


def test_who_has_set_a_password_since_keeps_it(run: Run, people: Database, path: Path) -> None:
    give_password(people, at("annv"), "2026-11-22T08:00:00+07:00", "self", OTHER_HASH)
    done = run("mail_credential", path=str(path), domain=DOMAIN)
    assert (done["count"], done["left_alone"]) == (1, [at("annv")])
    assert people.ask(
        "congvu_admin", "select hash, origin from credential where address = %s", at("annv")
    ) == [(OTHER_HASH, "self")]


def test_all_faults_come_in_one_failure_and_nothing_changes(run: Run, people: Database, path: Path) -> None:
    rows = ["nobody,$1$x,2026-11-20", f"vp,{'x' * 9},2027-01-01"]
    path.write_text(path.read_text() + "\n".join(rows) + "\n")
    failed = run("mail_credential", path=str(path), domain=DOMAIN)
    assert [(fault["row"], fault["column"]) for fault in failed["faults"]] == [
        (4, "hash"),
        (5, "hash"),
        (5, "set_at"),
    ]
    assert "$1$x" not in failed["output"]
    assert set(states(people).values()) == {"initial"}


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("address", ["box-vp", "nobody", "vanthu"])
def test_only_people_have_passwords(run: Run, path: Path, address: str) -> None:
    path.write_text(path.read_text().replace("annv", address))
    assert "is no person's mailbox" in run("mail_credential", path=str(path), domain=DOMAIN)["msg"]
