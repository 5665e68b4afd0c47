"""`congvu boxes`: boxes are open to those who hold a role in them, and no longer than they do.

The mailbox of each unit or office gets the file of rights that Dovecot reads. It names the groups of the box,
one for each role, and so changes only with the policy; who is in a group is asked at login. A session keeps
what it had at login: the directory notes whose has to end (table session_end) in the transaction that takes
access away or changes the password, and here it is ended. The filters of a box end with its handover. A
personal mailbox has such a file as long as somebody else may read it (ADR 0017). Any other right, left by
`doveadm acl` or by hand, is taken out with a record of what it was, and the sessions that may use it end.
Whoever changes roles starts this at once; a timer every minute, for what was interrupted, for passwords that
were changed and for rights that end by date.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import store
from congvu.errors import UserError
from congvu.services import filters

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

RIGHTS = "dovecot-acl"
PATIENCE = 0.5  # seconds
OPENING = timedelta(seconds=5)  # after a key was proved its session may begin that late
READER, READING = "reader", "lr"  # who reads another person's mailbox, and nothing more
SERVING = ("imap", "managesieve")
NOTICE = "<5>"  # how the journal is told the level of a line


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "boxes",
        help="bring the mail store to what the directory says of roles in boxes",
        description="On the host of the mail store: writes the rights of each role into the boxes of units "
        "and offices, ends every session of those who lost a role or their access, and the filters of boxes "
        "that were handed over. Prints what it did.",
    )
    parser.add_argument("--host", default="/run/postgresql", help="directory of the socket, or a host")
    parser.add_argument("--database", default="congvu")
    parser.add_argument("--mail", type=Path, required=True, help="directory of all mailboxes")
    parser.add_argument("--owner", default="vmail", help="the account that owns them")
    parser.add_argument(
        "--right", action="append", required=True, metavar="ROLE=LETTERS", help="by the letters of RFC 4314"
    )


def run(args: argparse.Namespace) -> int:
    rights = dict(each.split("=", 1) for each in args.right)
    with store.connect(args.host, args.database) as db:
        with acting_as(args.owner):
            wanted = dict.fromkeys(db.boxes(), rights)
            opened = store.opened_boxes(db)
            once = {box: {READER: READING} for box in opened}
            wanted |= {box: once[box] for box, is_open in opened.items() if is_open}
            found = strangers(args.mail, once | wanted)
            for box, lines in found.items():
                db.record("congvu boxes", "rights.remove", box, {"found": lines})
            db.keep()  # first the record, then the act: whoever is interrupted records it twice
            for box, held in wanted.items():
                if grant(args.mail, box, held):
                    print(f"{NOTICE}rights in {box} written", file=sys.stderr)
            for box in (opened.keys() | found.keys()) - wanted.keys():
                if withdraw(args.mail, box):
                    print(f"{NOTICE}rights in {box} taken out", file=sys.stderr)
        end_strangers(found)
        store.settle_handovers(db, "congvu boxes")
        db.end_without_door(logins())
        store.settle_accesses(db, "congvu boxes")
        for login, since in db.ending_sessions():
            # How long ago by the directory's own clock: this host's may be another.
            count = kick(login, db.now() - since)
            print(f"{NOTICE}sessions of {login} ended: {count}", file=sys.stderr)
            db.session_ended(login, since)
        end_filters(db)
    return 0


def grant(mail: Path, box: str, rights: Mapping[str, str]) -> bool:
    """Write the rights of a box; whether they were others. The INBOX is made if no mail ever came.

    A folder has the INBOX's rights, or those that it had when the folder was made: they are renewed, too.
    """
    local, _, domain = box.partition("@")
    inbox = mail / domain / local / "Maildir"
    wanted = _text(box, rights)
    files = [file for file in rights_files(inbox) if _read(file) != wanted]
    if not files and (inbox / RIGHTS).exists():
        return False
    for part in ("cur", "new", "tmp"):
        (inbox / part).mkdir(mode=0o700, parents=True, exist_ok=True)
    # The INBOX last: whoever is interrupted begins again.
    for file in [*(each for each in files if each.parent != inbox), inbox / RIGHTS]:
        new = file.with_name(f"{RIGHTS}.new")
        new.write_text(wanted, "utf-8")
        new.chmod(0o600)
        new.rename(file)
    return True


def end_filters(db: store.Store) -> None:
    """End the filters of boxes that were handed over.

    UserError in the end when Dovecot refused: what was done stays done, and the rest is tried again.
    """
    refused = []
    for box in store.filters_due(db):
        try:
            ended = filters.end(box)
        except UserError as error:
            refused.append(str(error))
            continue
        print(f"{NOTICE}filters of {box} ended: {', '.join(ended) or 'none'}", file=sys.stderr)
        store.filters_ended(db, box, ended, "congvu boxes")
    if refused:
        db.keep()
        raise UserError("; ".join(refused))


def withdraw(mail: Path, box: str) -> bool:
    """Take all rights of others out of a person's mailbox; whether there were any.

    A folder that is made meanwhile may take over those of the INBOX, as long as it has some: hence once more.
    """
    local, _, domain = box.partition("@")
    inbox = mail / domain / local / "Maildir"
    files = rights_files(inbox)
    for file in [*files, *rights_files(inbox)] if files else []:
        file.unlink(missing_ok=True)
    return bool(files)


def strangers(mail: Path, granted: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """Rights that nobody granted, in all mailboxes there are: their lines, by box.

    A unit's box may still have the letters of an older policy: those are renewed, and no stranger's.
    """
    found: dict[str, list[str]] = {}
    for inbox in sorted(mail.glob("*/*/Maildir")):
        box = f"{inbox.parent.name}@{inbox.parent.parent.name}"
        known = tuple(f"group={box}:{role} " for role in granted.get(box, {}))
        for file in rights_files(inbox):
            text = _read(file)
            lines = ["(not to be read)"] if text is None else text.splitlines()
            if odd := [line for line in lines if not (known and line.startswith(known))]:
                found.setdefault(box, []).extend(odd)
    return found


def end_strangers(found: Mapping[str, list[str]]) -> None:
    """End the sessions of those whom rights that nobody granted named: of all where they named no user.

    A group of the box itself (of a unit that is closed) has nobody in it any more.
    """
    words = set()
    for box, lines in found.items():
        print(f"{NOTICE}rights that nobody granted in {box}: {'; '.join(lines)}", file=sys.stderr)
        words |= {line.split(" ")[0] for line in lines if not line.startswith(f"group={box}:")}
    users = {word.removeprefix("user=") for word in words if word.startswith("user=")}
    for login in users if len(users) == len(words) else logins():
        print(f"{NOTICE}sessions of {login} ended: {kick(login)}", file=sys.stderr)


def rights_files(inbox: Path) -> list[Path]:
    """The files of rights of a mailbox, the INBOX's last. Where messages lie, there are none."""
    files: list[Path] = []
    for folder, folders, names in os.walk(inbox):
        folders[:] = [each for each in folders if each not in ("cur", "new", "tmp")]
        if RIGHTS in names:
            files.insert(0, Path(folder, RIGHTS))
    return files


def _text(box: str, rights: Mapping[str, str]) -> str:
    return "".join(f"group={box}:{role} {letters}\n" for role, letters in rights.items())


def _read(file: Path) -> str | None:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return None


def kick(login: str, ago: timedelta = timedelta()) -> int:
    """End the sessions of a login that began so long ago, or before; how many there were.

    UserError when Dovecot cannot be asked. Dovecot 2.4.1 says "kicked" of a session that has looked into a
    box, and it goes on: its process no longer hears SIGTERM. So what is still there a moment later is killed.
    One process serves one session. Whoever has come in since then, by what opens now, stays.
    """
    known = sessions(login)
    there = [each for each in known if (age := _age(each)) is None or age > ago - OPENING]
    if there:
        if there == known:
            _doveadm("kick", login)
        else:
            _signal(there, signal.SIGTERM)
        until = time.monotonic() + PATIENCE
        while any(map(_runs, there)) and time.monotonic() < until:
            time.sleep(0.02)
        _signal(there, signal.SIGKILL)
    return len(there)


def _signal(processes: Iterable[int], number: signal.Signals) -> None:
    for process in filter(_runs, processes):
        with suppress(ProcessLookupError):  # it may end by itself meanwhile
            os.kill(process, number)


def logins() -> set[str]:
    """Who has a session."""
    return {str(each["username"]) for each in json.loads(_doveadm("-f", "json", "who", "-1") or "[]")}


def sessions(login: str) -> list[int]:
    """The processes that serve the sessions of a login."""
    return [int(each["pid"]) for each in json.loads(_doveadm("-f", "json", "who", "-1", login) or "[]")]


def _age(process: int) -> timedelta | None:
    """How long a process has run; None where there is none."""
    try:
        told = Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    began = int(told[19]) / os.sysconf("SC_CLK_TCK")
    return timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME) - began)


def _runs(process: int) -> bool:
    """Whether it is still a process of the mail store that serves a session."""
    try:
        return Path(f"/proc/{process}/comm").read_text("utf-8").strip() in SERVING
    except OSError:
        return False


def _doveadm(*arguments: str) -> str:
    done = subprocess.run(["doveadm", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"doveadm {' '.join(arguments)}: {done.stderr.strip()}; the sessions go on")
    return done.stdout


@contextmanager
def acting_as(account: str) -> Iterator[None]:
    """Files are made by their owner: no link that this account leaves there leads root elsewhere."""
    mine, theirs = (os.geteuid(), os.getegid()), pwd.getpwnam(account)
    os.setegid(theirs.pw_gid)
    os.seteuid(theirs.pw_uid)
    try:
        yield
    finally:
        os.seteuid(mine[0])
        os.setegid(mine[1])
