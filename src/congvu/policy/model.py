"""What a regulation consists of, as frozen data. ``docs/develop/policy-format.md`` explains it with examples.

These classes are also the schema: :mod:`congvu.policy.schema` builds them from files by their annotations,
so that a field, its type and its bounds are written down once. ``at`` is where the object stands in its file;
it takes no part in comparison, and it is not dumped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal, TypeVar

from congvu.errors import PolicyError
from congvu.policy.schema import AtLeast, Distinct, NotEmpty, Pattern
from congvu.policy.source import Fault, Node

T = TypeVar("T")

Kind = Literal["E", "M", "O", "S", "P"]
Severity = Literal["low", "medium", "high"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Setting = int | float | bool | str | tuple[str, ...]

Line = Annotated[str, Pattern(r"(?s).*\S.*", "some words")]
ProvisionId = Annotated[str, Pattern(r"[a-z][a-z0-9]*(\.[a-z0-9]+)*", "an id such as a3.k1.b")]
Slug = Annotated[str, Pattern(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", "a name such as transport-tls")]
Key = Annotated[str, Pattern(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", "a key such as password.min_length")]
HoursOfDay = Annotated[
    str, Pattern(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", 'hours in quotes, as "07:00-11:30"')
]
Digest = Annotated[str, Pattern(r"[0-9a-f]{64}", "64 hexadecimal digits")]


@dataclass(frozen=True, kw_only=True)
class Located:
    """Something that knows its place in a file."""

    at: Node = field(default=Node("", 0, None), compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Text:
    """The same words in both languages."""

    vi: Line
    en: Line


@dataclass(frozen=True, kw_only=True)
class LegalBasis(Located):
    """The decision that issued the regulation. Without a number or a date it is a draft."""

    number: Line | None
    date: date | None
    issuer: Line
    status: Literal["draft", "in_force", "superseded"]


@dataclass(frozen=True, kw_only=True)
class Law(Located):
    """A law that the regulation leads to: from which day to which (both included) it is in force.

    A day of which nobody is sure is ``None``, and so is the number. ``superseded_by``: the id of the law that
    took its place.
    """

    title: Text
    number: Line | None = None
    in_force_from: date | None = None
    in_force_until: date | None = None
    superseded_by: Slug | None = None
    provisions: Annotated[tuple[ProvisionId, ...], Distinct()] = ()


@dataclass(frozen=True, kw_only=True)
class About:
    """The regulation as a whole; ``parties`` are those who have duties or attest, by id.

    ``norms`` are the texts from which values come, by id: the regulation itself, and others beside it.
    ``laws`` are those by which the system has to be run, by id; those that were replaced, too.
    """

    version: Line
    title: Text
    legal_basis: LegalBasis
    parties: Annotated[Mapping[Slug, Text], NotEmpty()]
    norms: Mapping[Slug, Text] = field(default_factory=dict)
    laws: Mapping[Slug, Law] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Provision(Located):
    """One atomic duty. ``kind``: E enforced, M measured, O attested, S scope, P encouraging; main one first.

    ``statement``: the sentence that whoever ``attests`` puts their name to; without one, the duty itself.
    """

    id: ProvisionId
    article: Line
    kind: Annotated[tuple[Kind, ...], NotEmpty(), Distinct()]
    duty: Text
    who: Annotated[tuple[Slug, ...], NotEmpty(), Distinct()]
    controls: Annotated[tuple[Slug, ...], Distinct()] = ()
    attests: Slug | None = None
    statement: Text | None = None
    not_assessed: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A verdict: numerator / denominator must reach the value of this key (a fraction from 0 to 1)."""

    rate: Key


@dataclass(frozen=True, kw_only=True)
class Control(Located):
    """One testable fact. Only ``built`` controls are observed; the others give the ``reason``."""

    id: Slug
    title: Text
    rationale: Line
    severity: Severity
    verdict: Literal["all", "figure"] | Rate
    enforced: Text | None = None
    observed: Text | None = None
    max_age_hours: Annotated[int, AtLeast(1)] | None = None
    check_by_hand: Text | None = None
    fix: Line | None = None
    built: bool = True
    reason: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Value(Located):
    """A setting that a provision needs, with the bounds that the regulation sets.

    ``norm``: the text that says so; without one the organisation has chosen it. A bound is a number or the
    key of another value. Of a list, ``min`` and ``max`` bound how many entries it
    has, and ``choices`` which.
    """

    title: Text
    value: Setting
    provision: ProvisionId
    norm: Slug | None = None
    unit: Text | None = None
    min: int | float | Key | None = None
    max: int | float | Key | None = None
    choices: Annotated[tuple[str, ...], NotEmpty(), Distinct()] | None = None


@dataclass(frozen=True, kw_only=True)
class Waiver(Located):
    """An exception: until the end of ``expires`` a row (or one control of it) may be not met."""

    provision: ProvisionId
    reason: Text
    approver: Line
    expires: date
    control: Slug | None = None


@dataclass(frozen=True, kw_only=True)
class Finding(Located):
    """A defect of the regulation itself, and how we handle it."""

    id: Annotated[str, Pattern(r"[A-Z][0-9]+", "an id such as N1")]
    article: Line
    problem: Text
    handling: Text
    provisions: Annotated[tuple[ProvisionId, ...], Distinct()] = ()


@dataclass(frozen=True, kw_only=True)
class Profile(Located):
    """What one environment takes: a selection of rows, other values, exceptions.

    ``norms``: from which text a value of the profile comes, by key; without one the organisation has chosen
    it.
    """

    select: Literal["all"] | Annotated[tuple[ProvisionId, ...], NotEmpty(), Distinct()]
    values: Mapping[Key, Setting] = field(default_factory=dict)
    norms: Mapping[Key, Slug] = field(default_factory=dict)
    exceptions: tuple[Waiver, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DayOff(Located):
    """A public day off beside the weekly rest. ``decision``: what it rests on."""

    date: date
    name: Text
    decision: Line


@dataclass(frozen=True, kw_only=True)
class SwappedDay(Located):
    """A day of weekly rest on which work is done, instead of a day off."""

    instead_of: date
    date: date
    decision: Line


@dataclass(frozen=True, kw_only=True)
class CalendarYear(Located):
    """The working calendar of a year. ``estimated``: some days are not decided yet."""

    year: int
    status: Literal["decided", "estimated"]
    weekly_rest: Annotated[tuple[Weekday, ...], NotEmpty(), Distinct()]
    days_off: tuple[DayOff, ...] = ()
    working_days: tuple[SwappedDay, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WorkingHours(Located):
    """Working hours from a day on, until the next entry. ``decision``: what they rest on."""

    since: date
    morning: HoursOfDay
    afternoon: HoursOfDay
    decision: Line


@dataclass(frozen=True, kw_only=True)
class Names:
    """Every name that the files declare, also of entries that could not be built.

    References are checked against these, so that one broken entry does not look like ten unknown ones.
    """

    parties: frozenset[str]
    norms: frozenset[str]
    provisions: frozenset[str]
    controls: frozenset[str]
    values: frozenset[str]
    profiles: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A folder as read: whatever could be built, and every fault that was found on the way."""

    folder: str
    about: About | None
    provisions: tuple[Provision, ...]
    controls: tuple[Control, ...]
    values: Mapping[str, Value]
    findings: tuple[Finding, ...]
    profiles: Mapping[str, Profile]
    calendar: tuple[CalendarYear, ...]
    working_hours: tuple[WorkingHours, ...]
    names: Names
    faults: tuple[Fault, ...]


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """The policy of one environment, complete and checked: what hosts, audit and report judge by.

    ``values`` holds the settings that apply, ``value_rules`` how each is named and bounded. ``sha256`` is the
    digest of everything else here (:func:`congvu.policy.resolve.digest`).
    """

    schema: Literal[1]
    version: Line
    sha256: Digest
    profile: Line
    title: Text
    legal_basis: LegalBasis
    parties: Mapping[Slug, Text]
    norms: Mapping[Slug, Text] = field(default_factory=dict)
    laws: Mapping[Slug, Law] = field(default_factory=dict)
    values: Mapping[Key, Setting]
    value_rules: Mapping[Key, Value]
    provisions: tuple[Provision, ...]
    controls: tuple[Control, ...]
    findings: tuple[Finding, ...]
    exceptions: tuple[Waiver, ...]
    calendar: tuple[CalendarYear, ...] = ()
    working_hours: tuple[WorkingHours, ...] = ()

    def setting(self, key: str, kind: type[T]) -> T:
        """The value of a key as an int, float, str, bool or tuple. Raises PolicyError for any other.

        For code that needs one certain value; another agency's policy may lack it.
        """
        found = self.values.get(key)
        if type(found) is not kind:
            problem = f"policy {self.version}: {key} is no {kind.__name__}: {found!r}"
            raise PolicyError([f"{problem}. Give it in values.yml and apply the playbook."])
        return found

    def provision(self, wanted: str) -> Provision:
        """The provision of this id. Raises KeyError."""
        return {each.id: each for each in self.provisions}[wanted]

    def control(self, wanted: str) -> Control:
        """The control of this id. Raises KeyError."""
        return {each.id: each for each in self.controls}[wanted]
