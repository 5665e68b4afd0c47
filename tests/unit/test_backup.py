"""What makes a backup whole, and what is read from it: the pure rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from typing import Any

import pytest
from directories import HASH, converge, give_password
from fix_database import Database
from organisations import at, organisation, person

from congvu import store
from congvu.backup import (
    BROKEN,
    PASSES,
    Settings,
    choose,
    is_excluded,
    key,
    leftovers,
    missed,
    pack,
    renumbered,
    runs,
    unpack,
)
from congvu.errors import UserError
from congvu.services import backup as service

EARLY, LATE, CUT_SHORT = "2026-11-24T01:30:00+07:00", "2026-11-25T01:30:00+07:00", "2026-11-26T01:30:00+07:00"


def snapshots() -> list[dict[str, object]]:
    """Two whole runs, and a third that was cut short before its last pass."""
    taken = [(time, tag) for time in (LATE, EARLY) for tag in PASSES]
    taken += [(CUT_SHORT, tag) for tag in PASSES[:-1]]
    return [{"time": time, "tags": [tag], "id": f"{tag[0]}{time[8:10]}"} for time, tag in taken]


def test_only_whole_runs_count() -> None:
    assert [run.time for run in runs(snapshots())] == [EARLY, LATE]


def test_what_belongs_to_no_whole_run_is_left_over() -> None:
    """Also a run whose last pass missed something, but nothing that somebody saved by hand."""
    others = [{"time": CUT_SHORT, "tags": ["by-hand"], "id": "h26"}, {"time": CUT_SHORT, "id": "none"}]
    assert leftovers([*snapshots(), *others]) == ["q26", "f26"]
    broken = {"time": LATE, "tags": [BROKEN], "id": "b25"}
    assert leftovers([*snapshots(), broken]) == ["q25", "f25", "r25", "q26", "f26", "b25"]


@pytest.mark.parametrize(("wanted", "time"), [("latest", LATE), (EARLY, EARLY), ("f24", EARLY)])
def test_a_run_is_chosen_by_name(wanted: str, time: str) -> None:
    assert choose(runs(snapshots()), wanted).time == time


@pytest.mark.parametrize("wanted", ["", CUT_SHORT, "f26", "yesterday"])
def test_an_unknown_run_is_refused_and_the_known_ones_are_named(wanted: str) -> None:
    with pytest.raises(UserError, match="2026-11-24T01:30:00"):
        choose(runs(snapshots()), wanted)


def test_a_message_that_gets_a_flag_stays_the_same() -> None:
    assert key(PurePath("new/1.M2.mail,S=3")) == key(PurePath("cur/1.M2.mail,S=3:2,FS"))


def test_what_moved_past_the_reader_is_missed() -> None:
    """Not what was deleted meanwhile, nor what came meanwhile."""
    assert missed({"moved", "deleted", "kept"}, {"moved", "kept", "came"}, {"kept"}) == {"moved"}


@pytest.mark.parametrize(
    ("path", "out"),
    [
        ("/var/vmail/d/u/Maildir/dovecot.index.cache", True),
        ("/var/vmail/d/u/Maildir/tmp/1.M2.mail", True),
        ("/var/vmail/d/u/Maildir/dovecot-uidlist", False),
        ("/var/vmail/d/u/Maildir/cur/1.M2.mail:2,S", False),
    ],
)
def test_what_is_left_out(path: str, out: bool) -> None:
    assert is_excluded(PurePath(path), ["dovecot.index*", "tmp/*"]) is out


def test_numbers_follow_the_names() -> None:
    assert renumbered({"postfix": 105, "root": 0, "gone": 200}, {"postfix": 107, "root": 0}) == {105: 107}


def test_escrowed_keys_come_back_as_they_were() -> None:
    files = {"/var/lib/rspamd/dkim/a.key": (b"\x00secret\n", "_rspamd", "_rspamd", 0o600)}
    assert unpack(pack(files)) == {Path(path): file for path, file in files.items()}


@pytest.mark.parametrize("text", [b"", b"\xff", b"[]", b'{"/a": {"content": "!"}}'])
def test_what_is_no_escrow_is_refused(text: bytes) -> None:
    with pytest.raises(UserError, match="right key"):
        unpack(text)


def test_settings_with_an_unknown_key_are_refused() -> None:
    with pytest.raises(TypeError, match="unknown"):
        Settings.parse(json.dumps({"unknown": []}))


def test_records_of_another_cluster_cover_no_change_of_this_one(database: Database) -> None:
    """A record whose transaction number is still to come here would let a change pass without its own."""
    later = "insert into audit_record (actor, verb, subject, at, xact) values ('x', 'x', '', %s, %s)"
    number = int(database.ask("congvu_owner", "select pg_current_xact_id()::text")[0][0])
    at = datetime.now(UTC) - timedelta(days=1)
    for ahead in (5, 40):
        database.ask("congvu_owner", later, at, str(number + ahead))
    store.outrun_records(database.host, database.name)
    rest = "select pg_current_xact_id() > all (select xact from audit_record)"
    assert database.ask("congvu_owner", rest) == [(True,)]


# -- a directory that comes back -------------------------------------------------------------------

YESTERDAY = "2026-11-25 12:00:00"


def keys(database: Database) -> list[str]:
    found = store.living_keys(database.host, database.name)
    assert found is not None
    return sorted(found)


def restored(database: Database, living: list[str] | None) -> dict[str, list[str]]:
    return store.settle_restored(database.host, database.name, YESTERDAY, living, "test")


@pytest.fixture
def directory(database: Database) -> Database:
    """Four people with a password; the last has a second factor, too, and the first is on the page."""
    staff = [person(f"CB{number}", name) for number, name in enumerate(("An", "Bình", "Cúc", "Dung"), 1)]
    converge(database, organisation(*staff))
    for name in ("an", "binh", "cuc", "dung"):
        give_password(database, at(name), "2026-11-20T08:00:00+07:00", "self")
    database.change(
        "congvu_owner",
        f"insert into second_factor values ('{at('dung')}', '', repeat('0', 16), now(), now());"
        f"insert into app_password (address, selector, hash, label)"
        f" values ('{at('dung')}', 'aaaaaaaa', '{HASH}', 'x');"
        f"insert into app_password (address, selector, hash, label, expires_at)"
        f" values ('{at('dung')}', 'bbbbbbbb', '{HASH}', 'webmail', now() + interval '1 hour');"
        f"insert into portal_session (token, address, password_set_at)"
        f" select sha256('x'), address, set_at from credential where address = '{at('an')}'",
    )
    return database


def test_no_key_opens_after_a_restore_that_did_not_before(directory: Database) -> None:
    """As if An had changed the password since, Bình's account was closed, and Dung's device revoked."""
    living = [each for each in keys(directory) if each.startswith(at("cuc"))] + [f"{at('an')}/00000000"]
    assert restored(directory, living) == {
        "sessions": [at("an"), at("dung")],
        "keys": [at("an"), at("binh"), at("dung")],
    }
    assert keys(directory) == living[:1]
    assert directory.ask("congvu_owner", "select * from portal_session") == []
    ((detail,),) = directory.ask(
        "congvu_owner", "select detail from audit_record where verb = 'backup.restore'"
    )
    assert (detail["run"], detail["compared"], detail["keys"][0]) == (YESTERDAY, True, at("an"))
    revoked = "select subject from audit_record where verb = 'credential.revoke' order by subject"
    # Dung's device alone had a key: what is theirs of the password opens no door beside a second factor
    assert directory.ask("congvu_owner", revoked) == [(at("an"),), (at("binh"),)]


def test_what_opened_before_opens_again(directory: Database) -> None:
    living = keys(directory)
    assert restored(directory, living)["keys"] == []
    assert keys(directory) == [each for each in living if "bbbbbbbb" not in each]


def test_on_a_bare_host_nothing_is_known_and_sessions_end(directory: Database) -> None:
    assert restored(directory, None) == {"sessions": [at("an"), at("dung")], "keys": []}
    assert len(keys(directory)) == 4


def test_a_directory_without_people_knows_nothing(database: Database) -> None:
    assert store.living_keys(database.host, database.name) is None


@pytest.fixture
def settings(
    directory: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Settings]:
    """The settings of a host with that directory; another name: one that does not answer."""
    monkeypatch.setattr(service, "SOCKET", directory.host)
    monkeypatch.setattr(service, "LIVING", tmp_path / "living.json")
    nothing: dict[str, Any] = dict.fromkeys(Settings.__dataclass_fields__, ())
    return lambda name: Settings(**nothing | {"directory": name})


def test_what_opened_before_is_known_also_after_an_interruption(
    directory: Database, settings: Callable[[str], Settings]
) -> None:
    """The first attempt put the old directory back and was killed: the second one still knows."""
    living = keys(directory)
    service.remember_living(directory.name, YESTERDAY)
    changed = "update credential set hash = overlay(hash placing 'AAAA' from 80) where address = %s"
    directory.change("congvu_owner", changed, at("an"))
    service.remember_living(directory.name, "2026-11-24 12:00:00")
    told = service.settle(settings(directory.name))
    assert told == {"ended": {"sessions": [at("an"), at("dung")], "keys": [at("an")]}, "not_known": ""}
    assert set(keys(directory)) < set(living)
    assert service.settle(settings(directory.name)) == {"ended": {}, "not_known": ""}  # once


def test_a_directory_that_did_not_answer_is_said(
    directory: Database, settings: Callable[[str], Settings]
) -> None:
    service.remember_living("no_such_database", YESTERDAY)
    told = service.settle(settings(directory.name))
    assert told["ended"]["keys"] == []
    assert "could not be asked" in told["not_known"]
