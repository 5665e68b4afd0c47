"""What the password service does for second factors and app passwords, for the person of a session."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from congvu import second_factor
from congvu.passwords import hash_password
from congvu.second_factor import Seal
from congvu.services.password_answer import Answer
from congvu.store import Store
from congvu.store import second_factor as directory
from congvu.store.attempts import Allowance, begin_attempt
from congvu.store.second_factor import AppPassword, Factor

_LONGEST_LABEL = 60
_ENDED = Answer({"answer": "no_session"})


@dataclass(frozen=True)
class Desk:
    """`issuer`: how an authenticator names us; `allowance`: how often a code may be wrong."""

    connect: Callable[[], AbstractContextManager[Store]]
    seal: Seal
    issuer: str
    allowance: Allowance
    now: Callable[[], datetime]

    def begin(self, session: str) -> Answer:
        """Make a secret for the authenticator; it counts once a code has confirmed it."""
        held, secret = _bytes(session), second_factor.new_secret()
        with self.connect() as db:
            factor = directory.session_factor(db, held)
            if factor is None:
                return _ENDED
            sealed = self.seal.close(secret, factor.address)
            if not directory.begin_factor(db, held, sealed, self.seal.key.id):
                return _about(factor, "there_already")
        uri = second_factor.uri(secret, factor.address, self.issuer)
        return _about(factor, "begun", secret=secret, uri=uri)

    def confirm(self, session: str, code: str) -> Answer:
        """The authenticator shows the right code: from now on the factor counts."""
        return self._with_code(session, code, directory.confirm_factor, "confirmed")

    def end(self, session: str, code: str) -> Answer:
        """Give the factor up, and with it every app password."""
        return self._with_code(session, code, directory.end_factor, "ended")

    def make(self, session: str, label: str) -> Answer:
        """Make an app password for one device; this answer is the only place where it is ever told."""
        name = unicodedata.normalize("NFC", label).strip()[:_LONGEST_LABEL]
        password, made = new_app_password()
        with self.connect() as db:
            factor = directory.session_factor(db, _bytes(session))
            if factor is None:
                return _ENDED
            outcome = directory.add_app_password(db, _bytes(session), made, name or "Thiết bị")
        return _about(factor, outcome, **({"password": password} if outcome == "made" else {}))

    def admits(self, db: Store, factor: Factor, code: str) -> bool:
        """Tell whether this is a code that the factor shows now, and was not used before."""
        secret = self.seal.open(factor.secret, factor.address) if factor.secret else None
        step = second_factor.step_of(code, secret, self.now()) if secret else None
        return step is not None and directory.use_code(db, factor.address, step)

    def _with_code(self, session: str, code: str, act: Callable[[Store, bytes], bool], done: str) -> Answer:
        with self.connect() as db:
            factor = directory.session_factor(db, _bytes(session))
            if factor is None:
                return _ENDED
            wait = begin_attempt(db, "enter", f"code {factor.address}", "", self.allowance)
        if wait is not None or factor.secret is None:
            return _about(factor, "wrong_code")
        with self.connect() as db:
            if not self.admits(db, factor, code) or not act(db, _bytes(session)):
                db.undo()
                return _about(factor, "wrong_code")
        return _about(factor, done)


def new_app_password() -> tuple[str, AppPassword]:
    """An app password, and what is kept of it."""
    password, selector = second_factor.new_app_password()
    return password, AppPassword(selector, hash_password(password))


def _bytes(session: str) -> bytes:
    try:
        return bytes.fromhex(session)
    except ValueError:
        return b""


def _about(factor: Factor, answer: str, **more: str) -> Answer:
    return Answer({"answer": answer, **more}, login=factor.address, state="session")
