"""Access to another person's mailbox: who reads it, by which ticket, until when; what forbids it. Pure.

An access is never changed; it ends at its moment or before, and another ticket opens another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from congvu import clock
from congvu.accounts.faults import Faults, refuse
from congvu.accounts.model import Organisation

_LONGEST = 200  # it is told to the owner in a line of a mail


@dataclass(frozen=True, slots=True)
class Access:
    """People by staff id. ``ticket``: number of the decision; ``ends_at``: aware."""

    ticket: str
    owner: str
    reader: str
    approver: str
    reason: str
    ends_at: datetime


def plan_access(
    asked: Access, organisation: Organisation, made: Sequence[Access], now: datetime, most: timedelta
) -> Access | None:
    """The access to open; None when it was opened already, be it over or not. InputError with all faults.

    ``made``: all that were ever opened; ``most``: how far away the end may be.
    """
    faults = Faults("break_glass")
    key = (asked.ticket, asked.owner, asked.reader)
    known = next((each for each in made if (each.ticket, each.owner, each.reader) == key), None)
    if known == asked:
        return None
    if known:
        faults.add(0, "ticket", asked.ticket, "opened this mailbox to this reader with other particulars",
                   "an access is never changed: end it, and open another by a new ticket")  # fmt: skip
        refuse(faults)
    _check_people(asked, organisation, now, faults)
    _check_words(asked, faults)
    _check_end(asked.ends_at, now, most, faults)
    refuse(faults)
    return asked


def _check_people(asked: Access, organisation: Organisation, now: datetime, faults: Faults) -> None:
    today = clock.day(now)
    for name in ("owner", "reader", "approver"):
        staff_id = getattr(asked, name)
        person = organisation.people.get(staff_id)
        if person is None:
            faults.add(0, name, staff_id, "is nobody with an open mailbox", "write a staff id")
        elif name != "owner" and not (person.start <= today and (person.end is None or today <= person.end)):
            faults.add(0, name, staff_id, f"does not serve on {today}", "name somebody who does")
    if asked.reader == asked.owner:
        faults.add(0, "reader", asked.reader, "is the owner of the mailbox", "name who is to read it")
    if asked.approver in (asked.owner, asked.reader):
        role = "owner of the mailbox" if asked.approver == asked.owner else "reader"
        rule = f"is the {role}, who cannot approve this"
        faults.add(0, "approver", asked.approver, rule, "name a third person")


def _check_words(asked: Access, faults: Faults) -> None:
    for name, remedy in (("ticket", "write its number, as in 12/QĐ-SNV"), ("reason", "write why")):
        text = getattr(asked, name)
        if not text.strip():
            faults.add(0, name, "", "is missing", remedy)
        elif not text.isprintable() or len(text) > _LONGEST:
            faults.add(
                0, name, repr(text), f"is not one line of {_LONGEST} characters at most", "write it so"
            )


def _check_end(ends_at: datetime, now: datetime, most: timedelta, faults: Faults) -> None:
    written = f"{clock.local(ends_at):%Y-%m-%d %H:%M}"
    latest = clock.local(now + most)
    if ends_at <= now:
        faults.add(0, "ends_at", written, "is past", f"write a moment until {latest:%Y-%m-%d %H:%M}")
    elif ends_at > now + most:
        rule = f"is more than {most // timedelta(hours=1)} hours away (break_glass.max_hours)"
        faults.add(0, "ends_at", written, rule, f"write a moment until {latest:%Y-%m-%d %H:%M}")
