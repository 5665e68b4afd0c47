"""What makes a backup whole, and what is read from it: the pure rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

import pytest
from fix_database import Database

from congvu import store
from congvu.backup import PASSES, Settings, choose, is_excluded, key, missed, pack, renumbered, runs, unpack
from congvu.errors import UserError

EARLY, LATE, CUT_SHORT = "2026-11-24T01:30:00+07:00", "2026-11-25T01:30:00+07:00", "2026-11-26T01:30:00+07:00"


def snapshots() -> list[dict[str, object]]:
    """Two whole runs, and a third that was cut short before its last pass."""
    taken = [(time, tag) for time in (LATE, EARLY) for tag in PASSES]
    taken += [(CUT_SHORT, tag) for tag in PASSES[:-1]]
    return [{"time": time, "tags": [tag], "id": f"{tag[0]}{time[8:10]}"} for time, tag in taken]


def test_only_whole_runs_count() -> None:
    assert [run.time for run in runs(snapshots())] == [EARLY, LATE]


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
