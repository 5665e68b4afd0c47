"""`congvu watch`: find logins that cannot well be one person's. A timer runs it every five minutes.

It reads this host's journal, and of that what :mod:`congvu.events` believes: Dovecot's events of logins (993,
465, 4190) and the password service's answers (the webmail, the pages). What it finds becomes a row with its
audit record; `congvu notify` tells the person, `congvu status` the operator. Nobody is shut out.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from congvu import store
from congvu.errors import UserError
from congvu.events import event_of
from congvu.odd_use import Login, Network, Rules, findings, fresh, network
from congvu.store import odd_use

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

SETTINGS = Path("/etc/congvu/watch.json")
NOTICE = "<5>"  # how the journal is told the level of a line
ACTOR = "congvu watch"
# After a longer absence the journal before that is not read any more.
LONGEST = timedelta(days=7)
# What is logged late is seen all the same.
OVERLAP = timedelta(minutes=1)
_JOURNAL = (
    "journalctl", "-q", "-o", "json", "--output-fields=MESSAGE,_SYSTEMD_UNIT",
    "-g", 'auth_request_finished|"event": "password"',
    "_SYSTEMD_UNIT=dovecot.service", "_SYSTEMD_UNIT=congvu-password.service",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """What the role `odd_use` writes. Networks as CIDR; without ``home_networks`` nowhere is abroad."""

    database: dict[str, str]
    office_networks: list[str] = field(default_factory=list)
    home_networks: list[str] = field(default_factory=list)


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("watch", help="find logins that cannot well be one person's")
    parser.add_argument("--settings", type=Path, default=SETTINGS, metavar="FILE")
    parser.add_argument("--journal", nargs="+", default=_JOURNAL, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    settings = Settings(**json.loads(args.settings.read_text("utf-8")))
    office, home = networks(settings.office_networks), networks(settings.home_networks)
    with store.connect(**settings.database) as db:
        values, now = db.policy_values(), db.now()
        rules = rules_of(values, home)
        since = max(odd_use.read_until(db) or now, now - LONGEST) - rules.window - OVERLAP
        found = findings(logins(journal(args.journal, since), office), rules)
        new = odd_use.keep(db, fresh(found, odd_use.known(db)), now, ACTOR)
        months = values.get("retention.log_months")
        if months:
            odd_use.expire(db, now - timedelta(days=31 * int(months)), ACTOR)
    for each in new:
        what = f"{len(each.networks)} networks, {each.accounts} tried"
        print(f"{NOTICE}{each.kind}: {each.subject}, {what}")
    return 0


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(each) for each in texts)


def rules_of(values: Mapping[str, Any], home: Sequence[Network]) -> Rules:
    """The rules by the policy in force. UserError where it has no such values."""
    try:
        return Rules(
            networks=int(values["odd_use.networks"]),
            accounts=int(values["odd_use.accounts"]),
            attempts=int(values["odd_use.attempts"]),
            window=timedelta(minutes=int(values["odd_use.window_minutes"])),
            home=tuple(home),
        )
    except KeyError as missing:
        raise UserError(f"the policy has no value {missing}; without it nothing is found to be odd") from None


def journal(command: Sequence[str], since: datetime) -> Iterator[dict[str, Any]]:
    """The entries since then. UserError when the journal cannot be read; it has none is no fault."""
    done = subprocess.run([*command, f"--since=@{since.timestamp():.0f}"], capture_output=True, check=False)
    if done.returncode and done.stderr.strip():
        raise UserError(f"the journal cannot be read: {done.stderr.decode(errors='replace').strip()}")
    for line in done.stdout.splitlines():
        yield json.loads(line)


def logins(entries: Iterable[Mapping[str, Any]], office: Sequence[Network]) -> Iterator[Login]:
    """The attempts that journal entries speak of; of the host itself and of what is no attempt, none.

    A right password that has to be changed, or lacks its code, is no attempt that failed.
    """
    for entry in entries:
        event = event_of(entry)
        if event is None or not (event.kind == "login" or event.detail.get("why") == "refused"):
            continue
        place = network(event.peer, office) if event.peer else None
        if event.login and place:
            yield Login(event.happened_at, event.login, place, event.kind == "login")
