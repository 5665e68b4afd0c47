"""Compares what one daemon logged with the events that another's lines became: what is missing is a gap.

Dovecot's login processes log each login beside the exporter; Postfix logs each message that it queues, and
each that it is done with, beside the filter's line and the deliveries.

Of the webmail the password service tells a login, once, and Dovecot the many sessions that follow. While a
page is open it asks the store all the time; so the first session of a person after an hour without any needs
a login within that hour. Both are lines of the journal: nothing of these sessions is kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from congvu.events import Event, event_of

_TELLERS = ("congvu-password.service", "systemd-journald.service")  # of logins, and of what was lost
TELLS_OF_WEBMAIL, *_ = MATCHES = tuple(
    f"_SYSTEMD_UNIT={unit}" for unit in (*_TELLERS, "dovecot.service", "postfix.service")
)
# Roundcube takes a cookie for one and a half times its session_lifetime, with us 45 minutes.
WEBMAIL_LASTS = timedelta(hours=1)

_LOGGED_IN = re.compile(
    r"(?:imap|managesieve)-login: (?:Info: )?Logged in: (?:user=<([^<>\s]+)>)?.* session=<([^<>\s]+)>"
)
_QUEUED = re.compile(r"([0-9A-Za-z]{6,25}): from=<.*>, size=\d+, nrcpt=\d+ \(queue active\)")
_REMOVED = re.compile(r"([0-9A-Za-z]{6,25}): removed")
_OWN_NOTICE = re.compile(r"[0-9A-Za-z]{6,25}: .* notification: ([0-9A-Za-z]{6,25})")
_WEBMAIL = "webmail-"
_EXAMPLES = 5
_SOURCES = {"session": "dovecot", "queue_id": "rspamd", "outcome": "postfix", "webmail": "password"}
_LAG = timedelta(minutes=1)  # a login may be written down after the session that it opened
# Moments at which somebody was in the webmail, each with the session; empty: a login.
_Signs = list[tuple[datetime, str]]


@dataclass(slots=True)
class Seen:
    """What the second source saw: by kind of thing, each with its last moment.

    ``webmail``: sessions before which there should have been a login, and was none.
    """

    session: dict[str, datetime]
    queue_id: dict[str, datetime]
    outcome: dict[str, datetime]
    webmail: dict[str, datetime]


def seen(entries: Iterable[Mapping[str, Any]], since: datetime) -> Seen:
    """What these entries of the journal saw from a moment on; those before tell how long webmail goes on."""
    found, notices = Seen({}, {}, {}, {}), set()
    signs: defaultdict[str, _Signs] = defaultdict(list)
    losses: _Signs = []
    for entry in entries:
        message, at, unit = (entry.get(name) for name in ("MESSAGE", "__REALTIME_TIMESTAMP", "_SYSTEMD_UNIT"))
        if not isinstance(message, str) or not isinstance(at, str) or not at.isdecimal():
            continue
        moment = datetime.fromtimestamp(int(at) / 1e6, UTC)
        login = _LOGGED_IN.match(message) if unit == "dovecot.service" else None
        if unit in _TELLERS:
            _tell(event_of(entry), signs, losses)
        elif login and login[2].startswith(_WEBMAIL):
            signs[str(login[1]).lower()].append((moment, login[2]))
        elif moment < since or (unit == "dovecot.service" and not login):
            continue
        elif login:
            found.session[login[2]] = moment
        elif entry.get("SYSLOG_IDENTIFIER") == "postfix/qmgr":
            if queued := _QUEUED.match(message):
                found.queue_id[queued[1]] = moment
            elif removed := _REMOVED.fullmatch(message):
                found.outcome[removed[1]] = moment
        elif notice := _OWN_NOTICE.fullmatch(message):
            notices.add(notice[1])  # what Postfix writes itself passes no filter
    for each in notices:
        found.queue_id.pop(each, None)
    for theirs in signs.values():
        found.webmail |= {session: at for at, session in _untold(theirs + losses) if at >= since}
    return found


def _tell(event: Event | None, signs: defaultdict[str, _Signs], losses: _Signs) -> None:
    """Note a login by the webmail, or that lines were lost: that of anybody's login may be among them."""
    if event and event.kind == "gap":
        losses.append((event.happened_at, ""))
    elif event and (event.kind, event.door) == ("login", "webmail"):
        signs[str(event.login)].append((event.happened_at - _LAG, ""))


def _untold(signs: _Signs) -> _Signs:
    """The sessions of one person that follow neither a login nor another session."""
    before, found = datetime.min.replace(tzinfo=UTC), []
    for moment, session in sorted(signs):
        if session and moment - before > WEBMAIL_LASTS:
            found.append((moment, session))
        before = moment
    return found


def gaps(found: Seen, missing: Callable[[str, Iterable[str]], set[str]], host: str) -> list[Event]:
    """A gap for each source that lacks some of what the other saw; ``missing`` asks the evidence for it."""
    gone = []
    for what, source in _SOURCES.items():
        there: dict[str, datetime] = getattr(found, what)
        lacking = sorted(missing(what, there) if what != "webmail" else there) if there else []
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
