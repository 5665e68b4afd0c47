"""The directory in bulk: what was planned is what is read back, in one transaction with its record."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from directories import HASH, OTHER_HASH, converge, give_password, states
from fix_database import Database
from organisations import DOMAIN, at, organisation, person, read

from congvu import accounts, store
from congvu.accounts import Box, Credential, Holder
from congvu.store import Observation, StoreError

DEMO = Path(__file__).resolve().parents[2] / "inventories" / "demo"


def stored(database: Database) -> accounts.Directory:
    with database.store() as db:
        return store.read_directory(db, DOMAIN)


def test_what_was_planned_is_what_is_read_back(database: Database) -> None:
    plan = converge(database, read())
    directory = stored(database)
    assert directory.organisation == plan.wanted
    assert directory.domains == {DOMAIN}
    assert directory.holders[at("annv")] == Holder("person", "CB1")
    assert directory.holders[at("ccvc")] == Holder("unit", "ccvc")
    assert directory.holders[at("vp")] == Holder("office", "vp")
    assert directory.holders[at("vanthu")] == Holder("alias", at("vp"))
    assert not converge(database, read())


def test_the_demos_organisation_fits(database: Database) -> None:
    files = [(DEMO / name).read_bytes() for name in ("organisation.yml", "people.csv")]
    wanted = accounts.read(files, DOMAIN)
    plan = converge(database, wanted)
    assert len(plan.wanted.people) == 60
    assert stored(database).organisation == plan.wanted


def test_every_kind_of_change_arrives(database: Database) -> None:
    converge(database, read())
    wanted = read()
    people = dict(wanted.people)
    people["CB2"] = replace(people["CB2"], unit="ccvc", position="Trưởng phòng", full_name="Nguyễn Thị Ân")
    people["CB9"] = person("CB9", "Lê Bình", unit="ccvc")
    del people["CB3"]
    boxes = {
        **wanted.boxes,
        at("vp"): Box(at("vp"), "office", "ccvc", frozenset({("CB2", "deputy")})),
        at("ccvc"): Box(at("ccvc"), "unit", "ccvc", frozenset({("CB2", "head"), ("CB9", "member")})),
    }
    aliases = {key: alias for key, alias in wanted.aliases.items() if key != at("vanthu")}
    units = {**wanted.units, "ccvc": replace(wanted.units["ccvc"], name="Phòng Tổ chức, cán bộ")}
    changed = replace(wanted, people=people, boxes=boxes, aliases=aliases, units=units)
    plan = converge(database, changed)
    assert plan.counts() == {
        "unit changed": 1,
        "person changed": 1,
        "person closed": 1,
        "person added": 1,
        "box changed": 2,
        "alias closed": 1,
    }
    assert stored(database).organisation == plan.wanted
    assert stored(database).holders[at("vanthu")] == Holder("alias", at("vp"))  # for ever


def test_a_unit_is_closed_with_its_box_and_comes_back(database: Database) -> None:
    converge(database, organisation(units=("vp", "cu")))
    converge(database, organisation())
    assert at("box-cu") not in stored(database).organisation.boxes
    assert (at("box-cu"),) not in database.ask("postfix", "select address from delivery")
    converge(database, organisation(units=("vp", "cu")))
    assert (at("box-cu"),) in database.ask("postfix", "select address from delivery")


def test_who_leaves_the_file_loses_the_password_and_keeps_the_address(database: Database) -> None:
    converge(database, organisation(person("CB1")))
    give_password(database, at("annv"), "2026-11-20T08:00:00+07:00")
    converge(database, organisation())
    assert states(database) == {at("annv"): "closed"}
    assert database.ask("congvu_admin", "select * from credential") == []
    converge(database, organisation(person("CB1"), person("CB2")))
    assert states(database) == {at("annv"): "initial", at("annv2"): "initial"}


def test_a_bulk_change_has_one_record_with_the_digest_of_its_diff(database: Database) -> None:
    converge(database, organisation(person("CB1")))
    converge(database, organisation(person("CB1", unit="vp", position="Chuyên viên")))
    rows = database.ask(
        "congvu_admin",
        "select actor, verb, detail, body from audit_record join audit_diff on record = id order by id",
    )
    assert len(rows) == 2
    actor, verb, detail, body = rows[1]
    assert (actor, verb, detail["counts"]) == ("test", "directory.converge", {"person changed": 1})
    assert detail["diff_sha256"] == hashlib.sha256(body.encode()).hexdigest()
    assert "-person CB1: Nguyễn Văn An" in body
    assert (
        "+person CB1: Nguyễn Văn An <annv@snv.example>, cong_chuc, vp, from 2020-01-01, Chuyên viên" in body
    )


def test_nothing_remains_of_a_change_that_fails(database: Database) -> None:
    """The store trusts no plan: one that would give an address away fails as a whole."""
    converge(database, organisation(person("CB1")))
    before = database.ask("congvu_admin", "select count(*) from audit_record")
    stolen = accounts.plan(accounts.Directory(organisation()), organisation(person("CB8"), person("CB9")))
    assert stolen.wanted.people["CB8"].address == at("annv")
    with pytest.raises(StoreError, match="person_address_key"), database.store() as db:
        store.converge(db, stolen, "test")
    assert list(stored(database).organisation.people) == ["CB1"]
    assert database.ask("congvu_admin", "select count(*) from audit_record") == before


def test_two_changes_at_once_stand_in_line(database: Database) -> None:
    """Both see CB1 arrive as annv; whoever comes second sees what the first has done."""
    started = threading.Event()
    second: list[accounts.Plan] = []

    def change() -> None:
        started.set()
        second.append(converge(database, organisation(person("CB1"), person("CB2"))))

    with database.store() as db:
        first = accounts.plan(store.read_directory(db, DOMAIN), organisation(person("CB1")))
        thread = threading.Thread(target=change)
        thread.start()
        started.wait()
        thread.join(0.3)
        assert thread.is_alive()
        store.converge(db, first, "test")
    thread.join(10)
    assert second[0].counts() == {"person added": 1}
    assert second[0].wanted.people["CB2"].address == at("annv2")


def test_credentials_come_in_bulk_with_a_record_that_shows_no_hash(database: Database) -> None:
    converge(database, organisation(person("CB1"), person("CB2")))
    with database.store() as db:
        moment = db.now() - timedelta(days=1)
        given = [Credential(at(local), HASH, moment, "imported") for local in ("annv", "annv2")]
        store.write_credentials(db, given, "test", "credential.import")
        assert store.read_credentials(db) == {each.address: each for each in given}
    with database.store() as db:
        renewed = Credential(at("annv"), OTHER_HASH, db.now(), "reset")
        store.write_credentials(db, [renewed], "test", "password.reset")
        assert store.read_credentials(db)[at("annv")] == renewed
    records = str(database.ask("congvu_admin", "select * from audit_record, audit_diff"))
    assert at("annv2") in records
    assert "argon2id" not in records


def test_observations_are_kept_once(database: Database) -> None:
    with database.store() as db:
        moment = db.now()
        seen = Observation("no-pop", "mail", moment, {"checked": 2, "exceptions": []}, "0" * 64)
        db.add_observations([seen, replace(seen, control="firewall")])
        db.add_observations([replace(seen, body={"checked": 3})])
        later = moment + timedelta(seconds=1)
        assert db.observations(moment, later) == [replace(seen, control="firewall"), seen]
        assert db.observations(later, later) == []


def test_the_state_of_the_policy_and_the_domain_can_be_asked(database: Database) -> None:
    converge(database, organisation())
    with database.store("congvu_password") as db:
        assert db.domains() == [DOMAIN]
        assert db.units() == {"vp": "Phòng vp"}
        assert db.policy_values()["password.classes"] == ["digit", "upper", "lower", "special"]
        assert db.account(at("nobody")) is None


@pytest.mark.parametrize(("role", "name"), [("congvu_admin", "nowhere"), ("nobody", "congvu")])
def test_a_database_that_cannot_be_reached_is_named(database: Database, role: str, name: str) -> None:
    with (
        pytest.raises(StoreError, match=f"database {name}, role {role}"),
        store.connect(database.host, name, role),
    ):
        pass
