"""Dovecot's exported events: one line of JSON each (role `dovecot`, section "Evidence")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from congvu.events.entry import Entry, Misread, address, logged_in, mapping, peer, whole, word
from congvu.events.event import Event

# Nothing that a client says stands before the JSON.
_EXPORTED = re.compile(r"stats: (?:Info: )?(\{.*\})", re.S)
_DOORS = {"imap": "imaps", "smtp": "submissions", "sieve": "sieve", "managesieve": "sieve"}
# The webmail's sessions with the store bear this name (its plugin, as a trusted client, gives it).
_WEBMAIL = "webmail-"
_SHARED = re.compile(r"[^/]+/([^/]+)(?:/(.+))?", re.DOTALL)  # no folder: the INBOX


def read(entry: Entry) -> Event | None:
    found = _EXPORTED.fullmatch(entry.message)
    if not found:
        return None
    event = mapping(found[1])
    fields = event.get("fields")
    if not isinstance(fields, dict):
        raise Misread("no fields")
    match event.get("event"):
        case "auth_request_finished":
            return _login(entry, fields)
        case "imap_command_finished" | "mail_opened":
            return _command(entry, fields)
        case "mail_user_session_finished" if fields.get("service") == "doveadm":
            return _doveadm(entry, fields)
        case "mail_user_session_finished":
            return _session_end(entry, fields)
    return None


def _webmail(fields: Mapping[str, Any]) -> bool:
    return str(fields.get("session", "")).startswith(_WEBMAIL)


def _door(fields: Mapping[str, Any]) -> str:
    return "webmail" if _webmail(fields) else "imaps"


def _login(entry: Entry, fields: Mapping[str, Any]) -> Event | None:
    if _webmail(fields):
        return None  # the password service says who came in by the webmail, once
    door, session = _DOORS.get(str(fields.get("protocol"))), word(fields.get("session"))
    who = logged_in(fields.get("user"))
    if door is None or (door != "submissions" and session is None):
        # Nobody came through a door: `doveadm auth test`, or what else asks by itself.
        return entry.event("act", mailbox=who, detail={"verb": "doveadm.auth"})
    given = {"door": door, "login": who, "peer": peer(fields.get("remote_ip"))}
    if fields.get("success") == "yes":
        return entry.event("login", **given, detail={"session": session})
    return entry.event("login_refused", **given, detail={"why": "refused", "session": session})


def _command(entry: Entry, fields: Mapping[str, Any]) -> Event:
    who = address(fields.get("user"))
    if who is None:
        raise Misread("a command of nobody")
    if "mailbox" not in fields and str(fields.get("cmd_name")).endswith(("APPEND", "REPLACE")):
        # A message put together out of others, perhaps of a box: where one was read, `mail_opened` names it.
        return entry.event("act", login=who, detail={"verb": "imap.catenate"})
    kind = "read" if fields.get("cmd_name") in ("STORE", "UID STORE", "FETCH", "UID FETCH") else "opened"
    mailbox, inbox = who, None
    if "mailbox" in fields:  # only of others' mailboxes the folder is told: PREFIX/ADDRESS[/FOLDER]
        shared = _SHARED.fullmatch(str(fields["mailbox"]))
        box = address(shared[1]) if shared else None
        if shared is None or box is None:
            raise Misread("a mailbox of nobody")
        mailbox, inbox = box, shared[2] in (None, "INBOX")
    return entry.event(
        kind, door=_door(fields), login=who, mailbox=mailbox, peer=peer(fields.get("remote_ip")),
        detail={"inbox": inbox},
    )  # fmt: skip


def _session_end(entry: Entry, fields: Mapping[str, Any]) -> Event | None:
    door = _DOORS.get(str(fields.get("service")))
    if door is None or _webmail(fields):
        return None
    detail = {
        "session": word(fields.get("session")),
        "bytes_in": whole(fields.get("net_in_bytes")),
        "bytes_out": whole(fields.get("net_out_bytes")),
    }
    who = address(fields.get("user"))
    return entry.event("session_end", door=door, login=who, peer=peer(fields.get("remote_ip")), detail=detail)


def _doveadm(entry: Entry, fields: Mapping[str, Any]) -> Event:
    reasons = fields.get("reason_code")
    told = [each for each in reasons if isinstance(each, str)] if isinstance(reasons, list) else []
    verb = next((each.removeprefix("doveadm:cmd_") for each in told if each.startswith("doveadm:")), None)
    return entry.event(
        "act", mailbox=address(fields.get("user")), detail={"verb": f"doveadm.{word(verb) or '?'}"}
    )
