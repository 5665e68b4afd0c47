"""The people's page, `/trang-cua-toi`: what concerns a person, and what they put on record.

The browser holds a session that the password service began for the right password. The page hands it to the
directory with every question; what it may see and change there is what the session's person may.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import secrets
import sys
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from congvu import store
from congvu.policy import Resolved
from congvu.store import portal as directory
from congvu.web import forms, words
from congvu.web.asking import Unavailable, ask
from congvu.web.duties import Duties, Signing

_COOKIE = "__Host-trang-cua-toi"
_SESSION = re.compile(r"[0-9a-f]{64}")
_NOT_ACCEPTED = 422
_LONGEST = {"body": 4000, "remark": 1000}
# Where a right password leads that opens the change of password only.
_MUST_CHANGE = {"initial": "lan-dau", "reset": "cap-lai", "expired": "het-han"}

View = Callable[..., Response]


@dataclass(frozen=True)
class Behind:
    """What stands behind the page: the policy in force, the password service, the directory."""

    policy: Resolved
    service_socket: str
    database: Mapping[str, str]

    def connect(self) -> AbstractContextManager[store.Store]:
        return store.connect(role="congvu_portal", **self.database)


def blueprint(behind: Behind) -> Blueprint:
    """Return the pages below `/trang-cua-toi`."""
    pages = Blueprint("portal", __name__, url_prefix="/trang-cua-toi")
    portal = _Portal(behind, Duties(behind.policy))
    pages.app_template_filter("moment")(words.moment)
    pages.app_template_filter("day")(words.day)

    @pages.context_processor
    def _shared() -> dict[str, Any]:
        shared = {"words": words, "regulation": behind.policy, "duties": portal.duties}
        return {**shared, "form_token": _form_token()}

    pages.get("/dang-nhap")(portal.entrance)
    pages.post("/dang-nhap")(portal.enter)
    pages.post("/dang-xuat")(portal.leave)
    shown: dict[str, View] = {
        "": portal.home,
        "/quy-che": portal.regulation,
        "/xac-nhan-quy": portal.statements,
        "/vuong-mac": portal.difficulties,
        "/du-lieu": portal.records,
    }
    sent: dict[str, View] = {
        "/quy-che": portal.acknowledge,
        "/xac-nhan-quy": portal.state,
        "/vuong-mac": portal.report,
        "/vuong-mac/<int:difficulty>": portal.answer,
        "/ban-giao/<int:handover>": portal.take_over,
    }
    for method, views in (("GET", shown), ("POST", sent)):
        for path, view in views.items():
            pages.add_url_rule(path, view.__name__, portal.visited(view), methods=[method])
    pages.register_error_handler(store.StoreError, _unavailable)
    return pages


def _session() -> bytes:
    """Return what the browser holds, empty if it is no session at all."""
    held = request.cookies.get(_COOKIE, "")
    return bytes.fromhex(held) if _SESSION.fullmatch(held) else b""


def _form_token() -> str:
    """Return what the forms of this session repeat; from it the session cannot be worked out."""
    return hmac.new(_session(), b"form", hashlib.sha256).hexdigest()


def _unavailable(error: Exception) -> Response:
    # To the journal: the first line only, rows are quoted below it.
    print(f"directory: {str(error).splitlines()[0]}", file=sys.stderr)
    return make_response(render_template("portal/unavailable.html"), 503)


def _redirect(endpoint: str, **query: str) -> Response:
    """Lead on by GET, so that going back or loading anew sends nothing again."""
    shown = urlencode({name: value for name, value in query.items() if value})
    return make_response(redirect(url_for(endpoint) + (f"?{shown}" if shown else ""), 303))


def _led_in(session: str) -> Response:
    response = _redirect("portal.home")
    forms.forget(response)
    response.set_cookie(_COOKIE, session, secure=True, httponly=True, samesite="Strict", path="/")
    return response


def _to_entrance(reason: str) -> Response:
    response = _redirect("portal.entrance", **{"ly-do": reason})
    response.delete_cookie(_COOKIE, secure=True, httponly=True, samesite="Strict")
    return response


def _written(name: str) -> str:
    """Return a text of the form as it is kept: NFC, lines ended by \\n, no blanks around it."""
    text = unicodedata.normalize("NFC", request.form.get(name, ""))
    return text.replace("\r\n", "\n").replace("\0", "").strip()


class _Portal:
    """The views. `g.home`: who it is, as the directory says."""

    def __init__(self, behind: Behind, duties: Duties) -> None:
        self.behind = behind
        self.duties = duties

    def visited(self, view: View) -> View:
        """Let only a session in, and a form only from our own page of this session."""

        def guarded(**arguments: Any) -> Response:
            session = _session()
            with self.behind.connect() as db:
                g.home = directory.home(db, session) if session else None
            if g.home is None:
                return _to_entrance("het-phien" if session or request.method == "POST" else "")
            if request.method == "POST" and not forms.repeats(_form_token()):
                return self.home(problem="forged", status=403)
            return view(**arguments)

        return guarded

    # The door ---------------------------------------------------------------------------------------

    def entrance(self, status: int = 200, **shown: Any) -> Response:
        token = forms.visitor_token()
        page = render_template(
            "portal/entrance.html",
            token=token,
            login=request.form.get("login", ""),
            ended=request.args.get("ly-do") == "het-phien",
            **{"faults": {}, "problem": "", **shown},
        )
        response = make_response(page, status)
        forms.remember(response, token)
        return response

    def enter(self) -> Response:
        if not forms.from_visitor():
            return self.entrance(403, problem="forged")
        empty = {"login": "Hãy nhập địa chỉ thư.", "password": "Hãy nhập mật khẩu."}
        if faults := {name: [told] for name, told in empty.items() if not request.form.get(name, "").strip()}:
            return self.entrance(_NOT_ACCEPTED, faults=faults)
        question = {name: request.form[name] for name in empty}
        question["client"] = request.headers.get("X-Real-IP", "")
        try:
            answer = ask(self.behind.service_socket, "admit", question)
        except Unavailable:
            answer = {}
        match answer:
            case {"answer": "open", "session": session}:
                response = _led_in(session)
            case {"answer": "must_change", "state": state}:
                response = _redirect("_show", **{"ly-do": _MUST_CHANGE.get(state, "")})
            case {"answer": "throttled", "retry_after": seconds}:
                response = self.entrance(429, problem="throttled", minutes=math.ceil(seconds / 60))
                response.headers["Retry-After"] = str(seconds)
            case {"answer": "refused"}:
                response = self.entrance(403, problem="refused")
            case _:
                response = self.entrance(503, problem="unavailable")
        return response

    def leave(self) -> Response:
        if forms.repeats(_form_token()) and (session := _session()):
            with self.behind.connect() as db:
                directory.close_session(db, session)
        return _to_entrance("")

    # What concerns the person -----------------------------------------------------------------------

    def home(self, problem: str = "", status: int = 200) -> Response:
        signings = self.duties.signings(g.home)
        open_rows: dict[Signing, int] = {}
        with self.behind.connect() as db:
            for signing in signings:
                said = directory.statements(db, _session(), *signing.key) or {}
                open_rows[signing] = sum(row.id not in said for row in self.duties.rows(signing.party))
        return self._page("home", status, problem=problem, open_rows=open_rows)

    def records(self) -> Response:
        with self.behind.connect() as db:
            found = directory.records(db, _session())
        return self._page("records", records=found or [])

    # What the person puts on record -----------------------------------------------------------------

    def regulation(self, problem: str = "", status: int = 200) -> Response:
        return self._page("regulation", status, problem=problem)

    def acknowledge(self) -> Response:
        if request.form.get("known") != "yes":
            return self.regulation("unticked", _NOT_ACCEPTED)
        with self.behind.connect() as db:
            outcome = directory.acknowledge(db, _session(), request.form.get("shown", ""))
        if outcome == "recorded":
            return _redirect("portal.regulation", xong="1")
        return self.regulation(outcome, 409) if outcome == "other_policy" else _to_entrance("het-phien")

    def statements(
        self, status: int = 200, faults: Mapping[str, str] | None = None, problem: str = ""
    ) -> Response:
        signings = self.duties.signings(g.home)
        signing = self.duties.signing(g.home, request.values)
        if signing is None:
            if not problem and request.args:
                status, problem = 403, "not_yours"
            return self._page("statements", status, signings=signings, signing=None, problem=problem)
        with self.behind.connect() as db:
            said = directory.statements(db, _session(), *signing.key) or {}
        return self._page(
            "statements", status, signings=signings, signing=signing, said=said, faults=faults or {},
            problem=problem, form=request.form if request.method == "POST" else {},
        )  # fmt: skip

    def state(self) -> Response:
        quarter, party, unit = (request.form.get(name, "")[:64] for name in ("quarter", "party", "unit"))
        signing = self.duties.signing(g.home, request.form)
        said, faults = [], {}
        for row in self.duties.rows(party) if signing else []:
            choice, remark = request.form.get(f"said-{row.id}"), _written(f"remark-{row.id}")
            if len(remark) > _LONGEST["remark"]:
                faults[row.id] = f"Nội dung dài quá {_LONGEST['remark']} ký tự."
            elif choice == "no" and not remark:
                faults[row.id] = "Hãy nêu lý do hoặc việc còn phải làm."
            elif choice in ("yes", "no"):
                said.append({"provision": row.id, "attested": choice == "yes", "remark": remark})
        if signing is not None and (faults or not said):
            return self.statements(_NOT_ACCEPTED, faults, "" if faults else "nothing")
        with self.behind.connect() as db:
            # Also what is not this person's to sign: the directory refuses it, and keeps that on record.
            asked = (quarter, party, unit)
            outcome = directory.state(db, _session(), asked, request.form.get("shown", ""), said)
        if outcome == "recorded" and signing is not None:
            return _redirect("portal.statements", xong="1", **signing.query)
        if outcome == "no_session":
            return _to_entrance("het-phien")
        if outcome == "recorded":  # nothing was: the quarter is neither the running one nor the one before
            outcome = "other_quarter"
        return self.statements(403 if outcome == "not_yours" else 409, problem=outcome)

    def difficulties(
        self, status: int = 200, faults: Mapping[str, str] | None = None, problem: str = ""
    ) -> Response:
        with self.behind.connect() as db:
            found = directory.difficulties(db, _session()) or {"office": False, "rows": []}
        return self._page(
            "difficulties", status, found=found, faults=faults or {}, problem=problem,
            once=secrets.token_hex(16), form=request.form if request.method == "POST" else {},
            chosen=request.values.get("provision", ""),
        )  # fmt: skip

    def take_over(self, handover: int) -> Response:
        with self.behind.connect() as db:
            outcome = directory.take_over(db, _session(), handover)
        if outcome == "recorded":
            return _redirect("portal.home", xong="1")
        return self.home(outcome, 403) if outcome == "not_yours" else _to_entrance("het-phien")

    def report(self) -> Response:
        provision, once = (request.form.get(name, "") for name in ("provision", "once"))
        body = _written("body")
        faults = {}
        if provision not in self.duties.known:
            faults["provision"] = "Hãy chọn quy định gặp khó khăn, vướng mắc."
        if not body:
            faults["body"] = "Hãy nêu nội dung khó khăn, vướng mắc."
        elif len(body) > _LONGEST["body"]:
            faults["body"] = f"Nội dung dài quá {words.number(_LONGEST['body'])} ký tự."
        if faults or not re.fullmatch(r"[0-9a-f]{32}", once):
            return self.difficulties(_NOT_ACCEPTED, faults)
        with self.behind.connect() as db:
            outcome = directory.report(db, _session(), provision, body, bytes.fromhex(once))
        if outcome == "recorded":
            return _redirect("portal.difficulties", xong="1")
        return self.difficulties(429, problem=outcome) if outcome == "too_many" else _to_entrance("het-phien")

    def answer(self, difficulty: int) -> Response:
        told = _written("answer")
        if not told or len(told) > _LONGEST["body"]:
            return self.difficulties(_NOT_ACCEPTED, {f"answer-{difficulty}": "Hãy nhập nội dung trả lời."})
        with self.behind.connect() as db:
            outcome = directory.answer(db, _session(), difficulty, told)
        if outcome == "recorded":
            return _redirect("portal.difficulties", xong="1")
        if outcome == "no_session":
            return _to_entrance("het-phien")
        return self.difficulties(403, problem=outcome)

    # ------------------------------------------------------------------------------------------------

    def _page(self, name: str, status: int = 200, **shown: Any) -> Response:
        shown = {"done": "xong" in request.args and request.method == "GET", "problem": "", **shown}
        return make_response(render_template(f"portal/{name}.html", home=g.home, **shown), status)
