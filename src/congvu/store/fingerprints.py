"""Passwords by their fingerprints: set, recognised, recorded. What is compared is compared in the schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from congvu.fingerprints import Fingerprint
from congvu.store.database import Store
from congvu.store.sql import SQL


@dataclass(frozen=True, slots=True)
class Chosen:
    """A new password, as the directory keeps it. ``too_short_alone``: it needs a second factor beside it."""

    hash: str
    fingerprint: Fingerprint
    too_short_alone: bool


def set_password(db: Store, address: str, present: str, client: str, chosen: Chosen) -> str:
    """Replace the password of the hash ``present`` by ``chosen``, as the person, with the record of it.

    Returns changed, or why not: ``history``: one of the account's last; ``in_use``: another account's, which
    is revoked by this; ``refused``: ``present`` is no longer the hash, the account has no door at all, or no
    second factor where the password needs one.
    """
    values = {"address": address, "present": present, "chosen": chosen.hash, "client": client}
    alone = {"too_short_alone": chosen.too_short_alone}
    return str(db.rows(SQL.set_password, **values, **_plain(chosen.fingerprint), **alone)[0]["outcome"])


def is_recognised(db: Store, address: str, key: str) -> bool:
    """Whether the present password has its fingerprint under this key."""
    return bool(db.rows(SQL.is_recognised, address=address, key=key))


def recognise(db: Store, address: str, present: str, client: str, fingerprint: Fingerprint) -> str:
    """Keep the fingerprint of the password that belongs to the hash ``present``; with its record.

    Returns recorded; ``in_use``: another account has it too, and both are revoked; ``refused``: ``present``
    is no longer the hash.
    """
    values = {"address": address, "present": present, "client": client}
    return str(db.rows(SQL.recognise_password, **values, **_plain(fingerprint))[0]["outcome"])


def record_issued(db: Store, issued: Mapping[str, Fingerprint], key: str) -> None:
    """Keep the fingerprints, by address and all under one key, of passwords that this transaction issues."""
    owns, shared = [each.own for each in issued.values()], [each.shared for each in issued.values()]
    db.run(SQL.record_issued, addresses=list(issued), owns=owns, shared=shared, key=key)


def unrecognised(db: Store, key: str) -> int:
    """How many people have a password without a fingerprint under this key, among those not closed."""
    return int(db.rows(SQL.unrecognised, key=key)[0]["people"])


def _plain(fingerprint: Fingerprint) -> dict[str, object]:
    return {"own": fingerprint.own, "shared": fingerprint.shared, "key": fingerprint.key}
