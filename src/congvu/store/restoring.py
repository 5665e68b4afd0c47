"""A directory that comes back from a backup: what opened nothing before it came opens nothing afterwards.

The backup does not know what was taken away after it: a password that was changed, a key that was revoked, an
account that was closed. The directory that it replaces does, where there is one.
"""

from __future__ import annotations

from collections.abc import Collection

from congvu.store.database import connect
from congvu.store.sql import SQL

Names = dict[str, list[str]]


def living_keys(host: str, name: str) -> list[str] | None:
    """The names of all keys that open something now. None: the directory has no people, and knows nothing."""
    with connect(host, name, "congvu_owner") as db:
        keys = db.rows(SQL.living_keys)[0]["keys"]
    return None if keys is None else [str(each) for each in keys]


def settle_restored(host: str, name: str, run: str, living: Collection[str] | None, actor: str) -> Names:
    """End sessions of people's page and webmail, and every key that is not among the living; with the record.

    ``run``: the backup's time. The logins, by what they lost: "sessions" and "keys".
    """
    with connect(host, name, "congvu_owner") as db:
        lost: Names = {"sessions": [], "keys": []}
        for row in db.rows(SQL.restored_keys, living=None if living is None else list(living)):
            lost[row["kind"]].append(row["login"])
        db.record(actor, "backup.restore", "", {"run": run, "compared": living is not None, **lost})
        db.run(SQL.end_restored_keys, actor=actor, living=None if living is None else list(living))
        db.run(SQL.end_restored_sessions)
    return lost
