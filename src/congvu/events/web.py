"""The web's doors: what the password service answered, and whom nginx made wait."""

from __future__ import annotations

from congvu.events.entry import Entry, address, mapping, peer
from congvu.events.event import Event

# By the question that the service was asked: the webmail, the people's page, the change of password.
_DOORS = {"check": "webmail", "admit": "page", "change": "page"}
_REFUSALS = frozenset({"refused", "throttled", "must_change", "code_needed"})


def password(entry: Entry) -> Event | None:
    if not entry.message.startswith('{"event": "password"'):
        return None
    told = mapping(entry.message)
    verb, answer = told.get("verb"), told.get("answer")
    door = _DOORS.get(str(verb))
    given = {"door": door, "login": address(told.get("login")), "peer": peer(told.get("client"))}
    if door is None:
        return None
    if answer == "open":
        return entry.event("login", **given, detail={"key": "password"})
    if answer in _REFUSALS and not (verb == "change" and answer == "must_change"):
        return entry.event("login_refused", **given, detail={"why": answer})
    return None


def nginx(entry: Entry) -> Event | None:
    if not (entry.message.startswith('{"client":') and '"status":429,' in entry.message):
        return None
    told = mapping(entry.message)
    if told.get("status") != 429:
        return None
    door = "page" if str(told.get("path")).startswith(("/trang-cua-toi", "/mat-khau")) else "webmail"
    return entry.event("limited", door=door, peer=peer(told.get("client")), detail={"rule": "requests"})
