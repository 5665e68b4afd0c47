"""One connection to the directory: one transaction, kept when the block ends and undone when it fails."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.rows import DictRow, class_row, dict_row
from psycopg.types.json import Jsonb

from congvu import clock
from congvu.store.sql import SQL


class StoreError(Exception):
    """The database cannot be asked, or refuses what was asked of it; the text says what it said."""


@dataclass(frozen=True, slots=True)
class Account:
    """A mailbox and its state on this day; ``unit`` is the code. Dates are None without a credential.

    ``state``: active, due, initial, reset, lapsed, expired, revoked, suspended, closed; box for a unit's or
    office's mailbox.
    """

    address: str
    kind: str
    staff_id: str | None
    full_name: str
    unit: str
    position: str
    state: str
    password_set_at: datetime | None
    due_on: date | None
    expires_on: date | None
    quota_mb: int
    unit_name: str


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The account of a device or an application, and its state on this day. ``owner``: a staff id.

    ``state``: active, initial (it has no password yet), revoked, suspended (its time or the owner's is over),
    closed.
    """

    address: str
    name: str
    owner: str
    owner_name: str
    owner_unit: str
    ends: date
    state: str
    set_at: datetime | None


@dataclass(frozen=True, slots=True)
class Observation:
    """What a control saw on a host; ``body`` is the observation as it stands in its file."""

    control: str
    host: str
    observed_at: datetime
    body: Mapping[str, Any]
    policy_sha256: str


class Store:
    """The directory, asked and changed. Made by :func:`connect`."""

    def __init__(self, connection: psycopg.Connection[DictRow]) -> None:
        self.connection = connection

    def rows(self, statement: bytes, **values: object) -> list[DictRow]:
        return self.connection.execute(statement, values).fetchall()

    def run(self, statement: bytes, **values: object) -> None:
        # Without values the simple protocol is used, which takes several statements at once.
        self.connection.execute(statement, values or None)

    def copy(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        """COPY rows into a (temporary) table, columns in its own order."""
        target = psycopg.sql.SQL("copy {} from stdin").format(psycopg.sql.Identifier(table))
        with self.connection.cursor().copy(target) as copy:
            for row in rows:
                copy.write_row(row)

    def keep(self) -> None:
        """Commit now what the end of the block would. Raises psycopg's errors: :func:`connect` turns them."""
        self.connection.commit()

    def undo(self) -> None:
        """Forget what this transaction did so far."""
        self.connection.rollback()

    def now(self) -> datetime:
        """The directory's clock: the beginning of this transaction."""
        moment: datetime = self.rows(SQL.now)[0]["now"]
        return moment

    def today(self) -> date:
        """The day on which this transaction began, where the regulation counts it."""
        return clock.day(self.now())

    # Reading --------------------------------------------------------------------------------------

    def account(self, address: str) -> Account | None:
        """The mailbox of a full, canonical address."""
        with self.connection.cursor(row_factory=class_row(Account)) as cursor:
            return cursor.execute(SQL.account, {"address": address}).fetchone()

    def accounts(self) -> list[Account]:
        """Every mailbox, by kind and address."""
        with self.connection.cursor(row_factory=class_row(Account)) as cursor:
            return cursor.execute(SQL.accounts).fetchall()

    def services(self) -> list[ServiceAccount]:
        """The accounts of devices and applications, by address."""
        with self.connection.cursor(row_factory=class_row(ServiceAccount)) as cursor:
            return cursor.execute(SQL.services).fetchall()

    def credential(self, address: str) -> str | None:
        """The hash that a password of this address is checked against."""
        found = self.rows(SQL.credential, address=address)
        return str(found[0]["hash"]) if found else None

    def home_address(self, written: str) -> str:
        """The address that is meant, in whichever of its domain's names it was written."""
        return str(self.rows(SQL.home_address, address=written)[0]["address"])

    def domains(self) -> list[str]:
        """Whose mail is kept here: home domains and their further names."""
        return [str(row["domain"]) for row in self.rows(SQL.domains)]

    def units(self) -> dict[str, str]:
        """Names of the open units by code."""
        return {row["code"]: row["name"] for row in self.rows(SQL.units)}

    def policy_values(self) -> dict[str, Any]:
        """The values of the policy in force, by flat dotted key."""
        return {row["key"]: row["value"] for row in self.rows(SQL.policy_values)}

    def policy_version(self) -> tuple[str, str] | None:
        """(version, sha256) of the policy in force."""
        found = self.rows(SQL.policy_version)
        return (found[0]["version"], found[0]["sha256"]) if found else None

    def observations(self, since: datetime, until: datetime) -> list[Observation]:
        """What was observed from ``since`` to before ``until`` (aware), by control, host and time."""
        with self.connection.cursor(row_factory=class_row(Observation)) as cursor:
            return cursor.execute(SQL.observations, {"since": since, "until": until}).fetchall()

    def boxes(self) -> list[str]:
        """The addresses of the open mailboxes of units and offices."""
        return [str(row["address"]) for row in self.rows(SQL.boxes)]

    def ending_sessions(self) -> list[tuple[str, datetime]]:
        """Whose mail sessions have to end, and since when."""
        return [(row["login"], row["since"]) for row in self.rows(SQL.ending_sessions)]

    # Changing -------------------------------------------------------------------------------------

    def end_without_door(self, logins: Iterable[str]) -> None:
        """Note of these, who have sessions, whose have to end: all for whom no door opens any more."""
        self.run(SQL.sessions_without_door, logins=list(logins))

    def session_ended(self, login: str, since: datetime) -> None:
        """The sessions that had to end since then have ended."""
        self.run(SQL.session_ended, login=login, since=since)

    def record(self, actor: str, verb: str, subject: str, detail: Mapping[str, Any]) -> int:
        """Write the audit record that must come before a change; its number."""
        values = {"actor": actor, "verb": verb, "subject": subject, "detail": Jsonb(dict(detail))}
        return int(self.rows(SQL.add_record, **values)[0]["id"])

    def record_bulk(self, actor: str, verb: str, counts: Mapping[str, int], diff: str) -> None:
        """One record for many changes: how many, and the digest of the diff that is kept beside it."""
        digest = hashlib.sha256(diff.encode()).hexdigest()
        number = self.record(actor, verb, "", {"counts": dict(counts), "diff_sha256": digest})
        self.run(SQL.add_diff, record=number, body=diff)

    def add_observations(self, observations: Iterable[Observation]) -> None:
        """Keep observations; one that is there already stays as it is."""
        with self.connection.cursor() as cursor:
            cursor.executemany(
                SQL.add_observation,
                [
                    {
                        "control": each.control,
                        "host": each.host,
                        "observed_at": each.observed_at,
                        "body": Jsonb(dict(each.body)),
                        "policy_sha256": each.policy_sha256,
                    }
                    for each in observations
                ],
            )


@contextmanager
def connect(
    host: str = "/run/postgresql", name: str = "congvu", role: str = "congvu_admin"
) -> Iterator[Store]:
    """One transaction as ``role``: committed when the block ends, undone when it raises.

    ``host``: the directory of the Unix socket, or a host. Raises StoreError for whatever the database says.
    """
    try:
        connection = psycopg.connect(
            host=host,
            dbname=name,
            user=role,
            application_name="congvu",
            connect_timeout=5,
            row_factory=dict_row,
        )
        # The connection's own block leaves it open when the commit itself is refused (a deferred constraint).
        with closing(connection), connection:
            yield Store(connection)
    except psycopg.Error as error:
        raise StoreError(f"database {name}, role {role}: {str(error).strip()}") from error


def outrun_records(host: str, name: str) -> None:
    """Let the transactions of a cluster into which a directory was restored count on from its records."""
    with connect(host, name, "congvu_owner") as db:
        db.connection.autocommit = True  # many transactions, not one
        db.run(SQL.outrun_records)
