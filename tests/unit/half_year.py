"""Half a year of sixty people's mail as the journal of a host tells it: the same lines for the same seed.

`days()` gives each day's entries, as `journalctl -o json` would. The fifteen whose figures were worked out by
hand (files/half_year.md) do as is said there; the other forty-five come and go by chance, and what they did
is written down here beside the lines, by no rule of the code under test. Whom a door lets in on a day is the
directory's own answer on that day.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from organisations import at

from congvu.clock import TIMEZONE

OPEN = {"active", "due"}  # states of an account whose password opens the doors
FIRST, LAST = date(2026, 7, 1), date(2026, 12, 31)
PEOPLE = [f"CB{n:02}" for n in range(1, 61)]
BOX = "vp"
CLERK, DEPUTY = "CB20", "CB21"
# The days off of these six months and the Saturday that was worked, from the notices; not from policy/.
OFF = {date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2), date(2026, 11, 24)}
SWAPPED = {date(2026, 8, 22)}
DOWN = (datetime(2026, 10, 14, 13, 20, tzinfo=TIMEZONE), datetime(2026, 10, 14, 15, 0, tzinfo=TIMEZONE))
LOST = (datetime(2026, 12, 9, 12, 30, tzinfo=TIMEZONE), datetime(2026, 12, 9, 14, 15, tzinfo=TIMEZONE))
UNTOLD = date(2026, 12, 17)  # the password service's line of one login was lost
BACK = time(15, 10)  # when those come who stood before a closed door on 14 October

Entry = Mapping[str, Any]


def working(day: date) -> bool:
    return day in SWAPPED or (day.weekday() < 5 and day not in OFF)


def login_of(staff_id: str) -> str:
    return f"nguoi{staff_id[2:]}"


@dataclass
class Day:
    """The lines of one day, in any order; ``came``: who of the forty-five was seen in which half.

    ``states``: login -> the state of the account on this day.
    """

    date: date
    states: Mapping[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    came: set[tuple[str, str]] = field(default_factory=set)
    chance: random.Random = field(default_factory=random.Random)

    def moment(self, written: str) -> datetime:
        hour = time.fromisoformat(written)
        return datetime.combine(self.date, hour, TIMEZONE)

    def say(self, moment: datetime, unit: str, identifier: str, message: str) -> None:
        """A line of a daemon; none while the system is down, and none of what was lost."""
        if DOWN[0] <= moment < DOWN[1] or LOST[0] <= moment < LOST[1]:
            return
        stamp = str(int(moment.timestamp() * 1_000_000))
        self.entries.append(
            {"__REALTIME_TIMESTAMP": stamp, "_HOSTNAME": "mail", "_UID": "0", "_SYSTEMD_UNIT": unit,
             "SYSLOG_IDENTIFIER": identifier, "MESSAGE": message}
        )  # fmt: skip

    def dovecot(self, moment: datetime, event: str, **fields: Any) -> None:
        told = {"event": event, "hostname": "mail", "fields": fields}
        self.say(moment, "dovecot.service", "dovecot", f"stats: {json.dumps(told)}")

    def roundcube(self, who: str, moment: datetime, times: int = 3) -> None:
        """What a click in the webmail makes in the store: logins and no line of the password service."""
        for n in range(times):
            then, session = moment + timedelta(milliseconds=300 * n), f"webmail-{who}-{moment:%m%d%H%M}{n}"
            self.dovecot(then, "auth_request_finished", success="yes", user=at(login_of(who)),
                         protocol="imap", session=session, remote_ip="127.0.0.1")  # fmt: skip
            self.logged_in(who, then, session)

    def webmail(self, who: str, written: str) -> None:
        moment, state = self.moment(written), self.states[at(login_of(who))]
        answer = "open" if state in OPEN else "must_change"
        line = {"event": "password", "verb": "check", "client": "10.20.0.7", "answer": answer,
                "login": at(login_of(who)), "state": state}  # fmt: skip
        if (who, self.date, written) != ("CB01", UNTOLD, "13:40"):
            self.say(moment, "congvu-password.service", "congvu-password", json.dumps(line))
        if answer == "open":
            self.roundcube(who, moment + timedelta(seconds=1))

    def logged_in(self, who: str, moment: datetime, session: str) -> None:
        """What Dovecot's login process says beside the exporter; the collector compares the two."""
        self.say(moment, "dovecot.service", "dovecot",
                 f"imap-login: Logged in: user=<{at(login_of(who))}>, method=PLAIN, rip=113.161.4.9, "
                 f"lip=10.20.0.2, mpid=4711, TLS, session=<{session}>")  # fmt: skip

    def client(self, who: str, written: str) -> None:
        moment, session = self.moment(written), f"{who}{self.date:%m%d}{written[:5]}"
        user = {"user": at(login_of(who)), "session": session, "remote_ip": "113.161.4.9"}
        success = "yes" if self.states[at(login_of(who))] in OPEN else "no"
        self.dovecot(moment, "auth_request_finished", success=success, protocol="imap", **user)
        if success == "yes":
            self.logged_in(who, moment, session)
            self.dovecot(moment + timedelta(seconds=1), "imap_command_finished", cmd_name="SELECT", **user)

    def read(self, who: str, written: str, box: str = "") -> None:
        fields = {"cmd_name": "UID STORE", "user": at(login_of(who)), "session": f"R{who}",
                  "remote_ip": "113.161.4.9"}  # fmt: skip
        if box:
            fields["mailbox"] = f"Hộp thư đơn vị/{at(box)}/INBOX"
        self.dovecot(self.moment(written), "imap_command_finished", **fields)

    def opened(self, who: str, written: str, box: str) -> None:
        self.dovecot(self.moment(written), "imap_command_finished", cmd_name="SELECT", user=at(login_of(who)),
                     session="webmail-x", remote_ip="127.0.0.1",
                     mailbox=f"Hộp thư đơn vị/{at(box)}/INBOX")  # fmt: skip

    def noise(self) -> None:
        """What is no check: mail that comes in, a sieve login, a wrong password, a submission."""
        for hour in range(24):
            to = at(login_of(self.chance.choice(PEOPLE)))
            self.say(self.moment(f"{hour:02}:20"), "postfix.service", "postfix/lmtp",
                     f"4g9kX{hour:02}z1: to=<{to}>, relay=mail[private/lmtp], delay=0.1, delays=0/0/0/0.1, "
                     "dsn=2.0.0, status=sent (250 2.0.0 saved)")  # fmt: skip
        for protocol, success in (("sieve", "yes"), ("imap", "no"), ("smtp", "yes")):
            who = self.chance.choice(PEOPLE)
            self.dovecot(self.moment("07:33"), "auth_request_finished", success=success, protocol=protocol,
                         user=at(login_of(who)), session=f"N{who}", remote_ip="113.161.4.9")  # fmt: skip


def late(written: str, day: date) -> str:
    """An hour of somebody who waits where the system is down."""
    moment = datetime.combine(day, time.fromisoformat(written), TIMEZONE)
    return BACK.isoformat() if DOWN[0] <= moment < DOWN[1] else written


def diligent(day: Day, who: str, am: str = "07:20", pm: str = "13:40") -> None:
    for hour in (am, pm):
        day.webmail(who, late(hour, day.date))


def cb02(day: Day) -> None:
    if day.date.weekday() == 0:
        day.client("CB02", "07:30")


def cb03(day: Day) -> None:
    diligent(day, "CB03", "06:55", "14:30:00" if day.date.weekday() == 2 else "14:29:59")


def cb04(day: Day) -> None:
    diligent(day, "CB04", "07:05", "07:50")


def cb05(day: Day) -> None:
    if day.date.month == 12:
        return
    if not (day.date.month == 10 and day.date.weekday() == 4):
        day.webmail("CB05", "07:20")
    day.webmail("CB05", late("13:40", day.date))


def cb06(day: Day) -> None:
    if day.date not in SWAPPED:
        diligent(day, "CB06")


def cb08(day: Day) -> None:
    for hour in ("00:10", "06:40", "23:50"):
        day.client("CB08", hour)


def cb09(day: Day) -> None:
    if date(2026, 9, 9) <= day.date <= date(2026, 11, 18):
        diligent(day, "CB09")


def cb10(day: Day) -> None:
    day.webmail("CB10", "07:10" if day.date.isocalendar().week % 2 else "13:10")


def cb11(day: Day) -> None:
    if not date(2026, 10, 19) <= day.date <= date(2026, 10, 23):
        diligent(day, "CB11")


def cb12(day: Day) -> None:
    if day.date == FIRST:
        day.webmail("CB12", "07:05")
    elif day.date == DOWN[0].date():
        day.webmail("CB12", "16:40")
    for minutes in range(1, 24 * 60, 30):
        moment = day.moment("00:00") + timedelta(minutes=minutes)
        before = day.date == FIRST and minutes < 7 * 60
        shut_out = day.date == DOWN[0].date() and moment >= DOWN[0] and minutes < 16 * 60 + 40
        if not before and not shut_out:
            day.roundcube("CB12", moment, times=1)


def cb13(day: Day) -> None:
    diligent(day, "CB13")


def cb14(day: Day) -> None:
    if day.date == FIRST:
        day.client("CB14", "05:00")
    day.read("CB14", "07:15")
    day.read("CB14", "13:45", BOX if day.date.weekday() == 1 else "")


def cb15(day: Day) -> None:
    power_cut = day.date == date(2026, 11, 5)
    diligent(day, "CB15", "09:10" if power_cut else "07:20")


HANDS: dict[str, Callable[[Day], None]] = {
    "CB01": lambda day: diligent(day, "CB01"),
    "CB02": cb02, "CB03": cb03, "CB04": cb04, "CB05": cb05, "CB06": cb06,
    "CB07": lambda day: diligent(day, "CB07", pm="13:10"),
    "CB08": cb08, "CB09": cb09, "CB10": cb10, "CB11": cb11, "CB12": cb12, "CB13": cb13, "CB14": cb14,
    "CB15": cb15,
}  # fmt: skip


def by_chance(day: Day, who: str) -> None:
    """Somebody comes in three halves of four, by any door, now and then too early or too late to count."""
    for half, start, lengths in (("morning", "06:30", 90), ("afternoon", "13:00", 90)):
        if day.chance.random() > 0.75:
            continue
        minute = day.chance.randrange(-20, lengths + 30)
        hour = day.moment(start) + timedelta(minutes=minute, seconds=day.chance.randrange(60))
        day.chance.choice([day.webmail, day.client, day.read])(who, f"{hour:%H:%M:%S}")
        unseen = DOWN[0] <= hour < DOWN[1] or LOST[0] <= hour < LOST[1]
        if 0 <= minute < lengths and not unseen:
            day.came.add((who, half))


def office(day: Day) -> None:
    """The box of the office: four visits of the clerk, one of the deputy in the week of the clerk's leave."""
    if date(2026, 8, 10) <= day.date <= date(2026, 8, 14):
        day.opened(DEPUTY, "09:00", BOX)
    elif working(day.date):
        for hour in ("07:15", "10:00", late("13:35", day.date), "16:00"):
            day.opened(CLERK, hour, BOX)


def disk_full(day: Day) -> None:
    """What journald says when it can write again."""
    if day.date == LOST[1].date():
        day.say(LOST[1], "systemd-journald.service", "systemd-journald",
                "Failed to write entry to /var/log/journal/9e13/system.journal (24 items, 831 bytes), "
                "ignoring: No space left on device")  # fmt: skip


def days(states: Callable[[date], Mapping[str, str]], seed: int = 20260701) -> Iterator[Day]:
    """Every day, from the first to the last. ``states``: of all accounts, asked as the day begins."""
    chance = random.Random(seed)  # noqa: S311 - a play, no secret
    for n in range((LAST - FIRST).days + 1):
        today = FIRST + timedelta(days=n)
        day = Day(today, states(today), chance=chance)
        day.noise()
        disk_full(day)
        office(day)
        for act in HANDS.values():
            if working(day.date) or act in (cb02, cb08, cb12):
                act(day)
        if not working(day.date):  # some look on days off; that counts for nothing
            day.webmail("CB01", "08:00")
            day.webmail("CB06", "07:20")
        for who in PEOPLE[15:]:
            by_chance(day, who)
        yield day
