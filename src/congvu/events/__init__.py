"""What a line of the journal tells: an event, or none. Pure; no subject line and no part of a message.

    event_of(entry)                 one entry as `journalctl -o json` gives it
    event_of(entry, domains)        the same; mailboxes of these domains are named, of others the domain

Whose line it is, is read from the journal's trusted fields (``_SYSTEMD_UNIT``, ``_UID``), which no sender
can write. What somebody outside puts into a line stands in a JSON string, or counts only where its form
leaves no doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from congvu.events import acts, dovecot, mail, web
from congvu.events.entry import Entry, Misread
from congvu.events.event import KINDS, Event

__all__ = ["KINDS", "SOURCES", "Event", "Misread", "event_of", "read"]

Reader = Callable[[Entry], Event | None]

# The units whose lines are read; each knows what it makes of its own.
_UNITS: dict[str, Reader] = {
    "dovecot.service": dovecot.read,
    "postfix.service": mail.postfix,
    "rspamd.service": mail.rspamd,
    "congvu-password.service": web.password,
    "nginx.service": web.nginx,
    "postgresql@17-main.service": acts.postgresql,
    "systemd-journald.service": acts.journald,
}
# And what root's programs say of administrators, wherever they run; by identifier.
_ROOT: dict[str, Reader] = {
    "sshd": acts.ssh,
    "sshd-session": acts.ssh,
    "sudo": acts.sudo,
    "su": acts.su,
    "ansible-converge_lock": acts.converge_begins,
    "ansible-stale_units": acts.converge_ends,
}
# As arguments of journalctl: the lines of these units, the collector's own among them (so that the cursor
# moves, however little happens), and what root's programs say by these names.
SOURCES = (
    *(f"_SYSTEMD_UNIT={unit}" for unit in (*_UNITS, "congvu-collect.service")),
    "+",
    *(f"SYSLOG_IDENTIFIER={name}" for name in _ROOT),
    "_UID=0",
)


def read(entry: Mapping[str, Any], domains: Collection[str] = ()) -> Event | None:
    """As :func:`event_of`; raises Misread where a line has the form of an event and says what cannot be."""
    seen = Entry.of(entry, domains)
    reader = _UNITS.get(seen.unit) or (_ROOT.get(seen.identifier) if seen.uid == "0" else None)
    return reader(seen) if reader else None


def event_of(entry: Mapping[str, Any], domains: Collection[str] = ()) -> Event | None:
    """The event that one entry tells of; None where it tells of none, or cannot be understood."""
    try:
        return read(entry, domains)
    except Misread:
        return None
