"""The demo, as its people meet it: a real Chromium before the real host. Nothing is faked.

    CONGVU_DEMO_JSON=build/demo/demo.json pytest tests/e2e

Everything about the host comes from demo.json; its journal is read by SSH (build/hosts/GROUP, named by
CONGVU_HOSTS as everywhere). Screenshots go to build/e2e.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, sync_playwright
from portal import Portal
from webmail import Webmail

ROOT = Path(__file__).resolve().parents[2]
GROUP = os.environ.get("CONGVU_HOSTS", "demo")


class NamedContext(ssl.SSLContext):
    """Checks the certificate against the host's name, though the host is reached by its address."""

    name = ""

    def wrap_socket(self, *args: Any, **more: Any) -> ssl.SSLSocket:
        return super().wrap_socket(*args, **{**more, "server_hostname": self.name})


@dataclass(frozen=True)
class Person:
    """Somebody of the demo, with the password that demo.json knows."""

    address: str
    password: str


@dataclass(frozen=True)
class Demo:
    """What demo.json says of the host. `host`: its address; `name`: the name in its certificate."""

    host: str
    name: str
    ca_file: str
    accounts: list[dict[str, Any]]

    @classmethod
    def read(cls, path: Path) -> Demo:
        """Read demo.json."""
        told = json.loads(path.read_text("utf-8"))
        return cls(told["host"], f"mail.{told['domain']}", told["ca_file"], told["accounts"])

    def people(self, state: str) -> list[Person]:
        """The people in a state whose password is known."""
        return [
            Person(account["address"], account["password"])
            for account in self.accounts
            if account["kind"] == "person" and account["state"] == state and account["password"]
        ]

    def tls(self) -> NamedContext:
        """Return a context that trusts the demo's authority, and only the host's name."""
        context = NamedContext(ssl.PROTOCOL_TLS_CLIENT)
        context.name = self.name
        context.load_verify_locations(self.ca_file)
        return context

    def key_digest(self) -> str:
        """Return the SHA-256 of the host's public key, from a certificate that the authority vouches for."""
        with (
            socket.create_connection((self.host, 443), 30) as plain,
            self.tls().wrap_socket(plain) as secure,
        ):
            certificate = x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"")
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(key).digest()).decode()

    def deliver(self, recipient: str) -> str:
        """Let a colleague write to somebody by 465, and return the word that only this message holds."""
        word = f"tu-khoa-{secrets.token_hex(8)}"
        sender = self.people("active")[0]
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender.address, recipient, f"Lịch họp {word}"
        message.set_content(f"Kính gửi anh/chị,\n\nMời dự họp giao ban tuần ({word}).\n")
        with smtplib.SMTP_SSL(self.host, 465, context=self.tls(), timeout=30) as smtp:
            smtp.login(sender.address, sender.password)
            smtp.send_message(message)
        return word


@dataclass
class Journal:
    """The host's journal from the moment of the request on."""

    cursor: str = ""

    def start(self) -> Journal:
        """Forget what was logged until now."""
        self.cursor = self._journalctl("-n", "0", "--show-cursor").strip().removeprefix("-- cursor: ")
        return self

    def lines(self, identifier: str) -> list[str]:
        """What a daemon (SYSLOG_IDENTIFIER) has logged since the start."""
        return self._journalctl("-t", identifier, "-o", "cat", f"--after-cursor='{self.cursor}'").splitlines()

    @staticmethod
    def _journalctl(*arguments: str) -> str:
        return on_host("journalctl", "--sync;", "journalctl", "-q", *arguments)


def on_host(*command: str, given: str = "") -> str:
    """Run a command as root on the host, with something to read; what it says."""
    ssh = ["ssh", "-F", str(ROOT / "build" / "hosts" / GROUP / "ssh_config"), "mail", *command]
    return subprocess.run(ssh, input=given, capture_output=True, text=True, check=True, timeout=60).stdout


def in_the_directory(statements: str) -> str:
    """Run statements on the host's database past its guards, and return what they say."""
    psql = ("runuser", "-u", "postgres", "--", "psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "congvu")
    return on_host(*psql, given=f"set session_replication_role = replica; {statements}").strip()


@pytest.fixture(scope="session")
def demo() -> Demo:
    return Demo.read(Path(os.environ.get("CONGVU_DEMO_JSON", ROOT / "build" / GROUP / "demo.json")))


@pytest.fixture
def journal() -> Journal:
    return Journal().start()


@pytest.fixture(scope="session")
def chromium(demo: Demo) -> Iterator[Browser]:
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--host-resolver-rules=MAP {demo.name} {demo.host}",
        # Chromium has no option for an authority's file: it is told the key that was verified here.
        f"--ignore-certificate-errors-spki-list={demo.key_digest()}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=Path(__file__).with_name("chromium"), args=arguments
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A browser that was never here before."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="vi-VN")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def webmail(page: Page, demo: Demo) -> Webmail:
    return Webmail(page, f"https://{demo.name}", ROOT / "build" / "e2e")


@pytest.fixture
def portal(page: Page, demo: Demo) -> Portal:
    return Portal(page, f"https://{demo.name}", ROOT / "build" / "e2e")
