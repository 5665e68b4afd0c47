"""`congvu remind`: remind by mail whoever's password is due. A timer runs it once each morning.

Each mail is handed to Postfix before it is recorded: a run that is killed in between sends one again, and
loses none.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import clock, store
from congvu.letters import Sender
from congvu.reminders import message
from congvu.store.reminders import record_reminder, reminders_due

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

SETTINGS = Path("/etc/congvu/reminders.json")
# Nobody is told when one cannot be delivered: the sender reads no mail.
SENDMAIL = ("/usr/sbin/sendmail", "-i", "-f", "<>", "--")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the role `reminders` writes. ``page``: of the passwords; ``seal_recipients``: elsewhere."""

    organisation: str
    domain: str
    page: str
    database: dict[str, str]
    seal_recipients: list[str] = field(default_factory=list)


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("remind", help="remind by mail whoever's password is due")
    parser.add_argument("--settings", type=Path, default=SETTINGS, metavar="FILE")
    parser.add_argument("--sendmail", nargs="+", default=SENDMAIL, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    settings = Settings(**json.loads(args.settings.read_text("utf-8")))
    sender = Sender(settings.organisation, settings.domain, settings.page)
    with store.connect(role="congvu_reminder", **settings.database) as db:
        due = reminders_due(db)
    failed = 0
    for each in due:
        mail = message(each, sender, clock.local(clock.now()))
        if not handed_over(mail, each.address, args.sendmail):
            failed += 1
            continue
        with store.connect(role="congvu_reminder", **settings.database) as db:
            record_reminder(db, each)
    print(f"{len(due) - failed} reminders sent")
    if failed:
        print(f"{failed} reminders could not be handed to Postfix; they are tried again", file=sys.stderr)
    return 2 if failed else 0


def handed_over(mail: EmailMessage, address: str, sendmail: Sequence[str]) -> bool:
    """Hand a mail to Postfix; whether it took it."""
    return subprocess.run([*sendmail, address], input=mail.as_bytes(), check=False).returncode == 0
