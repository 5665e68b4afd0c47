"""An office of five people, whose visits a test writes down; and days that are closed after them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from directories import converge, give_password
from fix_database import Database
from organisations import Alias, Box, at, organisation, person

from congvu.policy import load
from congvu.services import checks as service

POLICY = load(Path(__file__).resolve().parents[2] / "policy", "default", date(2026, 11, 23))
THURSDAY, FRIDAY = date(2026, 11, 26), date(2026, 11, 27)
PEOPLE = {f"CB{n}": f"Nguyễn Văn {name}" for n, name in enumerate(("An", "Bá", "Chí", "Dũng", "Em"), start=1)}
Event = tuple[str, str, str | None, str, str | None]  # moment, kind, door, login, mailbox


def log(database: Database, *rows: Event, taken: str | None = None) -> None:
    for moment, kind, door, login, mailbox in rows:
        database.ask(
            "congvu_owner",
            "insert into event (happened_at, taken_at, host, kind, door, login, mailbox) "
            "values (%s, coalesce(%s, %s)::timestamptz, 'mail', %s, %s, %s, %s)",
            moment, taken, moment, kind, door, login, mailbox,
        )  # fmt: skip


def seen(
    moment: str, login: str, kind: str = "login", door: str = "webmail", box: str | None = None
) -> Event:
    return f"2026-{moment}+07", kind, door, at(login), at(box) if box else None


@pytest.fixture
def office(database: Database) -> Database:
    """Five people since 2020, whose mailboxes are older than all that is counted; a box of the office."""
    database.set_now("2026-10-01 08:00+07")
    box = Box(at("vp"), "office", "vp", frozenset({("CB1", "clerk"), ("CB2", "deputy"), ("CB3", "member")}))
    people = [person(staff_id, name) for staff_id, name in PEOPLE.items()]
    converge(database, organisation(*people, boxes=[box], aliases=[Alias(at("vanthu"), at("vp"))]))
    for login in ("annv", "banv", "chinv", "dungnv", "emnv"):
        give_password(database, at(login), "2026-10-01T08:00:00+07:00", "self")
    database.set_now("2026-11-26 00:30+07")
    carry_on(database)
    return database


def carry_on(database: Database, policy: Any = POLICY) -> list[str]:
    with database.store() as db:
        return service.carry_on(db, policy)


def close(database: Database, *rows: Event) -> dict[str, tuple[Any, ...]]:
    """What Thursday came to, closed in the night after it."""
    log(database, *rows)
    database.set_now("2026-11-27 00:30+07")
    carry_on(database)
    return came_to(database)


def came_to(database: Database, day: date = THURSDAY) -> dict[str, tuple[Any, ...]]:
    """staff id -> morning, afternoon: True, False or why it was not due."""
    rows = database.ask(
        "congvu_admin",
        "select staff_id, morning, morning_why, afternoon, afternoon_why from mail_check_last where day = %s",
        day,
    )
    return {who: (am if am is not None else am_why, pm if pm is not None else pm_why)
            for who, am, am_why, pm, pm_why in rows}  # fmt: skip


def revoke(database: Database, login: str, moment: str) -> None:
    statement = "update credential set revoked_at = %s where address = %s"
    database.change("congvu_owner", statement, moment, at(login))


def away(database: Database, staff_id: str, kind: str, part: str = "", day: str = "2026-11-26") -> None:
    database.change("congvu_admin", "insert into absence (staff_id, kind, starts, ends, part) "
                    "values (%s, %s, %s, %s, %s)", staff_id, kind, day, day, part)  # fmt: skip


def boxes(database: Database, day: date = THURSDAY) -> dict[str, tuple[Any, ...]]:
    rows = database.ask(
        "congvu_admin",
        "select box, visits, longest, still_open, head from box_check_last where day = %s",
        day,
    )
    return {box.split("@")[0]: rest for box, *rest in rows}


def opened(moment: str, login: str, box: str = "vp", door: str = "webmail") -> Event:
    return seen(moment, login, "opened", door, box)
