"""An entry of the journal, as far as it can be believed, and the forms in which its words are taken over."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from congvu.events.event import Event

# People type their password where the login belongs: what is no address is not kept.
_ADDRESS = re.compile(r"[^\s@<>\"\\\x00-\x1f\x7f\ud800-\udfff]{1,64}@[A-Za-z0-9.-]{1,253}")
_TAG = re.compile(r"\+[^@]*(?=@)")
_LONGEST = 64 * 1024


class Misread(ValueError):
    """A line has the form of an event and says what cannot be; the text quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    host: str
    unit: str
    identifier: str
    uid: str
    message: str
    domains: Collection[str] = ()

    @classmethod
    def of(cls, entry: Mapping[str, Any], domains: Collection[str] = ()) -> Entry:
        try:
            at = datetime.fromtimestamp(int(entry["__REALTIME_TIMESTAMP"]) / 1e6, UTC)
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            raise Misread("no moment") from None
        unit, identifier, uid = (
            _text(entry.get(name)) for name in ("_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER", "_UID")
        )
        host = word(entry.get("_HOSTNAME")) or ""
        message = _text(entry.get("MESSAGE"))
        if len(message) > _LONGEST:  # none that we look for is
            message = ""
        return cls(at, host, unit, identifier, uid, message, domains)

    def event(self, kind: str, **fields: Any) -> Event:
        """An event of this entry. ``detail``: without what is None."""
        detail = {name: value for name, value in fields.pop("detail", {}).items() if value is not None}
        return Event(self.at, self.host, kind, detail=detail, **fields)

    def home(self, recipient: object) -> tuple[str | None, str | None]:
        """(mailbox, None) of an address that is ours; (None, its domain) of any other."""
        found = address(recipient)
        if found is None:
            return None, None
        domain = found.rpartition("@")[2]
        return (_TAG.sub("", found), None) if domain in self.domains else (None, domain)


def _text(value: object) -> str:
    """A field: text, a list of bytes where it is not plain text, or a list of several, whose first counts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        if all(isinstance(each, int) and 0 <= each < 256 for each in value):
            return bytes(value).decode("utf-8", "replace")
        return _text(value[0]) if isinstance(value[0], str | list) else ""
    return ""


def mapping(text: str) -> dict[str, Any]:
    """A JSON object. Misread: it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Misread("no JSON") from None
    if not isinstance(found, dict):
        raise Misread("no JSON object")
    return found


def address(value: object) -> str | None:
    """An e-mail address in lower case; None for whatever is none."""
    text = value if isinstance(value, str) else ""
    return text.lower() if _ADDRESS.fullmatch(text) else None


def logged_in(value: object) -> str | None:
    """Who logged in. At port 465 the name of the key follows the address, behind a slash (ADR 0019)."""
    return address(value.partition("/")[0]) if isinstance(value, str) else None


def peer(value: object) -> str | None:
    """A network address; None for whatever is none."""
    try:
        return str(ipaddress.ip_address(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def word(value: object) -> str | None:
    """A short name of something, as programs have them: of letters, digits and a few signs."""
    return value if isinstance(value, str) and re.fullmatch(r"[\w.:/+@-]{1,100}", value, re.ASCII) else None


def whole(value: object) -> int | None:
    """A whole number that the database can hold."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    return None
