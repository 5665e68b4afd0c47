"""The people's page with people behind it: a head, a clerk, the Office, and browsers that visit."""

from __future__ import annotations

import html
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pyotp
import pytest
from fix_database import Database
from fix_services import DOMAIN, Reply, Server, own

HOST = f"mail.{DOMAIN}"
ORIGIN = f"https://{HOST}"
COOKIE = "__Host-trang-cua-toi"
MINE = {"party": "head", "unit": "tccb"}
_HELD = re.compile(r"(__Host-[a-z-]+)=([^;]*); ")
_TOKEN = re.compile(r'name="token" value="([^"]*)"')


@dataclass
class Visitor:
    """A browser at the people's page: keeps its cookies, sends what browsers send."""

    server: Server
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str = "") -> Reply:
        return self._send("GET", path)

    def post(self, path: str, token: str | None = None, origin: str = ORIGIN, **form: str) -> Reply:
        """Send a form; `token=None` takes that of the page itself."""
        if token is None:
            token = self.token("/dang-nhap" if path == "/dang-nhap" else "/quy-che")
        body = urlencode({"token": token, **form})
        return self._send("POST", path, body, Origin=origin, Content_Type="application/x-www-form-urlencoded")

    def token(self, path: str = "/quy-che") -> str:
        return _TOKEN.findall(self.get(path).text)[-1]

    def shown(self) -> str:
        """The digest of the regulation that the page shows."""
        return re.findall(r'name="shown" value="([0-9a-f]{64})"', self.get("/quy-che").text)[0]

    def login(self, login: str, password: str | None = None) -> Reply:
        return self.post("/dang-nhap", login=login, password=own(login) if password is None else password)

    def _send(self, method: str, path: str, body: str = "", **headers: str) -> Reply:
        sent = {"Host": HOST, "X_Forwarded_Proto": "https", "X_Real_IP": "203.0.113.9", **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        reply = self.server.send(method, f"/trang-cua-toi{path}", body, **sent)
        for header in reply.headers.get_all("Set-Cookie", []):
            ((name, value),) = _HELD.findall(header)
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        return reply


def text(page: str) -> str:
    """What a reader sees."""
    body = re.sub(r"<(script|style|head).*?</\1>", " ", page, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def code(secret: str, steps: int = 0) -> str:
    """The code of now, or of so many steps of 30 seconds later. An old one is good for a while yet."""
    if steps < 0 and (left := 30 - time.time() % 30) < 8:
        time.sleep(left)
    return pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30 * steps))


def begin(visitor: Visitor) -> str:
    page = visitor.post("/bao-mat", act="begin").text
    return re.sub(r"\s", "", re.findall(r'id="secret">([A-Z2-7 ]+)<', page)[0])


def quarter(visitor: Visitor) -> str:
    return re.findall(r"quy=(20\d\d-Q\d)", visitor.get("/xac-nhan-quy").text)[0]


def sign(visitor: Visitor, **form: str) -> Any:
    """Send the statements of a unit; by default the head's own for the running quarter."""
    values = {"quarter": quarter(visitor), "shown": visitor.shown(), **MINE}
    return visitor.post("/xac-nhan-quy", **{**values, **form})


def statements(database: Database) -> list[tuple[Any, ...]]:
    return database.ask(
        "congvu_owner", "select provision, party, unit, attested, remark, staff_id from statement order by id"
    )


def records(database: Database, verb: str) -> list[dict[str, Any]]:
    return [detail for (detail,) in database.ask(
        "congvu_owner", "select detail from audit_record where verb = %s order by id", verb)]  # fmt: skip


@pytest.fixture
def roles(people: Database) -> Database:
    """annv heads the unit and with it the Office; linhnhp is its clerk, and heads the archive."""
    vp, other = f"vp@{DOMAIN}", f"luutru@{DOMAIN}"
    people.change("congvu_owner", "insert into address values (%s, 'office'), (%s, 'unit')", vp, other)
    with people.store("congvu_owner") as db:
        db.record("test", "test", "", {})
        run = db.connection.execute
        run("insert into unit values ('luutru', 'Trung tâm Lưu trữ', %s)", [other])
        run("insert into mailbox (address, kind, unit) values (%s, 'office', 'tccb'), (%s, 'unit', 'luutru')",
            [vp, other])  # fmt: skip
        run(
            "insert into box_role (box, kind, staff_id, role) values (%s, 'unit', 'annv', 'head'), "
            "(%s, 'unit', 'linhnhp', 'clerk'), (%s, 'office', 'linhnhp', 'clerk'), "
            "(%s, 'unit', 'linhnhp', 'head')",
            [f"tccb@{DOMAIN}", f"tccb@{DOMAIN}", vp, other],
        )
    return people


@pytest.fixture
def visitor(page: Server, roles: Database) -> Visitor:
    """Nobody yet."""
    assert roles.host
    return Visitor(page)


@pytest.fixture
def head(visitor: Visitor) -> Visitor:
    """annv, logged in."""
    assert visitor.login("annv").status == 303
    return visitor


@pytest.fixture
def clerk(visitor: Visitor) -> Visitor:
    """linhnhp, logged in with another browser."""
    other = Visitor(visitor.server)
    assert other.login("linhnhp").status == 303
    return other
