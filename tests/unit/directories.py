"""Fills a test's database, the way the modules do it, and moves its records in time."""

from __future__ import annotations

from datetime import datetime

from fix_database import Database
from organisations import DOMAIN, UNGUARDED

from congvu import accounts, store
from congvu.accounts import Credential, Organisation, Plan

# Well-formed, and of no password at all.
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"
OTHER_HASH = HASH.replace("MDEy", "OTEy")
SHA512 = "$6$abcdefgh$" + "x" * 86


def converge(database: Database, wanted: Organisation) -> Plan:
    with database.store() as db:
        made = accounts.plan(store.read_directory(db, DOMAIN), wanted, UNGUARDED)
        if made:
            store.converge(db, made, "test")
    return made


def give_password(
    database: Database, address: str, set_at: str, origin: str = "imported", hash_: str = HASH
) -> None:
    """``set_at`` as in "2026-05-23T08:00:00+07:00". Only the directory's owner may write `self`."""
    credential = Credential(address, hash_, datetime.fromisoformat(set_at), origin)
    with database.store("congvu_owner") as db:
        store.write_credentials(db, [credential], "test", "test")


def revoke(database: Database, address: str) -> None:
    database.change(
        "congvu_owner", "update credential set revoked_at = congvu_now() where address = %s", address
    )


def states(database: Database) -> dict[str, str]:
    """address -> state of everybody who is a person."""
    with database.store() as db:
        return {each.address: each.state for each in db.accounts() if each.kind == "person"}
