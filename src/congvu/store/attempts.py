"""Attempts at a password, counted where neither a restart nor a second service forgets them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from congvu.store.database import Store
from congvu.store.sql import SQL


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many attempts within ``window``, by one login and by one client."""

    login: int
    client: int
    window: timedelta


def begin_attempt(db: Store, kind: str, login: str, client: str, allowed: Allowance) -> timedelta | None:
    """Count an attempt before it is judged; commit before judging. The time to wait, or None: it may go on.

    ``kind``: enter or assess. An empty ``client`` has no limit of its own.
    """
    values = {"login": login, "client": client, "per_login": allowed.login, "per_client": allowed.client}
    wait: timedelta | None = db.rows(SQL.begin_attempt, kind=kind, window=allowed.window, **values)[0]["wait"]
    return wait


def forgive_attempts(db: Store, login: str) -> None:
    """The right password was given: what failed before at this login no longer counts."""
    db.run(SQL.forgive_attempts, login=login)
