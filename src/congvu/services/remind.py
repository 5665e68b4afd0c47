"""`congvu remind`: remind by mail whoever's password is due. A timer runs it once each morning."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from congvu.reminders import message
from congvu.services import post
from congvu.store.reminders import record_reminder, reminders_due

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    post.add_options(subparsers.add_parser("remind", help="remind by mail whoever's password is due"))


def run(args: argparse.Namespace) -> int:
    outcome = post.send(post.settings(args), args.sendmail, reminders_due, message, record_reminder)
    print(f"{outcome.sent} reminders sent")
    if outcome.failed:
        left = f"{outcome.failed} reminders could not be handed to Postfix"
        print(f"{left}; they are tried again", file=sys.stderr)
    return 2 if outcome.failed else 0
