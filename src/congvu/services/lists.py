"""`congvu lists`: Postfix hands it a message for a mailing list, and it goes to the members or the moderator.

Exit status as Postfix's pipe(8) takes it (sysexits.h): 0 done, 75 try again later, others come back to the
sender.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import clock, store
from congvu.mailinglists import header_of, request, went_through
from congvu.store.lists import route

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

SETTINGS = Path("/etc/congvu/lists.json")
SENDMAIL = "/usr/sbin/sendmail"


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("lists", help="hand out a message for a mailing list (Postfix runs it)")
    parser.add_argument("--settings", type=Path, default=SETTINGS, metavar="FILE")
    parser.add_argument("--sendmail", default=SENDMAIL, help=argparse.SUPPRESS)
    parser.add_argument("--sender", required=True, help="of the envelope; empty for a bounce")
    parser.add_argument("list", help="the list's address")


def run(args: argparse.Namespace) -> int:
    address, sender = args.list.lower(), args.sender.lower()
    content = sys.stdin.buffer.read()
    try:
        database = json.loads(args.settings.read_text("utf-8"))["database"]
        with store.connect(role="congvu_list", **database) as db:
            way = route(db, address, sender)
    except (OSError, store.StoreError) as error:
        print(f"4.3.0 the directory cannot be asked: {error}", file=sys.stderr)
        return os.EX_TEMPFAIL
    if way is None:
        print("5.1.1 no such list", file=sys.stderr)
        return os.EX_NOUSER
    if went_through(content.partition(b"\n\n")[0], address):
        print("5.4.6 the list has handed out this message before", file=sys.stderr)
        return os.EX_UNAVAILABLE
    if sender and way.accepted:
        # What comes back is a bounce, hence for the moderator.
        command = [args.sendmail, "-i", "-f", address, "--", *way.members]
        mail = header_of(address) + content
    elif way.moderator:
        # Whoever waits for an answer is told when the moderator's mailbox is full.
        command = [args.sendmail, "-i", "-f", sender or "<>", "--", way.moderator]
        mail = request(content, sender, way.moderator, (address, way.name), clock.local(clock.now()))
    else:
        print("4.3.5 nobody decides about mail to this list", file=sys.stderr)
        return os.EX_TEMPFAIL
    if sender and way.accepted and not way.members:
        return os.EX_OK
    return os.EX_OK if subprocess.run(command, input=mail, check=False).returncode == 0 else os.EX_TEMPFAIL
