"""The mail path by real conversations: what is taken, what is refused, what waits while a filter is away."""

from __future__ import annotations

import io
import smtplib
import time
import zipfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

import pytest
from doors import Doors, Imap, Smtp
from testinfra.host import Host

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
# Rspamd's own variant, which asks for a mark instead of a refusal (needs its option enable_test_patterns)
GTUBE = "YJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
OUTSIDE = "citizen@congdan.test"


@pytest.fixture
def smtp(doors: Doors) -> Iterator[smtplib.SMTP]:
    """Port 25, as a server outside sees it."""
    with smtplib.SMTP(doors.address, 25, "outside.congdan.test", timeout=60) as client:
        client.ehlo()
        yield client


def letter(sender: str, recipient: str, subject: str = "Thử nghiệm", **headers: str) -> EmailMessage:
    """A small letter; further headers by name."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="client.test")
    for name, value in headers.items():
        message[name] = value
    message.set_content("Kính gửi anh chị.\n")
    return message


def refusal(send: Callable[[], object]) -> int:
    """The SMTP status with which a message was refused; 250 when it was taken."""
    try:
        send()
    except smtplib.SMTPRecipientsRefused as refused:
        return next(iter(refused.recipients.values()))[0]
    except smtplib.SMTPResponseException as refused:
        return int(refused.smtp_code)
    return 250


def submit(doors: Doors, person: dict[str, str], message: EmailMessage, envelope: str = "") -> int:
    """Send as a person over 465; the status."""
    with Smtp(doors) as client:
        client.login(person["address"], person["password"])
        return refusal(lambda: client.send_message(message, envelope or person["address"]))


def arrived(doors: Doors, person: dict[str, str], subject: str, folder: str = "INBOX") -> bool:
    """Wait up to 20 s for a message with that subject."""
    for _ in range(40):
        with Imap(doors) as client:
            client.login(person["address"], person["password"])
            client.select(folder, readonly=True)
            if client.search(None, "SUBJECT", f'"{subject}"')[1][0]:
                return True
        time.sleep(0.5)
    return False


def test_no_open_relay(smtp: smtplib.SMTP) -> None:
    assert refusal(lambda: smtp.sendmail("a@congdan.test", ["b@elsewhere.test"], "x")) == 554


def test_unknown_recipients_are_refused_at_once(smtp: smtplib.SMTP, demo: dict[str, Any]) -> None:
    recipient = f"khongcoai@{demo['domain']}"
    assert refusal(lambda: smtp.sendmail(OUTSIDE, [recipient], "x")) == 550


def test_our_own_domain_does_not_come_in_without_login(
    smtp: smtplib.SMTP, people: list[dict[str, str]]
) -> None:
    """As the envelope's sender."""
    sender, recipient = people[0]["address"], people[1]["address"]
    assert refusal(lambda: smtp.sendmail(sender, [recipient], "x")) in (550, 553, 554)


def test_port_25_offers_no_login(smtp: smtplib.SMTP) -> None:
    assert not smtp.has_extn("auth")


def test_smuggling_is_stopped(doors: Doors, people: list[dict[str, str]]) -> None:
    """A bare line feed around the dot does not end a message: what follows is no second one."""
    with smtplib.SMTP(doors.address, 25, "outside.congdan.test", timeout=60) as client:
        client.ehlo()
        client.mail(OUTSIDE)
        client.rcpt(people[0]["address"])
        client.docmd("DATA")
        subject = f"buon lau {time.time()}"
        client.sock.sendall(
            b"From: citizen@congdan.test\r\nSubject: first\r\n\r\nbody\n.\n"
            b"MAIL FROM:<citizen@congdan.test>\nRCPT TO:<" + people[0]["address"].encode() + b">\nDATA\n"
            b"From: citizen@congdan.test\r\nSubject: " + subject.encode() + b"\r\n\r\nsmuggled\r\n.\r\n"
        )
        client.getreply()
    assert not arrived_now(doors, people[0], subject)


def arrived_now(doors: Doors, person: dict[str, str], subject: str) -> bool:
    """Look once, after what is under way has had the time to arrive."""
    time.sleep(4)
    with Imap(doors) as client:
        client.login(person["address"], person["password"])
        client.select("INBOX", readonly=True)
        return bool(client.search(None, "SUBJECT", f'"{subject}"')[1][0])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("port", [25, 465])
def test_a_virus_is_refused(doors: Doors, people: list[dict[str, str]], port: int, packed: bool) -> None:
    content, name = EICAR, "eicar.com"
    if packed:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(name, EICAR)
        content, name = archive.getvalue(), "eicar.zip"
    sender = OUTSIDE if port == 25 else people[0]["address"]
    message = letter(sender, people[1]["address"])
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    if port == 465:
        assert submit(doors, people[0], message) == 554
        return
    with smtplib.SMTP(doors.address, 25, "outside.congdan.test", timeout=60) as client:
        assert refusal(lambda: client.send_message(message, OUTSIDE)) == 554


@pytest.mark.parametrize(
    "headers",
    [
        {"From": "{other}"},
        {"From": "Giám đốc <{other}>"},
        {"From": "{own}, {other}"},
        {"From": "{own}", "Sender": "{other}"},
        {"From": '"{own}" <{other}>'},
    ],
)
def test_a_header_that_names_somebody_else_is_refused(
    doors: Doors, people: list[dict[str, str]], headers: dict[str, str]
) -> None:
    own, other = people[0]["address"], people[1]["address"]
    named = {name: value.format(own=own, other=other) for name, value in headers.items()}
    message = letter(named.pop("From"), OUTSIDE, **named)
    assert submit(doors, people[0], message, own) == 554


def test_an_envelope_that_names_somebody_else_is_refused(doors: Doors, people: list[dict[str, str]]) -> None:
    own, other = people[0]["address"], people[1]["address"]
    assert submit(doors, people[0], letter(own, OUTSIDE), other) == 553


def test_who_holds_a_role_in_a_box_sends_as_the_box(doors: Doors, demo: dict[str, Any], host: Host) -> None:
    office = next(a["address"] for a in demo["accounts"] if a["kind"] == "office")
    query = f"select login from sender where address = '{office}' limit 1"
    login = host.check_output(f'psql -XAtq -U congvu_admin congvu -c "{query}"')
    clerk = next(a for a in demo["accounts"] if a["address"] == login)
    subject = f"van thu {time.time()}"
    assert submit(doors, clerk, letter(office, clerk["address"], subject), office) == 250
    assert arrived(doors, clerk, subject)


def test_spam_goes_to_junk(smtp: smtplib.SMTP, doors: Doors, people: list[dict[str, str]]) -> None:
    """Rspamd marks it (GTUBE of the "mark" kind), Sieve files it."""
    subject = f"thu rac {time.time()}"
    message = letter(OUTSIDE, people[0]["address"], subject)
    message.set_content(GTUBE)
    assert refusal(lambda: smtp.send_message(message, OUTSIDE)) == 250
    assert arrived(doors, people[0], subject, "Junk")


def test_a_full_mailbox_is_refused_before_the_message(
    smtp: smtplib.SMTP, people: list[dict[str, str]], host: Host
) -> None:
    address = people[1]["address"]
    sql = "set session_replication_role = replica; update mailbox set quota_mb = {} where address = '{}'"
    psql = 'runuser -u postgres -- psql -XAtq congvu -c "{}"'
    before = host.check_output(
        psql.format(f"select coalesce(quota_mb::text, 'null') from mailbox where address = '{address}'")
    )
    fill = f"doveadm save -u {address} -m Archive"
    host.run_expect([0], f"(printf 'Subject: x\\n\\n'; head -c 1500000 /dev/zero | base64) | {fill}")
    host.run_expect([0], psql.format(sql.format(1, address)))
    try:
        assert refusal(lambda: smtp.sendmail(OUTSIDE, [address], "x")) == 552
    finally:
        host.run_expect([0], psql.format(sql.format(before, address)))
        host.run(f"doveadm expunge -u {address} mailbox Archive all")


@pytest.mark.parametrize("unit", ["rspamd", "clamav-daemon"])
def test_a_filter_that_is_away_makes_mail_wait(
    doors: Doors, people: list[dict[str, str]], host: Host, unit: str
) -> None:
    """Once it is back, the next try of the same message succeeds."""
    message = letter(OUTSIDE, people[1]["address"])
    message.add_attachment(b"PK hello", maintype="application", subtype="octet-stream", filename="a.bin")
    units = f"{unit} clamav-daemon.socket" if unit == "clamav-daemon" else unit

    def send() -> None:
        with smtplib.SMTP(doors.address, 25, "outside.congdan.test", timeout=60) as client:
            client.send_message(message, OUTSIDE)

    host.run_expect([0], f"systemctl stop {units}")
    try:
        assert refusal(send) in (421, 451, 454)
    finally:
        host.run_expect([0], f"systemctl start {units}")
        end = time.monotonic() + 60
        while refusal(send) != 250 and time.monotonic() < end:  # started is not yet listening
            time.sleep(0.5)
    assert refusal(send) == 250
