"""`congvu notify`: tell people by mail what concerns them and cannot wait for the morning.

By a timer, and at once by whoever has just caused such a thing.

Each mail is handed to Postfix before it is recorded: a run that is killed in between sends one again, and
loses none.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import clock, store
from congvu.letters import Sender
from congvu.notices import Odd, Opened, message
from congvu.services.remind import SENDMAIL, SETTINGS, Settings, handed_over
from congvu.store import Store, break_glass, odduse

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


NOTICE, WARNING = "<5>", "<4>"  # how the journal is told the level of a line


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "notify", help="tell people by mail of access to their mailbox, granted or odd"
    )
    parser.add_argument("--settings", type=Path, default=SETTINGS, metavar="FILE")
    parser.add_argument("--sendmail", nargs="+", default=SENDMAIL, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    settings = Settings(**json.loads(args.settings.read_text("utf-8")))
    sender = Sender(settings.organisation, settings.domain, settings.page)
    with store.connect(role="congvu_reminder", **settings.database) as db:
        due: list[Opened | Odd] = [*break_glass.notices_due(db), *odduse.notices_due(db)]
    failed = 0
    for each in due:
        mail = message(each, sender, clock.local(clock.now()))
        if not handed_over(mail, each.address, args.sendmail):
            failed += 1
            continue
        with store.connect(role="congvu_reminder", **settings.database) as db:
            record(db, each)
    if due:
        print(f"{NOTICE}{len(due) - failed} notices sent")
    if failed:
        print(
            f"{WARNING}{failed} notices could not be handed to Postfix; they are tried again", file=sys.stderr
        )
    return 2 if failed else 0


def record(db: Store, sent: Opened | Odd) -> None:
    if isinstance(sent, Odd):
        odduse.record_notice(db, sent)
    else:
        break_glass.record_notice(db, sent)
