"""What the password service answers, and what it changes. No HTTP here, and no password in any answer or log."""

from __future__ import annotations

import hashlib
import ipaddress
import math
import re
import unicodedata
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from congvu.passwords import Context, Rules, check, hash_password, verify
from congvu.store import Account, Store

# What the right password opens, by the state of the account; nothing in any other state.
_DOORS = {
    "active": "open",
    "due": "open",
    "initial": "must_change",
    "reset": "must_change",
    "expired": "must_change",
}
# A client may fail as often as so many logins may: behind one address there can be more than one person.
_LOGINS_PER_CLIENT = 20
# Assessing betrays nothing and changes nothing, but it is work.
_ASSESSMENTS = 100
_LOGIN = re.compile(r"[a-z0-9._-]{1,64}@[a-z0-9.-]{1,253}")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Answer:
    """An answer; `login` and `state` are for the journal alone. No login: no such account."""

    body: dict[str, Any]
    status: int = 200
    login: str | None = None
    state: str = "unknown"


@dataclass(frozen=True)
class Limits:
    """How often somebody may be wrong. Clients of `office_networks` are limited by login, never as a whole."""

    max_failures: int
    window: timedelta
    office_networks: tuple[Network, ...] = ()

    def client(self, client: str) -> str:
        """Return what counts as one client: an address, the /64 of an IPv6 one; empty for the office."""
        try:
            address = ipaddress.ip_address(client)
        except ValueError:
            return "unknown"
        if any(address in network for network in self.office_networks):
            return ""
        return (
            str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
        )


@dataclass(frozen=True)
class Judge:
    """Answers by one policy. `connect` opens the directory for one answer."""

    connect: Callable[[], AbstractContextManager[Store]]
    rules: Rules
    limits: Limits
    domain: str
    organisation: tuple[str, ...]

    def check(self, login: str, password: str, client: str) -> Answer:
        """Tell which doors this login and password open: all, only the change of password, or none."""
        with self.connect() as store:
            entered = self._enter(store, login, password, client)
        if isinstance(entered, Answer):
            return entered
        account, _ = entered
        body = {"answer": _DOORS[account.state], "state": account.state}
        if body["answer"] == "open":
            body |= {"due_on": str(account.due_on), "expires_on": str(account.expires_on)}
        return _about(account, body)

    def change(self, login: str, present: str, new: str, client: str) -> Answer:
        """Set a new password for whoever knows the present one, if it keeps every rule."""
        with self.connect() as store:
            entered = self._enter(store, login, present, client)
            if isinstance(entered, Answer):
                return entered
            account, present_hash = entered
            if faults := check(new, self._context(account, present), self.rules):
                return _about(account, {"answer": "invalid", "faults": [asdict(fault) for fault in faults]})
            # False: somebody else's change came in between, hence what was given is no longer the present password.
            changed = store.set_password(account.address, present_hash, hash_password(new), client)
        return _about(account, {"answer": "changed" if changed else "refused"})

    def assess(self, login: str, candidate: str) -> Answer:
        """Tell which rules a candidate would break for this login; nothing is stored or opened."""
        address = self._address(login)
        with self.connect() as store:
            wait = store.begin_attempt("assess", address, "", _ASSESSMENTS, 1, self.limits.window)
            if wait is not None:
                return _throttled(wait)
            account = store.account(address)
        context = self._context(account) if account else Context("", "", address, self.organisation)
        faults = check(candidate, context, self.rules)
        return Answer({"answer": "assessed", "faults": [asdict(fault) for fault in faults]})

    def _enter(self, store: Store, login: str, password: str, client: str) -> tuple[Account, str] | Answer:
        """Return the account and its hash, or what to answer. Any two refusals look and take the same."""
        address = self._address(login)
        failures = self.limits.max_failures
        wait = store.begin_attempt(
            "enter",
            address,
            self.limits.client(client),
            failures,
            failures * _LOGINS_PER_CLIENT,
            self.limits.window,
        )
        if wait is not None:
            return _throttled(wait)
        account = store.account(address)
        hashed = store.credential(address) if account and account.state in _DOORS else None
        right = verify(password, hashed)
        if account is None:
            return Answer({"answer": "refused"})
        if hashed is None or not right:
            return _about(account, {"answer": "refused"})
        store.forgive_attempts(address)
        return account, hashed

    def _address(self, login: str) -> str:
        """Return the canonical address; for what cannot be one, a digest, that it be counted but never kept."""
        address = unicodedata.normalize("NFKC", login).strip().lower()
        if "@" not in address:
            address = f"{address}@{self.domain}"
        if _LOGIN.fullmatch(address):
            return address
        return "?" + hashlib.sha256(login.encode("utf-8", "surrogatepass")).hexdigest()

    def _context(self, account: Account, present: str | None = None) -> Context:
        return Context(account.full_name, account.unit_name, account.address, self.organisation, present)


def _about(account: Account, body: dict[str, Any]) -> Answer:
    return Answer(body, login=account.address, state=account.state)


def _throttled(wait: timedelta) -> Answer:
    return Answer({"answer": "throttled", "retry_after": max(1, math.ceil(wait.total_seconds()))}, status=429)
