"""What the state of a host means for its operator: pure rules from what was read to one line each.

A line says what is, how bad that is, and what to do about it. Reading is :mod:`congvu.services.hoststate`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any

from congvu import clock

QUEUE_OLD = timedelta(hours=1)
QUEUE_LONG = 100
SPACE_SCARCE, SPACE_GONE = 85, 95  # per cent of a file system
CERTIFICATE_SOON = timedelta(days=21)
SIGNATURES_OLD = timedelta(days=3)
OWN_SIGNATURES_OLD = timedelta(days=90)
SEAL_LATE = timedelta(hours=1)  # after midnight a day has time until then
BACKUP_OLD = timedelta(hours=36)
EVIDENCE_LATE, GAP_NEW = timedelta(minutes=10), timedelta(days=1)
ODD_NEW, ODD_SHOWN = timedelta(days=1), timedelta(days=7)


class Level(Enum):
    FINE = "fine"
    ATTENTION = "attention"
    BROKEN = "broken"


@dataclass(frozen=True)
class Line:
    """One fact about the host; ``cure`` says what to do where it is not fine, ``values`` is for machines."""

    topic: str
    level: Level
    text: str
    cure: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


def fine(topic: str, text: str, **values: Any) -> Line:
    return Line(topic, Level.FINE, text, "", values)


def status(lines: Iterable[Line]) -> int:
    """The exit status: 0 fine, 3 something needs attention, 2 broken."""
    levels = {line.level for line in lines}
    return 2 if Level.BROKEN in levels else 3 if Level.ATTENTION in levels else 0


def span(length: timedelta) -> str:
    """A length of time as people say it: the two largest units at most."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} days"


def moment(at: datetime) -> str:
    return clock.local(at).strftime("%Y-%m-%d %H:%M")


def units(shown: Iterable[Mapping[str, str]], names: Sequence[str], now: datetime) -> list[Line]:
    """A line for each unit of ours that is on the host, and one for each other that failed."""
    found = {each["Id"]: each for each in shown}
    lines = [_unit(found[name], now) for name in names if found.get(name, {}).get("LoadState") == "loaded"]
    strangers = [
        name for name, each in found.items() if name not in names and each["ActiveState"] == "failed"
    ]
    return lines + [
        Line(name, Level.ATTENTION, "failed", f"journalctl -u {name}, then systemctl reset-failed {name}")
        for name in strangers
    ]


def _unit(shown: Mapping[str, str], now: datetime) -> Line:
    name = shown["Id"].removesuffix(".service")
    state, since = shown["ActiveState"], seconds(shown.get("ActiveEnterTimestamp", ""))
    values = {"unit": shown["Id"], "state": state, "since": since.isoformat() if since else None}
    if state == "active":
        ago = f" since {moment(since)} ({span(now - since)})" if since else ""
        return Line(name, Level.FINE, f"active{ago}", "", values)
    if state in ("activating", "reloading"):
        return Line(name, Level.ATTENTION, f"{state}: not ready yet", f"journalctl -fu {name}", values)
    return Line(name, Level.BROKEN, state, f"journalctl -u {name} -n 50, then systemctl start {name}", values)


def seconds(text: str) -> datetime | None:
    """The moment that `systemctl show --timestamp=unix` prints as @1764039600; None where there is none."""
    at = re.fullmatch(r"@(\d+)", text)
    return datetime.fromtimestamp(int(at[1]), UTC) if at and int(at[1]) else None


def queue(messages: Sequence[Mapping[str, Any]], now: datetime) -> Line:
    """Mail that waits, from `postqueue -j`."""
    if not messages:
        return fine("queue", "empty", messages=0, oldest_seconds=0)
    age = now - datetime.fromtimestamp(min(each["arrival_time"] for each in messages), UTC)
    values = {"messages": len(messages), "oldest_seconds": int(age.total_seconds())}
    text = f"{len(messages)} waiting, the oldest for {span(age)}"
    reasons = Counter(
        recipient["delay_reason"]
        for each in messages
        for recipient in each["recipients"]
        if "delay_reason" in recipient
    )
    if age < QUEUE_OLD and len(messages) < QUEUE_LONG:
        return fine("queue", text, **values)
    cause = f"; mostly: {reasons.most_common(1)[0][0]}" if reasons else ""
    return Line("queue", Level.ATTENTION, text + cause, "postqueue -p; docs/operate/mail.md", values)


def space(mount: str, used: int, total: int, inodes_percent: int) -> Line:
    percent = round(100 * used / total) if total else 100
    values = {"mount": mount, "used_bytes": used, "total_bytes": total, "inodes_percent": inodes_percent}
    text = f"{percent} % of {total / 2**30:.0f} GiB used, {inodes_percent} % of inodes"
    worst = max(percent, inodes_percent)
    level = Level.BROKEN if worst >= SPACE_GONE else Level.ATTENTION if worst >= SPACE_SCARCE else Level.FINE
    cure = f"du -xh {mount} | sort -h | tail; docs/operate/space.md" if level is not Level.FINE else ""
    return Line(f"disk {mount}", level, text, cure, values)


def mailboxes(rows: Iterable[Mapping[str, str]], warn_percent: int) -> Line:
    """The mailboxes' space, from `doveadm -f json quota get -A`; values there are KiB."""
    storage = [row for row in rows if row["type"] == "STORAGE"]
    used = sum(int(row["value"]) for row in storage) * 1024
    near = sorted(row["username"] for row in storage if int(row["percent"]) >= warn_percent)
    values = {"mailboxes": len(storage), "used_bytes": used, "nearly_full": near}
    text = f"{len(storage)} with {used / 2**20:.0f} MiB"
    if not near:
        return fine("mailboxes", f"{text}, none above {warn_percent} %", **values)
    named = ", ".join(near[:3]) + (f" and {len(near) - 3} more" if len(near) > 3 else "")
    cure = "ask the owners to clear up; docs/operate/space.md"
    return Line("mailboxes", Level.ATTENTION, f"{text}, above {warn_percent} %: {named}", cure, values)


def certificate(ends: datetime, now: datetime) -> Line:
    left = ends - now
    days = left.days
    values = {"ends": ends.isoformat(), "days_left": days}
    cure = "renew it and run playbooks/site.yml; docs/operate/certificate.md"
    if left <= timedelta(0):
        return Line("certificate", Level.BROKEN, f"ended {moment(ends)}", cure, values)
    text = f"{days} days left, until {moment(ends)}"
    if left < CERTIFICATE_SOON:
        return Line("certificate", Level.ATTENTION, text, cure, values)
    return fine("certificate", text, **values)


def signatures(official: datetime | None, own: datetime | None, fetching: bool, now: datetime) -> Line:
    """The age of the virus signatures; ``fetching``: freshclam is meant to keep the official ones young."""
    if official is None and fetching:
        cure = "journalctl -u clamav-freshclam: does the host reach the mirror?"
        return Line("signatures", Level.BROKEN, "no official ones, though freshclam is on", cure)
    newest, limit, whose = (
        (official, SIGNATURES_OLD, "official") if official else (own, OWN_SIGNATURES_OLD, "own only")
    )
    if newest is None:
        cure = "set clamav_signatures or clamav_official_signatures, then run playbooks/site.yml"
        return Line("signatures", Level.BROKEN, "none at all", cure)
    age = now - newest
    text = f"{whose}, {span(age)} old"
    values = {"official": official is not None, "age_seconds": int(age.total_seconds())}
    if age < limit:
        return fine("signatures", text, **values)
    cure = "journalctl -u clamav-freshclam" if fetching else "bring newer signature files"
    return Line("signatures", Level.ATTENTION, text, cure, values)


def accounts(found: Sequence[tuple[str, str, str]], unrecognised: int) -> Line:
    """People by state, from (kind, state, address); boxes have no state but that they are there.

    ``unrecognised``: people whose password has no fingerprint, so that a second use of it goes unseen.
    """
    counts = Counter(state for kind, state, _ in found if kind == "person")
    boxes = sum(kind != "person" and state != "closed" for kind, state, _ in found)
    if not counts:
        return Line("accounts", Level.ATTENTION, "nobody yet", "run playbooks/accounts.yml", {"people": {}})
    text = ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) + f"; {boxes} boxes"
    if unrecognised:
        text += f"; {unrecognised} passwords without a fingerprint yet"
    ended = sorted(address for _, state, address in found if state in ("lapsed", "revoked"))
    values = {"people": dict(counts), "boxes": boxes, "unrecognised": unrecognised, "ended": ended}
    if not ended:
        return fine("accounts", text, **values)
    named = ", ".join(ended[:3]) + (f" and {len(ended) - 3} more" if len(ended) > 3 else "")
    cure = "issue new passwords: accounts_reset of playbooks/accounts.yml; docs/operate/login.md"
    return Line("accounts", Level.ATTENTION, f"{text}; ended: {named}", cure, values)


def logins(found: Sequence[tuple[str, str, datetime]], now: datetime) -> Line:
    """Odd logins, from (kind, login or network, moment): of the last week; those of today need a look."""
    recent = sorted((at, kind, subject) for kind, subject, at in found if now - at <= ODD_SHOWN)
    new = [f"{kind} {subject}" for at, kind, subject in recent if now - at <= ODD_NEW]
    values = {"odd": len(recent), "new": new}
    text = f"{len(recent)} odd ones in {ODD_SHOWN.days} days" if recent else "nothing odd"
    if not new:
        return fine("logins", text, **values)
    named = ", ".join(new[-3:]) + (f" and {len(new) - 3} more" if len(new) > 3 else "")
    return Line("logins", Level.ATTENTION, f"{text}, new: {named}", "docs/operate/odd-logins.md", values)


def evidence(
    hosts: Sequence[tuple[str, datetime, int]], gap: tuple[datetime, str] | None, now: datetime
) -> Line:
    """How far the collectors are, from (host, when nothing was left to read, entries not understood).

    ``gap``: moment and reason of the last thing that is known to be missing.
    """
    if not hosts:
        return Line("evidence", Level.BROKEN, "nothing was taken in yet", "journalctl -u congvu-collect")
    host, caught_up, _ = min(hosts, key=lambda each: each[1])
    behind, misread = now - caught_up, sum(each[2] for each in hosts)
    text = f"{host} {span(behind)} behind" if behind > EVIDENCE_LATE else "up to date"
    if misread:
        text += f"; {misread} lines not understood"
    if gap:
        text += f"; last gap {moment(gap[0])} ({gap[1]})"
    values = {
        "behind_seconds": int(behind.total_seconds()),
        "not_understood": misread,
        "gap": gap[0].isoformat() if gap else None,
    }
    if behind > EVIDENCE_LATE:
        return Line("evidence", Level.BROKEN, text, "journalctl -u congvu-collect -n 20", values)
    if gap and now - gap[0] <= GAP_NEW:
        return Line("evidence", Level.ATTENTION, text, 'docs/operate/logs.md, "What is missing"', values)
    return fine("evidence", text, **values)


def opened(boxes: Sequence[str]) -> Line:
    """The personal mailboxes that somebody else may read now. That is no fault: it ends by itself."""
    text = f"open to another person: {', '.join(boxes)}" if boxes else "none open to another person"
    return fine("access", text, boxes=list(boxes))


def policy(carried: tuple[str, str], in_force: tuple[str, str] | None) -> Line:
    """(version, sha256) of the file on the host, and of what the database has in force."""
    version, sha256 = carried
    values = {"version": version, "sha256": sha256}
    text = f"{version}, sha256 {sha256[:16]}"
    if in_force == carried:
        return fine("policy", f"{text}, in force", **values)
    what = f"the database has {in_force[0]}, sha256 {in_force[1][:16]}" if in_force else "not in force"
    return Line("policy", Level.BROKEN, f"{text}, but {what}", "run playbooks/site.yml", values)


def calendar(statuses: Mapping[int, str], today: date) -> Line:
    """The working calendars, from year to status; in December that of the next year has to be decided."""
    year = today.year + (today.month == 12)
    found = statuses.get(year, "missing")
    text, values = f"{year} is {found}", {"year": year, "status": found}
    if found == "decided" or (found == "estimated" and year == today.year):
        return fine("calendar", text, **values)
    cure = f"bring policy/calendar/{year}.yml up to date, run playbooks/site.yml; docs/operate/checks.md"
    return Line("calendar", Level.ATTENTION, text, cure, values)


def audit(at: datetime | None, not_met: Sequence[str], unobserved: int, now: datetime) -> Line:
    """The last audit: its rows that are not met, and how many controls it left without a fresh look."""
    if at is None:
        return Line("audit", Level.ATTENTION, "never", "run playbooks/audit.yml", {"at": None})
    values = {"at": at.isoformat(), "not_met": list(not_met), "unobserved": unobserved}
    text = f"{moment(at)} ({span(now - at)} ago), {len(not_met)} not met"
    if not_met:
        named = ", ".join(not_met[:5]) + (" ..." if len(not_met) > 5 else "")
        return Line(
            "audit", Level.ATTENTION, f"{text}: {named}", "congvu audit; docs/operate/audit.md", values
        )
    if unobserved:
        cure = "run playbooks/audit.yml"
        return Line("audit", Level.ATTENTION, f"{text}, {unobserved} controls not looked at", cure, values)
    return fine("audit", text, **values)


def seals(last: date | None, unsealed: Sequence[date], now: datetime) -> Line:
    """How far the evidence is sealed; which days are not, though they are over for a while."""
    late = [each for each in unsealed if clock.day(now - SEAL_LATE) > each]
    values = {"sealed": last.isoformat() if last else None, "unsealed": [each.isoformat() for each in late]}
    if not late:
        return fine(
            "seals", f"the evidence is sealed up to {last}" if last else "no day is over yet", **values
        )
    named = f"{late[0]}" + (f" and {len(late) - 1} more days" if len(late) > 1 else "")
    cure = "journalctl -u congvu-seal -n 20, then systemctl start congvu-seal; docs/operate/seals.md"
    return Line("seals", Level.ATTENTION, f"{named} not sealed", cure, values)


def report(quarter: str, due: bool, waiting: int) -> Line:
    """Whether the report of the quarter that is over was made and sent. ``waiting``: copies to hand over."""
    values = {"quarter": quarter, "due": due, "waiting": waiting}
    if due:
        cure = "journalctl -u congvu-issue -n 20, then systemctl start congvu-issue; docs/operate/audit.md"
        return Line("report", Level.ATTENTION, f"the report of {quarter} was not made", cure, values)
    if waiting:
        cure = "journalctl -u congvu-notices -n 20; docs/operate/audit.md"
        return Line("report", Level.ATTENTION, f"{waiting} copies of a report were not sent", cure, values)
    return fine("report", f"nothing of {quarter} is due", **values)


def backup(shown: Mapping[str, str], triggered: datetime | None, now: datetime) -> Line:
    """The last run of the unit that backs the host up, where there is one.

    ``triggered``: when its timer last did so; unlike the unit's own result, this survives a reboot.
    """
    if shown.get("LoadState") != "loaded":
        return fine("backup", "not set up on this host")
    ended = seconds(shown.get("ExecMainExitTimestamp", ""))
    result = shown.get("Result", "")
    values = {"ended": ended.isoformat() if ended else None, "result": result}
    look = "journalctl -u congvu-backup -n 50, then systemctl start congvu-backup"
    if ended is None and triggered is not None and now - triggered <= BACKUP_OLD:
        return fine("backup", f"began {moment(triggered)}, before the host was last started", **values)
    if ended is None:
        return Line("backup", Level.ATTENTION, "never ran", look, values)
    text = f"{result} {moment(ended)} ({span(now - ended)} ago)"
    if result != "success":
        return Line("backup", Level.BROKEN, text, look, values)
    if now - ended > BACKUP_OLD:
        return Line("backup", Level.ATTENTION, text, look, values)
    return fine("backup", text, **values)


def updates(pending: Sequence[str], reboot_for: Sequence[str] | None) -> Line:
    """Packages that wait, as `apt-get --simulate` lists them; ``reboot_for``: what asks for a reboot."""
    security = sum("-security" in line for line in pending)
    values = {"pending": len(pending), "security": security, "reboot": reboot_for is not None}
    text = f"{len(pending)} packages wait, {security} of them for security"
    if reboot_for is not None:
        named = f" for {', '.join(reboot_for)}" if reboot_for else ""
        cure = "announce it, then systemctl reboot"
        return Line("updates", Level.ATTENTION, f"{text}; a reboot is due{named}", cure, values)
    if security:
        cure = "unattended-upgrade --verbose, or wait for tonight's run"
        return Line("updates", Level.ATTENTION, text, cure, values)
    return fine("updates", text, **values)
