"""Whatever happens in an office over the years: one person one box, one unit one box, no address given twice.

Thousands of histories in the pure rules, and 200 of them through PostgreSQL, which must end up with the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from fix_database import Database
from organisations import DOMAIN, EMPTY, after, at, organisation, person

from congvu import store
from congvu.accounts import (
    Alias,
    Box,
    Directory,
    InputError,
    MailingList,
    Organisation,
    Person,
    Plan,
    Rules,
    Service,
    plan,
)

NAMES = ("Nguyễn Văn An", "Nguyễn Vân Ân", "Trần Thị Hoa", "Vũ Phúc", "Lê Thị Hòa", "Lê Thị Hoà", "Hoa Tường")
UNITS = ("vp", "ccvc", "annv", "hoalt")  # two of them are what names would make
STEPS = 8
STORED_STEPS = 5  # a database takes its time
FIRST = date(2026, 1, 1)
HISTORIES = 2000
STAGED = (
    b"drop table staged_unit, staged_person, staged_box, staged_role, staged_alias, staged_absence, "
    b"staged_service, staged_list"
)


@dataclass
class Office:
    """An office by chance: who is on its list today."""

    chance: random.Random
    today: date = FIRST
    roll: dict[str, Person] = field(default_factory=dict)
    left: dict[str, Person] = field(default_factory=dict)
    units: set[str] = field(default_factory=lambda: {"vp"})
    number: int = 0

    def step(self) -> None:
        # an address is asked for once
        self.roll = {key: replace(each, address="") for key, each in self.roll.items()}
        self.today += timedelta(days=self.chance.choice((0, 1, 7, 31, 90)))
        for _ in range(self.chance.randint(1, 4)):
            events = (self.join, self.join, self.leave, self.end, self.back, self.rename, self.move)
            self.chance.choice(events)()
        if self.chance.random() < 0.3:
            self.units ^= {self.chance.choice(UNITS[1:])}
        unit = sorted(self.units)
        self.roll = {
            key: each if each.unit in self.units else replace(each, unit=self.chance.choice(unit))
            for key, each in self.roll.items()
        }

    def somebody(self) -> str | None:
        return self.chance.choice(sorted(self.roll)) if self.roll else None

    def join(self) -> None:
        self.number += 1
        start = self.today - timedelta(days=self.chance.randint(0, 900))
        name = self.chance.choice(NAMES)
        unit = self.chance.choice(sorted(self.units))
        asked = self.chance.choice(("", "", "", "", at("annv"), at("hoa")))
        if asked in {each.address for each in self.roll.values()}:
            asked = ""  # the reader of the list refuses an address that stands there twice
        key = f"CB{self.number}"
        self.roll[key] = person(key, name, str(start), unit=unit, address=asked)

    def leave(self) -> None:
        if key := self.somebody():
            self.left[key] = self.roll.pop(key)

    def end(self) -> None:
        if key := self.somebody():
            last = self.today + timedelta(days=self.chance.randint(-60, 60))
            self.roll[key] = replace(self.roll[key], end=max(last, self.roll[key].start))

    def back(self) -> None:
        ended = sorted(key for key, each in self.roll.items() if each.end)
        if ended and self.chance.random() < 0.5:
            key = self.chance.choice(ended)
            self.roll[key] = replace(self.roll[key], end=None)
        elif self.left:
            key = self.chance.choice(sorted(self.left))
            # the address is stated or not, as the list of that day has it
            self.roll[key] = replace(self.left.pop(key), start=self.today, end=None, address="")

    def rename(self) -> None:
        if key := self.somebody():
            self.roll[key] = replace(self.roll[key], full_name=self.chance.choice(NAMES))

    def move(self) -> None:
        if key := self.somebody():
            self.roll[key] = replace(self.roll[key], unit=self.chance.choice(sorted(self.units)))

    def files(self) -> Organisation:
        """What the two files say today: roles by chance, and aliases of people and of a box."""
        keys = sorted(self.roll)
        some = self.chance.sample(keys, min(3, len(keys)))
        roles = frozenset(zip(some, ("head", "clerk", "deputy"), strict=False))
        aliases = [Alias(at("vanthu"), "box-vp"), *(Alias(at(f"an-{key.lower()}"), key) for key in some[:1])]
        office = Box(at("vp"), "office", self.chance.choice(sorted(self.units)), roles)
        listed = organisation(*self.roll.values(), units=sorted(self.units), boxes=[office], aliases=aliases)
        services = {each.address: each for each in self.services()}
        lists = {each.address: each for each in self.lists() if each.address not in services}
        return replace(listed, services=services, lists=lists)

    def lists(self) -> Iterator[MailingList]:
        """A list or two; their addresses are also those that names and devices ask for."""
        rare = ("phucv", "scan") if self.number % 9 == 0 else ()
        for local in self.chance.sample(("toanso", "phong", *rare), self.chance.randint(0, 2)):
            if who := self.somebody():
                members = frozenset({self.chance.choice(("all", who, *sorted(self.units)))})
                post = frozenset(self.chance.sample(("members", who, at("vp")), self.chance.randint(0, 3)))
                moderator = self.chance.choice((who, at("vp"), at("vp"), at("vp")))
                yield MailingList(at(local), f"Nhóm {local}", members, post, moderator)

    def services(self) -> Iterator[Service]:
        """A device or two; their addresses are also those that names ask for."""
        for local in self.chance.sample(("scan", "hoalt", "annv2"), self.chance.randint(0, 2)):
            if owner := self.somebody():
                last = self.today + timedelta(days=self.chance.randint(-30, 400))
                yield Service(at(local), f"Máy {local}", owner, last, ("192.0.2.0/28",) * (local == "scan"))


def history(seed: int, steps: int) -> Iterator[tuple[Organisation, Rules]]:
    """States of an office's files, each with the rules of its day."""
    office = Office(random.Random(seed))  # noqa: S311  (the same office for the same seed)
    for _ in range(steps):
        office.step()
        yield (
            office.files(),
            Rules(
                close_before=office.today - timedelta(days=30),
                closures_percent=100,
                today=office.today,
                service_until=office.today + timedelta(days=380),
            ),
        )


def accepted(current: Directory, wanted: Organisation, rules: Rules) -> Plan | None:
    """The plan; None where the files are refused, as those who wrote them would see."""
    try:
        return plan(current, wanted, rules)
    except InputError:
        return None


def test_thousands_of_histories() -> None:
    refused = 0
    for seed in range(HISTORIES):
        current, owner, box, devices = EMPTY, dict[str, str](), dict[str, str](), set[str]()
        lists = set[str]()
        for wanted, rules in history(seed, STEPS):
            made = accepted(current, wanted, rules)
            if made is None:
                refused += 1
                continue
            complete = made.wanted
            serving = {
                key for key, each in wanted.people.items() if not (each.end and each.end < rules.close_before)
            }
            assert complete.people.keys() == serving, seed
            for key, each in complete.people.items():
                assert owner.setdefault(each.address, key) == key, seed
            assert len(set(owner.values())) == len(owner), seed  # nobody has two
            for code, unit in complete.units.items():
                assert box.setdefault(code, unit.box) == unit.box, seed
                assert complete.boxes[unit.box].unit == code, seed
            used = [
                *(each.address for each in complete.people.values()),
                *complete.boxes,
                *complete.aliases,
                *complete.services,
                *complete.lists,
            ]
            assert len(set(used)) == len(used), seed
            assert owner.keys().isdisjoint({*box.values(), *complete.boxes, *complete.aliases}), seed
            devices |= complete.services.keys()
            lists |= complete.lists.keys()
            others = {*owner, *box.values(), *complete.boxes, *complete.aliases}
            assert devices.isdisjoint(others), seed
            assert lists.isdisjoint(others | devices), seed
            for service in complete.services.values():
                answers = complete.people[service.owner]
                assert service.end >= rules.today, seed
                assert answers.end is None or answers.end >= rules.today, seed
            assert all(holder in serving for each in complete.boxes.values() for holder, _ in each.roles), (
                seed
            )
            current = after(made, current)
            assert not plan(current, wanted, rules), seed
    assert refused < HISTORIES * STEPS // 4  # most of what was planned was done


def test_two_hundred_histories_through_the_database(database: Database) -> None:
    """No step that the schema refuses, and the same state at the end."""
    with database.store() as db:
        for seed in range(200):
            model = EMPTY
            for wanted, rules in history(seed, STORED_STEPS):
                if made := accepted(model, wanted, rules):
                    store.converge(db, made, "test")
                    db.run(b"set constraints all immediate")
                    db.run(b"set constraints all deferred")
                    db.run(STAGED)
                    model = after(made, model)
            assert store.read_directory(db, DOMAIN) == model, seed
            assert {each.address for each in db.accounts() if each.state != "closed"} == {
                *(each.address for each in model.organisation.people.values()), *model.organisation.boxes
            }, seed  # fmt: skip
            db.undo()
