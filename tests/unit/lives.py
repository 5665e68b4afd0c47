"""Lives of the real collector over files of the journal, each up to the last line; then it is killed.

A life is `Collector.run` in this process, at a moment that a test sets: it begins with the cursor in the
directory, takes in what is new, compares its two sources, and ends without having been asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from fix_database import Database
from journals import Writing

from congvu.events import SOURCES
from congvu.services import collect
from congvu.services.collect import Collector
from congvu.services.journal import Entry, Following, Journal


class Killed(BaseException):
    """Nothing in the collector catches it."""


class Reading:
    """A journalctl of the collector's, until the last line came and it had time to see to the rest."""

    def __init__(self, following: Following, last: str) -> None:
        self.following, self.last = following, last
        self.pauses: int | None = None  # None: there is more to read

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *why: Any) -> None:
        self.following.__exit__(*why)

    def next(self, seconds: float) -> list[Entry]:
        if self.pauses is None:
            entries = self.following.next(seconds)
            if any(entry.get("__CURSOR") == self.last for entry in entries):
                self.pauses = 2
            return entries
        if not self.pauses:
            raise Killed
        self.pauses -= 1
        return []


class Files(Journal):
    """The journal files of a host, none of which is written any more."""

    def follow(self, cursor: str) -> Following:
        (last,) = self._some("--lines=1", *self.matches)
        return Reading(super().follow(cursor), last["__CURSOR"])  # type: ignore[return-value]  # it reads as one does


def write(folder: Path, file: str, host: str, entries: Iterable[Mapping[str, Any]]) -> None:
    """Append to a host's journal, in the order of the moments."""
    with Writing(folder, file) as journal:
        for entry in sorted(entries, key=lambda each: int(each["__REALTIME_TIMESTAMP"])):
            fields = {**entry, "_HOSTNAME": host}
            at, message = (fields.pop(name) for name in ("__REALTIME_TIMESTAMP", "MESSAGE"))
            journal.say(int(at), message, **fields)


def live(database: Database, host: str, folder: Path, now: datetime) -> None:
    """One life of the collector of a host."""

    def gave_up(seconds: float) -> NoReturn:
        raise AssertionError(f"the collector waits {seconds} s, to begin anew; what it says is above")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collect.clock, "now", lambda: now)
        patch.setattr(collect.time, "sleep", gave_up)
        patch.setattr(collect, "HEARTBEAT", -1.0)
        patch.setattr(collect, "WINDOW", timedelta(days=4))
        with pytest.raises(Killed):
            Collector({"host": database.host, "name": database.name}, host, Files(SOURCES, str(folder))).run()
