"""`congvu collect` over real journal files and a real database, through kills and outages."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fix_database import Database
from journals import DOVECOT, Writing, exported, own_host
from lives import live, write

from congvu.events import SOURCES
from congvu.services import collect
from congvu.services import journal as journal_module
from congvu.services.collect import Collector
from congvu.services.journal import Journal


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "PATIENCE", 0.1)
    monkeypatch.setattr(collect, "HEARTBEAT", 0.2)
    monkeypatch.setattr(collect, "LONGEST_WAIT", 0.3)


@contextmanager
def collecting(database: Database, folder: Path) -> Iterator[int]:
    """A collector in a session of its own; ended by SIGKILL, with its journalctl, as systemd does it."""
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            where = {"host": database.host, "name": database.name}
            Collector(where, own_host(), Journal(SOURCES, str(folder))).run()
        finally:
            os._exit(3)
    try:
        yield child
    finally:
        until(lambda: os.getpgid(child) == child)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def sessions(database: Database) -> list[str]:
    rows = database.ask(
        "congvu_owner", "select detail ->> 'session' from event where kind = 'login' order by id"
    )
    return [row[0] for row in rows]


def gaps(database: Database) -> list[dict[str, object]]:
    return [row[0] for row in database.ask("congvu_owner", "select detail from event where kind = 'gap'")]


def test_fifty_kills_under_load_lose_and_double_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Many small transactions, so that some are hit in the middle.
    monkeypatch.setattr(collect, "BATCH", 5)
    monkeypatch.setattr(journal_module, "_READ", 4096)
    dice = random.Random(time.time_ns())  # noqa: S311  # moments of death, not secrets
    written = 0

    def cursor() -> object:
        return database.ask("congvu_admin", "select cursor from event_cursor")

    with Writing(tmp_path) as journal:
        for life in range(50):
            before = cursor()
            for _ in range(200):
                journal.login(written)
                written += 1
            with collecting(database, tmp_path):
                if life % 5:  # else it may die before it has taken in anything
                    until(lambda before=before: cursor() != before)  # type: ignore[misc]
                time.sleep(dice.uniform(0, 0.06))
        journal.login(written)
    assert 10 <= len(sessions(database)) < written + 1
    with collecting(database, tmp_path):
        until(lambda: len(sessions(database)) >= written + 1)
    assert sessions(database) == [f"S{number}" for number in range(written + 1)]
    assert gaps(database) == []


@contextmanager
def away(database: Database) -> Iterator[None]:
    """No connection goes on, and none begins."""
    with database.superuser() as connection:
        name = database.name
        connection.execute(f"alter database {name} allow_connections false".encode())
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,)
        )
        yield
        connection.execute(f"alter database {name} allow_connections true".encode())


def test_what_comes_while_the_database_is_away_comes_in_later(database: Database, tmp_path: Path) -> None:
    with Writing(tmp_path) as journal, collecting(database, tmp_path):
        journal.login(0)
        until(lambda: len(sessions(database)) == 1)
        with away(database):
            for number in range(1, 400):
                journal.login(number)
            time.sleep(0.7)
        until(lambda: len(sessions(database)) >= 400)
    assert sessions(database) == [f"S{number}" for number in range(400)]


@contextmanager
def small_disk(database: Database) -> Iterator[Callable[[], None]]:
    """The events on a disk of their own, of one MiB; it is made larger when asked. Only root makes a disk."""
    place = Path(database.host) / "disk"
    place.mkdir()

    def mount(*options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(place)], check=True)

    def move(tablespace: str) -> None:
        with database.superuser(database.name) as connection:
            connection.execute(f"alter table event set tablespace {tablespace}".encode())

    mount("size=1m")
    try:
        shutil.chown(place, "postgres", "postgres")
        with database.superuser() as connection:
            connection.execute(f"create tablespace small location '{place}'".encode())
            move("small")
            yield lambda: mount("remount", "size=64m")
            move("pg_default")
            connection.execute("drop tablespace small")
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.rmdir()


def test_what_comes_while_the_disk_is_full_comes_in_later(database: Database, tmp_path: Path) -> None:
    with small_disk(database) as enlarge, Writing(tmp_path) as journal:
        with collecting(database, tmp_path):
            for number in range(10_000):
                journal.login(number)
            until(lambda: "No space left on device" in database.log())
            assert 0 < len(sessions(database)) < 10_000
            enlarge()
            until(lambda: len(sessions(database)) >= 10_000)
        assert sessions(database) == [f"S{number}" for number in range(10_000)]
        assert gaps(database) == []


def test_a_journal_that_was_cleared_is_a_gap_and_what_is_left_comes_in(
    database: Database, tmp_path: Path
) -> None:
    with Writing(tmp_path, "old") as journal:
        journal.login(0)
        journal.login(1)
    with collecting(database, tmp_path):
        until(lambda: len(sessions(database)) == 2)
    (tmp_path / "old.journal").unlink()
    with Writing(tmp_path, "new") as journal:
        journal.login(5000)
    with collecting(database, tmp_path):
        until(lambda: len(sessions(database)) == 3)
    with collecting(database, tmp_path):  # it is found once
        time.sleep(0.5)
    (gap,) = gaps(database)
    assert gap["why"] == "cursor not in the journal"
    assert [gap["from"], gap["until"]] == ["2026-11-26T09:09:38.001000+00:00", "2026-11-26T09:09:43+00:00"]


def test_a_new_file_of_the_journal_is_no_gap(database: Database, tmp_path: Path) -> None:
    with Writing(tmp_path, "old") as journal:
        journal.login(0)
    with collecting(database, tmp_path):
        until(lambda: len(sessions(database)) == 1)
        with Writing(tmp_path, "new") as journal:
            journal.login(1)
        until(lambda: len(sessions(database)) == 2)
    with collecting(database, tmp_path), Writing(tmp_path, "newest") as journal:
        journal.login(2)
        until(lambda: len(sessions(database)) == 3)
    assert gaps(database) == []


def test_what_is_not_understood_is_counted_and_stops_nothing(database: Database, tmp_path: Path) -> None:
    with Writing(tmp_path) as journal:
        journal.add(0, 'stats: {"event": "auth_request_finished", "fields": 7}', **DOVECOT)
        journal.add(1, "stats: {" + '"a": ' * 3 + "}", **DOVECOT)
        journal.add(2, b"stats: \xff\xfe {\n", **DOVECOT)
        journal.add(3, exported(user="\x00\ud800@\u202e", session="S\x00"), **DOVECOT)
        journal.add(4, exported(user="x" * 9000 + "@a.test", session="S4"), **DOVECOT)
        journal.login(5)
    with collecting(database, tmp_path):
        until(lambda: "S5" in sessions(database))
    assert database.ask("congvu_admin", "select not_understood from event_cursor") == [(2,)]


@pytest.mark.parametrize(("service", "gone"), [("congvu-password.service", 1), ("nginx.service", 0)])
def test_webmail_without_a_login_is_a_gap_where_the_password_service_stands(
    database: Database, tmp_path: Path, service: str, gone: int
) -> None:
    def line(hour: int, unit: str, message: str) -> dict[str, str]:
        at = str(int(datetime(2026, 11, 26, hour, tzinfo=UTC).timestamp()) * 1_000_000)
        return {"__REALTIME_TIMESTAMP": at, "_SYSTEMD_UNIT": unit, "MESSAGE": message}

    for hour, unit, message in (
        (7, service, "ready"),
        (9, "dovecot.service", "imap-login: Logged in: user=<an@a.test>, TLS, session=<webmail-0a1b>"),
    ):
        database.set_now(f"2026-11-26 {hour}:30+00")
        write(tmp_path, "system", "mail", [line(hour, unit, message)])
        live(database, own_host(), tmp_path, datetime(2026, 11, 26, hour, 30, tzinfo=UTC))
    assert [gap["source"] for gap in gaps(database)] == ["password"] * gone


def test_a_second_collector_adds_nothing(database: Database, tmp_path: Path) -> None:
    with Writing(tmp_path) as journal, collecting(database, tmp_path), collecting(database, tmp_path):
        for number in range(200):
            journal.login(number)
            time.sleep(0.002)
        until(lambda: len(sessions(database)) >= 200)
        time.sleep(0.5)
    assert sorted(sessions(database)) == sorted(f"S{number}" for number in range(200))


def test_the_command_ends_when_it_is_told_to(database: Database, tmp_path: Path) -> None:
    settings = tmp_path / "collect.json"
    settings.write_text(json.dumps({"database": {"host": database.host, "name": database.name}}))
    (tmp_path / "journal").mkdir()
    with Writing(tmp_path / "journal") as journal:
        journal.login(0)
        command = ["-m", "congvu.services.cli", "collect", f"--settings={settings}"]
        child = subprocess.Popen([sys.executable, *command, f"--directory={tmp_path / 'journal'}"])
        try:
            until(lambda: sessions(database) == ["S0"])
            child.terminate()
            assert child.wait(5) == 0
        finally:
            child.kill()
