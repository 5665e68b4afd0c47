"""Sends real mail along every way of the demo, and says of each step whether it arrived and how long it took.

In from an outside provider to a person and to the office, out from a person to a citizen, from colleague to
colleague; and the EICAR test file, which both ports must refuse with 554. Ends with 1 when a step fails.
"""

from __future__ import annotations

import argparse
import imaplib
import json
import smtplib
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any, TypeVar

from tests.demo.hosts import FOLDER, HOSTS, Hosts

PATIENCE = 60  # seconds for one message; postscreen and greylisting may refuse a first try
# The antivirus test file, in two halves so that no scanner takes this file for it.
EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
Found = TypeVar("Found")


class _Named(ssl.SSLContext):
    """Checks the certificate against the host's name, though the host is reached by its address."""

    name = ""

    def wrap_socket(self, *args: Any, **more: Any) -> ssl.SSLSocket:
        return super().wrap_socket(*args, **{**more, "server_hostname": self.name})


@dataclass(frozen=True)
class Person:
    """Someone of the demo who can log in."""

    address: str
    password: str


@dataclass(frozen=True)
class Journey:
    """The two hosts and the ways between them."""

    hosts: Hosts
    domain: str
    tls: ssl.SSLContext
    citizen: str

    def from_outside(self, message: EmailMessage) -> None:
        """The citizen hands a message to their provider."""
        send = ("sendmail", "-i", "-f", self.citizen, "--", message["To"])
        self.hosts.run("partner", *send, data=message.as_bytes())

    def from_inside(self, sender: Person, message: EmailMessage) -> None:
        """A person sends by the submission port, under their own login."""
        with smtplib.SMTP_SSL(self.hosts.address("mail"), 465, context=self.tls, timeout=30) as smtp:
            smtp.login(sender.address, sender.password)
            smtp.send_message(message)

    def read(self, person: Person, message: EmailMessage) -> str | None:
        """The subject as the person's own mail program shows it, once the message is in their INBOX."""
        with imaplib.IMAP4_SSL(self.hosts.address("mail"), 993, ssl_context=self.tls, timeout=30) as imap:
            imap.login(person.address, person.password)
            imap.select("INBOX", readonly=True)
            _, found = imap.search(None, "HEADER", "Message-ID", f'"{message["Message-ID"]}"')
            return str(message["Subject"]) if found[0] else None

    def in_box(self, box: str, message: EmailMessage) -> str | None:
        """Whether a box that nobody logs in to has the message."""
        query = ("search", "-u", box, "mailbox", "INBOX", "header", "Message-ID", message["Message-ID"])
        return self.hosts.run("mail", "doveadm", *query).strip() or None

    def at_provider(self, message: EmailMessage, *texts: str) -> str | None:
        """The mail in the citizen's mailbox that holds the message's id and the texts."""
        look = ("grep", "-rlF", "--", message["Message-ID"], "/home/citizen/Maildir")
        # 1: not there; 2: no mailbox yet
        for name in self.hosts.run("partner", *look, fine=(0, 1, 2)).splitlines():
            mail = self.hosts.run("partner", "cat", name)
            if all(text in mail for text in texts):
                return mail
        return None


def write(sender: str, recipient: str, subject: str, body: str, attachment: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid("journey", domain=sender.rpartition("@")[2])
    message.set_content(body + "\n")
    if attachment:
        message.add_attachment(
            attachment.encode(), maintype="application", subtype="octet-stream", filename="thu.com"
        )
    return message


def wait(look: Callable[[], Found | None], what: str) -> Found:
    """The first thing that ``look`` finds. Raises TimeoutError when patience ends."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(0.5)
    raise TimeoutError(f"{what} within {PATIENCE} s")


def to_person(way: Journey, person: Person) -> None:
    subject = "Đề nghị hướng dẫn thủ tục xin cấp lại bằng khen"
    message = write(
        way.citizen, person.address, subject, "Kính gửi anh/chị, tôi bị thất lạc bằng khen năm 2019."
    )
    way.from_outside(message)
    wait(lambda: way.read(person, message), "not in the INBOX")


def to_office(way: Journey, office: str) -> None:
    subject = "Về việc mời dự hội nghị tổng kết công tác cải cách hành chính"
    message = write(
        way.citizen, office, subject, "Kính gửi Sở Nội vụ, trân trọng kính mời Quý cơ quan dự hội nghị."
    )
    way.from_outside(message)
    wait(lambda: way.in_box(office, message), "not in the INBOX")


def to_citizen(way: Journey, person: Person) -> None:
    message = write(
        person.address, way.citizen, "Trả lời thư hỏi của ông/bà", "Kính gửi ông/bà, hồ sơ gồm hai giấy tờ."
    )
    way.from_inside(person, message)
    wait(
        lambda: way.at_provider(message, f"d={way.domain}"), "not in the citizen's mailbox with our signature"
    )


def to_colleague(way: Journey, sender: Person, reader: Person) -> None:
    message = write(
        sender.address, reader.address, "Lịch công tác tuần", "Gửi anh/chị lịch công tác tuần này."
    )
    way.from_inside(sender, message)
    wait(lambda: way.read(reader, message), "not in the INBOX")


def virus_from_outside(way: Journey, person: Person) -> None:
    message = write(way.citizen, person.address, "Tệp đính kèm", "Xem tệp gửi kèm.", EICAR)
    way.from_outside(message)
    wait(lambda: way.at_provider(message, "Diagnostic-Code: smtp; 554"), "no notice of a refusal with 554")


def virus_from_inside(way: Journey, person: Person) -> None:
    message = write(person.address, way.citizen, "Tệp đính kèm", "Xem tệp gửi kèm.", EICAR)
    try:
        way.from_inside(person, message)
    except smtplib.SMTPDataError as refusal:
        if refusal.smtp_code != 554:
            raise
        return
    raise AssertionError("the message was taken")


def step(name: str, walk: Callable[[], None]) -> bool:
    """Walks one step and prints its line."""
    start = time.monotonic()
    problem = ""
    try:
        walk()
    except (OSError, RuntimeError, AssertionError, smtplib.SMTPException, imaplib.IMAP4.error) as error:
        problem = f": {error or type(error).__name__}"
    word = "failed" if problem else "OK    "
    print(f"{word} {time.monotonic() - start:5.1f} s  {name}{problem}", flush=True)
    return not problem


def active_people(hosts: Hosts, credentials: Path) -> list[Person]:
    """Those who still have the password of credentials.json and may log in today."""
    made = {row["address"]: row for row in json.loads(credentials.read_text("utf-8"))}
    return [
        Person(account["address"], made[account["address"]]["password"])
        for account in hosts.accounts()
        if account["state"] == "active"
        and account["address"] in made
        and datetime.fromisoformat(account["set_at"])
        == datetime.fromisoformat(made[account["address"]]["set_at"])
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=Path, default=HOSTS, metavar="FOLDER")
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="where credentials.json and tls/ca.pem are"
    )
    parser.add_argument("--domain", default="snv.binhdinh.test")
    parser.add_argument("--office", default="vp", help="local part of the office's box (vp)")
    parser.add_argument("--citizen", default="citizen@congdan.test", help="who writes from outside")
    given = parser.parse_args()
    hosts = Hosts(given.hosts)
    tls = _Named(ssl.PROTOCOL_TLS_CLIENT)
    tls.name = f"mail.{given.domain}"
    tls.load_verify_locations(given.folder / "tls" / "ca.pem")
    way = Journey(hosts, given.domain, tls, given.citizen)
    people = active_people(hosts, given.folder / "credentials.json")
    if len(people) < 2:
        parser.error("fewer than two people are active with the password of credentials.json")
    one, other = people[:2]
    office = f"{given.office}@{given.domain}"
    steps = [
        step(f"{given.citizen} writes to {one.address}", lambda: to_person(way, one)),
        step(f"{given.citizen} writes to {office}", lambda: to_office(way, office)),
        step(f"{one.address} writes to {given.citizen}", lambda: to_citizen(way, one)),
        step(f"{one.address} writes to {other.address}", lambda: to_colleague(way, one, other)),
        step("a virus from outside is refused with 554", lambda: virus_from_outside(way, one)),
        step("a virus from inside is refused with 554", lambda: virus_from_inside(way, one)),
    ]
    return 0 if all(steps) else 1


if __name__ == "__main__":
    sys.exit(main())
