"""The doors for mail programs: does a login come in? Each answer is the server's own."""

from __future__ import annotations

import base64
import imaplib
import smtplib
import socket
import ssl

_TIMEOUT = 30.0  # seconds; a refusal may be delayed


def imap_opens(host: str, tls: ssl.SSLContext, login: str, password: str) -> bool:
    """Try 993."""
    with imaplib.IMAP4_SSL(host, 993, ssl_context=tls, timeout=_TIMEOUT) as imap:
        try:
            imap.login(login, password)
        except imaplib.IMAP4.error as refusal:
            if "AUTHENTICATIONFAILED" not in str(refusal):
                raise
            return False
        return True


def submission_opens(host: str, tls: ssl.SSLContext, login: str, password: str) -> bool:
    """Try 465."""
    with smtplib.SMTP_SSL(host, 465, context=tls, timeout=_TIMEOUT) as smtp:
        try:
            smtp.login(login, password)
        except smtplib.SMTPAuthenticationError as refusal:
            if refusal.smtp_code != 535:
                raise
            return False
        return True


def submission(host: str, tls: ssl.SSLContext, login: str, password: str) -> smtplib.SMTP_SSL:
    """A connection to 465 that is logged in and may send."""
    smtp = smtplib.SMTP_SSL(host, 465, context=tls, timeout=_TIMEOUT)
    smtp.login(login, password)
    assert sends(smtp, login) == 250
    return smtp


def sends(smtp: smtplib.SMTP_SSL, login: str) -> int:
    """Begin a message to oneself on a connection that is logged in: the answer to the recipient's address."""
    smtp.mail(login)
    code = smtp.rcpt(login)[0]
    if code == 250:
        smtp.rset()
    return code


def sieve_opens(host: str, tls: ssl.SSLContext, login: str, password: str) -> bool:
    """Try 4190."""
    with socket.create_connection((host, 4190), _TIMEOUT) as plain:
        _ask(plain, b"")
        _ask(plain, b"STARTTLS\r\n")
        with tls.wrap_socket(plain) as secure:
            _ask(secure, b"")
            token = base64.b64encode(f"\0{login}\0{password}".encode())
            answer = _ask(secure, b'AUTHENTICATE "PLAIN" "%s"\r\n' % token)
    assert answer.startswith((b"OK", b"NO")), answer
    return answer.startswith(b"OK")


def _ask(connection: socket.socket, line: bytes) -> bytes:
    """Send a line and return the last line of the answer: the one that says OK, NO or BYE."""
    connection.sendall(line)
    received = b""
    while not received.endswith(b"\r\n") or not _last(received).startswith((b"OK", b"NO", b"BYE")):
        part = connection.recv(4096)
        if not part:
            break
        received += part
    return _last(received)


def _last(received: bytes) -> bytes:
    lines = received.splitlines()
    return lines[-1] if lines else b""


DOORS = {993: imap_opens, 465: submission_opens, 4190: sieve_opens}
