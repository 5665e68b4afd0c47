"""Journal files for tests, made by systemd's own program, and entries as journalctl gives them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

REMOTE = "/usr/lib/systemd/systemd-journal-remote"
BOOT = "9e13de7a15133e067dcc6ceae5b3efe8"
BEGAN = 1_795_684_178_000_000  # microseconds: 2026-11-26 09:09:38 UTC
BOOTED = BEGAN - 300 * 86_400_000_000


class Writing:
    """Adds entries to a journal file in a folder; a context manager, after which all of them are there."""

    def __init__(self, folder: Path, name: str = "system") -> None:
        self._child = subprocess.Popen(
            [REMOTE, "--output", str(folder / f"{name}.journal"), "-"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        told = self._child.communicate()[1]
        assert self._child.returncode == 0, told.decode()

    def add(self, number: int, message: str | bytes, **fields: str) -> None:
        """An entry `number` milliseconds after the beginning."""
        self.say(BEGAN + 1000 * number, message, **fields)

    def say(self, at: int, message: str | bytes, **fields: str) -> None:
        """An entry of a moment, in microseconds."""
        head = {
            "__REALTIME_TIMESTAMP": str(at), "__MONOTONIC_TIMESTAMP": str(at - BOOTED), "_BOOT_ID": BOOT,
            "_HOSTNAME": "mail", "_UID": "0", **fields,
        }  # fmt: skip
        body = message.encode() if isinstance(message, str) else message
        lines = [f"{name}={value}\n".encode() for name, value in head.items()]
        binary = b"MESSAGE\n" + len(body).to_bytes(8, "little") + body + b"\n"
        assert self._child.stdin is not None
        self._child.stdin.write(b"".join(lines) + binary + b"\n")
        self._child.stdin.flush()

    def login(self, number: int, login: str | None = None) -> None:
        """A login with its own session, as Dovecot's exporter tells it."""
        self.add(number, exported(session=f"S{number}", user=login or f"n{number % 50}@{DOMAIN}"), **DOVECOT)


DOMAIN = "snv.binhdinh.test"
DOVECOT = {"_SYSTEMD_UNIT": "dovecot.service", "SYSLOG_IDENTIFIER": "dovecot"}


def exported(event: str = "auth_request_finished", **fields: Any) -> str:
    """A line of Dovecot's exporter; by itself a login at 993."""
    if event == "auth_request_finished":
        fields = {"success": "yes", "protocol": "imap", "remote_ip": "203.0.113.9", **fields}
    return "stats: " + json.dumps({"event": event, "hostname": "mail", "fields": fields})


def entry(message: object, **fields: Any) -> Mapping[str, Any]:
    """An entry as `journalctl -o json` gives it."""
    return {
        "__REALTIME_TIMESTAMP": str(BEGAN),
        "_HOSTNAME": "mail",
        "_UID": "0",
        "MESSAGE": message,
        **fields,
    }


def own_host() -> str:
    return os.uname().nodename
