"""Credentials that come with their date: the way in from another mail system. Hashes, never passwords."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, time

from congvu.accounts.faults import Faults, refuse
from congvu.accounts.model import Credential, canonical
from congvu.accounts.table import Columns, Record, read_table
from congvu.clock import TIMEZONE

COLUMNS = Columns(
    {"address": ["Địa chỉ"], "hash": [], "set_at": ["Ngày đặt"]}, required=("address", "hash", "set_at")
)

# Other systems (Dovecot, OpenLDAP) write the scheme before the hash.
_SCHEME = re.compile(r"\{(?i:ARGON2ID|ARGON2|SHA512-CRYPT|CRYPT)\}")
_ARGON2ID = re.compile(
    r"\$argon2id\$v=19\$m=(?P<memory>\d{1,9}),t=(?P<time>\d{1,9}),p=\d{1,9}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}"
)
_SHA512 = re.compile(r"\$6\$(?:rounds=(?P<rounds>\d{1,9})\$)?[./A-Za-z0-9]{8,16}\$[./A-Za-z0-9]{86}")

# The least of OWASP's equivalent settings of argon2id (7 MiB, 5 passes); crypt's own default for SHA-512.
_MEMORY_LEAST, _WORK_LEAST, _ROUNDS_LEAST = 7168, 35840, 5000


def read_credentials(
    data: bytes, domain: str, people: Collection[str], *, now: datetime, file: str = "credentials"
) -> dict[str, Credential]:
    """Credentials by address. ``people``: addresses of those who may have one. Raises InputError, all faults.

    No fault quotes a hash.
    """
    faults = Faults(file)
    found: dict[str, Credential] = {}
    for record in read_table(data, COLUMNS, faults):
        credential = _credential(record, domain, now, faults)
        if credential is None:
            continue
        address = credential.address
        if address in found:
            faults.add(
                record.row, "address", address, f"is in row {found[address].row} too", "keep one of them"
            )
        if address not in people:
            faults.add(
                record.row, "address", address, "is no person's mailbox", "correct it, or take the row out"
            )
        found[address] = credential
    refuse(faults)
    return found


def plan_credentials(
    current: Mapping[str, Credential], wanted: Mapping[str, Credential]
) -> tuple[list[Credential], list[str]]:
    """What to write, and the addresses left alone because their owner has set a password since."""
    write, left = [], []
    for address, new in sorted(wanted.items()):
        old = current.get(address)
        # On the same date a corrected import may replace an import, and nothing else.
        corrects = old is not None and old.set_at == new.set_at and old.origin == "imported"
        if old is None or old.set_at < new.set_at or (corrects and old.hash != new.hash):
            write.append(new)
        elif not corrects:
            left.append(address)
    return write, left


def _credential(record: Record, domain: str, now: datetime, faults: Faults) -> Credential | None:
    before = len(faults.found)
    row, cells = record.row, record.cells
    address = cells["address"]
    try:
        address = canonical(address, domain)
    except ValueError as error:
        faults.add(row, "address", address, str(error), "correct it")
    stored = _SCHEME.sub("", cells["hash"], count=1)
    if rule := _weakness(stored):
        faults.add(row, "hash", None, rule, "leave this person out and issue an initial password instead")
    set_at = _moment(cells["set_at"])
    if set_at is None:
        faults.add(
            row, "set_at", cells["set_at"], "is no date", "write 2026-11-23 or 2026-11-23T08:00:00+07:00"
        )
    elif set_at > now:
        faults.add(row, "set_at", cells["set_at"], "lies in the future", "write the day on which it was set")
    if set_at is None or len(faults.found) > before:
        return None
    return Credential(address, stored, set_at, row=row)


def _weakness(stored: str) -> str:
    """The rule that a hash breaks, or nothing."""
    if match := _ARGON2ID.fullmatch(stored):
        memory, passes = int(match["memory"]), int(match["time"])
        if memory < _MEMORY_LEAST or memory * passes < _WORK_LEAST:
            return f"is too cheap to guess (argon2id m={memory}, t={passes})"
        return ""
    if match := _SHA512.fullmatch(stored):
        rounds = int(match["rounds"] or _ROUNDS_LEAST)
        return f"is too cheap to guess (sha512-crypt, {rounds} rounds)" if rounds < _ROUNDS_LEAST else ""
    return "is no argon2id or sha512-crypt hash"


def _moment(written: str) -> datetime | None:
    """An aware moment. A date alone is the beginning of that day in Viet Nam, as is a time without a zone."""
    try:
        if len(written) == 10:
            return datetime.combine(date.fromisoformat(written), time(), TIMEZONE)
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=TIMEZONE)
