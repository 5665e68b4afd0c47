"""`drill.py fill` makes a host worth saving; `drill.py remember` writes down what it holds.

Then `remember` sends one message more: it is younger than the backup, and known to be lost.
"""

from __future__ import annotations

import imaplib
import json
import subprocess
import sys
import time
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "molecule" / "mailhost" / "tests")]

from doors import Doors, Imap, Smtp  # noqa: E402 - the way to them comes first

from tests.demo.hosts import FOLDER, HOSTS, Hosts  # noqa: E402

SAFE = FOLDER / "backup"
LATE = SAFE / "late.txt"  # the subject of the message that came after the backup
CITIZEN = "citizen@congdan.test"
FOLDERS = ("Đã xử lý", "Đã xử lý/Quý 4 năm 2026", "Hồ sơ thi đua")
SIEVE = """require ["fileinto", "mailbox"];
if header :contains "subject" "thi đua" { fileinto :create "Hồ sơ thi đua"; }
"""
CONTACT = """
insert into contacts (user_id, name, email, firstname, surname, vcard)
select user_id, 'Nguyễn Thị Công Dân', 'citizen@congdan.test', 'Công Dân', 'Nguyễn Thị', 'BEGIN:VCARD'
  from users;
update identities set name = 'Cán bộ ' || user_id, signature = 'Trân trọng,';
"""


def letter(sender: str, recipient: str, subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="drill.test")
    message.set_content(f"Kính gửi anh chị,\n{subject}.\n")
    return message


def send(doors: Doors, person: dict[str, Any], recipient: str, subject: str) -> None:
    with Smtp(doors) as client:
        client.login(person["address"], person["password"])
        client.send_message(letter(person["address"], recipient, subject))


def utf7(name: str) -> str:
    """A folder's name as IMAP wants it (RFC 3501, 5.1.3)."""
    pieces, wide = [], ""
    for letter_ in [*name, ""]:
        if letter_ and not " " <= letter_ <= "~":
            wide += letter_
            continue
        if wide:
            pieces.append("&" + wide.encode("utf-7").decode()[1:].rstrip("-").replace("/", ",") + "-")
            wide = ""
        pieces.append("&-" if letter_ == "&" else letter_)
    return '"' + "".join(pieces) + '"'


def furnish(doors: Doors, person: dict[str, Any]) -> None:
    """Folders, messages with flags and dates of long ago, and a copy of what was sent."""
    with Imap(doors) as client:
        client.login(person["address"], person["password"])
        for number, folder in enumerate(("INBOX", "Sent", *FOLDERS)):
            name = utf7(folder)
            if folder in FOLDERS:
                client.create(name)
                client.subscribe(name)
            for flags in ("", "\\Seen", "\\Seen \\Answered $HoanThanh", "\\Flagged"):
                message = letter(person["address"], CITIZEN, f"Công văn số {number} của {person['staff_id']}")
                moment = imaplib.Time2Internaldate(time.time() - 86400 * (30 + number))
                status, said = client.append(name, flags and f"({flags})", moment, message.as_bytes())
                assert status == "OK", said
        # UIDs with a gap: the first message goes
        client.select(utf7(FOLDERS[0]))
        client.store("1", "+FLAGS", "\\Deleted")
        client.expunge()


def people() -> list[dict[str, Any]]:
    demo = json.loads((FOLDER / "demo.json").read_text("utf-8"))
    return [a for a in demo["accounts"] if a["kind"] == "person" and a["state"] == "active" and a["password"]]


def fill(doors: Doors, hosts: Hosts) -> None:
    some = people()[:4]
    for person in some:
        furnish(doors, person)
        put = ("doveadm", "sieve", "put", "-a", "-u", person["address"], "thi-dua")
        hosts.run("mail", *put, data=SIEVE.encode())
        assert doors.webmail(person["address"], person["password"]).open
    hosts.run(
        "mail",
        "runuser",
        "-u",
        "www-data",
        "--",
        "psql",
        "-v",
        "ON_ERROR_STOP=1",
        "-U",
        "roundcube",
        "roundcube",
        data=CONTACT.encode(),
    )
    box = hosts.run(
        "mail", "psql", "-XAtqU", "congvu_admin", "congvu", "-c", "select min(box) from unit"
    ).strip()
    send(doors, some[0], box, "Gửi đơn vị")
    hosts.run("partner", "systemctl", "stop", "postfix")
    send(doors, some[1], CITIZEN, "Thư này chờ nơi nhận")
    # Whoever opens a mailbox for the first time makes it: not we, when we compare
    hosts.run("mail", "doveadm", "mailbox", "status", "-A", "messages", "*")
    # What is compared stands still from here on
    hosts.run("mail", "systemctl", "stop", "congvu-collect.service", "congvu-canary.timer")
    for _ in range(60):  # until the box has its message and the other one waits
        waiting = queued(hosts)
        if waiting and all(each["queue_name"] == "deferred" for each in waiting):
            return
        time.sleep(0.5)
    raise RuntimeError(f"the queue did not come to rest: {waiting}")


def queued(hosts: Hosts) -> list[dict[str, Any]]:
    return [json.loads(line) for line in hosts.run("mail", "postqueue", "-j").splitlines()]


def remember(doors: Doors, hosts: Hosts) -> None:
    (SAFE / "before.json").write_text(state(hosts), "utf-8")
    LATE.write_text(f"Đến sau bản sao lưu {time.time()}", "utf-8")
    send(doors, people()[0], people()[1]["address"], LATE.read_text("utf-8"))


def state(hosts: Hosts, *last_event: str) -> str:
    program = Path(__file__).with_name("state.py").read_bytes()
    return hosts.run("mail", "python3", "-", *last_event, data=program)


def main() -> None:
    contract = ("-m", "tests.demo.contract", f"--hosts={HOSTS}", f"--folder={FOLDER}")
    subprocess.run([sys.executable, *contract], cwd=ROOT, check=True)
    demo = json.loads((FOLDER / "demo.json").read_text("utf-8"))
    {"fill": fill, "remember": remember}[sys.argv[1]](Doors(demo), Hosts(HOSTS))


if __name__ == "__main__":
    main()
