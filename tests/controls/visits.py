"""All visits to the doors of a host, begun at once: the slow ones (a refused log-in waits) side by side."""

from __future__ import annotations

import base64
import ipaddress
import secrets
import ssl
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import cached_property
from typing import ParamSpec, TypeVar

import doors
from hostfacts import HostFacts, NotAnswered

P = ParamSpec("P")
T = TypeVar("T")

# What a mail host shows to the world, and nothing else.
OPEN_PORTS = (22, 25, 80, 443, 465, 993, 4190)
TLS_PORTS = (25, 443, 465, 993, 4190)
# Services that mail hosts are known to run; they have to be unreachable even where nobody thinks of them.
_INNER_PORTS = (53, 110, 143, 587, 995, 2000, 3310, 5432, 6379, 8080, 8443, 9000, 11332, 11333, 11334)
VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
PROPER, ANONYMOUS = "proper", "anonymous"


class Visits:
    """What the doors said. Attributes wait for their visit; a visit that broke down raises there."""

    def __init__(self, facts: HostFacts) -> None:
        self.facts = facts
        self.domain = facts.directory.domains[0]
        self.name = facts.postconf["myhostname"]
        self.boxes = [box["address"] for box in facts.directory.open_mailboxes("unit", "office")]
        offices = [box["address"] for box in facts.directory.open_mailboxes("office")]
        self.office = (offices or self.boxes or [f"postmaster@{self.domain}"])[0]
        # A log-in that cannot succeed, with a secret that must not turn up in any log afterwards.
        # Another name each time, so that no throttle ever counts two runs together.
        self.stranger = f"kiem-tra-{secrets.token_hex(6)}@{self.domain}"
        self.login = self.stranger if self._tolerated() else None
        self.secret = f"Kt1!{secrets.token_hex(12)}"
        # what AUTH PLAIN makes of it
        self.secret_base64 = base64.b64encode(f"\0{self.login}\0{self.secret}".encode()).decode()
        self._begin()

    def _tolerated(self) -> bool:
        """Return whether failures from here cannot lead to a ban: only then a failure is tried."""
        with suppress(NotAnswered, ValueError):
            here = ipaddress.ip_address(self.facts.controller)
            return all(
                any(here in ipaddress.ip_network(network, strict=False) for network in jail["ignoreip"])
                for jail in self.facts.jails.values()
            )
        return False

    def _begin(self) -> None:
        self._pool = ThreadPoolExecutor(48)
        address, name = self.facts.address, self.name
        self._smtp = self._visit(doors.smtp_stranger, address, name, self.domain, self.boxes, self.office)
        self._submission = self._visit(
            doors.smtp_submission, address, name, self.office, self.login, self.secret
        )
        self._imap = self._visit(doors.imap, address, self.login, self.secret)
        self._sieve = self._visit(doors.sieve_offers, address)
        listening = {listener.port for listener in self.facts.listening}
        tried = sorted({*OPEN_PORTS, *_INNER_PORTS, *(port for port in listening if port < 32768)})
        self._open = {port: self._pool.submit(doors.answers, address, port) for port in tried}
        self._handshakes = {port: self._shake(port) for port in TLS_PORTS}

    def _visit(self, visit: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin a visit; who finds nobody at home knocks once more: a service may just be restarting."""

        def knock() -> T:
            with suppress(OSError, EOFError):
                return visit(*args, **kwargs)
            time.sleep(2)
            return visit(*args, **kwargs)

        return self._pool.submit(knock)

    def _shake(self, port: int) -> dict[str, Future[doors.Handshake]]:
        """Begin a proper client's handshake with a door, and those that have to fail."""
        lowest = VERSIONS.index(self.facts.value("tls.min_version"))
        contexts = {version: doors.careless(version) for version in VERSIONS[:lowest]}
        contexts[ANONYMOUS] = doors.careless("TLSv1.2", "aNULL:!eNULL:@SECLEVEL=0")
        contexts[PROPER] = doors.trusting(self.facts.ca)

        def shake(context: ssl.SSLContext) -> doors.Handshake:
            if port == 25:  # postscreen has to know a stranger first, and that takes it 6 seconds each time
                wait([self._smtp])
            shaken = doors.handshake(self.facts.address, port, self.name, context)
            if shaken.error and context is contexts[PROPER]:  # this one has to succeed, the others to fail
                time.sleep(2)
                shaken = doors.handshake(self.facts.address, port, self.name, context)
            return shaken

        return {kind: self._pool.submit(shake, context) for kind, context in contexts.items()}

    @property
    def smtp(self) -> doors.Smtp:
        return self._smtp.result()

    def told(self, question: str) -> tuple[int, str]:
        """Return what a stranger is told at port 25; 0 and why, where nobody could be asked."""
        try:
            return self.smtp.answers[question]
        except OSError as fault:
            return 0, f"(không hỏi được cổng 25: {fault})"

    @property
    def submission(self) -> doors.Smtp:
        return self._submission.result()

    @property
    def imap(self) -> dict[str, str]:
        return self._imap.result()

    @property
    def sieve(self) -> str:
        return self._sieve.result()

    def handshakes(self, port: int) -> dict[str, doors.Handshake]:
        """Handshakes with one door: PROPER, and by what should fail: an old version or ANONYMOUS."""
        return {kind: future.result() for kind, future in self._handshakes[port].items()}

    @cached_property
    def open(self) -> set[int]:
        """Ports that answer the controller."""
        return {port for port, future in self._open.items() if future.result()}

    @property
    def tried(self) -> list[int]:
        return list(self._open)

    def log_ins_done(self) -> None:
        """Wait for every visit that logs in, so that its traces are in the log."""
        wait([self._submission, self._imap])
