"""Reads the journal by `journalctl`: what a broken journal file does to that process, it does to no other.

An entry is the JSON object of `journalctl -o json`. What is longer than a page is null there. What journalctl
complains of goes to standard error, hence to the journal itself.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from congvu.errors import UserError

Entry = dict[str, Any]

_FIELDS = "MESSAGE,SYSLOG_IDENTIFIER,_SYSTEMD_UNIT,_HOSTNAME,_UID"
_READ = 256 * 1024


class Journal:
    """The entries that ``matches`` select, of this host or of the files in ``directory``."""

    def __init__(self, matches: Sequence[str], directory: str | None = None) -> None:
        self.matches = matches
        files = () if directory is None else (f"--directory={directory}",)
        self._command = ("journalctl", "--quiet", "--output=json", f"--output-fields={_FIELDS}", *files)

    def holds(self, cursor: str) -> bool:
        """Whether the entry of a cursor is still there."""
        found = self._some(f"--cursor={cursor}", "--lines=1")
        return any(entry.get("__CURSOR") == cursor for entry in found)

    def has(self, match: str) -> bool:
        """Whether there is any entry that another match selects."""
        return any(self._some("--lines=1", match))

    def between(self, since: datetime, until: datetime, matches: Sequence[str]) -> Iterator[Entry]:
        """The entries of a length of time that other matches select."""
        yield from self._some(
            f"--since=@{since.timestamp():.6f}", f"--until=@{until.timestamp():.6f}", *matches
        )

    def follow(self, cursor: str) -> Following:
        """All entries from that of the cursor on (empty: all), and those that come, until it is closed.

        Where that entry is gone, it begins with the next one. (`--after-cursor` would pass that one over.)
        """
        begin = (f"--cursor={cursor}",) if cursor else ()
        return Following((*self._command, "--follow", "--no-tail", *begin, *self.matches))

    def _some(self, *arguments: str) -> Iterator[Entry]:
        with subprocess.Popen([*self._command, *arguments], stdout=subprocess.PIPE) as child:
            for line in child.stdout or ():
                yield from _entries([line])


class Following:
    """A journalctl that goes on; a context manager, which ends it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._pipe, theirs = os.pipe()
        self._child = subprocess.Popen(command, stdout=theirs)
        os.close(theirs)
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.kill()
        self._child.wait()
        os.close(self._pipe)

    def next(self, seconds: float) -> list[Entry]:
        """What came within so many seconds, at once when there is some. UserError: journalctl ended."""
        if not select.select([self._pipe], [], [], seconds)[0]:
            return []
        piece = os.read(self._pipe, _READ)
        if not piece:
            raise UserError(f"journalctl ended with status {self._child.wait()}")
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return _entries(lines)


def _entries(lines: Sequence[bytes]) -> list[Entry]:
    """Each an object; of a line that is none, one without fields, which is counted as not understood."""
    found: list[Entry] = []
    for line in lines:
        try:
            read: Any = json.loads(line)
        except ValueError:
            read = {}
        found.append(dict(read) if isinstance(read, Mapping) else {})
    return found
