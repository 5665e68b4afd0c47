"""Messages a second from the bare host to the mailboxes, with the filters and with none (smtpd_milters
empty).

25: smtp-source -> postscreen -> smtpd -> Rspamd and ClamAV -> queue -> LMTP -> Maildir. 465: the same from
logins. Both ways run before and after in the same minute; only the milter is taken out between them.
"""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Iterator

from tests.bench.converge import INSTALL
from tests.bench.figures import Figure
from tests.bench.site import ON_HOST, Site
from tests.demo import journey
from tests.demo.hosts import FOLDER

INCOMING, OUTGOING = 1_000, 400
SENDERS, SESSIONS = 8, 4
OUTSIDE = "citizen@congdan.test"
PATIENCE = 30  # seconds without a message
MAILBOXES = "find /var/vmail -path '*/Maildir/new/*' -type f -delete"


def letter() -> str:
    """A letter with an attachment of 48 KiB, which both filters look into: the same one every time."""
    body = base64.encodebytes(random.Random(2026).randbytes(48 * 1024)).decode()  # noqa: S311
    lines = [
        "Subject: Bao cao thang",
        "Message-ID: <bench@congdan.test>",
        "Date: Wed, 25 Nov 2026 08:00:00 +0700",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "Kinh gui quy co quan bao cao thang.",
        "--b",
        "Content-Type: application/pdf",
        'Content-Disposition: attachment; filename="bao-cao.pdf"',
        "Content-Transfer-Encoding: base64",
        "",
        *body.splitlines(),
        "--b--",
        "",
    ]
    return "\r\n".join(lines)


def rate(site: Site, count: int, start: float) -> float:
    """Messages a second. A few that were deferred, and come minutes later, are left out; many are a fault."""
    arrived = site.script("arrived", str(count), str(PATIENCE))
    if arrived["found"] < 0.95 * count:
        raise RuntimeError(
            f"{arrived['found']} of {count} messages arrived; the next did not for {PATIENCE} s"
        )
    site.run("postsuper", "-d", "ALL")
    site.run("sh", "-c", MAILBOXES)
    return float(arrived["found"] / (arrived["at"] - start))


def incoming(site: Site, people: list[journey.Person], count: int) -> float:
    """Messages a second by port 25: some senders at once, each with sessions of its own."""
    target = f"inet:{site.hosts.address('mail')}:25"
    senders = [
        f"smtp-source -s {SESSIONS} -m {count // len(people)} -F /root/letter -f {OUTSIDE}"
        f" -t {person.address} {target}"
        for person in people
    ]
    start = time.time()
    site.hosts.run("partner", "sh", "-c", " & ".join(senders) + " & wait")
    return rate(site, count, start)


def outgoing(site: Site, people: list[journey.Person], count: int) -> float:
    """Messages a second by port 465, to a colleague each."""
    each = count // len(people)
    logins = [
        (one.address, one.password, [other.address] * each)
        for one, other in zip(people, people[1:] + people[:1], strict=True)
    ]
    jobs = {"host": site.hosts.address("mail"), "message": letter(), "logins": logins}
    site.hosts.run("partner", "sh", "-c", "umask 077; cat >/root/jobs.json", data=json.dumps(jobs).encode())
    program = (ON_HOST / "submit.py").read_bytes()
    said = json.loads(site.hosts.run("partner", "python3", "-", "/root/jobs.json", data=program))
    if said["refused"]:
        raise RuntimeError(f"port 465 refused: {said['refused']}")
    return rate(site, count, said["start"])


def filters(site: Site, milter: str) -> None:
    site.run("postconf", f"smtpd_milters={milter}")
    site.run("systemctl", "reload", "postfix.service")


def messages(site: Site) -> Iterator[Figure]:
    assert site.people
    site.hosts.run("partner", "sh", "-c", f"{INSTALL} postfix </dev/null >/dev/null 2>&1")
    head = f"From: {OUTSIDE}\r\nTo: can-bo@snv.binhdinh.test\r\n"
    site.hosts.run("partner", "sh", "-c", "cat >/root/letter", data=(head + letter()).encode())
    people = journey.active_people(site.hosts, FOLDER / "credentials.json")
    milter = site.run("postconf", "-h", "smtpd_milters").strip()
    site.run("sh", "-c", MAILBOXES)
    incoming(site, people[:1], 1)  # postscreen's pause for strangers, and everything's first time
    try:
        with_in, with_out = incoming(site, people[:SENDERS], INCOMING), outgoing(site, people[:20], OUTGOING)
        filters(site, "")
        bare_in, bare_out = incoming(site, people[:SENDERS], INCOMING), outgoing(site, people[:20], OUTGOING)
    finally:
        filters(site, milter)
    yield Figure("messages by port 25, with filters against without", with_in, "/s", bare_in)
    yield Figure("messages by port 465, with filters against without", with_out, "/s", bare_out)
