"""Numbered migrations (``migrations/NNNN_name.sql``) and the policy's values, in one transaction.

A migration that was applied is never edited: the log keeps its digest, and a difference is refused.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources

from psycopg.types.json import Jsonb

from congvu.errors import UserError
from congvu.policy import Resolved
from congvu.store.database import Store
from congvu.store.sql import SQL


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def migrations() -> list[Migration]:
    """Those of this package, in order."""
    folder = resources.files(__package__) / "migrations"
    files = (file for file in folder.iterdir() if file.name.endswith(".sql"))
    found = [Migration(int(file.name[:4]), file.name[:-4], file.read_bytes()) for file in files]
    return sorted(found, key=lambda migration: migration.number)


def migrate(db: Store, policy: Resolved | None, actor: str) -> list[str]:
    """Apply what is missing as the schema's owner, and put ``policy`` in force. Returns the steps taken.

    Undo the transaction to have only asked. Raises UserError when an applied migration has changed.
    """
    db.run(SQL.lock_directory)
    db.run(SQL.create_log)
    steps = [_apply(db, migration) for migration in _pending(db)]
    if policy is not None and not _in_force(db, policy):
        _enforce(db, policy, actor)
        steps.append(f"policy {policy.version} ({policy.sha256[:12]})")
    return steps


def _pending(db: Store) -> list[Migration]:
    applied = {row["number"]: row for row in db.rows(SQL.log)}
    for migration in migrations():
        logged = applied.get(migration.number)
        if logged and logged["sha256"] != migration.sha256:
            raise UserError(
                f"migration {migration.name} was applied as {logged['name']} with other content; "
                "install the package that fits this database, and write changes as a new migration"
            )
    return [migration for migration in migrations() if migration.number not in applied]


def _apply(db: Store, migration: Migration) -> str:
    db.run(migration.content)
    db.run(SQL.add_log, number=migration.number, name=migration.name, sha256=migration.sha256)
    return f"schema {migration.name}"


def _in_force(db: Store, policy: Resolved) -> bool:
    same_version = db.policy_version() == (policy.version, policy.sha256)
    return same_version and db.policy_values() == _plain(policy)


def _enforce(db: Store, policy: Resolved, actor: str) -> None:
    detail = {"version": policy.version, "sha256": policy.sha256}
    db.record(actor, "policy.enforce", policy.version, detail)
    values = _plain(policy)
    db.run(
        SQL.replace_policy,
        keys=list(values),
        values=[Jsonb(value) for value in values.values()],
        version=policy.version,
        sha256=policy.sha256,
    )


def _plain(policy: Resolved) -> dict[str, object]:
    """The values as JSON has them."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in policy.values.items()}
