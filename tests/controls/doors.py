"""The doors of a mail host, as anybody on the network finds them: TLS, SMTP, IMAP, ManageSieve, HTTP.

Standard library only. Nothing here knows what a role intended, and nothing is left behind on the host:
recipients are asked for and reset, the test virus has to be refused, log-ins are invalid on purpose.
"""

from __future__ import annotations

import base64
import http.client
import smtplib
import socket
import ssl
import warnings
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

TIMEOUT = 5.0  # seconds
_PATIENCE = 15.0  # at port 25: postscreen lets a stranger wait 6 before it speaks

# The test file every virus scanner knows, in two halves: this source must not set off a scanner itself.
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass(frozen=True)
class Handshake:
    """The outcome of one TLS handshake: what was agreed, or why not."""

    port: int
    version: str | None = None
    cipher: str | None = None
    certificate: dict[str, object] | None = None  # as SSLSocket.getpeercert(), only where it was verified
    error: str | None = None


@dataclass(frozen=True)
class Page:
    """One HTTP answer. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass
class Smtp:
    """What a mail server said: its offers before and after TLS, and an answer per question."""

    offers: dict[str, str] = field(default_factory=dict)
    offers_tls: dict[str, str] = field(default_factory=dict)
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)


def answers(address: str, port: int, wait: float = 1.0) -> bool:
    """Return whether somebody accepts connections on a TCP port."""
    with suppress(OSError), socket.create_connection((address, port), wait):
        return True
    return False


def trusting(ca: str | None) -> ssl.SSLContext:
    """Return a verifying context: the system's authorities and, where given, one more (PEM)."""
    context = ssl.create_default_context()
    if ca:
        context.load_verify_locations(cadata=ca)
    return context


def careless(newest: str | None = None, ciphers: str = "ALL:COMPLEMENTOFALL:@SECLEVEL=0") -> ssl.SSLContext:
    """Return a context that takes anything old and weak, up to version ``newest`` ("TLSv1.1")."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(ciphers)
    with warnings.catch_warnings():  # Python warns of exactly what is to be tried
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        if newest:
            context.maximum_version = ssl.TLSVersion[newest.replace(".", "_")]
    return context


def handshake(address: str, port: int, name: str, context: ssl.SSLContext) -> Handshake:
    """Shake hands on a port, by STARTTLS where the port starts in clear text."""
    try:
        with socket.create_connection((address, port), _PATIENCE if port == 25 else TIMEOUT) as plain:
            if port == 25:
                _smtp_starttls(plain)
            elif port == 4190:
                _sieve_starttls(plain)
            with context.wrap_socket(plain, server_hostname=name) as secure:
                agreed = secure.cipher()
                return Handshake(port, secure.version(), agreed[0] if agreed else None, secure.getpeercert())
    except (OSError, EOFError) as fault:
        return Handshake(port, error=str(fault) or type(fault).__name__)


def _lines_until(connection: socket.socket, last: Iterable[bytes]) -> bytes:
    """Read until a line begins with one of ``last``."""
    received = b""
    while True:
        chunk = connection.recv(4096)
        if not chunk:
            raise EOFError("connection closed")
        received += chunk
        final = received.rstrip(b"\r\n").rsplit(b"\n", 1)[-1]
        if received.endswith(b"\n") and any(final.startswith(start) for start in last):
            return received


def _smtp_starttls(plain: socket.socket) -> None:
    _lines_until(plain, [b"220 "])
    plain.sendall(b"EHLO audit.invalid\r\n")
    _lines_until(plain, [b"250 "])
    plain.sendall(b"STARTTLS\r\n")
    _lines_until(plain, [b"220 "])


def _sieve_starttls(plain: socket.socket) -> None:
    _lines_until(plain, [b"OK"])
    plain.sendall(b"STARTTLS\r\n")
    _lines_until(plain, [b"OK"])


def sieve_offers(address: str, port: int = 4190) -> str:
    """Return the capabilities that ManageSieve offers before TLS."""
    with socket.create_connection((address, port), TIMEOUT) as plain:
        return _lines_until(plain, [b"OK"]).decode("utf-8", "replace")


def fetch(address: str, name: str, path: str, context: ssl.SSLContext | None, method: str = "GET") -> Page:
    """Ask a web server for a page: by HTTPS with a context, by HTTP without."""
    if context:
        connection = http.client.HTTPConnection(name, timeout=TIMEOUT)
        # The name is what the certificate must hold; the address is where the audited host was reached.
        plain = socket.create_connection((address, 443), TIMEOUT)
        connection.sock = context.wrap_socket(plain, server_hostname=name)
    else:
        connection = http.client.HTTPConnection(address, 80, timeout=TIMEOUT)
    try:
        connection.request(method, path, headers={"Host": name, "User-Agent": "congvu-audit"})
        answer = connection.getresponse()
        headers = {key.lower(): value for key, value in answer.getheaders()}
        return Page(answer.status, headers, answer.read(200_000).decode("utf-8", "replace"))
    finally:
        connection.close()


def smtp_stranger(address: str, name: str, domain: str, boxes: list[str], office: str) -> Smtp:
    """Speak to port 25 as an unknown server would, up to the point where mail would be taken.

    Answers are keyed by question: ``box:<address>``, ``unknown``, ``relay``, ``spoof``, ``auth``, ``virus``.
    """
    seen = Smtp()
    with smtplib.SMTP(address, 25, local_hostname="audit.invalid", timeout=_PATIENCE) as door:
        door.ehlo()
        seen.offers = dict(door.esmtp_features)
        door._host = name  # type: ignore[attr-defined]  # the name that SNI asks for
        door.starttls(context=careless())
        door.ehlo()
        seen.offers_tls = dict(door.esmtp_features)
        seen.answers["auth"] = _said(door.docmd("AUTH", "PLAIN " + base64.b64encode(b"\0x\0x").decode()))
        for box in boxes:
            seen.answers[f"box:{box}"] = _asked(door, "", box)
        seen.answers["unknown"] = _asked(door, "", f"khong-co-hop-thu-nay@{domain}")
        seen.answers["relay"] = _asked(door, "", "somebody@example.com")
        seen.answers["spoof"] = _asked(door, office, office)
        seen.answers["virus"] = _virus(door, office)
    return seen


def _said(answer: tuple[int, bytes]) -> tuple[int, str]:
    return answer[0], answer[1].decode("utf-8", "replace")


def _asked(door: smtplib.SMTP, sender: str, recipient: str) -> tuple[int, str]:
    """Ask whether mail would be taken; nothing is sent."""
    said = _said(door.mail(sender))
    if said[0] < 400:
        said = _said(door.rcpt(recipient))
    door.rset()
    return said


def _virus(door: smtplib.SMTP, recipient: str) -> tuple[int, str]:
    """Offer the harmless test virus; a host in order refuses it, so that nothing is delivered."""
    message = (
        f"From: <kiem-tra@audit.invalid>\r\nTo: <{recipient}>\r\nSubject: EICAR\r\nMIME-Version: 1.0\r\n"
        "Message-ID: <eicar@audit.invalid>\r\nDate: Thu, 01 Jan 2026 08:00:00 +0700\r\n"
        'Content-Type: application/octet-stream; name="eicar.com"\r\nContent-Transfer-Encoding: base64\r\n'
        'Content-Disposition: attachment; filename="eicar.com"\r\n\r\n'
        f"{base64.b64encode(EICAR.encode()).decode()}\r\n"
    )
    said = _said(door.mail(""))
    if said[0] < 400:
        said = _said(door.rcpt(recipient))
    if said[0] >= 400:
        return said
    try:
        return _said(door.data(message))
    except smtplib.SMTPDataError as refused:  # already at the word DATA
        return refused.smtp_code, str(refused.smtp_error)


def smtp_submission(address: str, name: str, sender: str, login: str | None, secret: str) -> Smtp:
    """Speak to port 465 without an account: ``mail`` (no log-in), ``invalid`` (one that cannot succeed)."""
    seen = Smtp()
    with smtplib.SMTP_SSL(address, 465, "audit.invalid", timeout=TIMEOUT, context=careless()) as door:
        door._host = name  # type: ignore[attr-defined]
        door.ehlo()
        seen.offers_tls = dict(door.esmtp_features)
        seen.answers["mail"] = _asked(door, sender, "somebody@example.com")
        if login:
            token = base64.b64encode(f"\0{login}\0{secret}".encode()).decode()
            seen.answers["invalid"] = _said(door.docmd("AUTH", "PLAIN " + token))
    return seen


def imap(address: str, login: str | None, secret: str) -> dict[str, str]:
    """Speak to port 993 without an account: answers to ``capability``, ``select`` and ``invalid``."""
    said: dict[str, str] = {}
    with (
        socket.create_connection((address, 993), TIMEOUT) as plain,
        careless().wrap_socket(plain) as door,
    ):
        _lines_until(door, [b"* "])
        questions = {"capability": "CAPABILITY", "select": "SELECT INBOX"}
        if login:
            questions["invalid"] = f'LOGIN "{login}" "{secret}"'
        for key, question in questions.items():
            door.sendall(f"{key} {question}\r\n".encode())
            said[key] = _lines_until(door, [key.encode() + b" "]).decode("utf-8", "replace")
    return said
