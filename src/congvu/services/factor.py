"""`congvu factor ADDRESS --remove REASON`: for somebody who lost the device that shows their codes."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from congvu import store
from congvu.errors import UserError
from congvu.services import host
from congvu.store.second_factor import remove_factor

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "factor",
        help="end the second factor of somebody who lost the device",
        description="Ends a second factor and every app password with it, puts that on record, and ends the "
        "mail sessions. Make sure of the person first, by another way than mail.",
    )
    parser.add_argument("address", help="the whole address")
    parser.add_argument("--remove", metavar="REASON", required=True, help="why; kept on record")
    parser.add_argument("--host", default="/run/postgresql", help="directory of the socket, or a host")
    parser.add_argument("--database", default="congvu")


def run(args: argparse.Namespace) -> int:
    if not args.remove.strip():
        raise UserError("say why: --remove 'lost the phone, identity seen by ...'")
    with store.connect(args.host, args.database) as db:
        removed = remove_factor(db, args.address, host.actor(), args.remove.strip())
        if not removed:
            db.undo()
    if not removed:
        raise UserError(f"{args.address} has no second factor; write the whole address")
    print(f"{args.address}: the second factor and its app passwords are gone; only the password is asked for")
    return 0
