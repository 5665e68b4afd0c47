"""The SQL of this package lies in ``queries/NAME.sql``; here it becomes ``SQL.NAME``."""

from __future__ import annotations

from functools import cache
from importlib import resources


class Queries:
    """Statements by file name. Bytes: psycopg takes no text that is not spelt in the code."""

    def __getattr__(self, name: str) -> bytes:
        return _read(name)


@cache
def _read(name: str) -> bytes:
    path = resources.files(__package__) / "queries" / f"{name}.sql"
    if not path.is_file():
        raise AttributeError(f"no statement {name}")
    return path.read_bytes()


SQL = Queries()
