"""Records as lines that an auditor may have: one form for each record, and nobody's name or address in it.

What is not known to be harmless becomes a pseudonym: a column that is added, or a word in ``detail`` that
nobody thought of, tells nothing until somebody has put it on the lists below.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from congvu import clock

EXACT = 2**53  # beyond it, what reads JSON may read another number
_ADDRESS = re.compile(r"[^\s@<>()\"',;:]+@[^\s@<>()\"',;:]+")
# Whoever a sentence of an observer names: by address, by staff id, or by where their mail is stored
_NAMED = re.compile(
    r"(?P<address>[^\s@<>()\"',;:]+@[^\s@<>()\"',;:]*[^\s@<>()\"',;:.])"
    r"|(?<=\bmã cán bộ )(?P<staff_id>[A-Z0-9](?:[A-Z0-9._/-]*[A-Z0-9_/-])?)"
    r"|(?<=/)(?P<domain>[^/\s]+)/(?P<local>[^/\s]+)(?=/Maildir)",
    re.IGNORECASE,
)
_KEY = re.compile(r"[A-Za-z0-9_. -]{1,60}")
# Strings below these keys of a `detail` are words of ours, numbers of documents or digests: no names.
_WORDS = frozenset(
    (
        "attested", "before", "counts", "day", "decision", "diff_sha256", "from", "key", "kind", "lines",
        "not_attested", "outcome", "party", "provision", "quarter", "queue_id", "rule", "session", "sha256",
        "source", "state", "unit", "until", "verb", "version", "why",
    )
)  # fmt: skip


class Pseudonyms:
    """The same person is the same pseudonym, and who has no key cannot try who it is. ``key``: 32 bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError(f"a key of {len(key)} bytes; it has to be 32")
        self._key = key
        self._known: dict[str, str] = {}

    def of(self, value: str) -> str:
        """``p-`` and 24 hexadecimal digits; nothing for nothing, and our own services keep their name."""
        if not value or value == "congvu" or value.startswith("congvu "):
            return value
        found = self._known.get(value)
        if found is None:
            plain = unicodedata.normalize("NFKC", value).lower()
            mark = hmac.new(self._key, b"congvu pseudonym\0" + plain.encode(), hashlib.sha256)
            found = self._known[value] = f"p-{mark.hexdigest()[:24]}"
        return found


Way = Callable[[Any, Pseudonyms], Any]


def _plain(value: Any, _: Pseudonyms) -> Any:
    return value


def _who(value: Any, pseudonyms: Pseudonyms) -> Any:
    return pseudonyms.of(value) if isinstance(value, str) else value


def nameless(value: Any, pseudonyms: Pseudonyms, named: re.Pattern[str] = _NAMED) -> Any:
    """What observers tell, in sentences: whoever they name, as everywhere else, is a pseudonym."""
    if isinstance(value, str):
        return named.sub(lambda found: pseudonyms.of(_whole(found)), value)
    if isinstance(value, Mapping):
        return {key: nameless(each, pseudonyms, named) for key, each in value.items()}
    return [nameless(each, pseudonyms, named) for each in value] if isinstance(value, list) else value


def _whole(found: re.Match[str]) -> str:
    """The staff id or address that was found."""
    return f"{found['local']}@{found['domain']}" if found.lastgroup == "local" else found[0]


def _detail(value: Any, pseudonyms: Pseudonyms, word: bool = False) -> Any:
    """Numbers and known words stay; every other string becomes a pseudonym."""
    if isinstance(value, str):
        return value if word and not _ADDRESS.search(value) else pseudonyms.of(value)
    if isinstance(value, Mapping):
        return {
            key if _KEY.fullmatch(key) else pseudonyms.of(key): _detail(each, pseudonyms, key in _WORDS)
            for key, each in value.items()
        }
    return [_detail(each, pseudonyms, word) for each in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Source:
    """One kind of record. ``fields``: by column how it is told; ``id`` and ``taken`` are in each.

    ``taken``: when it was taken in, which decides its day. ``retention``: the policy's value, ``..._days`` or
    ``..._months``, for how long the content is kept; without one it stays. A day's content expires whole.
    ``former``: days that were sealed with it have it; another source tells its records by now.
    """

    name: str
    fields: Mapping[str, Way]
    retention: str | None = None
    former: bool = False

    def expires(self, day: date, values: Mapping[str, Any]) -> date | None:
        """The first day on which the content of ``day`` may be gone, by a policy's values; None: never.

        Without that value it may not go.
        """
        kept = values.get(self.retention) if self.retention else None
        if not isinstance(kept, int):
            return None
        if str(self.retention).endswith("_months"):
            return clock.add_months(day, kept)
        return day + timedelta(days=kept)


_EVENT = {
    "at": _plain, "host": _plain, "kind": _plain, "door": _plain, "login": _who, "mailbox": _who,
    "peer": _who, "detail": _detail,
}  # fmt: skip
_RECORD = {"actor": _who, "verb": _plain, "subject": _who, "detail": _detail, "role": _plain}
_LOOK: dict[str, Way] = {"control": _plain, "host": _plain, "at": _plain, "body": nameless, "policy": _plain}
# Of days that were sealed before `look`: people stand in it by staff id.
_OBSERVATION: dict[str, Way] = {**_LOOK, "body": partial(nameless, named=_ADDRESS)}
_WORD = {
    "quarter": _plain, "provision": _plain, "party": _plain, "unit": _plain, "attested": _plain,
    "remark": _who, "by": _who, "version": _plain, "policy": _plain,
}  # fmt: skip

_DAY = {
    "day": _plain, "estimated": _plain, "off": _plain, "morning_from": _plain, "morning_until": _plain,
    "afternoon_from": _plain, "afternoon_until": _plain, "counts": _plain, "policy": _plain,
}  # fmt: skip
_CHECK = {
    "day": _plain, "by": _who, "unit": _plain, "morning": _plain, "morning_why": _plain,
    "afternoon": _plain, "afternoon_why": _plain, "correction": _plain,
}  # fmt: skip
_BOX = {
    "day": _plain, "box": _who, "visits": _plain, "longest": _plain, "still_open": _plain, "head": _plain,
}  # fmt: skip
# By its number, which the records of its audit bear, too
_CASE = {"number": _who, "kind": _plain, "provision": _plain, "found_on": _plain}

# What goes into the chain. Each has a query ``segment_NAME``, which gives id, taken and these columns by id.
# `conduct`: events that only tell what somebody did in their own mailbox.
SOURCES = {
    each.name: each
    for each in (
        Source("acknowledgement", {"by": _who, "version": _plain, "policy": _plain}),
        Source("audit_record", _RECORD),
        Source("box_check", _BOX, "retention.check_months"),
        Source("check_day", _DAY),
        Source("conduct", _EVENT, "retention.conduct_days"),
        Source("event", _EVENT, "retention.log_months"),
        Source("incident", _CASE),
        Source("look", _LOOK),
        Source("mail_check", _CHECK, "retention.check_months"),
        Source("observation", _OBSERVATION, former=True),
        Source("policy_version", {"version": _plain, "policy": _plain}),
        Source("statement", _WORD),
    )
}
SEALED = tuple(name for name, each in SOURCES.items() if not each.former)  # a day, from now on


def lines(source: Source, rows: Iterable[Mapping[str, Any]], pseudonyms: Pseudonyms) -> Iterator[bytes]:
    """The rows as lines, each with its end."""
    for row in rows:
        told = {name: way(row[name], pseudonyms) for name, way in source.fields.items()}
        yield f"{canonical({'id': row['id'], 'taken': row['taken'], **told})}\n".encode()


def canonical(value: Any) -> str:
    """The one form of a value: as ``jq -cS`` writes it, too.

    Moments in Viet Nam's time to the microsecond; what is no whole number that every program reads alike
    stands as a string.
    """
    written = json.dumps(_exact(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return written.replace("\x7f", "\\u007f")


def _exact(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.local(value).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _exact(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(each) for each in value]
    if value is None or isinstance(value, str | bool) or (isinstance(value, int) and abs(value) < EXACT):
        return value
    return str(value)
