"""`congvu inventory`: what is in a box, for the handover to its next head. Changes nothing."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from congvu.services.filters import doveadm, filters

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "inventory",
        help="say what is in a mailbox",
        description="On the host of the mail store: prints as JSON the folders of a mailbox with their "
        "messages, unread, bytes, oldest and newest, and its filters with where they forward mail. No "
        "message's content is read.",
    )
    parser.add_argument("address")


def run(args: argparse.Namespace) -> int:
    print(json.dumps(inventory(args.address), ensure_ascii=False, indent=1))
    return 0


def inventory(address: str) -> dict[str, Any]:
    """Folders and filters of a mailbox. Raises UserError when the store does not say."""
    rows = json.loads(doveadm("-f", "json", "mailbox", "status", "-u", address, "messages unseen vsize", "*"))
    saved = json.loads(doveadm("-f", "json", "fetch", "-u", address, "mailbox date.saved.unixtime", "ALL"))
    moments: dict[str, list[int]] = {}
    for message in saved:
        moments.setdefault(message["mailbox"], []).append(int(message["date.saved.unixtime"]))
    folders = [
        {
            "name": row["mailbox"],
            "messages": int(row["messages"]),
            "unread": int(row["unseen"]),
            "bytes": int(row["vsize"]),
            **_span(moments.get(row["mailbox"], [])),
        }
        for row in sorted(rows, key=lambda each: (each["mailbox"] != "INBOX", each["mailbox"]))
    ]
    return {"address": address, "folders": folders, "filters": filters(address)}


def _span(moments: list[int]) -> dict[str, str | None]:
    """When the first and the last message of a folder came into it (UTC)."""
    if not moments:
        return {"oldest": None, "newest": None}
    first, last = (datetime.fromtimestamp(each, UTC).isoformat() for each in (min(moments), max(moments)))
    return {"oldest": first, "newest": last}
