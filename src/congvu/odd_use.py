"""Logins that cannot well be one person's. Pure rules over rows; they find and never forbid anything.

Five things are found: one login used from many networks at once; one that is tried in vain again and again,
from wherever (guessing); many logins tried from one network (spraying); a login that succeeded from such a
network; one from outside the networks that are called home.
Each row is judged by what came before it, so that what is found stays so, whatever follows.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from congvu import clock

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Kind = Literal["networks", "abroad", "guess", "spray", "sprayed"]

OFFICE = "office"  # all of the organisation's own networks are one
_WIDTH = {4: 24, 6: 48}  # what one provider gives to one place, more or less


@dataclass(frozen=True, slots=True, order=True)
class Login:
    """One attempt, with its result. ``network``: as :func:`network` says."""

    at: datetime
    login: str
    network: str
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """So many are odd: ``networks`` at once, ``accounts`` tried from one network, ``attempts`` at one login.

    ``home``: from anywhere else is abroad; empty: nowhere is.
    """

    networks: int
    accounts: int
    attempts: int
    window: timedelta
    home: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """``subject``: a login, for spraying the network. ``key``: what makes it another finding of its kind.

    ``networks``: from where; ``accounts``: how many were tried, and of a guess how often the one was.
    """

    kind: Kind
    subject: str
    key: str
    at: datetime
    networks: tuple[str, ...] = ()
    accounts: int = 0

    @property
    def day(self) -> date:
        return clock.day(self.at)


@dataclass(slots=True)
class _Window:
    """The rows of one subject that are not older than the window, the newest last."""

    length: timedelta
    rows: deque[Login] = field(default_factory=deque)

    def add(self, row: Login) -> None:
        self.rows.append(row)
        while self.rows[0].at < row.at - self.length:
            self.rows.popleft()


def network(address: str, office: Sequence[Network] = ()) -> str | None:
    """The network that stands for an address: the office, a /24, a /48.

    None for the host itself, and for what is no address.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if any(parsed in each for each in office):
        return OFFICE
    if parsed.is_loopback or parsed.is_unspecified:
        return None
    return str(ipaddress.ip_network((parsed, _WIDTH[parsed.version]), strict=False))


def findings(rows: Iterable[Login], rules: Rules) -> list[Finding]:
    """All that is odd in the rows, in the order of time; they may come in any order, and more than once."""
    ordered = sorted(set(rows))
    sprays = list(_sprays(ordered, rules))
    found = [
        *_many_networks(ordered, rules),
        *_abroad(ordered, rules),
        *_guesses(ordered, rules),
        *sprays,
        *_sprayed(ordered, sprays, rules),
    ]
    return sorted(found, key=lambda each: (each.at, each.kind, each.subject, each.key))


def fresh(found: Iterable[Finding], known: Collection[Finding]) -> list[Finding]:
    """Those that are not known yet; of one kind and subject one a day, so that nobody is told all day."""
    keys = {(each.kind, each.subject, each.key) for each in known}
    days = {(each.kind, each.subject, each.day) for each in known}
    new = []
    for each in found:
        key, day = (each.kind, each.subject, each.key), (each.kind, each.subject, each.day)
        if key not in keys and day not in days:
            keys.add(key)
            days.add(day)
            new.append(each)
    return new


def _many_networks(rows: Sequence[Login], rules: Rules) -> Iterator[Finding]:
    windows: dict[str, _Window] = defaultdict(lambda: _Window(rules.window))
    told: set[tuple[str, date]] = set()
    for row in rows:
        if not row.ok:
            continue
        window = windows[row.login]
        window.add(row)
        seen = {each.network for each in window.rows}
        day = clock.day(row.at)
        if len(seen) >= rules.networks and (row.login, day) not in told:
            told.add((row.login, day))
            yield Finding("networks", row.login, day.isoformat(), row.at, tuple(sorted(seen)))


def _abroad(rows: Sequence[Login], rules: Rules) -> Iterator[Finding]:
    if not rules.home:
        return
    told: set[tuple[str, str]] = set()
    for row in rows:
        if row.ok and (row.login, row.network) not in told and not _at_home(row.network, rules.home):
            told.add((row.login, row.network))
            yield Finding("abroad", row.login, row.network, row.at, (row.network,))


def _at_home(name: str, home: Sequence[Network]) -> bool:
    if name == OFFICE:
        return True
    parsed = ipaddress.ip_network(name)
    if parsed.is_private:
        return True
    return any(parsed.version == each.version and parsed.overlaps(each) for each in home)


def _guesses(rows: Sequence[Login], rules: Rules) -> Iterator[Finding]:
    """Logins tried in vain too often: by somebody who guesses, or by a telephone with a former password."""
    windows: dict[str, _Window] = defaultdict(lambda: _Window(rules.window))
    told: set[tuple[str, date]] = set()
    for row in rows:
        if row.ok:
            continue
        window = windows[row.login]
        window.add(row)
        day, count = clock.day(row.at), len(window.rows)
        if count >= rules.attempts and (row.login, day) not in told:
            told.add((row.login, day))
            seen = tuple(sorted({each.network for each in window.rows}))
            yield Finding("guess", row.login, day.isoformat(), row.at, seen, count)


def _sprays(rows: Sequence[Login], rules: Rules) -> Iterator[Finding]:
    """Networks from which many logins were tried in vain. Whoever got in there later had only mistyped."""
    windows: dict[str, _Window] = defaultdict(lambda: _Window(rules.window))
    told: set[tuple[str, date]] = set()
    for row in rows:
        window = windows[row.network]
        window.add(row)
        last = {each.login: each.ok for each in window.rows}
        tried = sum(not ok for ok in last.values())
        day = clock.day(row.at)
        if tried >= rules.accounts and (row.network, day) not in told:
            told.add((row.network, day))
            yield Finding("spray", row.network, day.isoformat(), row.at, (row.network,), tried)


def _sprayed(rows: Sequence[Login], sprays: Sequence[Finding], rules: Rules) -> Iterator[Finding]:
    """Logins that succeeded from a network that sprays, around that time. Everybody comes from the office."""
    told: set[tuple[str, str]] = set()
    for row in rows:
        for spray in sprays:
            near = abs(row.at - spray.at) <= rules.window
            key = f"{spray.subject} {spray.key}"
            if row.ok and near and row.network == spray.subject != OFFICE and (row.login, key) not in told:
                told.add((row.login, key))
                yield Finding("sprayed", row.login, key, row.at, (row.network,), spray.accounts)
