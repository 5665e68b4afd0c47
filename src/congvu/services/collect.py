"""`congvu collect`: takes this host's journal in as evidence, for as long as it runs.

Events and the journal's cursor go into the directory in one transaction, so a kill at any moment loses and
doubles nothing: it goes on after the cursor that was kept. While the database is away it waits; the journal
keeps what comes. Every hour it compares two sources of each kind and keeps what is missing as a gap.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from congvu import clock, store
from congvu.errors import UserError
from congvu.events import SOURCES, Event, Misread, read
from congvu.services import reconcile
from congvu.services.journal import Entry, Following, Journal
from congvu.store import events as evidence

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

SETTINGS = Path("/etc/congvu/collect.json")
BATCH = 2000  # entries of one transaction
PATIENCE = 1.0  # seconds for which entries wait for others
HEARTBEAT = 30.0  # seconds after which it says, where nothing comes, that there is nothing
LONGEST_WAIT = 60.0
RECONCILE = timedelta(hours=1)
GRACE = timedelta(minutes=2)  # what is younger may have only one of its two lines yet
WINDOW = timedelta(hours=6)  # compared at once
SILENCE = timedelta(minutes=5)  # a line of our own is back before
OLDEST = timedelta(days=7)  # a message waits no longer


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("collect", help="take this host's journal in as evidence (a service)")
    parser.add_argument("--settings", type=Path, default=SETTINGS, metavar="FILE")
    parser.add_argument("--directory", metavar="DIR", help="read the journal files there, not this host's")


def run(args: argparse.Namespace) -> int:
    settings = json.loads(args.settings.read_text("utf-8"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Collector(settings["database"], os.uname().nodename, Journal(SOURCES, args.directory)).run()
    return 0


@dataclass(slots=True)
class Batch:
    """What came since the last transaction. ``until``: the moment of the last entry, also of those before."""

    until: datetime | None
    events: list[Event] = field(default_factory=list)
    entries: int = 0
    not_understood: int = 0
    cursor: str = ""

    def take(self, entry: Mapping[str, Any], domains: Collection[str]) -> None:
        self.entries += 1
        try:
            event = read(entry, domains)
        except Misread:
            event, self.not_understood = None, self.not_understood + 1
        if event is not None and event.kind == "gap":  # it says until when; the entry before it, since when
            since = self.until or event.happened_at
            event = replace(event, detail={**event.detail, "from": since.isoformat()})
        if event is not None:
            self.events.append(event)
        self.until = moment(entry) or self.until
        self.cursor = str(entry.get("__CURSOR") or self.cursor)


def moment(entry: Mapping[str, Any]) -> datetime | None:
    at = entry.get("__REALTIME_TIMESTAMP")
    return datetime.fromtimestamp(int(at) / 1e6, UTC) if isinstance(at, str) and at.isdecimal() else None


@dataclass(slots=True)
class Collector:
    """``place``, ``until``: the cursor that was kept, and its moment.

    ``domains``: whose mailboxes are named. ``spoke``: since when a line of our own is due.
    """

    database: Mapping[str, str]
    host: str
    journal: Journal
    place: str = ""
    until: datetime | None = None
    domains: Collection[str] = ()
    spoke: datetime | None = None

    def run(self) -> None:
        """Go on until a signal. What goes wrong is told, and tried again after a while."""
        wait = 1.0
        while True:
            started = time.monotonic()
            try:
                with store.connect(role="congvu_collector", **self.database) as db:
                    self._follow(db)
            except (store.StoreError, UserError, OSError) as error:
                if time.monotonic() - started > LONGEST_WAIT:
                    wait = 1.0
                print(f"<4>{error}; again in {wait:.0f} s", file=sys.stderr, flush=True)
                time.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)

    def _follow(self, db: store.Store) -> None:
        kept = evidence.cursor(db, self.host)
        self.domains = frozenset(db.domains())
        db.keep()
        self.place, self.until = (kept.cursor, kept.read_until) if kept else ("", None)
        with self.journal.follow(self.place) as following:
            batch = self._batch(following, begins=bool(self.place))
            told = time.monotonic()
            while True:
                if batch.cursor:
                    self._keep(db, batch)
                if batch.entries < BATCH and (batch.cursor or time.monotonic() - told > HEARTBEAT):
                    told = time.monotonic()
                    self._idle(db)
                batch = self._batch(following)

    def _batch(self, following: Following, *, begins: bool = False) -> Batch:
        """What there is to read now: as much as one transaction takes, or all of it. Empty: nothing came.

        ``begins``: the first entry should be that of the cursor.
        """
        batch, full_at = Batch(self.until), time.monotonic() + PATIENCE
        entries = following.next(PATIENCE)
        while begins and not entries:
            entries = following.next(PATIENCE)
        if begins:
            entries = self._after_cursor(entries, batch)
        while entries:
            for entry in entries:
                batch.take(entry, self.domains)
            if batch.entries >= BATCH or time.monotonic() > full_at:
                break
            entries = following.next(0.05)
        return batch

    def _after_cursor(self, entries: list[Entry], batch: Batch) -> list[Entry]:
        """The entries without that of the cursor. Where it is gone, others may be: a gap up to the first."""
        if entries[0].get("__CURSOR") == self.place:
            return entries[1:]
        at = moment(entries[0])
        if self.until and at and not self.journal.holds(self.place):
            batch.events.append(
                reconcile.gap(self.host, self.until, at, "cursor not in the journal", "journal")
            )
        return entries

    def _keep(self, db: store.Store, batch: Batch) -> None:
        """One transaction: the events, and the cursor behind them."""
        until = batch.until or clock.now()
        evidence.add(db, batch.events)
        step = evidence.Step(batch.cursor, until, self.place, batch.not_understood)
        evidence.keep_cursor(db, self.host, step)
        db.keep()
        self.place, self.until = batch.cursor, until
        if self.spoke and until >= self.spoke:
            self.spoke = None

    def _idle(self, db: store.Store) -> None:
        """Nothing is left to read: say so, and see to what is done now and then."""
        evidence.caught_up(db, self.host)
        self.domains = frozenset(db.domains())
        kept = evidence.cursor(db, self.host)
        db.keep()
        now = clock.now()
        if kept and self.spoke and now - self.spoke > SILENCE:
            evidence.add(db, [reconcile.gap(self.host, kept.read_until, now, "no lines come", "journal")])
            db.keep()
            self.spoke = None
            raise UserError("the journal does not show what was written to it")
        until = now - GRACE
        if kept and until - kept.reconciled >= RECONCILE:
            self._reconcile(db, kept.reconciled, min(until, kept.reconciled + WINDOW))

    def _reconcile(self, db: store.Store, since: datetime, until: datetime) -> None:
        lines = self.journal.between(since - reconcile.WEBMAIL_LASTS, until, reconcile.MATCHES)
        seen = reconcile.seen(lines, since)
        if not self.journal.has(reconcile.TELLS_OF_WEBMAIL):  # the password service is another host's
            seen.webmail.clear()
        found = reconcile.gaps(
            seen, lambda what, each: evidence.missing(db, what, each, since - OLDEST), self.host
        )
        evidence.add(db, found)
        evidence.reconciled(db, self.host, until)
        forgotten = evidence.expire(db)
        db.keep()
        self.spoke = clock.now()
        for each in found:
            print(f"<4>gap: {json.dumps(dict(each.detail))}", flush=True)
        counts = f"{len(seen.session)} sessions, {len(seen.queue_id)} messages"
        print(f"compared {counts} until {until.isoformat()}; {forgotten} events forgotten", flush=True)
