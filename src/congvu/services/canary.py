"""`congvu canary`: send mail to ourselves, inside and by way of the outside, and write down what arrives.

A timer runs it. A message is on record before it is sent, so that one that is lost is known to be. What lies
in the canary's mailbox is counted and removed, whoever sent it: the mailbox is nobody's. What has not come
back when the run ends is counted by the next.
"""

from __future__ import annotations

import argparse
import email
import json
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import canary as rules
from congvu import clock, store
from congvu.errors import UserError
from congvu.services import post
from congvu.store import canary

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

SETTINGS = Path("/etc/congvu/canary.json")
SENDMAIL = ("/usr/sbin/sendmail", "-i")
PATIENCE = 30.0  # seconds in which nearly all come back
ROLE = "congvu_canary"
_NAME = re.compile(r"(\d+)\.M(\d+)")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the role `canary` writes. ``box``: its Maildir; ``echoes``: outside addresses that answer."""

    database: dict[str, str]
    box: str
    echoes: list[str] = field(default_factory=list)


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("canary", help="see that mail arrives, inside and from outside")
    parser.add_argument(
        "--declare", metavar="ADDRESS", help="give it this address of its own, and send nothing"
    )
    parser.add_argument("--check", action="store_true", help="with --declare: only say what would be done")
    parser.add_argument("--settings", type=Path, default=SETTINGS, metavar="FILE")
    parser.add_argument("--sendmail", nargs="+", default=SENDMAIL, help=argparse.SUPPRESS)
    parser.add_argument("--patience", type=float, default=PATIENCE, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    settings = Settings(**json.loads(args.settings.read_text("utf-8")))
    if args.declare:
        with store.connect(**settings.database) as db:
            other = canary.address(db) != args.declare
            if other and not args.check:
                canary.declare(db, args.declare, "congvu canary")
            print("changed" if other else "unchanged")
        return 0
    with store.connect(role=ROLE, **settings.database) as db:
        canary.expire(db)
        own = canary.address(db)
    if own is None:
        raise UserError("the canary has no address; the role `canary` declares one")
    box = Path(settings.box)
    count(settings, box)  # first: what came back since the last run came at its own time
    sent = [send(settings, args.sendmail, own, way, to) for way, to in ways(own, settings.echoes)]
    until = time.monotonic() + args.patience
    while (missing := waiting(settings, sent)) and time.monotonic() < until:
        time.sleep(0.5)
        count(settings, box)
    print(f"{len(sent)} sent, {len(sent) - missing} arrived")
    return 0


def ways(own: str, echoes: list[str]) -> list[tuple[str, str]]:
    return [("inside", own), *(("outside", echo) for echo in echoes)]


def send(settings: Settings, sendmail: list[str], own: str, way: str, to: str) -> str:
    """Send one message; its token. That Postfix refuses it is a message that never arrives."""
    token = secrets.token_hex(16)
    with store.connect(role=ROLE, **settings.database) as db:
        canary.begin(db, token, way)
    mail = rules.message(token, own, to, clock.local(clock.now()))
    post.handed_over(mail, to, [*sendmail, "-f", own, "--"])
    return token


def waiting(settings: Settings, sent: list[str]) -> int:
    with store.connect(role=ROLE, **settings.database) as db:
        return canary.waiting(db, sent)


def count(settings: Settings, box: Path) -> None:
    """Write down which messages lie in the mailbox, each with the moment of its delivery, and remove them."""
    for path in messages(box):
        headers = email.message_from_bytes(path.read_bytes()).items()
        at = delivered_at(path)
        with store.connect(role=ROLE, **settings.database) as db:
            canary.arrived(db, rules.tokens((name, str(value)) for name, value in headers), at)
        path.unlink()


def delivered_at(path: Path) -> datetime:
    """When the store took a message: by the name of the file, whose own time may be in whole seconds."""
    named = _NAME.match(path.name)
    seconds = int(named[1]) + int(named[2]) / 1e6 if named else path.stat().st_mtime
    return datetime.fromtimestamp(seconds, UTC)


def messages(box: Path) -> Iterator[Path]:
    """Every message of a Maildir and its folders: the filter may have taken one for junk."""
    return (path for kind in ("new", "cur") for path in sorted(box.glob(f"**/{kind}/*")) if path.is_file())
