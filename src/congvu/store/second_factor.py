"""Second factors and app passwords, as the password service and an administrator change them."""

from __future__ import annotations

from dataclasses import dataclass

from congvu.store.database import Store
from congvu.store.sql import SQL


@dataclass(frozen=True, slots=True)
class Factor:
    """What is kept of somebody's second factor; no ``secret``: there is none."""

    address: str
    secret: bytes | None
    key: str | None
    confirmed: bool


@dataclass(frozen=True, slots=True)
class AppPassword:
    """An app password as the directory keeps it; ``selector``: its first letters, which name it."""

    selector: str
    hash: str


def read_factor(db: Store, address: str) -> Factor | None:
    """The second factor of an address, confirmed or not."""
    found = db.rows(SQL.second_factor, address=address)
    return Factor(**found[0]) if found else None


def session_factor(db: Store, session: bytes) -> Factor | None:
    """The person of a session of the people's page, with their factor. None: no session."""
    found = db.rows(SQL.session_factor, session=session)
    return Factor(**found[0]) if found else None


def use_code(db: Store, address: str, step: int) -> bool:
    """A right code was given. False: it, or a later one, was given before."""
    return bool(db.rows(SQL.use_code, address=address, step=step)[0]["done"])


def begin_factor(db: Store, session: bytes, secret: bytes, key: str) -> bool:
    """Keep a secret that its owner has yet to confirm. False: a confirmed one is there."""
    return bool(db.rows(SQL.begin_factor, session=session, secret=secret, key=key)[0]["done"])


def confirm_factor(db: Store, session: bytes) -> bool:
    """From here on the factor counts."""
    return bool(db.rows(SQL.confirm_factor, session=session)[0]["done"])


def end_factor(db: Store, session: bytes) -> bool:
    """The owner gives the factor up, and with it every app password."""
    return bool(db.rows(SQL.end_factor, session=session)[0]["done"])


def add_app_password(db: Store, session: bytes, made: AppPassword, label: str) -> str:
    """Keep an app password of a session's person. Says made, or why not."""
    values = {"session": session, "selector": made.selector, "hash": made.hash, "label": label}
    return str(db.rows(SQL.add_app_password, **values)[0]["outcome"])


def add_webmail_password(db: Store, address: str, present: str, made: AppPassword) -> bool:
    """Keep what one session of the webmail logs in with. False: ``present`` is no longer the hash."""
    values = {"address": address, "present": present, "selector": made.selector, "hash": made.hash}
    return bool(db.rows(SQL.add_webmail_password, **values)[0]["done"])


def remove_factor(db: Store, address: str, actor: str, reason: str) -> bool:
    """An administrator ends somebody's factor, with its record. False: there is none."""
    db.record(actor, "factor.remove", address, {"reason": reason})
    return bool(db.rows(SQL.remove_factor, address=address))
