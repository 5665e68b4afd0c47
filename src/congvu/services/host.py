"""What Ansible's modules need on the host beside the rules and the store."""

from __future__ import annotations

import csv
import getpass
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from congvu.errors import UserError

# Made by the role `password_service`; only root reads it.
FINGERPRINT_KEY = "/var/lib/congvu/keys/fingerprint.key"


def actor() -> str:
    """Who is at work: the person behind sudo, else the account."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def read(path: str, most: int = -1) -> bytes:
    """A staged file, or its first ``most`` bytes. Raises UserError when it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The rows as CSV in UTF-8."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([headings, *rows])
    return text.getvalue().encode()


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that only root reads; it is on disk on return. UserError, also if it is there.

    It comes before the end of its transaction: who cannot be told a password must not get one.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from error
