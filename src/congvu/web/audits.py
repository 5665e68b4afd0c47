"""The pages of auditors: the reports of past quarters as they were made. Each reading is on record."""

from __future__ import annotations

import base64
import hashlib
import re

from flask import Response, g, make_response

from congvu.store import portal as directory
from congvu.web.visits import Behind, session, show, to_entrance

_STYLE = re.compile(r"<style>(.*?)</style>", re.S)


class Audits:
    """The views. Only for whom an operator let in; the directory sees to that."""

    def __init__(self, behind: Behind) -> None:
        self.behind = behind

    def reports(self, problem: str = "", status: int = 200) -> Response:
        with self.behind.connect() as db:
            found = directory.reports(db, session()) or {"auditor": False, "rows": []}
        if not found["auditor"]:
            status, problem = 403, "not_yours"
        return show("reports", status, rows=found["rows"], problem=problem)

    def read(self, quarter: str) -> Response:
        with self.behind.connect() as db:
            found = directory.read_report(db, session(), quarter)
        if found["outcome"] == "no_session":
            return to_entrance("het-phien")
        if found["outcome"] != "shown":
            return self.reports("" if found["outcome"] == "not_yours" else "unknown_report", 404)
        # The page brings its own style, which the browser takes by its digest.
        styles = _STYLE.findall(found["page"])
        g.styles = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in styles]
        return make_response(found["page"])
