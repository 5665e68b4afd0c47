"""`congvu notify`: tell people by mail what concerns them and cannot wait for the morning.

By a timer, and at once by whoever has just caused such a thing.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from congvu.chain.letter import Copy, letter
from congvu.notices import Odd, Opened, message, report_letter
from congvu.services import post
from congvu.store import Store, break_glass, chain, odd_use, reporting

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


NOTICE, WARNING = "<5>", "<4>"  # how the journal is told the level of a line


def add_parser(subparsers: Subparsers) -> None:
    about = "tell people by mail of access to their mailbox, granted or odd, and send seals and reports"
    post.add_options(subparsers.add_parser("notify", help=about))


def run(args: argparse.Namespace) -> int:
    settings = post.settings(args)
    # A seal that never arrives guards nothing: whoever answers for the system hears when it comes back, as
    # of a report.
    back = [f"postmaster@{settings.domain}" if word == "<>" else word for word in args.sendmail]

    def copies(db: Store) -> list[Copy]:
        return chain.copies_due(db, settings.seal_recipients)

    outcomes = {
        "notices": post.send(settings, args.sendmail, due, message, record),
        "seals": post.send(settings, back, copies, letter, chain.record_copy),
        "reports": post.send(settings, back, reporting.copies_due, report_letter, reporting.record_copy),
    }
    for name, outcome in outcomes.items():
        if outcome.sent or outcome.failed:
            print(f"{NOTICE}{outcome.sent} {name} sent")
        if outcome.failed:
            left = f"{WARNING}{outcome.failed} {name} could not be handed to Postfix"
            print(f"{left}; they are tried again", file=sys.stderr)
    return 2 if any(outcome.failed for outcome in outcomes.values()) else 0


def due(db: Store) -> list[Opened | Odd]:
    return [*break_glass.notices_due(db), *odd_use.notices_due(db)]


def record(db: Store, sent: Opened | Odd) -> None:
    if isinstance(sent, Odd):
        odd_use.record_notice(db, sent)
    else:
        break_glass.record_notice(db, sent)
