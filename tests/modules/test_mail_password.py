"""mail_password: who gets one, and that it is written once, for root, and nowhere else."""

from __future__ import annotations

import csv
import stat
import sys
import unicodedata
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from directories import converge, give_password, states
from fix_database import Database
from fix_modules import Run
from organisations import at, organisation, person

from congvu.accounts import Service
from congvu.fingerprints import Key
from congvu.passwords import verify
from congvu.store.fingerprints import unrecognised

KEY = Key(bytes(range(32)))


@pytest.fixture
def people(database: Database) -> Database:
    """Two who never had a password, one who has, one who has left, one who comes later; and a unit's box."""
    database.set_now("2026-11-23 08:00+07")
    left, later = person("x", start="2026-11-22").start, "2026-11-24"
    converge(
        database,
        organisation(
            person("CB1"),
            person("CB2", "Lê Thị Hoà"),
            person("CB3", "Trần Bình"),
            person("CB4", "Đỗ Út", end=left),
            person("CB5", "Lý Ý", later),
        ),
    )
    give_password(database, at("binht"), "2026-11-20T08:00:00+07:00")
    return database


@pytest.fixture
def issue(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The module with a key."""
    key = tmp_path_factory.mktemp("keys") / "fingerprint.key"
    key.write_bytes(KEY.secret)
    return partial(run, "mail_password", key=str(key))


def rows(path: str) -> dict[str, dict[str, str]]:
    """The issued passwords by address."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        return {row["address"]: row for row in csv.DictReader(file)}


def test_check_do_check_again_do_again(issue: Run, people: Database, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "issued"
    foreseen = issue(check=True, folder=str(folder))
    assert (foreseen["changed"], foreseen["count"], foreseen["path"]) == (True, 2, None)
    assert not folder.exists()
    done = issue(folder=str(folder))
    assert (done["changed"], done["count"], done["diff"]) == (True, 2, foreseen["diff"])
    assert states(people) == {
        at("annv"): "initial",
        at("hoalt"): "initial",
        at("binht"): "active",
        at("utd"): "suspended",
        at("yl"): "suspended",
    }
    for check in (True, False):
        again = issue(check=check, folder=str(folder))
        assert (again["changed"], again["count"], again["path"]) == (False, 0, None)
    assert len(list(folder.iterdir())) == 1


def test_the_passwords_are_in_one_file_of_root_and_nowhere_else(
    issue: Run, people: Database, tmp_path: Path
) -> None:
    done = issue(folder=str(tmp_path / "issued"))
    path = Path(done["path"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    issued = rows(done["path"])
    assert issued[at("annv")].keys() == {"staff_id", "full_name", "unit", "address", "password"}
    assert (issued[at("annv")]["staff_id"], issued[at("annv")]["unit"]) == ("CB1", "Phòng vp")
    hashes = dict(people.ask("congvu_admin", "select address, hash from credential"))
    records = str(
        people.ask("congvu_admin", "select * from audit_record left join audit_diff on record = id")
    )
    for address, row in issued.items():
        password = row["password"]
        assert {unicodedata.category(letter)[0] for letter in password} >= {"L", "N", "P"}
        assert verify(password, hashes[address])
        assert password not in done["output"]
        assert password not in records
        assert hashes[address] not in done["output"] + records
    assert len({row["password"] for row in issued.values()}) == 2
    assert "password.issue" in records


def test_the_file_is_named_by_the_moment_wherever_the_server_stands(
    issue: Run, people: Database, tmp_path: Path
) -> None:
    people.ask("postgres", f"alter database {people.name} set timezone to 'Asia/Ho_Chi_Minh'")
    assert Path(issue(folder=str(tmp_path))["path"]).name == "20261123T010000Z.csv"


def test_it_opens_no_door(issue: Run, people: Database, tmp_path: Path) -> None:
    issue(folder=str(tmp_path), reset=["CB3"])
    assert people.ask("dovecot", "select * from door_key") == []


@pytest.mark.parametrize("name", ["CB3", at("binht")])
def test_a_reset_is_a_deed_for_those_who_are_named(
    issue: Run, people: Database, tmp_path: Path, name: str
) -> None:
    issue(folder=str(tmp_path))
    people.set_now("2026-11-23 08:00:01+07")
    foreseen = issue(check=True, folder=str(tmp_path), reset=[name])
    assert foreseen["diff"]["after"] == f"{at('binht')}: reset password\n"
    done = issue(folder=str(tmp_path), reset=[name])
    assert done["count"] == 1
    assert states(people)[at("binht")] == "reset"
    assert list(rows(done["path"])) == [at("binht")]


def test_a_reset_is_on_record_as_one(issue: Run, people: Database, tmp_path: Path) -> None:
    """Also in a call that issues first passwords: each person reads on the page what was done for them."""
    issue(folder=str(tmp_path), reset=["CB3"])
    assert issue(folder=str(tmp_path / "again"), reset=["CB1"])["count"] == 1
    rows = people.ask(
        "congvu_admin", "select verb, body from audit_record join audit_diff on record = id order by id"
    )
    told = [
        (verb, [line.split()[0] for line in body.splitlines()])
        for verb, body in rows
        if verb.startswith("password.")
    ]
    assert told == [
        ("password.issue", [at("annv"), at("hoalt")]),
        ("password.reset", [at("binht")]),
        ("password.reset", [at("annv")]),
    ]


@pytest.mark.parametrize("name", ["CB99", at("box-vp"), "annv"])
def test_a_reset_of_nobody_is_refused(issue: Run, people: Database, tmp_path: Path, name: str) -> None:
    assert name in issue(folder=str(tmp_path), reset=[name])["msg"]
    assert not list(tmp_path.iterdir())
    assert people.ask("congvu_admin", "select count(*) from credential") == [(1,)]


def test_who_cannot_be_told_gets_no_password(issue: Run, people: Database, tmp_path: Path) -> None:
    (tmp_path / "20261123T010000Z.csv").write_text("an earlier file, not yet handed out")
    assert "cannot be written" in issue(folder=str(tmp_path))["msg"]
    assert people.ask("congvu_admin", "select count(*) from credential") == [(1,)]


def test_every_issued_password_has_its_fingerprint(issue: Run, people: Database, tmp_path: Path) -> None:
    with people.store() as db:
        assert unrecognised(db, KEY.id) == 1
    done = issue(folder=str(tmp_path), reset=["CB3"])
    with people.store() as db:
        assert unrecognised(db, KEY.id) == 0
    for address, row in rows(done["path"]).items():
        mark = KEY.fingerprint(row["password"], address)
        kept = people.ask(
            "congvu_owner", "select own, shared from password_fingerprint where address = %s", address
        )
        assert [tuple(map(bytes, each)) for each in kept] == [(mark.own, mark.shared)]
        assert mark.shared.hex() not in done["output"]


@pytest.mark.parametrize("content", [None, b"", b"x" * 16])
def test_without_the_key_nothing_is_issued(
    issue: Run, people: Database, tmp_path: Path, content: bytes | None
) -> None:
    key = tmp_path / "other.key"
    if content is not None:
        key.write_bytes(content)
    assert str(key) in (failed := issue(folder=str(tmp_path / "issued"), key=str(key)))["msg"]
    assert failed["failed"]
    assert not (tmp_path / "issued").exists()
    assert people.ask("congvu_admin", "select count(*) from credential") == [(1,)]


def test_what_was_not_kept_is_not_handed_out(issue: Run, people: Database, tmp_path: Path) -> None:
    """The commit itself is refused, after the file was written."""
    people.ask(
        "congvu_owner",
        "create function full_disk() returns trigger language plpgsql as $$ begin raise 'disk full'; end $$;"
        "create constraint trigger late after insert on credential deferrable initially deferred "
        "for each row execute function full_disk()",
    )
    assert "disk full" in issue(folder=str(tmp_path / "issued"))["msg"]
    assert list((tmp_path / "issued").iterdir()) == []
    assert people.ask("congvu_admin", "select count(*) from credential") == [(1,)]


def test_a_lapsed_password_is_issued_anew_by_name_only(issue: Run, people: Database, tmp_path: Path) -> None:
    issue(folder=str(tmp_path))
    people.set_now("2026-12-01 08:00+07")
    assert states(people)[at("annv")] == states(people)[at("hoalt")] == "lapsed"
    assert issue(folder=str(tmp_path))["count"] == 1  # who begins to serve by then, and never had one
    assert issue(folder=str(tmp_path), reset=["CB1"], check=True)["count"] == 1
    people.set_now("2026-12-01 08:00:01+07")
    issue(folder=str(tmp_path), reset=["CB1"])
    assert states(people)[at("annv")] == "reset"


def test_where_slips_cannot_be_made_no_password_is_issued(
    issue: Run, people: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    slips = {
        "certificate": str(tmp_path / "none.pem"), "organisation": "Sở", "office": "Văn phòng Sở",
        "page": "https://x/mat-khau",
    }  # fmt: skip
    assert "install weasyprint" in issue(folder=str(tmp_path / "issued"), slips=slips)["msg"]
    assert not (tmp_path / "issued").exists()
    assert people.ask("congvu_admin", "select count(*) from credential") == [(1,)]


def test_a_device_gets_a_longer_password_that_nobody_need_replace(
    issue: Run, people: Database, tmp_path: Path
) -> None:
    scanner = Service(at("mayquet"), "Máy quét", "CB3", date(2027, 6, 30))
    listed = organisation(person("CB1"), person("CB3", "Trần Bình"))
    converge(people, replace(listed, services={scanner.address: scanner}))
    done = issue(folder=str(tmp_path))
    given = rows(done["path"])
    assert f"{scanner.address}: password of a device" in done["diff"]["after"]
    assert (given[scanner.address]["staff_id"], given[scanner.address]["full_name"]) == ("CB3", "Trần Bình")
    first = given[scanner.address]["password"]
    assert len(first) >= 24
    (found,) = people.ask("dovecot", "select password from door_key where login = %s", scanner.address)
    assert verify(first, found[0])
    marks = "select count(*) from password_fingerprint where address = %s and shared is not null"
    assert people.ask("congvu_owner", marks, scanner.address) == [(1,)]
    assert issue(folder=str(tmp_path))["count"] == 0  # no first change, no new password
    again = rows(issue(folder=str(tmp_path / "b"), reset=[scanner.address])["path"])
    assert list(again) == [scanner.address]
    assert again[scanner.address]["password"] != first
    assert people.ask("congvu_owner", marks, scanner.address) == [(1,)]
