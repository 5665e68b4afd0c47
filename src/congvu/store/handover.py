"""Handovers of boxes: read and make them; note what took effect, what ended, and who acknowledged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    del act["settled"]  # which comes by itself, on its day
    days = {name: act[name].isoformat() for name in ("decided_on", "effective_on")}
    db.record(actor, "handover.make", handover.box, {**act, **days})
    db.run(SQL.add_handover, **act, inventory=Jsonb(dict(inventory)))


def settle_handovers(db: Store, actor: str) -> int:
    """Write the roles of handovers that are due, and note whose sessions end; how many boxes there were."""
    return int(db.rows(SQL.settle_handovers, actor=actor)[0]["count"])


def read_handover(db: Store, box: str, decision: str) -> dict[str, Any] | None:
    """All that the minutes of one say; under ``parties`` its giver, if any, and its receiver."""
    found = db.rows(SQL.handover, box=box, decision=decision)
    return dict(found[0]) if found else None


def filters_due(db: Store) -> list[str]:
    """Boxes whose filters have to end, since a handover has begun."""
    return [str(row["box"]) for row in db.rows(SQL.filters_due)]


def filters_ended(db: Store, box: str, names: Sequence[str], actor: str) -> None:
    """No filter of the box runs any more; ``names``: of those that did."""
    db.record(actor, "handover.filters", box, {"ended": list(names)})
    db.run(SQL.filters_ended, box=box)


def acknowledge_handover(db: Store, box: str, decision: str, by: str, actor: str) -> bool:
    """Note that the receiver has taken the box over, as ``by`` says. False: nothing was waiting for it."""
    if not db.rows(SQL.open_handover, box=box, decision=decision):
        return False
    db.record(actor, "handover.acknowledge", box, {"decision": decision, "by": by})
    db.run(SQL.acknowledge_handover, box=box, decision=decision, by=by)
    return True
