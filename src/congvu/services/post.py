"""Mail that services send in the system's name.

Each mail is handed to Postfix before it is recorded: a run that is killed in between sends one again, and
loses none.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol, TypeVar

from congvu import clock, store
from congvu.letters import Sender
from congvu.store import Store

_SETTINGS = Path("/etc/congvu/reminders.json")
# Nobody is told when one cannot be delivered: the sender reads no mail.
_SENDMAIL = ("/usr/sbin/sendmail", "-i", "-f", "<>", "--")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the role `reminders` writes. ``page``: of the passwords; ``seal_recipients``: elsewhere."""

    organisation: str
    domain: str
    page: str
    database: dict[str, str]
    seal_recipients: list[str] = field(default_factory=list)


class Addressed(Protocol):
    """What somebody is to be told."""

    @property
    def address(self) -> str: ...


Due = TypeVar("Due", bound=Addressed)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many mails were sent, and how many Postfix did not take."""

    sent: int
    failed: int


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", type=Path, default=_SETTINGS, metavar="FILE")
    parser.add_argument("--sendmail", nargs="+", default=_SENDMAIL, help=argparse.SUPPRESS)


def settings(args: argparse.Namespace) -> Settings:
    return Settings(**json.loads(args.settings.read_text("utf-8")))


def send(
    given: Settings,
    sendmail: Sequence[str],
    read: Callable[[Store], Sequence[Due]],
    write: Callable[[Due, Sender, datetime], EmailMessage],
    record: Callable[[Store, Due], None],
) -> Outcome:
    """Send all that is due. ``read`` asks the directory what is, ``record`` tells it of each that is sent."""
    sender = Sender(given.organisation, given.domain, given.page)
    with store.connect(role="congvu_reminder", **given.database) as db:
        due = read(db)
    sent = 0
    for each in due:
        if handed_over(write(each, sender, clock.local(clock.now())), each.address, sendmail):
            with store.connect(role="congvu_reminder", **given.database) as db:
                record(db, each)
            sent += 1
    return Outcome(sent, len(due) - sent)


def handed_over(mail: EmailMessage, address: str, sendmail: Sequence[str]) -> bool:
    """Whether Postfix took it."""
    return subprocess.run([*sendmail, address], input=mail.as_bytes(), check=False).returncode == 0
