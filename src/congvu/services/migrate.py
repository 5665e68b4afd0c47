"""`congvu migrate`: bring the database to this package's schema, and put the policy in force."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import store
from congvu.policy import read_json
from congvu.services.host import actor

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "migrate",
        help="bring the database up to date",
        description="Applies the migrations that are missing and puts the policy in force, in one "
        "transaction. Prints the steps taken, or 'unchanged'.",
    )
    parser.add_argument("--policy", type=Path, help="the resolved policy, /etc/congvu/policy.json")
    parser.add_argument("--host", default="/run/postgresql", help="directory of the socket, or a host")
    parser.add_argument("--database", default="congvu")
    parser.add_argument("--check", action="store_true", help="print the steps that would be taken")


def run(args: argparse.Namespace) -> int:
    policy = read_json(args.policy) if args.policy else None
    with store.connect(args.host, args.database, "congvu_owner") as db:
        steps = store.migrate(db, policy, actor())
        if args.check:
            db.undo()
    print("\n".join(steps) or "unchanged")
    return 0
