"""The shapes of the directory. Frozen: what is read from a file, from the database or planned, is a value.

``row`` is where an entry stands in the file that asked for it (0: it comes from the database); it takes no
part in comparisons.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from congvu.accounts.lookalike import meant
from congvu.names import RESERVED

# code -> how it is written for people
KINDS = {"cong_chuc": "Công chức", "vien_chuc": "Viên chức", "hop_dong": "Hợp đồng", "tap_su": "Tập sự"}
ROLES = ("head", "clerk", "deputy", "member")
# Why somebody is away, by code. biet_phai: lent to another agency, and ours all the same.
ABSENCES = {
    "nghi_phep": "Nghỉ phép",
    "thai_san": "Nghỉ thai sản",
    "nghi_om": "Nghỉ ốm",
    "viec_rieng": "Nghỉ giải quyết việc riêng",
    "khong_luong": "Nghỉ không hưởng lương",
    "nghi_bu": "Nghỉ bù",
    "cong_tac": "Đi công tác",
    "biet_phai": "Biệt phái đến cơ quan khác",
    "di_hoc": "Đi học",
    "theo_ca": "Làm việc theo ca",  # the half of a day in which another shift works
    "khac": "Lý do khác",
}
PARTS = {"": "", "morning": "sáng", "afternoon": "chiều"}

# The same form as the database's: lower case, ASCII, no "+tag".
_LOCAL_PART = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit (phòng, ban) and the address of its own mailbox."""

    code: str
    name: str
    box: str
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who serves; ``address`` is empty until it is made. ``end`` is the last day, or None.

    ``name_order``: one of names.ORDERS, for the making of the address; the directory does not keep it.
    """

    staff_id: str
    full_name: str
    kind: str
    unit: str
    position: str
    start: date
    end: date | None
    address: str = ""
    row: int = field(default=0, compare=False)
    name_order: str = field(default="family_first", compare=False)


@dataclass(frozen=True, slots=True)
class Box:
    """The mailbox of a unit or office, and who holds which role in it: (staff id, role)."""

    address: str
    kind: str
    unit: str
    roles: frozenset[tuple[str, str]] = frozenset()
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Alias:
    """Another address of a mailbox. ``target``: an address; in a file also a staff id, for that person's."""

    address: str
    target: str
    row: int = field(default=0, compare=False)

    @property
    def duty(self) -> bool:
        """Whether it is a duty's address (postmaster, giamdoc): it passes from one person to the next."""
        return self.address.partition("@")[0] in RESERVED


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which somebody is away, first and last included. ``part``: the half of a single day."""

    staff_id: str
    kind: str
    start: date
    end: date
    part: str = ""
    row: int = field(default=0, compare=False)

    @property
    def key(self) -> str:
        return " ".join(filter(None, [self.staff_id, self.start.isoformat(), self.part]))

    @property
    def halves(self) -> tuple[int, int]:
        """The same as half-days, for comparison: from, to before."""
        first, last = 2 * self.start.toordinal(), 2 * self.end.toordinal() + 2
        return first + (self.part == "afternoon"), last - (self.part == "morning")


@dataclass(frozen=True, slots=True)
class Service:
    """The account of a device or an application: it sends from one address, and receives nothing itself.

    ``owner``: staff id of whoever answers for it. ``networks``: from where it may log in; empty: anywhere.
    """

    address: str
    name: str
    owner: str
    end: date
    networks: tuple[str, ...] = ()
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class MailingList:
    """``members``: all, codes of units, staff ids; ``post``: members, addresses of boxes, staff ids.

    ``moderator``: the address of a box or a staff id: who decides about what others send.
    """

    address: str
    name: str
    members: frozenset[str]
    post: frozenset[str]
    moderator: str
    row: int = field(default=0, compare=False)


Entry = Unit | Person | Box | Alias | Absence | Service | MailingList


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the policy says about people and their addresses, and what the directory knows beforehand.

    ``pattern``: one of names.PATTERNS. ``hosted``: further domains of ours. ``names``: those of them that are
    other spellings of the organisation's domain. ``closures_percent``: how many of
    the open people may be missing from the list without being named. ``close_before``: who had
    their last day before it has no mailbox any more. ``today``: what was over before it is past.
    ``service_until``: the last day that a service may have.
    """

    kinds: Collection[str] = tuple(KINDS)
    pattern: str = "given_initials"
    hosted: Collection[str] = ()
    names: Collection[str] = ()
    closures_percent: int = 5
    close_before: date = date.min
    today: date = date.min
    service_until: date = date.max


STANDARD = Rules()


@dataclass(frozen=True, slots=True)
class Organisation:
    """Everything that is open: units by code, people by staff id, boxes and aliases by address.

    ``absences`` by their keys, past ones too; of files without such a list there are none.
    """

    domain: str
    units: Mapping[str, Unit] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    boxes: Mapping[str, Box] = field(default_factory=dict)
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    absences: Mapping[str, Absence] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    lists: Mapping[str, MailingList] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Holder:
    """What an address is or was.

    ``key``: a staff id, a unit's code, for an alias its target, for a service or a list the address itself.
    """

    use: str
    key: str


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory as it stands: what is open, and every address that anyone ever held."""

    organisation: Organisation
    domains: frozenset[str] = frozenset()
    holders: Mapping[str, Holder] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Credential:
    """A password's hash and the moment it was set (aware)."""

    address: str
    hash: str = field(repr=False)
    set_at: datetime
    origin: str = "imported"
    row: int = field(default=0, compare=False)


def canonical(written: str, domain: str, names: Collection[str] = ()) -> str:
    """The full address of "VP", "vp" or "vp@domain". Raises ValueError with the rule that it breaks.

    ``names``: further names of the domain; "vp@name" is the same address.
    """
    text = unicodedata.normalize("NFKC", written).strip().lower()
    local, at, of = text.partition("@")
    if at and of != domain and of not in names:
        if ours := meant(of, {domain, *names}):
            raise ValueError(f"has a misspelt domain, {ours} is meant")
        raise ValueError(f"is no address of {domain}")
    if not _LOCAL_PART.fullmatch(local) or len(local) > 64:
        raise ValueError("is no address: letters a-z, figures and single . - _ between them, at most 64")
    return f"{local}@{domain}"
