"""`congvu seal`: seal the days that are over, and send the seals off this host. A timer runs it.

A day that was missed is made up for, in its order. A seal that could not be handed to Postfix is sent with
the next run. `--show` prints the seals for whoever fetches them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import clock, store
from congvu.chain import Pseudonyms
from congvu.letters import Letter, Sender, mail
from congvu.services import signing
from congvu.services.remind import handed_over
from congvu.store import chain

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

SETTINGS = Path("/etc/congvu/seal.json")
KEYS = Path("/var/lib/congvu/keys")
ROLE = "congvu_seal"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the role `seal` writes. ``recipients``: addresses out of the administrator's reach."""

    database: dict[str, str]
    host: str
    organisation: str
    domain: str
    recipients: list[str] = field(default_factory=list)


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "seal",
        help="seal the days that are over",
        description="Seals every day that is over and has no seal, and sends them to those who keep them.",
    )
    parser.add_argument("--show", action="store_true", help="print the seals as JSON instead")
    parser.add_argument("--since", type=date.fromisoformat, default=date.min, metavar="DAY")
    parser.add_argument("--settings", type=Path, default=SETTINGS, metavar="FILE")
    parser.add_argument("--keys", type=Path, default=None, metavar="DIR", help=argparse.SUPPRESS)
    parser.add_argument("--sendmail", nargs="+", default=(), help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    settings = Settings(**json.loads(args.settings.read_text("utf-8")))
    if args.show:
        with store.connect(**settings.database) as db:
            print(json.dumps(shown(chain.seals(db, args.since, date.max))))
        return 0
    keys = args.keys or Path(os.environ.get("CREDENTIALS_DIRECTORY", KEYS))
    pseudonyms = Pseudonyms((keys / "pseudonym.key").read_bytes())
    while (found := seal_next(settings, keys / "seal.key", pseudonyms)) is not None:
        print(found)
    return send(settings, args.sendmail)


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


def send(settings: Settings, sendmail: Sequence[str]) -> int:
    """Hand over what its recipients have not got; the exit status."""
    # A seal that never leaves guards nothing: whoever answers for the system hears when it comes back.
    command = sendmail or ("/usr/sbin/sendmail", "-i", "-f", f"postmaster@{settings.domain}", "--")
    with store.connect(role=ROLE, **settings.database) as db:
        due = chain.copies_due(db, settings.recipients)
    failed = 0
    for each, recipient in due:
        if not handed_over(letter(each, recipient, settings), recipient, command):
            failed += 1
            continue
        with store.connect(role=ROLE, **settings.database) as db:
            chain.record_copy(db, each.day, recipient)
    if failed:
        print(f"{failed} seals could not be handed to Postfix; they are tried again", file=sys.stderr)
    return 2 if failed else 0


def letter(kept: chain.Kept, recipient: str, settings: Settings) -> EmailMessage:
    """The seal as mail: what to do with it, the text and the signature beside it."""
    day = kept.day.strftime("%d/%m/%Y")
    made = mail(
        Letter(
            name="",
            address=recipient,
            subject=f"Niêm phong bằng chứng ngày {day} ({settings.host})",
            body=f"""
                Kính gửi: Người lưu giữ niêm phong

                Kèm theo thư này là niêm phong bằng chứng ngày {day} của máy chủ {settings.host},
                gồm tệp văn bản và tệp chữ ký số. Đề nghị lưu giữ thư này, không cần thao tác gì thêm.
                Khi kiểm tra báo cáo quý, niêm phong đang lưu giữ được so với niêm phong trong gói bằng
                chứng; nếu hai bản khác nhau thì dữ liệu đã bị sửa đổi sau khi niêm phong.

                Mã băm SHA-256 của tệp văn bản:
                {kept.head}

                Dấu vân tay của khóa ký:
                {signing.fingerprint(kept.signer)}
                """,
            about=f"seal {settings.host} {kept.day} {kept.head} {recipient}",
        ),
        Sender(settings.organisation, settings.domain, ""),
        clock.local(clock.now()),
    )
    made.add_attachment(kept.body.encode(), "application", "octet-stream", filename=f"{kept.day}.txt")
    made.add_attachment(
        kept.signature.encode(), "application", "octet-stream", filename=f"{kept.day}.txt.sig"
    )
    return made
