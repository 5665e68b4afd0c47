"""What the password service answers, and what it changes. No password in any answer or log."""

from __future__ import annotations

import hashlib
import ipaddress
import math
import re
import secrets
import unicodedata
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from congvu.fingerprints import Key
from congvu.passwords import Context, Fault, Rules, check, hash_password, verify
from congvu.services.factor_desk import Desk, new_app_password
from congvu.services.password_answer import Answer
from congvu.store import Account, Store
from congvu.store.attempts import Allowance, begin_attempt, forgive_attempts
from congvu.store.fingerprints import Chosen, is_recognised, recognise, set_password
from congvu.store.portal import open_session
from congvu.store.second_factor import add_webmail_password, read_factor

# What the right password opens, by the state of the account; nothing in any other state.
_DOORS = {
    "active": "open",
    "due": "open",
    "initial": "must_change",
    "reset": "must_change",
    "expired": "must_change",
}
# Assessing betrays nothing and changes nothing, but it is work.
_ASSESSMENTS = 1000
# A choice that keeps every other rule is a guess at everybody's password: the answer is "taken" or "not".
_CHOICES = Allowance(10, 10, timedelta(days=1))
_LOGIN = re.compile(r"[a-z0-9._-]{1,64}@[a-z0-9.-]{1,253}")

_REFUSED = {"answer": "refused"}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Limits:
    """How often one may be wrong. Clients of `office_networks` are limited by login, never as a whole."""

    allowance: Allowance
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
    key: Key
    desk: Desk
    # So many last passwords may not be used again.
    history: int
    domain: str
    organisation: tuple[str, ...]

    def check(self, login: str, password: str, client: str, code: str = "") -> Answer:
        """Tell which doors this login and password open: all, only the change of password, or none.

        With a second factor a code is needed, and the mail store takes no password: then the answer holds
        what this session of the webmail is to log in with.
        """
        entered = self._enter(login, password, client, code)
        if isinstance(entered, Answer):
            return entered
        answer = _opened(entered.account)
        if answer.body["answer"] != "open" or not entered.by_code:
            return answer
        session, made = new_app_password()
        with self.connect() as db:
            if not add_webmail_password(db, entered.account.address, entered.hashed, made):
                return _about(entered.account, _REFUSED)
        return replace(answer, body={**answer.body, "password": session})

    def admit(self, login: str, password: str, client: str, code: str = "") -> Answer:
        """As `check`; where all doors open, also begin a session of the people's page."""
        entered = self._enter(login, password, client, code)
        if isinstance(entered, Answer):
            return entered
        answer = _opened(entered.account)
        if answer.body["answer"] != "open":
            return answer
        session = secrets.token_bytes(32)
        with self.connect() as db:
            if not open_session(db, entered.account.address, entered.hashed, session):
                return _about(entered.account, _REFUSED)
        return replace(answer, body={**answer.body, "session": session.hex()})

    def change(self, login: str, present: str, new: str, client: str, code: str = "") -> Answer:
        """Set a new password for whoever knows the present one, if it keeps every rule."""
        entered = self._enter(login, present, client, code)
        if isinstance(entered, Answer):
            return entered
        account = entered.account
        context = self._context(account, present=present, second_factor=entered.by_code)
        if faults := check(new, context, self.rules):
            return _invalid(account, faults)
        with self.connect() as db:
            wait = begin_attempt(db, "choose", account.address, "", _CHOICES)
        if wait is not None:
            return _invalid(account, [_TOO_MANY])
        fingerprint = self.key.fingerprint(new, account.address)
        chosen = Chosen(hash_password(new), fingerprint, self.rules.too_short_alone(new))
        with self.connect() as db:
            outcome = set_password(db, account.address, entered.hashed, client, chosen)
        match outcome:
            case "history":
                return _invalid(account, [_used_before(self.history)])
            case "in_use":
                return _invalid(account, [_IN_USE])
        # refused: another change came in between, hence what was given is no longer the present password
        return _about(account, {"answer": outcome})

    def assess(self, login: str, candidate: str, second_factor: str = "") -> Answer:
        """Tell which rules a candidate would break for this login; nothing is stored or opened.

        With anything as ``second_factor``, as if the login had one.
        """
        allowed = Allowance(_ASSESSMENTS, _ASSESSMENTS, self.limits.allowance.window)
        with self.connect() as db:
            address = db.home_address(self._address(login))
            wait = begin_attempt(db, "assess", address, "", allowed)
            account = db.account(address)
        if wait is not None:
            return _throttled(wait, account)
        context = self._context(account) if account else Context("", "", address, self.organisation)
        faults = check(candidate, replace(context, second_factor=bool(second_factor)), self.rules)
        return Answer({"answer": "assessed", "faults": [asdict(fault) for fault in faults]})

    def _enter(self, login: str, password: str, client: str, code: str) -> _Entered | Answer:
        """Return the account of the right password, or what to answer. Refusals look and take the same."""
        with self.connect() as db:
            address = db.home_address(self._address(login))
            wait = begin_attempt(db, "enter", address, self.limits.client(client), self.limits.allowance)
            account = db.account(address)
            hashed = db.credential(address) if account and account.state in _DOORS else None
            recognised = is_recognised(db, address, self.key.id)
            factor = read_factor(db, address)
        if wait is not None:
            return _throttled(wait, account)
        right = verify(password, hashed)
        if account is None:
            return Answer(_REFUSED)
        if hashed is None or not right:
            return _about(account, _REFUSED)
        # A password that came as a hash alone is seen here for the first time.
        fingerprint = None if recognised else self.key.fingerprint(password, address)
        with self.connect() as db:
            if fingerprint and recognise(db, address, hashed, client, fingerprint) != "recorded":
                return _about(account, _REFUSED)
            if factor and factor.confirmed and not self.desk.admits(db, factor, code):
                return _about(account, {"answer": "code_needed", "wrong": bool(code.strip())})
            forgive_attempts(db, address)
        return _Entered(account, hashed, bool(factor and factor.confirmed))

    def _address(self, login: str) -> str:
        """Return the address, lower case; a digest for what cannot be one: it counts, but is not kept."""
        address = unicodedata.normalize("NFKC", login).strip().lower()
        if "@" not in address:
            address = f"{address}@{self.domain}"
        if _LOGIN.fullmatch(address):
            return address
        return "?" + hashlib.sha256(login.encode("utf-8", "surrogatepass")).hexdigest()

    def _context(self, account: Account, **more: Any) -> Context:
        return Context(account.full_name, account.unit_name, account.address, self.organisation, **more)


@dataclass(frozen=True)
class _Entered:
    account: Account
    hashed: str
    by_code: bool


def _opened(account: Account) -> Answer:
    body = {"answer": _DOORS[account.state], "state": account.state}
    if body["answer"] == "open":
        body |= {"due_on": str(account.due_on), "expires_on": str(account.expires_on)}
        body |= {"login": account.address}  # whichever of its domain's names was typed
    return _about(account, body)


def _about(account: Account, body: dict[str, Any]) -> Answer:
    return Answer(body, login=account.address, state=account.state)


# Nothing here may tell that somebody else has this password.
_IN_USE = Fault(
    "in_use", "Mật khẩu này không được chấp nhận vì lý do an toàn. Hãy chọn một mật khẩu hoàn toàn khác."
)
_TOO_MANY = Fault(
    "too_many", "Mật khẩu đã được đổi hoặc thử đổi quá nhiều lần trong ngày. Hãy thử lại vào ngày mai."
)


def _used_before(history: int) -> Fault:
    return Fault("history", f"Mật khẩu mới không được trùng với {history} mật khẩu dùng gần đây nhất.")


def _invalid(account: Account, faults: list[Fault]) -> Answer:
    return _about(account, {"answer": "invalid", "faults": [asdict(fault) for fault in faults]})


def _throttled(wait: timedelta, account: Account | None) -> Answer:
    body = {"answer": "throttled", "retry_after": max(1, math.ceil(wait.total_seconds()))}
    return replace(_about(account, body) if account else Answer(body), status=429)
