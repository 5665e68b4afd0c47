"""Compares what one daemon logged with the events that another's lines became: what is missing is a gap.

Dovecot's login processes log each login beside the exporter; Postfix logs each message that it queues, and
each that it is done with, beside the filter's line and the deliveries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from congvu.events import Event

MATCHES = ("_SYSTEMD_UNIT=dovecot.service", "_SYSTEMD_UNIT=postfix.service")

_LOGGED_IN = re.compile(r"(?:imap|managesieve)-login: (?:Info: )?Logged in: .* session=<([^<>\s]+)>")
_QUEUED = re.compile(r"([0-9A-Za-z]{6,25}): from=<.*>, size=\d+, nrcpt=\d+ \(queue active\)")
_REMOVED = re.compile(r"([0-9A-Za-z]{6,25}): removed")
_OWN_NOTICE = re.compile(r"[0-9A-Za-z]{6,25}: .* notification: ([0-9A-Za-z]{6,25})")
_WEBMAIL = "webmail-"
_EXAMPLES = 5


@dataclass(slots=True)
class Seen:
    """What the second source saw: by kind of thing, each with its last moment."""

    session: dict[str, datetime]
    queue_id: dict[str, datetime]
    outcome: dict[str, datetime]


def seen(entries: Iterable[Mapping[str, Any]]) -> Seen:
    """What these entries of the journal saw."""
    found, notices = Seen({}, {}, {}), set()
    for entry in entries:
        message, at = entry.get("MESSAGE"), entry.get("__REALTIME_TIMESTAMP")
        if not isinstance(message, str) or not isinstance(at, str) or not at.isdecimal():
            continue
        moment = datetime.fromtimestamp(int(at) / 1e6, UTC)
        if entry.get("_SYSTEMD_UNIT") == "dovecot.service":
            if (login := _LOGGED_IN.match(message)) and not login[1].startswith(_WEBMAIL):
                found.session[login[1]] = moment
        elif entry.get("SYSLOG_IDENTIFIER") == "postfix/qmgr":
            if queued := _QUEUED.match(message):
                found.queue_id[queued[1]] = moment
            elif removed := _REMOVED.fullmatch(message):
                found.outcome[removed[1]] = moment
        elif notice := _OWN_NOTICE.fullmatch(message):
            notices.add(notice[1])  # what Postfix writes itself passes no filter
    for each in notices:
        found.queue_id.pop(each, None)
    return found


def gaps(found: Seen, missing: Callable[[str, Iterable[str]], set[str]], host: str) -> list[Event]:
    """A gap for each source that lacks some of what the other saw; ``missing`` asks the evidence for it."""
    gone = []
    for what, source in (("session", "dovecot"), ("queue_id", "rspamd"), ("outcome", "postfix")):
        there: dict[str, datetime] = getattr(found, what)
        lacking = sorted(missing(what, there)) if there else []
        if lacking:
            moments = [there[each] for each in lacking]
            gone.append(
                gap(
                    host, min(moments), max(moments), "no event", source,
                    count=len(lacking), examples=lacking[:_EXAMPLES],
                )
            )  # fmt: skip
    return gone


def gap(host: str, since: datetime, until: datetime, why: str, source: str, **more: object) -> Event:
    """What is known to be missing between two moments."""
    start, end = (each.astimezone(UTC).isoformat() for each in (since, until))
    detail = {"from": start, "until": end, "why": why, "source": source, **more}
    return Event(until, host, "gap", detail=detail)
