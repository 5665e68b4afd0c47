"""What administrators do on the host, and what the journal says is missing. No arguments are kept."""

from __future__ import annotations

import re

from congvu.events.entry import Entry, peer, word
from congvu.events.event import Event

_SSH = re.compile(
    r"(?P<done>Accepted|Failed) (?P<how>[\w/-]+) for (?P<unknown>invalid user )?(?P<who>[\w.-]{1,32}) "
    r"from (?P<peer>[0-9A-Fa-f.:]+) port \d+ ssh2(?:: \S+ (?P<key>SHA256:[\w+/]+))?"
)
_SUDO = re.compile(
    r" *(?P<who>[\w.-]+) : (?:(?P<refused>[^;=]+) ; )?TTY=\S+ ; PWD=.* ; USER=(?P<user>[\w.-]+) ; "
    r"COMMAND=(?P<program>\S+)"
)
_SU = re.compile(r"(?P<refused>FAILED SU )?\(to (?P<user>[\w.-]+)\) (?P<who>[\w.-]+) on ")
# The prefix that role `postgresql` writes: [process] role@database/application
_SESSION = re.compile(
    r"\[\d+\] (?P<role>\w+)@(?P<database>\w+)/(?P<program>[^\n]*?) LOG:  "
    r"(?P<what>disconnection: session time|statement:|the evidence was read) ?(?P<rest>.*)",
    re.DOTALL,
)
_HUMAN = frozenset({"postgres", "congvu_owner", "congvu_admin"})
_OURS = "congvu"
# Not "Missed … kernel messages": no event comes from the kernel, whose buffer is older than a container.
_LOST = (
    (re.compile(r"Suppressed (?P<count>\d+) messages from "), "suppressed"),
    (re.compile(r"File \S+ corrupted or uncleanly shut down"), "unclean stop"),
    (re.compile(r"Failed to write entry (?:to \S+ )?.*"), "not written"),
)


def ssh(entry: Entry) -> Event | None:
    found = _SSH.fullmatch(entry.message)
    if not found:
        return None
    verb = "ssh.login" if found["done"] == "Accepted" else "ssh.refused"
    detail = {"verb": verb, "how": found["how"], "key": found["key"]}
    who = None if found["unknown"] else found["who"]  # people type their password there
    return entry.event("act", login=who, peer=peer(found["peer"]), detail=detail)


def sudo(entry: Entry) -> Event | None:
    found = _SUDO.match(entry.message)
    if not found:
        return None
    verb = "sudo.refused" if found["refused"] else "sudo"
    detail = {"verb": verb, "as": found["user"], "program": word(found["program"])}
    return entry.event("act", login=found["who"], detail=detail)


def su(entry: Entry) -> Event | None:
    found = _SU.match(entry.message)
    if not found:
        return None
    verb = "su.refused" if found["refused"] else "su"
    return entry.event("act", login=found["who"], detail={"verb": verb, "as": found["user"]})


def converge_begins(entry: Entry) -> Event | None:
    return entry.event("act", detail={"verb": "converge.begin"})


def converge_ends(entry: Entry) -> Event | None:
    if "strict=True" not in entry.message:
        return None  # it is asked at the beginning as well, and need not be right then
    return entry.event("act", detail={"verb": "converge.end"})


def postgresql(entry: Entry) -> Event | None:
    found = _SESSION.match(entry.message)
    if not found or found["role"] not in _HUMAN or found["program"] == _OURS:
        return None
    verbs = {"statement:": "sql.define", "the evidence was read": "evidence.read"}
    detail = {
        "verb": verbs.get(found["what"], "sql"),
        "as": found["role"],
        "database": found["database"],
        "program": word(found["program"]),
    }
    if (
        found["what"] == "statement:"
    ):  # a definition of tables, functions or roles; a password may stand in it
        detail["statement"] = " ".join(re.findall(r"[a-z]+", found["rest"].lower()[:80])[:2])
    return entry.event("act", detail=detail)


def journald(entry: Entry) -> Event | None:
    for form, why in _LOST:
        if found := form.match(entry.message):
            count = found.groupdict().get("count")
            detail = {"why": why, "source": "journald", "count": int(count) if count else None}
            return entry.event("gap", detail={**detail, "until": entry.at.isoformat()})
    return None
