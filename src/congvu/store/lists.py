"""Mailing lists: where a message goes."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import class_row

from congvu.store.database import Store
from congvu.store.sql import SQL


@dataclass(frozen=True, slots=True)
class Route:
    """``accepted``: the sender may send to the list; else the moderator decides."""

    name: str
    accepted: bool
    moderator: str | None
    members: list[str]


def route(db: Store, address: str, sender: str) -> Route | None:
    """The ways of a list on this day; None for what is no open list."""
    with db.connection.cursor(row_factory=class_row(Route)) as cursor:
        return cursor.execute(SQL.list_route, {"list": address, "sender": sender}).fetchone()
