"""Forms that no page of this session has sent, and what reaches the logs."""

from __future__ import annotations

import json

import pytest
from fix_database import Database
from fix_portal import COOKIE, MINE, ORIGIN, Visitor, quarter
from fix_services import PASSWORD, Server

FORMS = {
    "/quy-che": {"known": "yes"},
    "/xac-nhan-quy": {**MINE, "said-d8.k1": "yes"},
    "/vuong-mac": {"provision": "d8.k1", "body": "Có vướng mắc", "once": "0" * 32},
    "/dang-xuat": {},
}


@pytest.mark.parametrize("path", FORMS)
def test_a_form_from_elsewhere_does_nothing(
    head: Visitor, clerk: Visitor, roles: Database, path: str
) -> None:
    form = {"shown": head.shown(), "quarter": quarter(head), **FORMS[path]}
    token, others = head.token(), clerk.token()
    before = roles.ask("congvu_owner", "select count(*) from audit_record")
    for wrong in (
        {"token": ""},
        {"token": "x" * 64},
        {"token": others},
        {"token": token, "origin": "https://evil.example"},
        {"token": token, "origin": "null"},
        {"token": token, "origin": f"{ORIGIN}:8443"},
    ):
        keep = dict(head.cookies)
        assert head.post(path, **{**form, **wrong}).status in (303, 403)
        head.cookies = keep
    assert roles.ask("congvu_owner", "select count(*) from audit_record") == before
    for table in ("acknowledgement", "statement", "difficulty"):
        assert roles.ask("congvu_owner", f"select count(*) from {table}") == [(0,)], table
    assert head.get().status == 200  # and nobody was logged out


def test_a_form_of_an_ended_session_does_nothing(head: Visitor, roles: Database) -> None:
    token, shown, held = head.token(), head.shown(), dict(head.cookies)
    head.post("/dang-xuat")
    replayed = Visitor(head.server, held).post("/quy-che", token, known="yes", shown=shown)
    assert replayed.headers["Location"].endswith("?ly-do=het-phien")
    head.login("annv")  # the same person anew: the old form is not theirs
    assert head.post("/quy-che", token, known="yes", shown=shown).status == 403
    assert roles.ask("congvu_owner", "select * from acknowledgement") == []


def test_nobody_is_logged_in_by_a_strangers_form(visitor: Visitor) -> None:
    token = visitor.token("/dang-nhap")
    form = {"login": "annv", "password": PASSWORD}
    assert visitor.post("/dang-nhap", token, "https://evil.example", **form).status == 403
    assert visitor.post("/dang-nhap", "x" * 43, **form).status == 403
    assert COOKIE not in visitor.cookies


def test_nothing_typed_and_no_session_reaches_a_log(
    head: Visitor, password_server: Server, web_server: Server
) -> None:
    head.post("/vuong-mac", once="0" * 32, provision="d8.k1", body="Lộ-mất-rồi")
    written = web_server.output.read_text() + password_server.output.read_text()
    for secret in (PASSWORD, "Lộ-mất", head.cookies[COOKIE]):
        assert secret not in written
    admitted = [json.loads(line) for line in written.splitlines() if '"admit"' in line]
    assert {"event", "verb", "client", "answer", "login", "state"} == set(admitted[-1])


def test_without_the_directory_nothing_is_promised(web_server: Server) -> None:
    reply = Visitor(web_server, {COOKIE: "0" * 64}).get()
    assert reply.status == 503
    assert "gián đoạn" in reply.text
