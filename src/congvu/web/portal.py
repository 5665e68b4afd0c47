"""The people's page, `/trang-cua-toi`: what concerns a person, and what they put on record.

The browser holds a session that the password service began for the right password. The page hands it to the
directory with every question; what it may see and change there is what the session's person may.
"""

from __future__ import annotations

import math
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, g, make_response, render_template, request

from congvu import store
from congvu.duties import Duties, Signing
from congvu.store import portal as directory
from congvu.web import forms, words
from congvu.web.asking import Unavailable, ask
from congvu.web.audits import Audits
from congvu.web.security import Security
from congvu.web.visits import Behind, form_token, led_in, redirect_to, session, show, to_entrance, written

_NOT_ACCEPTED = 422
_LONGEST = {"body": 4000, "remark": 1000}
# Where a right password leads that opens the change of password only.
_MUST_CHANGE = {"initial": "lan-dau", "reset": "cap-lai", "expired": "het-han"}

View = Callable[..., Response]


def blueprint(behind: Behind) -> Blueprint:
    """Return the pages below `/trang-cua-toi`."""
    pages = Blueprint("portal", __name__, url_prefix="/trang-cua-toi")
    portal, security = _Portal(behind, Duties(behind.policy)), Security(behind)
    audits = Audits(behind)
    pages.app_template_filter("moment")(words.moment)
    pages.app_template_filter("day")(words.day)

    @pages.context_processor
    def _shared() -> dict[str, Any]:
        shared = {"words": words, "regulation": behind.policy, "duties": portal.duties}
        return {**shared, "form_token": form_token()}

    pages.get("/dang-nhap")(portal.entrance)
    pages.post("/dang-nhap")(portal.enter)
    pages.post("/dang-xuat")(portal.leave)
    shown: dict[str, View] = {
        "": portal.home,
        "/quy-che": portal.regulation,
        "/xac-nhan-quy": portal.statements,
        "/vuong-mac": portal.difficulties,
        "/dang-nhap-gan-day": portal.logins,
        "/du-lieu": portal.records,
        "/kiem-tra-thu": portal.checks,
        "/bao-mat": security.security,
        "/kiem-toan": audits.reports,
        "/kiem-toan/<quarter>": audits.read,
    }
    sent: dict[str, View] = {
        "/quy-che": portal.acknowledge,
        "/xac-nhan-quy": portal.state,
        "/vuong-mac": portal.report,
        "/vuong-mac/<int:difficulty>": portal.answer,
        "/ban-giao/<int:handover>": portal.take_over,
        "/bao-mat": security.change,
        "/bao-mat/<int:app>": security.revoke,
    }
    for method, views in (("GET", shown), ("POST", sent)):
        for path, view in views.items():
            pages.add_url_rule(path, view.__name__, portal.visited(view), methods=[method])
    pages.register_error_handler(store.StoreError, _unavailable)
    return pages


def _unavailable(error: Exception) -> Response:
    # To the journal: the first line only, rows are quoted below it.
    print(f"directory: {str(error).splitlines()[0]}", file=sys.stderr)
    return make_response(render_template("portal/unavailable.html"), 503)


class _Portal:
    """The views. `g.home`: who it is, as the directory says."""

    def __init__(self, behind: Behind, duties: Duties) -> None:
        self.behind = behind
        self.duties = duties

    def visited(self, view: View) -> View:
        """Let only a session in, and a form only from our own page of this session."""

        def guarded(**arguments: Any) -> Response:
            held = session()
            with self.behind.connect() as db:
                g.home = directory.home(db, held) if held else None
            if g.home is None:
                return to_entrance("het-phien" if held or request.method == "POST" else "")
            if request.method == "POST" and not forms.repeats(form_token()):
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
        question["code"] = request.form.get("code", "")
        question["client"] = request.headers.get("X-Real-IP", "")
        try:
            answer = ask(self.behind.service_socket, "admit", question)
        except Unavailable:
            answer = {}
        match answer:
            case {"answer": "open", "session": held}:
                response = led_in(held)
            case {"answer": "code_needed"}:
                response = self.entrance(403, problem="code")
            case {"answer": "must_change", "state": state}:
                response = redirect_to("_show", **{"ly-do": _MUST_CHANGE.get(state, "")})
            case {"answer": "throttled", "retry_after": seconds}:
                response = self.entrance(429, problem="throttled", minutes=math.ceil(seconds / 60))
                response.headers["Retry-After"] = str(seconds)
            case {"answer": "refused"}:
                response = self.entrance(403, problem="refused")
            case _:
                response = self.entrance(503, problem="unavailable")
        return response

    def leave(self) -> Response:
        if forms.repeats(form_token()) and (held := session()):
            with self.behind.connect() as db:
                directory.close_session(db, held)
        return to_entrance("")

    # What concerns the person -----------------------------------------------------------------------

    def home(self, problem: str = "", status: int = 200) -> Response:
        signings = self.duties.signings(g.home)
        open_rows: dict[Signing, int] = {}
        with self.behind.connect() as db:
            for signing in signings:
                said = directory.statements(db, session(), *signing.key) or {}
                open_rows[signing] = sum(row.id not in said for row in self.duties.rows(signing.party))
        return show("home", status, problem=problem, open_rows=open_rows)

    def logins(self) -> Response:
        with self.behind.connect() as db:
            found = directory.logins(db, session())
        return show("logins", logins=found or [])

    def records(self) -> Response:
        with self.behind.connect() as db:
            found = directory.records(db, session())
        return show("records", records=found or [])

    def checks(self) -> Response:
        with self.behind.connect() as db:
            found = directory.checks(db, session())
        return show("checks", checks=found or {"days": [], "below": [], "mark": None})

    # What the person puts on record -----------------------------------------------------------------

    def regulation(self, problem: str = "", status: int = 200) -> Response:
        return show("regulation", status, problem=problem)

    def acknowledge(self) -> Response:
        if request.form.get("known") != "yes":
            return self.regulation("unticked", _NOT_ACCEPTED)
        with self.behind.connect() as db:
            outcome = directory.acknowledge(db, session(), request.form.get("shown", ""))
        if outcome == "recorded":
            return redirect_to("portal.regulation", xong="1")
        return self.regulation(outcome, 409) if outcome == "other_policy" else to_entrance("het-phien")

    def statements(
        self, status: int = 200, faults: Mapping[str, str] | None = None, problem: str = ""
    ) -> Response:
        signings = self.duties.signings(g.home)
        signing = self.duties.signing(g.home, request.values)
        if signing is None:
            if not problem and request.args:
                status, problem = 403, "not_yours"
            return show("statements", status, signings=signings, signing=None, problem=problem)
        with self.behind.connect() as db:
            said = directory.statements(db, session(), *signing.key) or {}
        return show(
            "statements", status, signings=signings, signing=signing, said=said, faults=faults or {},
            problem=problem, form=request.form if request.method == "POST" else {},
        )  # fmt: skip

    def state(self) -> Response:
        quarter, party, unit = (request.form.get(name, "")[:64] for name in ("quarter", "party", "unit"))
        signing = self.duties.signing(g.home, request.form)
        said, faults = [], {}
        for row in self.duties.rows(party) if signing else []:
            choice, remark = request.form.get(f"said-{row.id}"), written(f"remark-{row.id}")
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
            outcome = directory.state(db, session(), asked, request.form.get("shown", ""), said)
        if outcome == "recorded" and signing is not None:
            return redirect_to("portal.statements", xong="1", **signing.query)
        if outcome == "no_session":
            return to_entrance("het-phien")
        if outcome == "recorded":  # nothing was: the quarter is neither the running one nor the one before
            outcome = "other_quarter"
        return self.statements(403 if outcome == "not_yours" else 409, problem=outcome)

    def difficulties(
        self, status: int = 200, faults: Mapping[str, str] | None = None, problem: str = ""
    ) -> Response:
        with self.behind.connect() as db:
            found = directory.difficulties(db, session()) or {"office": False, "rows": []}
        return show(
            "difficulties", status, found=found, faults=faults or {}, problem=problem,
            once=secrets.token_hex(16), form=request.form if request.method == "POST" else {},
            chosen=request.values.get("provision", ""),
        )  # fmt: skip

    def take_over(self, handover: int) -> Response:
        with self.behind.connect() as db:
            outcome = directory.take_over(db, session(), handover)
        if outcome == "recorded":
            return redirect_to("portal.home", xong="1")
        return self.home(outcome, 403) if outcome == "not_yours" else to_entrance("het-phien")

    def report(self) -> Response:
        provision, once = (request.form.get(name, "") for name in ("provision", "once"))
        about = "abuse" if request.form.get("about") == "abuse" else "difficulty"
        body = written("body")
        faults = {}
        if provision not in self.duties.known:
            faults["provision"] = "Hãy chọn quy định liên quan."
        if not body:
            faults["body"] = "Hãy nêu nội dung."
        elif len(body) > _LONGEST["body"]:
            faults["body"] = f"Nội dung dài quá {words.number(_LONGEST['body'])} ký tự."
        if faults or not re.fullmatch(r"[0-9a-f]{32}", once):
            return self.difficulties(_NOT_ACCEPTED, faults)
        with self.behind.connect() as db:
            outcome = directory.report(db, session(), (about, provision), body, bytes.fromhex(once))
        if outcome == "recorded":
            return redirect_to("portal.difficulties", xong="1")
        return self.difficulties(429, problem=outcome) if outcome == "too_many" else to_entrance("het-phien")

    def answer(self, difficulty: int) -> Response:
        told = written("answer")
        if not told or len(told) > _LONGEST["body"]:
            return self.difficulties(_NOT_ACCEPTED, {f"answer-{difficulty}": "Hãy nhập nội dung trả lời."})
        with self.behind.connect() as db:
            outcome = directory.answer(db, session(), difficulty, told)
        if outcome == "recorded":
            return redirect_to("portal.difficulties", xong="1")
        if outcome == "no_session":
            return to_entrance("het-phien")
        return self.difficulties(403, problem=outcome)
