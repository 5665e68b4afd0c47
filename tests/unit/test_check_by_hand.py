"""What auditors type into the database by themselves, as `policy/controls` tells them to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
from fix_database import POLICY, Database
from psycopg import errors

from congvu import policy

_PSQL = re.compile(r"""psql -U (\w+) -d congvu -c (["'])(.+?)\2$""", re.M | re.S)


def statements() -> Iterator[object]:
    """The role that asks, and the SQL, of every such command."""
    for control in policy.load(POLICY, "default", date(2026, 11, 23)).controls:
        for language in ("vi", "en"):
            text = getattr(control.check_by_hand, language, "")
            for number, (role, _, sql) in enumerate(_PSQL.findall(text)):
                yield pytest.param(role, sql, id=f"{control.id}-{language}-{number}")


@pytest.mark.parametrize(("role", "sql"), list(statements()))
def test_it_is_answered_to_the_least_role_that_may_see_it(people: Database, role: str, sql: str) -> None:
    people.ask(role, sql)
    if role != "congvu_admin":
        with pytest.raises(errors.InsufficientPrivilege):
            people.ask("congvu_admin", sql)
