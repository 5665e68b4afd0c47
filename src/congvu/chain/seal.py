"""Segments and seals. A seal is a text: what the day held, and the head of the day before.

The SHA-256 of the text is the day's head; the text of the next day names it. So each seal vouches for all
days before it, and whoever has one old seal in hand can tell whether the past was written anew.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

GENESIS = "0" * 64  # what the first seal names as the one before
PRINCIPAL = "congvu"
_HEX = "[0-9a-f]{64}"
_TEXT = re.compile(
    rf"congvu seal 1\nhost: (?P<host>\S+)\nday: (?P<day>\d{{4}}-\d\d-\d\d)\nprevious: (?P<previous>{_HEX})\n"
    rf"policy: (?P<policy>{_HEX})\n(?P<segments>(?:[a-z_]+ \d+ {_HEX} {_HEX}\n)*)"
)


@dataclass(frozen=True)
class Segment:
    """What a day holds of one source: how many lines, the digest of them all, and of their index."""

    lines: int
    sha256: str
    index_sha256: str


@dataclass(frozen=True)
class Seal:
    """What is signed. ``previous``: the head of the day before; ``policy``: its digest."""

    host: str
    day: date
    previous: str
    policy: str
    segments: Mapping[str, Segment]

    @property
    def text(self) -> str:
        told = (
            f"{name} {each.lines} {each.sha256} {each.index_sha256}\n"
            for name, each in sorted(self.segments.items())
        )
        return (
            f"congvu seal 1\nhost: {self.host}\nday: {self.day.isoformat()}\nprevious: {self.previous}\n"
            f"policy: {self.policy}\n{''.join(told)}"
        )

    @property
    def head(self) -> str:
        return head(self.text)

    @classmethod
    def read(cls, text: str) -> Seal | None:
        """The seal that has this text; None for any other."""
        match = _TEXT.fullmatch(text)
        try:
            day = date.fromisoformat(match["day"]) if match else None
        except ValueError:
            day = None
        if match is None or day is None:
            return None
        rows = (line.split(" ") for line in match["segments"].splitlines())
        segments = {name: Segment(int(count), *digests) for name, count, *digests in rows}
        found = cls(match["host"], day, match["previous"], match["policy"], segments)
        return found if found.text == text else None


def head(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(signer: str) -> str:
    """``SHA256:...`` of a public key, as ssh-keygen shows it. ``signer``: its kind and itself."""
    blob = base64.b64decode(signer.split()[1])
    return f"SHA256:{base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip('=')}"


def mark(line: bytes) -> bytes:
    """What a line is known by in the index of its segment: 8 bytes, enough to find it."""
    return hashlib.sha256(line).digest()[:8]


def index(marks: Iterable[bytes]) -> bytes:
    """The index as a file: a line of 16 hexadecimal digits for each line of the segment."""
    return b"".join(each.hex().encode() + b"\n" for each in marks)


def segment(written: Iterable[bytes]) -> tuple[Segment, bytes]:
    """The segment of these lines, and their marks one after another."""
    content, marks = hashlib.sha256(), bytearray()
    for line in written:
        content.update(line)
        marks += mark(line)
    table = index(split(bytes(marks)))
    return Segment(len(marks) // 8, content.hexdigest(), hashlib.sha256(table).hexdigest()), bytes(marks)


def split(marks: bytes) -> list[bytes]:
    """The marks that :func:`segment` gave, one by one."""
    return [marks[at : at + 8] for at in range(0, len(marks), 8)]
