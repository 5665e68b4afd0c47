"""200 of the histories that the pure rules were tried with, as files, through the modules of operators."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from fix_database import Database, created
from fix_modules import Run, runner
from organisations import DOMAIN, EMPTY, after, read, table
from test_accounts_histories import Office, accepted, carried_out, history

from congvu import store
from congvu.accounts import Directory, InputError, Name, Organisation, Rules

HISTORIES, STEPS = 200, 5  # a database takes its time
SERVICE_DAYS = timedelta(days=366)  # the policy's; its other numbers are the history's


def local(address: str) -> str:
    return address.partition("@")[0]


def organisation_file(wanted: Organisation) -> str:
    """What the file says: boxes of units come with the units, and their roles in an entry of their own."""
    boxes = [
        {
            "address": local(box.address), "kind": box.kind, "unit": box.unit,
            "roles": {role: [who for who, its in sorted(box.roles) if its == role] for _, role in box.roles},
        }
        for box in wanted.boxes.values()
        if box.kind == "office"
    ]  # fmt: skip
    lists = [
        {"address": local(each.address), "name": each.name, "members": sorted(each.members),
         "post": sorted(map(local, each.post)), "moderator": local(each.moderator)}
        for each in wanted.lists.values()
    ]  # fmt: skip
    said = {
        "units": [{**entry(each), "box": local(each.box)} for each in wanted.units.values()],
        "boxes": boxes,
        "aliases": [
            {"address": local(each.address), "target": each.target} for each in wanted.aliases.values()
        ],
        "services": [
            {**entry(each), "address": local(each.address), "networks": list(each.networks)}
            for each in wanted.services.values()
        ],
        "lists": lists,
    }
    return yaml.safe_dump(said, allow_unicode=True)


def entry(value: Any) -> dict[str, Any]:
    return {name: each for name, each in asdict(value).items() if name not in {"row", "name_order"}}


def people_file(wanted: Organisation) -> bytes:
    return table({**entry(each), "end": each.end or ""} for each in wanted.people.values())


class Replay:
    """One history, by the files and modules of operators, beside the model that the pure rules keep."""

    def __init__(self, folder: Path, database: Database, run: Run) -> None:
        self.database, self.run = database, run
        self.organisation, self.people = folder / "organisation.yml", folder / "people.csv"
        self.model, self.names = EMPTY, ()
        self.done = self.refused = 0

    def names_change(self, office: Office) -> None:
        change = office.renamed(self.model, self.names)
        names = [{**each, "cut_over": str(each["cut_over"])} for each in office.inventory()]
        said = self.run("mail_domain", domain=DOMAIN, names=names)
        assert said["changed"] == bool(change), said
        if change:
            self.names = carried_out(change, self.names)
            self.model = replace(self.model, domains=self.model.domains | {DOMAIN})

    def files_change(self, wanted: Organisation, rules: Rules) -> None:
        self.organisation.write_text(organisation_file(wanted), "utf-8")
        self.people.write_bytes(people_file(wanted))
        try:
            written = read(self.people.read_bytes(), self.organisation.read_text("utf-8"), rules)
            assert written.people == wanted.people
            made = accepted(self.model, written, rules)
        except InputError:
            made = None  # refused already as a file
        gone = [each.before.staff_id for each in (made.of("person") if made else []) if not each.after]
        said = self.run(
            "mail_directory", domain=DOMAIN, organisation=str(self.organisation), people=str(self.people),
            closures=gone,
        )  # fmt: skip
        assert said.get("failed", False) == (made is None), said
        if made is not None:
            assert (said["changed"], said["counts"]) == (bool(made), made.counts())
            self.model = after(made, self.model) if made else self.model
        self.done, self.refused = self.done + (made is not None), self.refused + (made is None)

    def found(self) -> tuple[Directory, tuple[Name, ...]]:
        with self.database.store() as db:
            return store.read_directory(db, DOMAIN), tuple(store.read_names(db).get(DOMAIN, ()))

    def meant(self) -> tuple[Directory, tuple[Name, ...]]:
        domains = self.model.domains | {each.name for each in self.names}
        return replace(self.model, domains=domains), self.names


def test_two_hundred_histories(cluster: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """No step that the schema refuses, and the same state at the end as in the rules alone."""
    done = refused = 0
    for seed in range(HISTORIES):
        with created(cluster, "congvu_history", "migrated") as database:
            replay = Replay(tmp_path, database, runner(database, capfd))
            for wanted, rules, office in history(seed, STEPS):
                database.set_now(f"{office.today} 08:00+07")
                replay.names_change(office)
                replay.files_change(wanted, replace(rules, service_until=office.today + SERVICE_DAYS))
            assert replay.found() == replay.meant(), seed
            with database.store() as db:
                complete = replay.model.organisation
                assert {each.address for each in db.accounts() if each.state != "closed"} == {
                    *(each.address for each in complete.people.values()), *complete.boxes
                }, seed  # fmt: skip
                for address in replay.model.holders:
                    spellings = {db.home_address(f"{local(address)}@{each.name}") for each in replay.names}
                    assert spellings <= {address}, seed
        done, refused = done + replay.done, refused + replay.refused
    assert refused < done  # a list without anybody, an address that is taken
