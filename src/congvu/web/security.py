"""Second factor and app passwords, on the page of the person whose session it is."""

from __future__ import annotations

from typing import Any

import segno
from flask import Response, request

from congvu.store import portal as directory
from congvu.web.asking import Unavailable, ask
from congvu.web.visits import Behind, redirect_to, session, show, to_entrance


class Security:
    """The views. The password service makes and judges secrets and codes; here its answers are shown."""

    def __init__(self, behind: Behind) -> None:
        self.behind = behind

    def security(self, status: int = 200, **shown: Any) -> Response:
        with self.behind.connect() as db:
            factor = directory.factor(db, session())
        return show("security", status, factor=factor, **shown)

    def change(self) -> Response:
        act = request.form.get("act", "")
        verbs = {"begin": "factor/begin", "confirm": "factor/confirm", "end": "factor/end", "make": "app"}
        if act not in verbs:
            return self.security(422, problem="nothing")
        question = {name: request.form.get(name, "") for name in ("code", "label")}
        try:
            answer = ask(self.behind.service_socket, verbs[act], {**question, "session": session().hex()})
        except Unavailable:
            return self.security(503, problem="unavailable")
        match answer:
            case {"answer": "begun", "secret": secret, "uri": uri}:
                response = self.security(secret=secret, uri=uri, picture=_picture(uri))
            case {"answer": "made", "password": password}:
                response = self.security(password=password)
            case {"answer": "confirmed" | "ended"}:
                response = redirect_to("portal.security", xong="1")
            case {"answer": "no_session"}:
                response = to_entrance("het-phien")
            case {"answer": problem}:
                response = self.security(422, problem=problem, again=act == "confirm")
        return response

    def revoke(self, app: int) -> Response:
        with self.behind.connect() as db:
            outcome = directory.revoke_app(db, session(), app)
        return redirect_to("portal.security", xong="1") if outcome == "recorded" else to_entrance("het-phien")


def _picture(uri: str) -> str:
    """Return the link as a QR code: an SVG to stand in the page, with the quiet zone that scanners need."""
    return segno.make_qr(uri).svg_inline(border=4, light="#fff", omitsize=True)
