"""A real PostgreSQL for tests: one throwaway cluster a session, one freshly migrated database a test.

    def test_x(database):                       # fixtures are handed on by conftest.py
        database.ask("dovecot", "select * from door_key")
        with database.store("congvu_admin") as db: ...

The cluster listens on a Unix socket only and believes everybody, so that a test can be any role.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from congvu import policy, store
from congvu.store import Store

ROLES = (
    "congvu_owner",
    "congvu_admin",
    "congvu_canary",
    "congvu_password",
    "congvu_collector",
    "congvu_list",
    "congvu_portal",
    "congvu_reminder",
    "congvu_seal",
    "congvu_webmail",
    "dovecot",
    "postfix",
    "roundcube",
)
POLICY = Path(__file__).resolve().parents[2] / "policy"


def binaries() -> Path:
    """The newest PostgreSQL that Debian has put on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        raise RuntimeError("no PostgreSQL server on this machine: install Debian's package postgresql")
    return found[-1]


@dataclass(frozen=True)
class Database:
    """One database. ``host`` is the directory of the socket."""

    host: str
    name: str

    def ask(self, role: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement as ``role`` in a transaction of its own; the rows, if it gives any."""
        with self._connection(role) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def change(self, role: str, statement: str, *values: object) -> None:
        """As :meth:`ask`, with an audit record before it, which the directory's tables demand."""
        with self._connection(role) as connection:
            connection.execute("insert into audit_record (actor, verb, subject) values ('test', 'test', '')")
            connection.execute(statement.encode(), values or None)

    @contextmanager
    def _connection(self, role: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        connection = psycopg.connect(host=self.host, dbname=self.name, user=role)
        with closing(connection), connection:  # its own block leaves it open when the commit is refused
            yield connection

    def store(self, role: str = "congvu_admin") -> AbstractContextManager[Store]:
        return store.connect(self.host, self.name, role)

    def superuser(
        self, name: str = "postgres"
    ) -> AbstractContextManager[psycopg.Connection[tuple[Any, ...]]]:
        """A connection to the cluster; only by its name to this database."""
        return _superuser(self.host, name)

    def log(self) -> str:
        """What the server wrote into its log so far."""
        return (Path(self.host) / "log").read_text("utf-8", "replace")

    def set_now(self, moment: str) -> None:
        """Replace the clock, as only the owner can; ``moment`` as in "2026-11-23 08:00+07"."""
        self.ask(
            "congvu_owner",
            "create or replace function congvu_now() returns timestamptz language sql stable "
            f"as $$ select timestamptz '{moment}' $$",
        )


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The socket directory of a running cluster with our roles and a migrated template."""
    home = Path(tempfile.mkdtemp(prefix="congvu-pg-"))
    as_postgres: tuple[str, ...] = ()
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(home, "postgres", "postgres")
        as_postgres = ("runuser", "-u", "postgres", "--")

    def run(program: str, *arguments: str) -> None:
        command = [*as_postgres, str(binaries() / program), *arguments]
        # From a directory that postgres may enter; output to a file, since the server would keep a pipe open.
        with (home / "output").open("ab") as output:
            done = subprocess.run(command, cwd="/", stdout=output, stderr=output, check=False)
        assert done.returncode == 0, (home / "output").read_text()

    data = str(home / "data")
    try:
        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        settings = (
            f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off -c shared_buffers=32MB"
        )
        run("pg_ctl", "-D", data, "-l", str(home / "log"), "-o", settings, "-w", "start")
        try:
            _prepare(str(home))
            yield str(home)
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home)


def _prepare(host: str) -> None:
    with _superuser(host) as connection:
        for role in ROLES:
            connection.execute(f"create role {role} login".encode())
        connection.execute("create database migrated owner congvu_owner")
    resolved = policy.load(POLICY, "default", date(2026, 11, 23))
    with store.connect(host, "migrated", "congvu_owner") as db:
        store.migrate(db, resolved, "test")


def _superuser(host: str, name: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(host=host, dbname=name, user="postgres", autocommit=True)


@contextmanager
def created(host: str, name: str, template: str) -> Iterator[Database]:
    with _superuser(host) as connection:
        connection.execute(f"create database {name} template {template} owner congvu_owner".encode())
        try:
            # A template hands on everything but the grants on the database itself.
            connection.execute(
                "update pg_database new set datacl = old.datacl from pg_database old "
                "where new.datname = %s and old.datname = %s and old.datname <> 'template0'",
                (name, template),
            )
            yield Database(host, name)
        finally:
            connection.execute(f"drop database {name} with (force)".encode())


@pytest.fixture
def database(cluster: str) -> Iterator[Database]:
    """A migrated directory without anybody in it; the default profile of our policy is in force."""
    with created(cluster, "congvu", "migrated") as made:
        yield made


@pytest.fixture(scope="module")
def shared_database(cluster: str) -> Iterator[Database]:
    """The same, for tests that leave it as it is: one for all of a module."""
    with created(cluster, "congvu_shared", "migrated") as made:
        yield made


@pytest.fixture
def empty_database(cluster: str) -> Iterator[Database]:
    """As the role `postgresql` leaves it: nothing was migrated."""
    with created(cluster, "congvu_empty", "template0") as made:
        yield made
