"""Whatever happens in an office over the years: one person one box, one unit one box, no address given twice.

Its domain gets further names meanwhile: then over all spellings.

Thousands of histories in the pure rules; tests/modules replays 200 of them on PostgreSQL.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from organisations import DOMAIN, EMPTY, after, at, organisation, person

from congvu.accounts import (
    Alias,
    Box,
    Directory,
    InputError,
    MailingList,
    Name,
    NamesPlan,
    Organisation,
    Person,
    Plan,
    Rules,
    Service,
    plan,
    plan_names,
)
from congvu.accounts.domains import home_address, present_name, sending_names

NAMES = ("Nguyễn Văn An", "Nguyễn Vân Ân", "Trần Thị Hoa", "Vũ Phúc", "Lê Thị Hòa", "Lê Thị Hoà", "Hoa Tường")
UNITS = ("vp", "ccvc", "annv", "hoalt")  # two of them are what names would make
STEPS = 8
FIRST = date(2026, 1, 1)
HISTORIES = 2000


@dataclass
class Office:
    """An office by chance: who is on its list today."""

    chance: random.Random
    today: date = FIRST
    roll: dict[str, Person] = field(default_factory=dict)
    left: dict[str, Person] = field(default_factory=dict)
    units: set[str] = field(default_factory=lambda: {"vp"})
    number: int = 0
    names: tuple[Name, ...] = ()  # of its domain, as the inventory has them today

    def step(self) -> None:
        # an address is asked for once
        self.roll = {key: replace(each, address="") for key, each in self.roll.items()}
        self.today += timedelta(days=self.chance.choice((0, 1, 7, 31, 90)))
        for _ in range(self.chance.randint(1, 4)):
            events = (self.join, self.join, self.leave, self.end, self.back, self.rename, self.move)
            self.chance.choice(events)()
        if self.chance.random() < 0.3:
            self.units ^= {self.chance.choice(UNITS[1:])}
        if self.chance.random() < 0.4:
            self.chance.choice((self.be_merged, self.be_merged, self.put_off, self.stay))()
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

    def be_merged(self) -> None:
        """One more name, from a day to come, or only to receive; some have addresses elsewhere so far."""
        turns = [each.cut_over for each in self.names if each.cut_over]
        day = max(turns, default=self.today) + timedelta(days=self.chance.randint(0, 60))
        taken = {"annv": "CB1", "vp": "vp"} if self.chance.random() < 0.3 else {}
        name = Name(f"n{len(self.names)}.example", self.chance.choice((day, day, day, None)), taken)
        self.names += (name,)

    def put_off(self) -> None:
        """The last cut-over is moved: refused where it is in force, or not after the others any more."""
        if self.names and (day := self.names[-1].cut_over):
            moved = replace(self.names[-1], cut_over=day + timedelta(days=self.chance.randint(-40, 40)))
            self.names = (*self.names[:-1], moved)

    def stay(self) -> None:
        """There is no merger after all: refused where it has been already."""
        self.names = self.names[:-1]

    def inventory(self) -> list[dict[str, object]]:
        """What is written of the names."""
        return [{"name": n.name, "cut_over": n.cut_over or "", "in_use": n.in_use} for n in self.names]

    def renamed(self, current: Directory, names: tuple[Name, ...]) -> NamesPlan | None:
        """The plan; None where the inventory is refused: then it says again what is so."""
        try:
            return plan_names(DOMAIN, self.inventory(), {DOMAIN: names}, current, self.today)
        except InputError:
            self.names = names
            return None

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


def history(seed: int, steps: int) -> Iterator[tuple[Organisation, Rules, Office]]:
    """States of an office's files, each with the rules of its day, and the office of that day."""
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
            office,
        )


def accepted(current: Directory, wanted: Organisation, rules: Rules) -> Plan | None:
    """The plan; None where the files are refused, as those who wrote them would see."""
    try:
        return plan(current, wanted, rules)
    except InputError:
        return None


def carried_out(made: NamesPlan, names: tuple[Name, ...]) -> tuple[Name, ...]:
    """The names once a plan is carried out, as the store reads them."""
    found = {each.name: each for each in names}
    for before, after_ in made.changes:
        if before:
            del found[before.name]
        if after_:
            found[after_.name] = after_
    return tuple(sorted(found.values(), key=lambda each: (each.cut_over or date.max, each.name)))


@dataclass
class Memory:
    """What was ever so in one history, against which each day is judged. Fails with the history's seed."""

    seed: int
    owner: dict[str, str] = field(default_factory=dict)  # of an address: the person
    box: dict[str, str] = field(default_factory=dict)  # of a unit: the address
    devices: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)
    could: set[str] = field(default_factory=set)  # the names under which people could send
    ended: set[str] = field(default_factory=set)

    def names_fit(self, names: tuple[Name, ...], current: Directory, today: date) -> None:
        """Every spelling means one address; a name that people gave up never comes back."""
        domains = {DOMAIN, *(each.name for each in names)}
        for address in current.holders:
            local = address.partition("@")[0]
            for spelling in (f"{local}@{domain}" for domain in domains):
                assert home_address(spelling, DOMAIN, names) == address, self.seed
        allowed = sending_names(DOMAIN, names, today)
        assert present_name(DOMAIN, names, today) in allowed, self.seed
        self.could, self.ended = self.could & domains, self.ended & domains
        assert allowed.isdisjoint(self.ended), self.seed
        self.could |= allowed
        self.ended |= self.could - allowed

    def people_fit(self, complete: Organisation, serving: set[str]) -> None:
        """One person one box, one unit one box."""
        assert complete.people.keys() == serving, self.seed
        for key, each in complete.people.items():
            assert self.owner.setdefault(each.address, key) == key, self.seed
        assert len(set(self.owner.values())) == len(self.owner), self.seed  # nobody has two
        for code, unit in complete.units.items():
            assert self.box.setdefault(code, unit.box) == unit.box, self.seed
            assert complete.boxes[unit.box].unit == code, self.seed
        holders = {holder for each in complete.boxes.values() for holder, _ in each.roles}
        assert holders <= serving, self.seed

    def addresses_fit(self, complete: Organisation) -> None:
        """No address stands twice, and none is ever given to anything else."""
        people = [each.address for each in complete.people.values()]
        boxes, aliases = [*complete.boxes], [*complete.aliases]
        used = [*people, *boxes, *aliases, *complete.services, *complete.lists]
        assert len(set(used)) == len(used), self.seed
        assert self.owner.keys().isdisjoint({*self.box.values(), *boxes, *aliases}), self.seed
        self.devices |= complete.services.keys()
        self.lists |= complete.lists.keys()
        others = {*self.owner, *self.box.values(), *boxes, *aliases}
        assert self.devices.isdisjoint(others), self.seed
        assert self.lists.isdisjoint(others | self.devices), self.seed

    def devices_fit(self, complete: Organisation, today: date) -> None:
        """Somebody who serves answers for each, and none has ended."""
        for service in complete.services.values():
            answers = complete.people[service.owner]
            assert service.end >= today, self.seed
            assert answers.end is None or answers.end >= today, self.seed


def test_thousands_of_histories() -> None:
    refused = renamed = not_renamed = 0
    for seed in range(HISTORIES):
        current, memory = EMPTY, Memory(seed)
        names: tuple[Name, ...] = ()
        for wanted, rules, office in history(seed, STEPS):
            change = office.renamed(current, names)
            if change:
                names, renamed = carried_out(change, names), renamed + 1
            not_renamed += change is None
            memory.names_fit(names, current, office.today)
            made = accepted(current, wanted, rules)
            if made is None:
                refused += 1
                continue
            gone = {key for key, each in wanted.people.items() if each.end and each.end < rules.close_before}
            memory.people_fit(made.wanted, wanted.people.keys() - gone)
            memory.addresses_fit(made.wanted)
            memory.devices_fit(made.wanted, rules.today)
            current = after(made, current)
            assert not plan(current, wanted, rules), seed
    assert refused < HISTORIES * STEPS // 4  # most of what was planned was done
    assert renamed > HISTORIES // 2
    assert not_renamed > HISTORIES // 10
