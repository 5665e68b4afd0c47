"""The WSGI application behind nginx: `gunicorn 'congvu.web.app:create_app("/etc/congvu/web.json")'`.

Nothing that a person types is kept, logged or put into an address. A form is taken only from our own page:
the browser must name it as the origin, and the form must repeat the random token of its cookie.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, make_response, redirect, render_template, request, url_for

from congvu.policy import read_json
from congvu.web import autodiscover, forms, portal
from congvu.web.asking import Unavailable, ask
from congvu.web.visits import Behind

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Not `no-referrer`: with that, browsers send `Origin: null` with the form.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Why the person is here, as the webmail's redirect says it.
_REASONS = frozenset({"lan-dau", "het-han", "cap-lai"})
_NOT_ACCEPTED = 422


@dataclass(frozen=True)
class Settings:
    """What the role `portal` writes. `webmail`: the login page; `policy`: the file of the resolved policy."""

    organisation: str
    domain: str
    domains: list[str]
    hostname: str
    webmail: str
    service_socket: str
    database: dict[str, str]
    policy: str

    @classmethod
    def read(cls, path: str) -> Settings:
        """Read the settings from a JSON object; a key that is missing or unknown raises TypeError."""
        return cls(**json.loads(Path(path).read_text("utf-8")))


def create_app(path: str) -> Flask:
    """Return the application; it does not start without its settings."""
    settings = Settings.read(path)
    policy = read_json(Path(settings.policy))
    app = Flask("congvu.web", static_url_path="/mat-khau/static")
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.register_blueprint(autodiscover.blueprint(settings.domains, settings.hostname))
    behind = Behind(policy, settings.service_socket, settings.database)
    app.register_blueprint(portal.blueprint(behind))
    versions = _versions(Path(str(app.static_folder)))

    @app.context_processor
    def _shared() -> dict[str, Any]:
        return {
            "organisation": settings.organisation,
            "domain": settings.domain,
            "webmail": settings.webmail,
            "policy": policy.values,
            "asset": lambda name: url_for("static", filename=name, v=versions[name]),
        }

    @app.after_request
    def _guard(response: Response) -> Response:
        response.headers.update(_HEADERS)
        for digest in g.get("styles", ()):
            rules = response.headers["Content-Security-Policy"]
            response.headers["Content-Security-Policy"] = rules.replace(
                "style-src", f"style-src 'sha256-{digest}'"
            )
        if request.endpoint == "static":
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            response.headers["Cache-Control"] = "no-store"
        return response

    @app.get("/mat-khau")
    def _show() -> Response:
        return _page(200)

    @app.post("/mat-khau")
    def _change() -> Response:
        if not forms.from_visitor():
            return _page(403, problem="forged")
        return _answer(settings.service_socket)

    @app.get("/mat-khau/xong")
    def _done() -> Response:
        return make_response(render_template("done.html"))

    return app


def _versions(folder: Path) -> dict[str, str]:
    """Return a digest for each static file, so that browsers may keep them for good.

    (The package's files all bear the date of the release: dates and sizes would not tell versions apart.)
    """
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:12] for file in folder.iterdir()}


def _answer(service: str) -> Response:
    if faults := _incomplete():
        return _page(_NOT_ACCEPTED, faults=faults)
    question = {name: request.form[name] for name in ("login", "present", "new")}
    question["code"] = request.form.get("code", "")
    question["client"] = request.headers.get("X-Real-IP", "")
    try:
        answer = ask(service, "change", question)
    except Unavailable:
        return _page(503, problem="unavailable")
    match answer:
        case {"answer": "changed"}:
            response = make_response(redirect(url_for("_done"), 303))
            forms.forget(response)
        case {"answer": "invalid", "faults": faults}:
            response = _page(_NOT_ACCEPTED, faults={"new": [fault["message"] for fault in faults]})
        case {"answer": "throttled", "retry_after": seconds}:
            response = _page(429, problem="throttled", minutes=math.ceil(seconds / 60))
            response.headers["Retry-After"] = str(seconds)
        case {"answer": "code_needed"}:
            response = _page(403, problem="code")
        case {"answer": "refused"}:
            response = _page(403, problem="refused")
        case _:
            response = _page(503, problem="unavailable")
    return make_response(response)


def _incomplete() -> dict[str, list[str]]:
    """Return what is wrong with the form itself: fields left empty, a repetition that differs."""
    empty = {
        "login": "Hãy nhập địa chỉ thư.",
        "present": "Hãy nhập mật khẩu hiện tại.",
        "new": "Hãy nhập mật khẩu mới.",
    }
    faults = {name: [message] for name, message in empty.items() if not request.form.get(name, "").strip()}
    if "new" not in faults and request.form.get("repeat", "") != request.form["new"]:
        faults["repeat"] = ["Hai lần nhập mật khẩu mới không giống nhau."]
    return faults


def _page(status: int, **shown: Any) -> Response:
    token = forms.visitor_token()
    reason = request.args.get("ly-do", "")
    page = render_template(
        "password.html",
        token=token,
        reason=reason if reason in _REASONS else "",
        login=request.form.get("login", ""),
        **{"faults": {}, "problem": "", **shown},
    )
    response = make_response(page, status)
    forms.remember(response, token)
    return response
