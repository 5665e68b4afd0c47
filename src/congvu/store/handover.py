"""Handovers of boxes: read them, make one, write down those that took effect, note acknowledgements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from congvu.accounts import Handover
from congvu.store.database import Store
from congvu.store.sql import SQL


def read_handovers(db: Store) -> list[Handover]:
    """All that were ever made, in that order."""
    return [Handover(**row) for row in db.rows(SQL.handovers)]


def make_handover(db: Store, handover: Handover, inventory: Mapping[str, Any], actor: str) -> None:
    """Write a handover with its record. From its day on the doors follow it, whether anything runs or not."""
    act = asdict(handover)
    days = {name: act[name].isoformat() for name in ("decided_on", "effective_on")}
    db.record(actor, "handover.make", handover.box, {**act, **days})
    db.run(SQL.add_handover, **act, inventory=Jsonb(dict(inventory)))


def settle_handovers(db: Store, actor: str) -> int:
    """Write the roles of handovers that are due, and note whose sessions end; how many boxes there were."""
    return int(db.rows(SQL.settle_handovers, actor=actor)[0]["count"])


def acknowledge_handover(db: Store, box: str, decision: str, by: str, actor: str) -> bool:
    """Note that the receiver has taken the box over, as ``by`` says. False: nothing was waiting for it."""
    if not db.rows(SQL.open_handover, box=box, decision=decision):
        return False
    db.record(actor, "handover.acknowledge", box, {"decision": decision, "by": by})
    db.run(SQL.acknowledge_handover, box=box, decision=decision, by=by)
    return True
