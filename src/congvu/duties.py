"""Which rows of the regulation somebody is asked to vouch for, and for which quarters. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from congvu.policy import Provision, Resolved
from congvu.report.document import article
from congvu.report.period import Period, last_over, period_at


@dataclass(frozen=True)
class Signing:
    """Somebody's part in a quarter: for which unit, as head, for the Office, or as director."""

    period: Period
    party: str
    unit: str
    unit_name: str
    running: bool  # the quarter has not ended yet

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.period.quarter, self.party, self.unit)

    @property
    def query(self) -> dict[str, str]:
        return {"quy": self.period.quarter, "vai": self.party, "don-vi": self.unit}


class Duties:
    """The regulation as the page asks for people's word on it."""

    def __init__(self, policy: Resolved) -> None:
        self.policy = policy
        self.known = {row.id: row for row in policy.provisions}

    def rows(self, party: str) -> list[Provision]:
        """The rows that a party attests, in the order of the regulation."""
        return [row for row in self.policy.provisions if row.attests == party and row.not_assessed is None]

    def articles(self, rows: list[Provision] | None = None) -> Iterator[tuple[str, list[Provision]]]:
        """Rows below the heading under which they stand; all of them by default."""
        for heading, found in groupby(self.policy.provisions if rows is None else rows, article):
            yield heading, list(found)

    def signings(self, home: Mapping[str, Any]) -> list[Signing]:
        """What somebody is to sign, quarter by quarter."""
        now = datetime.fromisoformat(home["now"])
        since = datetime.fromisoformat(home["policy"]["since"])
        return [
            Signing(period, each["party"], each["unit"], each["unit_name"], now < period.ends)
            for period in self.periods(now, since)
            for each in home["signs"]
            if self.rows(each["party"])
        ]

    def periods(self, now: datetime, since: datetime) -> tuple[Period, ...]:
        """The quarters that are signed for: the running one, and the last one if this version held then.

        ``since``: when this version of the policy came into force (aware, as ``now``).
        """
        running = period_at(now, self.policy.setting("report.cutoff", str))
        before = last_over(now, running.cutoff)
        return (running, before) if since < before.ends else (running,)

    def signing(self, home: Mapping[str, Any], chosen: Mapping[str, str]) -> Signing | None:
        """The part that an address or a form names, if it is this person's."""
        names = (("quy", "quarter"), ("vai", "party"), ("don-vi", "unit"))
        key = tuple(chosen.get(short) or chosen.get(name, "") for short, name in names)
        signings = self.signings(home)
        return next((each for each in signings if each.key == key), None)
