"""The doors of twenty people by the age of their passwords: the record moves, never the clock. d5.s5"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from doors import Doors
from test_doors import DOORS, STATES, knock, people
from testinfra.host import Host

TWENTY = 20
# How many months ago, and how many days short of that.
AGES = {
    "3 months minus a day": (3, 1),
    "3 months": (3, 0),
    "6 months minus a day": (6, 1),
    "6 months": (6, 0),
    "6 months and a day": (6, -1),
}
WEB = ("webmail", "password_page")  # nginx counts who knocks here: two of each age do


def later(day: date, months: int) -> date:
    """The same day so many calendar months later, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def state(set_on: date, today: date) -> str:
    if today < later(set_on, 3):
        return "active"
    return "due" if today <= later(set_on, 6) else "expired"


@contextmanager
def moved(host: Host, addresses: list[str], day: date) -> Iterator[None]:
    """All these passwords were set at noon of a day, for a while and past all triggers."""

    def run(sql: str) -> None:
        replica = "set session_replication_role = replica"
        host.run_expect([0], f'runuser -u postgres -- psql -qX congvu -c "{replica}; {sql}"')

    some = ", ".join(f"'{address}'" for address in addresses)
    run(
        f"create table kept_ages as select address, set_at from credential where address in ({some});"
        f" update credential set set_at = '{day} 12:00+07' where address in ({some})"
    )
    try:
        yield
    finally:
        run(
            "update credential c set set_at = k.set_at from kept_ages k where k.address = c.address;"
            " drop table kept_ages"
        )


@pytest.mark.parametrize("age", [*AGES, "31 August"])
def test_twenty_peoples_doors(demo: dict[str, Any], host: Host, age: str) -> None:
    today = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
    months, short = AGES.get(age, (0, 0))
    day = later(today, -months) + timedelta(days=short)
    if age == "31 August":
        day = date(today.year - (today.month < 9), 8, 31)
    expected = state(day, today)
    some = people(demo, "active")[:TWENTY]
    assert len(some) == TWENTY
    doors = Doors(demo)
    tries = [(account, door) for account, door in product(some, DOORS) if door not in WEB]
    tries += product(some[:2], WEB)
    with moved(host, [account["address"] for account in some], day), ThreadPoolExecutor(10) as pool:
        answers = pool.map(lambda each: knock(doors, *each).open, tries)
        found = {
            (account["address"], door): opened for (account, door), opened in zip(tries, answers, strict=True)
        }
    wanted = dict(zip(DOORS, STATES[expected], strict=True))
    assert found == {(account["address"], door): wanted[door] for account, door in tries}
