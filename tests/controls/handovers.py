"""What of the changes of heads is owed on this day: worked out by hand from the directory's own rows.

A change owes an act of handover within the policy's days. The act owes that it takes effect on its day, that
the filters of the mailbox end, and that the new head says to have taken it over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from directory import Directory

from congvu import clock

# What happens by itself, every minute, may take as long as a host that is started anew.
PATIENCE = timedelta(minutes=15)


@dataclass(frozen=True)
class Debt:
    """One thing that has to be done; ``found``: what is wrong where it is not ``paid`` in time."""

    subject: str
    paid: bool
    found: str


def debts(directory: Directory, days: int) -> Iterator[Debt]:
    """All that is owed for open mailboxes; ``days``: within which an act has to be made."""
    acts = [act for act in directory.handovers if not directory.by_address[act["box"]]["closed"]]
    yield from _changes(directory, acts, days)
    last = {act["box"]: act for act in sorted(acts, key=lambda act: act["effective_on"])
            if act["effective_on"] <= directory.today.isoformat()}  # fmt: skip
    for act in acts:
        yield from _effects(directory, act)
    for act in last.values():
        yield _taken_over(act, directory.today, days)


def delays(directory: Directory) -> list[int]:
    """By how many days acts came after the day from which their decisions count, where they did."""
    found = [
        (_day(act["made_at"]) - date.fromisoformat(act["effective_on"])).days for act in directory.handovers
    ]
    return [late for late in found if late > 0]


def _day(moment: str) -> date:
    return clock.day(datetime.fromisoformat(moment))


def _shown(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _counts_from(act: dict[str, Any]) -> date:
    """The day on which the rights passed: that of the decision, or of the act where it came later."""
    return max(date.fromisoformat(act["effective_on"]), _day(act["made_at"]))


def _changes(directory: Directory, acts: list[dict[str, Any]], days: int) -> Iterator[Debt]:
    """Who is a head no more, or serves no more, has handed over."""
    gone = {
        person["staff_id"]: date.fromisoformat(person["ends"]) + timedelta(days=1)
        for person in directory.people
        if person["ends"] and person["ends"] < directory.today.isoformat()
    }
    for term in directory.head_terms:
        box, who = term["box"], term["staff_id"]
        since = _day(term["ended_at"]) if term["ended_at"] else gone.get(who)
        if since is None or directory.by_address[box]["closed"]:
            continue
        due = since + timedelta(days=days)
        again = any(  # a slip in the list that was put right is no change of heads
            (other["box"], other["staff_id"]) == (box, who) and since <= _day(other["began_at"]) <= due
            for other in directory.head_terms
            if other is not term
        )
        if again:
            continue
        handed = any(
            act["box"] == box and act["giver"] == who and _counts_from(act) >= _day(term["began_at"])
            for act in acts
        )
        yield Debt(
            f"{box}, mã cán bộ {who} thôi đứng đầu từ ngày {_shown(since)}",
            handed or directory.today <= due,
            f"chưa bàn giao; thời hạn {days} ngày đã hết ngày {_shown(due)}",
        )


def _effects(directory: Directory, act: dict[str, Any]) -> Iterator[Debt]:
    """An act that is due has taken effect, and with it the filters have ended."""
    day = date.fromisoformat(act["effective_on"])
    begins = max(datetime.combine(day, time(), clock.TIMEZONE), datetime.fromisoformat(act["made_at"]))
    waits = directory.now < begins + PATIENCE
    subject = f"{act['box']}, bàn giao theo Quyết định số {act['decision']} từ ngày {_shown(day)}"
    done = act["settled_at"] is not None
    yield Debt(subject, done or waits, "đã đến ngày nhưng chưa được thực hiện")
    if act["giver"] != act["receiver"]:
        ended = act["filters_ended_at"] is not None
        yield Debt(f"{subject}, bộ lọc", ended or waits, "bộ lọc của hộp thư chưa ngừng hoạt động")


def _taken_over(act: dict[str, Any], today: date, days: int) -> Debt:
    """Of the last act of a mailbox: its receiver says that it is taken over."""
    due = _counts_from(act) + timedelta(days=days)
    return Debt(
        f"{act['box']}, mã cán bộ {act['receiver']} tiếp nhận từ ngày {_shown(_counts_from(act))}",
        act["acknowledged_at"] is not None or today <= due,
        f"chưa xác nhận đã tiếp nhận hộp thư; thời hạn {days} ngày đã hết ngày {_shown(due)}",
    )
