"""What is wrong with evidence, and where: the day, the source, the line. Pure.

Signatures are checked outside. Nothing here trusts anything but the seals, and of those
the copies off the host more than the bundle's own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import lt
from typing import Any

from congvu.chain.lines import EXACT, canonical
from congvu.chain.seal import GENESIS, Seal, head, mark

_SHOWN = 20  # of one segment: who sees twenty knows enough
_BLOCK = 1000  # lines
_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is not as it was. ``where``: a day, or a file; ``line``: from 1, 0 for the whole."""

    where: str
    source: str
    line: int
    what: str

    def __str__(self) -> str:
        place = [self.where, self.source, f"line {self.line}" if self.line else ""]
        return f"{' '.join(filter(None, place))}: {self.what}"


@dataclass(frozen=True)
class Signed:
    """A seal as it was found: its text, and whether a signature of a known key goes with it."""

    text: str
    genuine: bool


@dataclass(frozen=True)
class Content:
    """Evidence of a day and source. None: it is not there."""

    lines: bytes | None
    index: bytes | None


def check(
    seals: Mapping[date, Signed],
    content: Callable[[date, str], Content],
    kept: Callable[[date, str], bool],
    copies: Mapping[date, Signed],
    period: tuple[date, date],
) -> list[Finding]:
    """Everything that is wrong with the days of a period.

    ``content``: gives the evidence of a day; ``kept``: whether it has to be there yet, or may have expired;
    ``copies``: seals that were kept off the host.
    """
    found = [*_chain(seals, period), *_against(seals, copies, period)]
    for day, signed in sorted(seals.items()):
        seal = Seal.read(signed.text)
        if seal is None or not period[0] <= day <= period[1]:
            continue
        for source in sorted(seal.segments):
            given = content(day, source)
            found += _segment(seal, source, given, kept(day, source))
    return found


def _chain(seals: Mapping[date, Signed], period: tuple[date, date]) -> Iterator[Finding]:
    """Each seal is genuine, says its own day, and names the one before."""
    before: tuple[date, str] | None = None
    for day, signed in sorted(seals.items()):
        where, seal = day.isoformat(), Seal.read(signed.text)
        if not signed.genuine:
            yield Finding(where, "seal", 0, "the signature is not one of a known key over this text")
        if seal is None:
            yield Finding(where, "seal", 0, "this is not the text of a seal")
            before = None
            continue
        if seal.day != day:
            yield Finding(where, "seal", 0, f"this is the seal of another day, {seal.day}")
        if before is None:
            if seal.previous != GENESIS and day == min(seals) and day >= period[0]:
                yield Finding(where, "seal", 0, "the days before it are missing: it does not begin the chain")
        else:
            last, told = before
            for missing in _days(last + _DAY, day):
                yield Finding(missing.isoformat(), "seal", 0, "the day is missing")
            if seal.previous != told:
                yield Finding(
                    where, "seal", 0, f"it does not follow the seal of {last}: one of both is not as it was"
                )
        before = (day, head(signed.text))


def _days(first: date, end: date) -> Iterator[date]:
    for number in range((end - first).days):
        yield first + number * _DAY


def _against(
    seals: Mapping[date, Signed], copies: Mapping[date, Signed], period: tuple[date, date]
) -> Iterator[Finding]:
    """The seals as they were when they left the host."""
    for day, copy in sorted(copies.items()):
        if not copy.genuine:
            yield Finding(
                day.isoformat(), "copy", 0, "the copy off the host bears no signature of a known key"
            )
        if day in seals and seals[day].text != copy.text:
            yield Finding(
                day.isoformat(), "seal", 0, "it is not the seal that left the host: the past was written anew"
            )
        if day not in seals and period[0] <= day <= period[1]:
            yield Finding(day.isoformat(), "seal", 0, "the day is missing, but its seal left the host")
    last, after = max(seals, default=None), _after(seals, copies)
    if last and after and last >= period[1] and after.previous != head(seals[last].text):
        what = f"the seal of {after.day} that left the host names another one: the past was written anew"
        yield Finding(last.isoformat(), "seal", 0, what)


def _after(seals: Mapping[date, Signed], copies: Mapping[date, Signed]) -> Seal | None:
    """What left the host as the seal of the day after the last one here."""
    copy = copies.get(max(seals) + _DAY) if seals else None
    return Seal.read(copy.text) if copy else None


def vouched(seals: Mapping[date, Signed], copies: Mapping[date, Signed]) -> date | None:
    """The last day for which a seal from off the host vouches, with all before it; None: for none of these.

    Where nothing differs (:func:`check`). It is the day's own, or names the head of the last one here. A
    later one says nothing of these days by itself: the seals that lead from them to it are not here.
    """
    after = _after(seals, copies)
    if after and after.previous == head(seals[max(seals)].text):
        return max(seals)
    return max(seals.keys() & copies, default=None)


def _segment(seal: Seal, source: str, given: Content, kept: bool) -> list[Finding]:
    """One source of a day against its seal."""
    told, day = seal.segments[source], seal.day.isoformat()
    if given.lines is None:
        if told.lines == 0 or not kept:
            return []
        return [Finding(day, source, 0, f"the evidence is missing, {told.lines} lines")]
    found = []
    if hashlib.sha256(given.lines).hexdigest() != told.sha256:
        whole = hashlib.sha256(given.index or b"").hexdigest() == told.index_sha256
        if whole:
            found += located(day, source, _split(given.lines), (given.index or b"").decode().split())
        else:
            found.append(Finding(day, source, 0, "the index of the lines is not the sealed one"))
        if not found or not whole:
            count = len(_split(given.lines))
            found.append(Finding(day, source, 0, f"{count} lines that are not the {told.lines} sealed ones"))
    elif given.index is not None and hashlib.sha256(given.index).hexdigest() != told.index_sha256:
        found.append(Finding(day, source, 0, "the index of the lines is not the sealed one"))
    return found + _form(seal, source, given.lines)


def _split(content: bytes) -> list[bytes]:
    """The lines with their ends; only a line feed ends one."""
    return re.findall(rb"[^\n]*\n|[^\n]+", content)


def located(day: str, source: str, present: Sequence[bytes], recorded: Sequence[str]) -> list[Finding]:
    """Which lines are not as they were recorded. ``recorded``: the index, line by line."""
    now = [mark(line).hex() for line in present]
    extra, missing = Counter(now) - Counter(recorded), Counter(recorded) - Counter(now)
    found: list[Finding] = []
    here = there = 0
    while (here < len(now) or there < len(recorded)) and len(found) <= _SHOWN:
        one = now[here] if here < len(now) else None
        other = recorded[there] if there < len(recorded) else None
        added = one is not None and extra[one] > 0
        removed = other is not None and missing[other] > 0
        if one == other:
            here, there = here + 1, there + 1
            continue
        what = {
            (True, True): "was changed",
            (True, False): "was inserted",
            (False, True): "was removed",
            (False, False): "stands in another order",
        }[added, removed]
        found.append(Finding(day, source, there + 1 if what == "was removed" else here + 1, what))
        if added or not removed:
            extra[one or ""] -= added
            here += 1
        if removed or not added:
            missing[other or ""] -= removed
            there += 1
    if len(found) > _SHOWN:
        found[_SHOWN] = Finding(day, source, found[_SHOWN].line, "and so on")
    return found


def _form(seal: Seal, source: str, content: bytes) -> list[Finding]:
    """Each line is in the one form, of the day, and has a number above the one before."""
    return [] if sound(seal, content) else _each_line(seal, source, content)


def _each_line(seal: Seal, source: str, content: bytes) -> list[Finding]:
    found: list[Finding] = []
    day, begins = seal.day, seal.previous == GENESIS  # the first day holds what was before it, too
    last: int | None = None
    for number, line in enumerate(_split(content), start=1):
        what = ""
        try:
            read = json.loads(line)
            told, taken = int(read["id"]), date.fromisoformat(str(read["taken"])[:10])
            if f"{canonical(read)}\n".encode() != line:
                what = "is not in the canonical form"
        except (ValueError, TypeError, KeyError, RecursionError):
            found.append(Finding(day.isoformat(), source, number, "is no record"))
            continue
        if taken > day or (taken < day and not begins):
            what = f"was taken in on another day, {taken}"
        elif last is not None and told <= last:
            what = f"has number {told} after {last}"
        last = told
        if what:
            found.append(Finding(day.isoformat(), source, number, what))
        if len(found) >= _SHOWN:
            break
    return found


def _number(written: str) -> int:
    """A whole number, if it is one that does not have to stand as a string."""
    found = int(written)
    if abs(found) >= EXACT:
        raise ValueError(f"{written} stands as a string")
    return found


_read = json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_number).raw_decode


def sound(seal: Seal, content: bytes) -> bool:
    """Whether nothing is wrong with any line of a segment; False also where only a look at each can tell.

    Much faster than that look: lines are read one after another, and written many at once. Where a line
    ended within a record, a comma too many stands.
    """
    days: set[str] = set()
    last = -1
    try:
        for records, there in _blocks(content.decode()):
            numbers = [record["id"] for record in records]
            days |= {record["taken"][:10] for record in records}
            if {*map(type, numbers)} != {int} or not all(map(lt, [last, *numbers], numbers)):
                return False
            last = numbers[-1]
            written = json.dumps(records, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            if written[1:-1].replace("\x7f", "\\u007f") != there.replace("\n", ","):
                return False
        told = {date.fromisoformat(each) for each in days}
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
    return max(told, default=seal.day) <= seal.day if seal.previous == GENESIS else told <= {seal.day}


def _blocks(text: str) -> Iterator[tuple[list[Any], str]]:
    """Some records, and the text from which they were read, without the last line's end."""
    at = 0
    while at < len(text):
        begin = at
        records: list[Any] = []
        while at < len(text) and len(records) < _BLOCK:
            record, at = _read(text, at)
            if text[at : at + 1] != "\n":
                raise ValueError("more than a record in a line")
            records.append(record)
            at += 1
        yield records, text[begin : at - 1]
