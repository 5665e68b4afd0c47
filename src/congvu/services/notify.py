"""`congvu notify`: tell people by mail what concerns them and cannot wait for the morning.

By a timer, and at once by whoever has just caused such a thing.

Each mail is handed to Postfix before it is recorded: a run that is killed in between sends one again, and
loses none.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import clock, store
from congvu.chain.letter import letter
from congvu.letters import Sender
from congvu.notices import Odd, Opened, message
from congvu.services.remind import SENDMAIL, SETTINGS, Settings, handed_over
from congvu.store import Store, break_glass, chain, odduse

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


NOTICE, WARNING = "<5>", "<4>"  # how the journal is told the level of a line


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "notify", help="tell people by mail of access to their mailbox, and send the seals away"
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
    failed += send_seals(settings, args.sendmail)
    if due:
        print(f"{NOTICE}{len(due) - failed} notices sent")
    if failed:
        print(
            f"{WARNING}{failed} notices could not be handed to Postfix; they are tried again", file=sys.stderr
        )
    return 2 if failed else 0


def send_seals(settings: Settings, sendmail: Sequence[str]) -> int:
    """Send each seal to those who keep it; how many could not be handed over."""
    sender = Sender(settings.organisation, settings.domain, settings.page)
    # A seal that never arrives guards nothing: whoever answers for the system hears when it comes back.
    command = [f"postmaster@{settings.domain}" if word == "<>" else word for word in sendmail]
    with store.connect(role="congvu_reminder", **settings.database) as db:
        due = chain.copies_due(db, settings.seal_recipients)
    failed = 0
    for each, recipient in due:
        seal = (each.day, each.body, each.signature, each.signer)
        if not handed_over(letter(seal, recipient, sender, clock.local(clock.now())), recipient, command):
            failed += 1
            continue
        with store.connect(role="congvu_reminder", **settings.database) as db:
            chain.record_copy(db, each.day, recipient)
        print(f"{NOTICE}the seal of {each.day} is on its way to {recipient}")
    return failed


def record(db: Store, sent: Opened | Odd) -> None:
    if isinstance(sent, Odd):
        odduse.record_notice(db, sent)
    else:
        break_glass.record_notice(db, sent)
