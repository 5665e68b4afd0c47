"""`congvu status`: how this host is, on one screen: what needs attention, and what to do about it.

Each topic is read by itself: whatever is down, the others still show.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from congvu import __version__, clock, evidence, store
from congvu.errors import UserError
from congvu.fingerprints import Key
from congvu.policy import Status, read_json
from congvu.report.period import last_over
from congvu.services import audit, condition, host, hoststate
from congvu.services.condition import Level, Line
from congvu.store import chain, events, odd_use, reporting

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

# How far back the last audit is looked for.
_LOOK_BACK = timedelta(days=92)
# The timer makes the report on the morning after.
_REPORT_LATE = timedelta(days=1)
# Where the policy cannot be read, this warns as the regulation's default does.
_WARN_PERCENT = 90
_BACKUP, _BACKUP_TIMER = "congvu-backup.service", "congvu-backup.timer"
_MARKS = {Level.FINE: "", Level.ATTENTION: "!", Level.BROKEN: "!!"}


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "status",
        help="say how this host is",
        description="Shows services, queue, space, certificate, signatures, accounts, last audit and backup, "
        "updates. Exit status: 0 fine, 3 something needs attention, 2 broken.",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument(
        "--fingerprint-key", default=host.FINGERPRINT_KEY, metavar="FILE", help=argparse.SUPPRESS
    )
    audit.add_sources(parser)


def run(args: argparse.Namespace) -> int:
    if os.geteuid() != 0:
        raise UserError("status reads what only root may; run: sudo congvu status")
    now = clock.now()
    lines = list(look(args, now))
    if args.json:
        print(json.dumps(document(lines, now), ensure_ascii=False))
    else:
        print("\n".join(screen(lines, now, shutil.get_terminal_size((110, 40)).columns)))
    return condition.status(lines)


def look(args: argparse.Namespace, now: datetime) -> Iterator[Line]:
    """Every line about this host."""
    yield condition.fine("package", package(), version=package())
    yield from guarded("services", lambda: services(now))
    yield from guarded("queue", lambda: [condition.queue(hoststate.queue(), now)])
    yield from guarded("disk", lambda: [condition.space(*each) for each in hoststate.spaces()])
    yield from guarded("mailboxes", lambda: [condition.mailboxes(hoststate.quotas(), warn_percent(args))])
    yield from guarded("certificate", lambda: [condition.certificate(hoststate.certificate_end(), now)])
    yield from guarded("signatures", lambda: [signatures(now)])
    yield from guarded("directory", lambda: directory(args, now))
    yield from guarded("backup", lambda: [backup(now)])
    yield from guarded("updates", lambda: [condition.updates(hoststate.pending(), hoststate.reboot_for())])


def guarded(topic: str, read: Callable[[], Iterable[Line]]) -> list[Line]:
    """The lines of one topic; where it cannot be read, one that says so."""
    try:
        return list(read())
    except (hoststate.Unreadable, store.StoreError, UserError, OSError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        return [Line(topic, Level.BROKEN, f"cannot be read: {first}", "see the services above")]


def package() -> str:
    """The version that dpkg knows; from a checkout, that of the code."""
    try:
        return hoststate.output("dpkg-query", "--show", "--showformat=${Version}", "congvu")
    except hoststate.Unreadable:
        return __version__


def services(now: datetime) -> list[Line]:
    others = [name for name in hoststate.failed() if name not in (*hoststate.UNITS, _BACKUP)]
    return condition.units(hoststate.shown(*hoststate.UNITS, *others), hoststate.UNITS, now)


def signatures(now: datetime) -> Line:
    fetching = hoststate.shown("clamav-freshclam.service")[0]["LoadState"] == "loaded"
    return condition.signatures(*hoststate.signatures(), fetching, now)


def backup(now: datetime) -> Line:
    unit, timer = hoststate.shown(_BACKUP, _BACKUP_TIMER)
    return condition.backup(unit, condition.seconds(timer.get("LastTriggerUSec", "")), now)


def warn_percent(args: argparse.Namespace) -> int:
    try:
        return read_json(args.policy).setting("mailbox.quota_warn_percent", int)
    except UserError:  # the line about the policy says why
        return _WARN_PERCENT


def directory(args: argparse.Namespace, now: datetime) -> Iterator[Line]:
    """What only the database knows: the policy in force, the accounts, the last audit."""
    policy = read_json(args.policy)
    key = Key(host.read(args.fingerprint_key), args.fingerprint_key)
    with store.connect(args.host, args.database) as db:
        in_force = db.policy_version()
        people = [(account.kind, account.state, account.address) for account in db.accounts()]
        unrecognised = store.unrecognised(db, key.id)
        odd, opened = odd_use.known(db), store.opened_boxes(db)
        progress, gap = events.progress(db), events.last_gap(db)
        observations = audit.stored(db.observations(now - _LOOK_BACK, now + timedelta(minutes=5)))
        attested = audit.vouched(db, policy, now)
        sealed, unsealed = chain.days(db), chain.unsealed(db)
        over = last_over(now - _REPORT_LATE, policy.setting("report.cutoff", str))
        due, waiting = reporting.due(db, over), len(reporting.copies_due(db))
    yield condition.policy((policy.version, policy.sha256), in_force)
    if "check.counts" in policy.values:
        yield condition.calendar({each.year: each.status for each in policy.calendar}, clock.day(now))
    yield condition.accounts(people, unrecognised)
    yield condition.logins([(each.kind, each.subject, each.at) for each in odd], now)
    yield condition.evidence(
        [(each.host, each.caught_up, each.not_understood) for each in progress],
        (gap["happened_at"], str(gap["detail"].get("why"))) if gap else None,
        now,
    )
    yield condition.opened([box for box, is_open in opened.items() if is_open])
    yield condition.seals(sealed[1] if sealed else None, unsealed, now)
    yield condition.report(over.quarter, due, waiting)
    not_met = [
        finding.row.provision.id
        for finding in evidence.findings(policy, observations, attested, now)
        if finding.row.status is Status.NOT_MET
    ]
    newest = max((each.observed_at for each in observations), default=None)
    yield condition.audit(newest, not_met, len(audit.unobserved(policy, observations, now)), now)


def screen(lines: Sequence[Line], now: datetime, width: int) -> list[str]:
    """The lines for people: everything by topic, then what to do, then the sum."""
    head = max(len(line.topic) for line in lines)
    shown = [f"{os.uname().nodename}, {condition.moment(now)}", ""]
    for line in lines:
        text = textwrap.shorten(line.text, max(40, width - head - 5), placeholder=" ...")
        shown.append(f"{_MARKS[line.level]:>2} {line.topic:<{head}}  {text}")
    due = [line for line in lines if line.level is not Level.FINE]
    if not due:
        return [*shown, "", "Everything is fine."]
    return [*shown, "", "To do:", *(f"{_MARKS[line.level]:>2} {line.topic}: {line.cure}" for line in due)]


def document(lines: Sequence[Line], now: datetime) -> dict[str, Any]:
    """The same for machines."""
    return {
        "schema": 1,
        "host": os.uname().nodename,
        "at": now.isoformat(timespec="seconds"),
        "status": {0: "fine", 2: "broken", 3: "attention"}[condition.status(lines)],
        "lines": [
            {
                "topic": line.topic,
                "level": line.level.value,
                "text": line.text,
                "cure": line.cure,
                "values": line.values,
            }
            for line in lines
        ],
    }
