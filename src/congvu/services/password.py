"""The password service: `gunicorn 'congvu.services.password:create_app("/etc/congvu/password.json")'`.

JSON over HTTP on a Unix socket, for the webmail and the pages of this host: `POST /check`, `/admit`,
`/change`, `/assess`; `/factor/...` and `/app` for the person of a session of the people's page. It fails
closed: whatever goes wrong, the answer is not `open`.

Each answer leaves one line of JSON in the journal: verb, client, answer, login, state. A login that does not
exist is not named there, since people type their password into the wrong field.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from congvu import clock, store
from congvu.fingerprints import Key
from congvu.passwords import Rules
from congvu.policy import read_json
from congvu.second_factor import Seal
from congvu.services import host
from congvu.services.factor_desk import Desk
from congvu.services.password_answer import Answer
from congvu.services.password_judge import Judge, Limits
from congvu.store.attempts import Allowance

_LOG = logging.getLogger("congvu.password")
_LONGEST_REQUEST = 16 * 1024
# A client may fail as often as so many logins may: behind one address there can be more than one person.
_LOGINS_PER_CLIENT = 20


@dataclass(frozen=True)
class Settings:
    """What the role `password_service` writes.

    `words`: a file, one word a line; `fingerprint_key`: the file with the site's key; networks as CIDR.
    """

    policy: str
    words: str
    fingerprint_key: str
    database: dict[str, str]
    domain: str
    organisation: list[str]
    office_networks: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: str) -> Settings:
        """Read the settings from a JSON object; a key that is missing or unknown raises TypeError."""
        return cls(**json.loads(Path(path).read_text("utf-8")))


def judge(settings: Settings) -> Judge:
    """Return the judge for these settings. Raises if policy, word list or key cannot be read."""
    values: Mapping[str, Any] = read_json(Path(settings.policy)).values
    words = Path(settings.words).read_text("utf-8", "replace").splitlines()
    failures = values["login.max_failures"]
    window = timedelta(minutes=values["login.window_minutes"])
    key = Key(host.read(settings.fingerprint_key), settings.fingerprint_key)
    allowance = Allowance(failures, failures * _LOGINS_PER_CLIENT, window)

    def connect() -> AbstractContextManager[store.Store]:
        return store.connect(role="congvu_password", **settings.database)

    return Judge(
        connect=connect,
        rules=Rules.from_policy(values, words),
        limits=Limits(
            allowance,
            tuple(ipaddress.ip_network(network) for network in settings.office_networks),
        ),
        key=key,
        desk=Desk(connect, Seal(key), settings.organisation[0], allowance, clock.now),
        history=values["password.history"],
        domain=settings.domain,
        organisation=tuple(settings.organisation),
    )


def create_app(path: str) -> Flask:
    """Return the WSGI application; it does not start without settings, policy, word list and key."""
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s", force=True)
    bench = judge(Settings.read(path))
    app = Flask("congvu.services.password", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LONGEST_REQUEST

    @app.post("/check")
    def _check() -> Response:
        return _reply(bench.check, "login", "password", "client", "code")

    @app.post("/admit")
    def _admit() -> Response:
        return _reply(bench.admit, "login", "password", "client", "code")

    @app.post("/change")
    def _change() -> Response:
        return _reply(bench.change, "login", "present", "new", "client", "code")

    @app.post("/assess")
    def _assess() -> Response:
        return _reply(bench.assess, "login", "candidate", "second_factor")

    @app.post("/factor/begin")
    def _begin() -> Response:
        return _reply(bench.desk.begin, "session")

    @app.post("/factor/confirm")
    def _confirm() -> Response:
        return _reply(bench.desk.confirm, "session", "code")

    @app.post("/factor/end")
    def _end() -> Response:
        return _reply(bench.desk.end, "session", "code")

    @app.post("/app")
    def _app() -> Response:
        return _reply(bench.desk.make, "session", "label")

    @app.errorhandler(Exception)
    def _broken(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return _say(Answer({"answer": "malformed"}, status=error.code or 400))
        _log_fault(error)
        return _say(Answer({"answer": "unavailable"}, status=503))

    return app


def _reply(verb: Callable[..., Answer], *names: str) -> Response:
    question: Any = request.get_json()
    if isinstance(question, dict):
        question = {"code": "", "second_factor": "", **question}  # only those with a second factor have one
    if not isinstance(question, dict) or not all(isinstance(question.get(name), str) for name in names):
        return _say(Answer({"answer": "malformed"}, status=400))
    g.client = _address(question.get("client"))
    return _say(verb(*(question[name] for name in names)))


def _say(answer: Answer) -> Response:
    line = {
        "event": "password",
        "verb": request.path.strip("/"),
        "client": g.get("client"),
        "answer": answer.body["answer"],
        "login": answer.login,
        "state": answer.state,
    }
    _LOG.info(json.dumps(line))
    response = jsonify(answer.body)
    response.status_code = answer.status
    return response


def _address(client: object) -> str | None:
    """Return the client for the journal, if it is an address at all."""
    try:
        return str(ipaddress.ip_address(str(client)))
    except ValueError:
        return None


def _log_fault(error: Exception) -> None:
    """Say in one line what broke and where; of the message the first line only, rows are quoted below it."""
    where = [
        f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    message = next(iter(str(error).splitlines()), "")
    _LOG.error(
        json.dumps({"event": "fault", "error": f"{type(error).__name__}: {message}", "where": where[-4:]})
    )
