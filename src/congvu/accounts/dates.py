"""Dates as people write them in a list."""

from __future__ import annotations

import re
from datetime import date

from congvu.accounts.faults import Faults
from congvu.accounts.table import Record

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_VIETNAMESE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


def written_date(record: Record, column: str, faults: Faults, *, required: bool) -> date | None:
    """The date of a cell; None where there is none, or a fault."""
    written = record.cells.get(column, "")
    if not written:
        if required:
            faults.add(record.row, column, "", "is empty", "write a date as 2026-11-23 or 23/11/2026")
        return None
    found = as_date(written)
    if found is None:
        faults.add(record.row, column, written, "is no date", "write it as 2026-11-23 or 23/11/2026")
    return found


def as_date(written: str) -> date | None:
    """The date of "2026-11-23" or "23/11/2026"; None for what is no date of our time."""
    found: date | None = None
    try:
        if match := _ISO.fullmatch(written):
            found = date(int(match[1]), int(match[2]), int(match[3]))
        elif match := _VIETNAMESE.fullmatch(written):
            found = date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
    return found if found and 1900 <= found.year <= 2199 else None
