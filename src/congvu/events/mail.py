"""The ways of mail: what the filter said of a message, what Postfix refused, what became of the rest."""

from __future__ import annotations

import re

from congvu.events.entry import Entry, address, logged_in, mapping, peer, whole, word
from congvu.events.event import Event

# The filter's own line of JSON (congvu.lua); nothing of the message stands before it.
_JUDGED = re.compile(r"\(rspamd_proxy\) <\w+>; lua; congvu\.lua:\d+: (\{.*\})", re.S)
_QUEUE_ID = r"(?P<queue_id>[0-9A-Za-z]{6,25})"
_QUOTED = r'"(?:[^"\\]|\\.)*"@[^>]*|[^>"]*'
_STATUS = re.compile(
    rf"{_QUEUE_ID}: to=<(?P<to>{_QUOTED})>, (?:orig_to=<(?:{_QUOTED})>, )?relay=[^,]+, (?:conn_use=\d+, )?"
    r"delay=[^,]+, delays=[^,]+, dsn=(?P<dsn>[\d.]+), status=(?P<status>sent|deferred|bounced|undeliverable) "
)
_EXPIRED = re.compile(rf"{_QUEUE_ID}: from=<(?:{_QUOTED})>, status=(?:force-)?expired, returned to sender")
# Of an address what a client may choose freely is left out where it could pass for the rest of the line.
_REFUSED = re.compile(
    r"NOQUEUE: reject: (?P<step>\w+) from [^ ]*\[(?P<peer>[0-9A-Fa-f.:]+)\](?::\d+)?: "
    r"(?P<code>\d{3})(?: (?P<dsn>\d\.\d{1,3}\.\d{1,3}))? (?P<text>.*)"
)
_TO = re.compile(r" to=<([^<>\" ]*)>,? proto=E?SMTP,? helo=<[^<> ]*>")
_LOGIN = re.compile(r" helo=<[^<> ]*> sasl_method=\w+ sasl_username=([^<> ]+)$")
_RATE = re.compile(
    r"warning: (?:Connection|Message delivery request|Recipient address|New TLS session|AUTH) "
    r"(?:rate|concurrency) limit exceeded: \d+ from \S*\[(?P<peer>[0-9A-Fa-f.:]+)\]"
)
_OUTSIDE = frozenset({"smtp", "relay"})
_REMOTE = {"rule": "requests"}


def rspamd(entry: Entry) -> Event | None:
    found = _JUDGED.fullmatch(entry.message)
    if not found:
        return None
    told = mapping(found[1])
    login, rules = address(told.get("user")), told.get("rules")
    held = [each for each in rules if word(each)] if isinstance(rules, list) else []
    mailbox, domain = entry.home(told.get("to"))
    given = {"door": "submissions" if login else "smtp", "login": login, "peer": peer(told.get("ip"))}
    detail = {"queue_id": word(told.get("queue_id")), "bytes": whole(told.get("bytes"))}
    action = told.get("action")
    if action in ("reject", "soft reject", "greylist"):
        kind = "virus" if "CLAM_VIRUS" in held else "limited" if "SUBMISSION_LIMIT" in held else "rejected"
        if kind == "rejected" and action == "reject" and not held:
            kind = "spam"
        detail |= {"rule": held[0] if held else "score", "domain": domain}
        return entry.event(kind, **given, mailbox=mailbox, detail=detail)
    if login:
        detail["recipients"] = whole(told.get("recipients"))
        return entry.event("submitted", **given, mailbox=address(told.get("from")), detail=detail)
    if action in ("add header", "rewrite subject"):
        return entry.event("spam", **given, mailbox=mailbox, detail={**detail, "rule": "junk"})
    local = True if told.get("local") is True else None
    return entry.event("received", **given, detail={**detail, "local": local})


def postfix(entry: Entry) -> Event | None:
    program = entry.identifier.rpartition("/")[2]
    if found := _STATUS.match(entry.message):
        return _outcome(entry, program, found)
    if found := _EXPIRED.match(entry.message):
        return entry.event("bounced", door="smtp", detail={"queue_id": found["queue_id"], "why": "expired"})
    if found := _REFUSED.match(entry.message):
        return _refusal(entry, found)
    if found := _RATE.match(entry.message):
        return entry.event("limited", door=_door(entry), peer=peer(found["peer"]), detail=_REMOTE)
    return None


def _door(entry: Entry) -> str:
    return "submissions" if entry.identifier.startswith("postfix/submissions/") else "smtp"


def _outcome(entry: Entry, program: str, found: re.Match[str]) -> Event:
    kind = {"deferred": "deferred", "sent": "relayed" if program in _OUTSIDE else "delivered"}.get(
        found["status"], "bounced"
    )
    mailbox, domain = entry.home(found["to"])
    if program in _OUTSIDE:  # a home domain may be kept elsewhere
        domain, mailbox = domain or found["to"].rpartition("@")[2].lower(), None
    elif kind == "delivered":
        mailbox, domain = mailbox or address(found["to"]), None
    detail = {"queue_id": found["queue_id"], "dsn": found["dsn"], "domain": word(domain)}
    return entry.event(kind, door="smtp", mailbox=mailbox, detail=detail)


def _refusal(entry: Entry, found: re.Match[str]) -> Event:
    text = found["text"]
    to, login = _TO.search(text), _LOGIN.search(text)
    mailbox, domain = entry.home(to[1]) if to else (None, None)
    who = logged_in(login[1]) if login and _door(entry) == "submissions" else None
    detail = {"rule": found["dsn"] or found["code"], "step": found["step"], "domain": domain}
    return entry.event(
        "rejected", door=_door(entry), login=who, mailbox=mailbox, peer=peer(found["peer"]), detail=detail
    )
