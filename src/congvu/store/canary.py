"""The mail that the system sends to itself: its address, and which of its messages arrived."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from congvu.errors import UserError
from congvu.store.database import Store
from congvu.store.sql import SQL


def address(db: Store) -> str | None:
    """The address; None: none was declared."""
    found = db.rows(SQL.canary_address)
    return str(found[0]["address"]) if found else None


def declare(db: Store, wanted: str, actor: str) -> None:
    """Give the canary another address. UserError where it is somebody's already."""
    used = [row["use"] for row in db.rows(SQL.canary_use, address=wanted)]
    if used and used != ["canary"]:
        raise UserError(f'canary_address: "{wanted}" is taken ({used[0]}); choose another')
    db.record(actor, "canary.declare", wanted, {})
    db.run(SQL.add_domain, name=wanted.rpartition("@")[2])
    db.run(SQL.canary_close)
    db.run(SQL.canary_claim, address=wanted)
    db.run(SQL.canary_declare, address=wanted)


def begin(db: Store, token: str, way: str) -> None:
    """A message is about to be sent. ``way``: inside, outside."""
    db.run(SQL.canary_begin, token=token, way=way)


def arrived(db: Store, tokens: Collection[str], at: datetime) -> None:
    """A message came that names these; unknown ones, and those that came before, change nothing."""
    db.run(SQL.canary_arrived, tokens=list(tokens), at=at)


def waiting(db: Store, tokens: Collection[str]) -> int:
    """How many of them have not arrived."""
    return int(db.rows(SQL.canary_waiting, tokens=list(tokens))[0]["count"])


def expire(db: Store) -> None:
    """Forget what no report speaks of any more."""
    db.run(SQL.canary_expire)
