"""`congvu remind`: remind by mail whoever's password is due, or whose quarterly statements are missing.

A timer runs it once each morning.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from congvu import chase, reminders
from congvu.policy import read_json
from congvu.services import post
from congvu.store import Store
from congvu.store.reminders import (
    record_reminder,
    record_statement_reminder,
    reminders_due,
    statements_missing,
)

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    about = "remind by mail whoever's password is due, or whose quarterly statements are missing"
    parser = subparsers.add_parser("remind", help=about)
    parser.add_argument("--policy", type=Path, default=Path("/etc/congvu/policy.json"))
    post.add_options(parser)


def run(args: argparse.Namespace) -> int:
    failed = 0
    for name, outcome in _outcomes(args):
        print(f"{outcome.sent} {name} sent")
        if outcome.failed:
            left = f"{outcome.failed} {name} could not be handed to Postfix"
            print(f"{left}; they are tried again", file=sys.stderr)
        failed += outcome.failed
    return 2 if failed else 0


def _outcomes(args: argparse.Namespace) -> Iterator[tuple[str, post.Outcome]]:
    """The passwords first: they need no policy, which may be unreadable."""
    given = post.settings(args)
    due = post.send(given, args.sendmail, reminders_due, reminders.message, record_reminder)
    yield "reminders", due

    policy = read_json(args.policy)
    signing = replace(given, page=urljoin(given.page, chase.PAGE))

    def missing(db: Store) -> list[chase.Missing]:
        return statements_missing(db, policy)

    sent = post.send(signing, args.sendmail, missing, chase.message, record_statement_reminder)
    yield "reminders of statements", sent
