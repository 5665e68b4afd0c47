"""Reads the journal by `journalctl`, a process of its own: what a broken journal file does to it, it does to no other.

An entry is the JSON object of `journalctl -o json`. What is longer than a page is null there.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
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
        # It ends with whoever asked, however that ends.
        alone = ("setpriv", "--pdeathsig=KILL", "journalctl")
        self._command = (*alone, "--quiet", "--output=json", f"--output-fields={_FIELDS}", *files)

    def holds(self, cursor: str) -> bool:
        """Whether the entry of a cursor is still there; where it is not, the journal was cleared or rotated away."""
        found = self._some(f"--cursor={cursor}", "--lines=1")
        return any(entry.get("__CURSOR") == cursor for entry in found)

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
        with subprocess.Popen(
            [*self._command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as child:
            assert child.stdout is not None and child.stderr is not None
            for line in child.stdout:
                yield from _entries([line])
            told = child.stderr.read().decode(errors="replace").strip()
        if child.returncode and told:
            raise UserError(f"the journal cannot be read: {told}")


class Following:
    """A journalctl that goes on; a context manager, which ends it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self._child.stdout is not None
        self._pipe = self._child.stdout.fileno()
        self._rest = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pipe, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._selector.close()
        with suppress(ProcessLookupError):
            self._child.kill()
        self._child.communicate()

    def next(self, seconds: float) -> list[Entry]:
        """What came within so many seconds, at once when there is some; empty: nothing. UserError: it ended."""
        if not self._selector.select(seconds):
            return []
        piece = os.read(self._pipe, _READ)
        if not piece:
            assert self._child.stderr is not None
            told = self._child.stderr.read(500).decode(errors="replace").strip()
            raise UserError(f"journalctl ended: {told or f'status {self._child.wait()}'}")
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return _entries(lines)


def _entries(lines: Sequence[bytes]) -> list[Entry]:
    """Each an object; a line that is none is one without a field, so that it is counted and not lost silently."""
    found: list[Entry] = []
    for line in lines:
        try:
            read: Any = json.loads(line)
        except ValueError:
            read = {}
        found.append(dict(read) if isinstance(read, Mapping) else {})
    return found
