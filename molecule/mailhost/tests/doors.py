"""The doors of the mail host as a client sees them: does a login come in, and what does it hear?"""

from __future__ import annotations

import base64
import imaplib
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Answer:
    """What a door answered; `said` serves to compare refusals."""

    open: bool
    said: str


class Doors:
    """All doors of one host, reached by its address under its own name."""

    def __init__(self, demo: dict[str, Any]) -> None:
        self.address: str = demo["host"]
        self.name = f"mail.{demo['domain']}"
        self.ports: dict[str, int] = demo["ports"]
        self.tls = ssl.create_default_context(cafile=demo["ca_file"])

    def imap(self, login: str, password: str) -> Answer:
        """IMAPS: log in and count the messages of the inbox."""
        with Imap(self) as client:
            try:
                client.login(login, password)
            except imaplib.IMAP4.error as refusal:
                return Answer(False, str(refusal))
            return Answer(client.select("INBOX", readonly=True)[0] == "OK", "")

    def submissions(self, login: str, password: str) -> Answer:
        """SMTP over TLS: authenticate."""
        with Smtp(self) as client:
            try:
                client.login(login, password)
            except smtplib.SMTPAuthenticationError as refusal:
                return Answer(False, f"{refusal.smtp_code} {refusal.smtp_error!r}")
            return Answer(True, "")

    def sieve(self, login: str, password: str, *commands: str) -> Answer:
        """ManageSieve: STARTTLS, authenticate; then further commands. The answer to the last."""
        with socket.create_connection((self.address, self.ports["sieve"]), timeout=20) as plain:
            _sieve_answer(plain)
            plain.sendall(b"STARTTLS\r\n")
            _sieve_answer(plain)
            with self.tls.wrap_socket(plain, server_hostname=self.name) as client:
                _sieve_answer(client)
                secret = base64.b64encode(f"\0{login}\0{password}".encode()).decode()
                client.sendall(f'AUTHENTICATE "PLAIN" "{secret}"\r\n'.encode())
                answer = _sieve_answer(client)
                for command in commands if answer.startswith("OK") else ():
                    client.sendall(f"{command}\r\n".encode())
                    answer = _sieve_answer(client)
        return Answer(answer.startswith("OK"), answer)

    def webmail(self, login: str, password: str) -> Answer:
        """Roundcube's login form; `said` is the path to which it leads, or the status of a refusal."""
        page, cookie = self._web("GET", "/")
        token = re.search(r'"request_token":"([^"]+)"', page.text)
        assert token, "the webmail shows no login form"
        form = {"_task": "login", "_action": "login", "_token": token[1], "_user": login, "_pass": password}
        answer, _ = self._web("POST", "/?_task=login", form, cookie)
        target = answer.location
        return Answer(answer.status == 302 and "_task=mail" in target, target or str(answer.status))

    def password_page(self, login: str, password: str) -> Answer:
        """The password page, asked by a change that no rule admits: it tells, and nothing changes."""
        page, cookie = self._web("GET", "/mat-khau")
        token = re.search(r'name="token" value="([^"]+)"', page.text)
        assert token, "the password page shows no form"
        form = {"token": token[1], "login": login, "present": password, "new": "ngan", "repeat": "ngan"}
        answer, _ = self._web("POST", "/mat-khau", form, cookie)
        return Answer(answer.status == 422 and "ít nhất 8 ký tự" in answer.text, answer.problem)

    def _web(
        self, method: str, path: str, form: dict[str, str] | None = None, cookie: str = ""
    ) -> tuple[Page, str]:
        connection = HTTPSConnection(self.name, self.ports["https"], timeout=30, context=self.tls)
        # the name is for TLS and the Host header; the address is the test host's
        connection.sock = self.tls.wrap_socket(
            socket.create_connection((self.address, self.ports["https"]), timeout=30),
            server_hostname=self.name,
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{self.name}"}
        if cookie:
            headers["Cookie"] = cookie
        connection.request(method, path, urlencode(form) if form else None, headers)
        response = connection.getresponse()
        page = Page.read(response)
        connection.close()
        cookies = [value.split(";")[0] for value in response.headers.get_all("Set-Cookie") or []]
        return page, "; ".join(cookies)


@dataclass(frozen=True)
class Page:
    """A web answer."""

    status: int
    location: str
    text: str

    @classmethod
    def read(cls, response: HTTPResponse) -> Page:
        return cls(
            response.status, response.headers.get("Location", ""), response.read().decode("utf-8", "replace")
        )

    @property
    def problem(self) -> str:
        """The page's alert, without its markup."""
        alert = re.search(r'role="alert"[^>]*>(.*?)</', self.text, re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", alert[1]).split()) if alert else str(self.status)


class Imap(imaplib.IMAP4_SSL):
    """IMAPS to the host's address under its name."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        super().__init__(doors.name, doors.ports["imaps"], ssl_context=doors.tls, timeout=30)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = socket.create_connection((self.doors.address, self.port), timeout)
        return self.doors.tls.wrap_socket(plain, server_hostname=self.host)


class Smtp(smtplib.SMTP_SSL):
    """Submissions (465) to the host's address under its name."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        super().__init__(doors.name, doors.ports["submissions"], "client.test", context=doors.tls, timeout=30)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((self.doors.address, port), timeout)
        return self.doors.tls.wrap_socket(plain, server_hostname=host)


def _sieve_answer(connection: socket.socket) -> str:
    """Reads until the line that ends an answer, and the text behind it where that is a literal: `NO {12}`."""
    data = b""
    while True:
        end = re.search(rb"^(?:OK|NO|BYE)\b(?:.*\{(\d+)\})?.*\r\n", data, re.MULTILINE)
        if end and len(data) >= end.end() + int(end[1] or -2) + 2:
            return data[end.start() :].decode("utf-8", "replace").strip()
        more = connection.recv(4096)
        if not more:
            return ""
        data += more
