"""`congvu seal`: seal the days that are over. A timer runs it after midnight.

A day that was missed is made up for, in its order. `--show` prints the seals for whoever keeps them off this
host; `--keep` is what they do with it. By mail the seals are sent by `congvu notify`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from congvu import store
from congvu.chain import Pseudonyms
from congvu.services import signing
from congvu.store import chain

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

SETTINGS = Path("/etc/congvu/seal.json")
KEYS = Path("/var/lib/congvu/keys")
ROLE = "congvu_seal"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the role `seal` writes. ``host``: its name, which stands in the seals."""

    database: dict[str, str]
    host: str


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "seal",
        help="seal the days that are over",
        description="Seals every day that is over and has no seal. Exit status of --keep: 0 kept, 3 a "
        "seal that was kept before is another by now.",
    )
    parser.add_argument("--show", action="store_true", help="print the seals as JSON instead")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="DIR",
        help="instead keep what --show has printed, and compare the rest",
    )
    parser.add_argument("--check", action="store_true", help="with --keep: only compare")
    parser.add_argument("--settings", type=Path, default=SETTINGS, metavar="FILE")
    parser.add_argument("--keys", type=Path, default=None, metavar="DIR", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    if args.keep:
        return keep(args.keep, json.load(sys.stdin), check=args.check)
    settings = Settings(**json.loads(args.settings.read_text("utf-8")))
    if args.show:
        with store.connect(**settings.database) as db:
            print(json.dumps(shown(chain.seals(db, date.min, date.max))))
        return 0
    keys = args.keys or Path(os.environ.get("CREDENTIALS_DIRECTORY", KEYS))
    pseudonyms = Pseudonyms((keys / "pseudonym.key").read_bytes())
    while (found := seal_next(settings, keys / "seal.key", pseudonyms)) is not None:
        print(found)
    return 0


def seal_next(settings: Settings, key: Path, pseudonyms: Pseudonyms) -> str | None:
    """Seal the oldest day that is over and not sealed, in its own transaction; what was done, if anything."""
    signer = signing.public(key)
    with store.connect(role=ROLE, **settings.database) as db:
        due = chain.unsealed(db)
        made = chain.close(db, due[0], settings.host, pseudonyms) if due else None
        if made is None:
            return None
        seal, marks = made
        chain.keep_seal(db, seal, marks, signing.sign(seal.text.encode(), key, signing.SEAL), signer)
    count = sum(each.lines for each in seal.segments.values())
    return f"{seal.day} is sealed with {count} records, head {seal.head}"


def shown(seals: Sequence[chain.Kept]) -> dict[str, object]:
    """Seals as they are fetched, with the keys that signed them."""
    return {
        "signers": signing.allowed([each.signer for each in seals]),
        "seals": [
            {"day": each.day.isoformat(), "body": each.body, "signature": each.signature} for each in seals
        ],
    }


def keep(folder: Path, told: Mapping[str, Any], *, check: bool) -> int:
    """Put seals beside those that are kept. What is there stays; where it is another by now, that is said."""
    if not told["seals"]:
        print("no day is sealed yet")
        return 0
    files = {"allowed_signers": str(told["signers"])}
    for each in told["seals"]:
        name = f"{date.fromisoformat(each['day'])}.txt"  # nothing but a day becomes a file's name
        files |= {name: str(each["body"]), f"{name}.sig": str(each["signature"])}
    differ = [f"{name} is not the one that was kept" for name, text in files.items()
              if (folder / name).exists() and (folder / name).read_text("utf-8") != text]  # fmt: skip
    gone = sorted({path.name for path in folder.glob("????-??-??.txt*")} - files.keys())
    differ += [f"{name} was kept, and the host does not have it any more" for name in gone]
    new = [name for name in files if not (folder / name).exists()]
    if not check:
        folder.mkdir(parents=True, exist_ok=True)
        for name in new:
            (folder / name).write_text(files[name], "utf-8")
    print(f"{len(new) // 2} seals {'would be ' if check else ''}kept" if len(new) > 1 else "unchanged")
    print("\n".join(differ), end="\n" if differ else "")
    return 3 if differ else 0
