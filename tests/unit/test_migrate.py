"""`congvu migrate`: from an empty database to the present schema and policy, and again without a change."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from fix_database import POLICY, Database

from congvu import policy, store
from congvu.errors import UserError
from congvu.services import cli
from congvu.store import migration


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(policy.dump(policy.load(POLICY, "default", date(2026, 11, 23)))))
    return path


def migrate(database: Database, *arguments: str) -> int:
    return cli.main(["migrate", "--host", database.host, "--database", database.name, *arguments])


def test_it_takes_the_steps_that_are_missing_and_says_so(
    empty_database: Database, policy_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--policy", str(policy_file))
    assert migrate(empty_database, "--check", *given) == 0
    foreseen = capsys.readouterr().out
    assert foreseen.startswith("schema 0001_directory\n")
    assert "policy " in foreseen
    assert empty_database.ask("congvu_owner", "select * from pg_tables where schemaname = 'public'") == []

    assert migrate(empty_database, *given) == 0
    assert capsys.readouterr().out == foreseen
    assert migrate(empty_database, *given) == 0
    assert capsys.readouterr().out == "unchanged\n"
    assert empty_database.ask("congvu_admin", "select * from door") == []


def test_a_changed_policy_is_put_in_force_with_its_record(
    database: Database, policy_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resolved = policy.read_json(policy_file)
    values = {**resolved.values, "rotation.due_months": 2}
    del values["junk.retention_days"]
    changed = replace(resolved, version="2027.1", sha256="f" * 64, values=values)
    with database.store("congvu_owner") as db:
        assert store.migrate(db, changed, "test") == [f"policy 2027.1 ({'f' * 12})"]
        assert db.policy_version() == ("2027.1", "f" * 64)
        assert db.policy_values()["rotation.due_months"] == 2
        assert "junk.retention_days" not in db.policy_values()
    assert database.ask(
        "congvu_admin", "select verb, subject from audit_record order by id desc limit 1"
    ) == [("policy.enforce", "2027.1")]
    # values that were changed behind the policy's back are put right
    database.change("congvu_owner", "update policy_value set value = '9' where key = 'rotation.due_months'")
    with database.store("congvu_owner") as db:
        assert store.migrate(db, changed, "test")
        assert db.policy_values()["rotation.due_months"] == 2
    assert migrate(database, "--policy", str(policy_file)) == 0
    assert capsys.readouterr().out.startswith("policy ")


def test_an_altered_policy_file_is_refused(
    empty_database: Database, policy_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy_file.write_text(
        policy_file.read_text().replace('"rotation.expire_months": 6', '"rotation.expire_months": 9')
    )
    assert migrate(empty_database, "--policy", str(policy_file)) == 1
    assert "was altered" in capsys.readouterr().err


def test_a_migration_that_was_applied_is_never_edited(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = [replace(each, content=each.content + b"\n") for each in migration.migrations()]
    monkeypatch.setattr(migration, "migrations", lambda: edited)
    with pytest.raises(UserError, match="0001_directory"), database.store("congvu_owner") as db:
        store.migrate(db, None, "test")


def test_a_step_that_fails_leaves_nothing_behind(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = migration.Migration(9999, "9999_broken", b"create table half (x int); create table half (x int)")
    steps = [*migration.migrations(), broken]
    monkeypatch.setattr(migration, "migrations", lambda: steps)
    with pytest.raises(store.StoreError, match="half"), empty_database.store("congvu_owner") as db:
        store.migrate(db, None, "test")
    assert empty_database.ask("congvu_owner", "select * from pg_tables where schemaname = 'public'") == []


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [each.number for each in migration.migrations()] == list(range(1, len(migration.migrations()) + 1))


def test_the_command_tells_its_faults_apart(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert migrate(database, "--policy", str(tmp_path / "missing.json")) == 1  # can be put right
    assert cli.main(["migrate", "--host", str(tmp_path)]) == 2  # broken
    assert "role congvu_owner" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["migrat"])
