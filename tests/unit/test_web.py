"""The password page as a browser behind nginx meets it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest
from fix_database import Database
from fix_services import DOMAIN, NEW, ORGANISATION, PASSWORD, PEOPLE, Reply, Server, gunicorn, own

from congvu.passwords import verify

HOST = f"mail.{DOMAIN}"
ORIGIN = f"https://{HOST}"
CLIENT = "203.0.113.9"
COOKIE = re.compile(r"(__Host-mat-khau=([\w-]{40,})); Secure; HttpOnly; Path=/; SameSite=Strict")


@dataclass
class Page(HTMLParser):
    """What a reader of the page meets: its texts, its fields, and what it loads."""

    reply: Reply
    fields: dict[str, dict[str, str | None]] = field(default_factory=dict)
    loads: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.reply.text)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input":
            self.fields[found["name"] or ""] = found
        self.loads += [value for name in ("src", "href", "action") if (value := found.get(name)) is not None]
        self.inline += [name for name in found if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in found):
            self.inline.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


class Browser:
    """One browser of one person: keeps its cookie and sends what browsers send."""

    def __init__(self, server: Server, client: str = CLIENT) -> None:
        self.server = server
        self.client = client
        self.cookie = ""

    def get(self, path: str = "/mat-khau") -> Page:
        return self._keep(self.server.send("GET", path, **self._headers()))

    def post(self, token: str | None = None, path: str = "/mat-khau", **form: str) -> Page:
        """Send the form; `token=None` takes the one that the page holds."""
        token = self.token() if token is None else token
        headers = {"Origin": ORIGIN, "Content_Type": "application/x-www-form-urlencoded", **self._headers()}
        return self._keep(self.server.send("POST", path, urlencode({"token": token, **form}), **headers))

    def token(self) -> str:
        return self.get().fields["token"]["value"] or ""

    def _headers(self) -> dict[str, str]:
        headers = {"Host": HOST, "X_Forwarded_Proto": "https", "X_Real_IP": self.client}
        return headers | ({"Cookie": self.cookie} if self.cookie else {})

    def _keep(self, reply: Reply) -> Page:
        if (cookie := reply.headers["Set-Cookie"]) and (kept := COOKIE.fullmatch(cookie)):
            self.cookie = kept[1]
        return Page(reply)


@pytest.fixture
def browser(page: Server) -> Browser:
    return Browser(page)


def form(
    login: str = "annv", present: str | None = None, new: str = NEW, repeat: str | None = None
) -> dict[str, str]:
    present = own(login) if present is None else present
    return {"login": login, "present": present, "new": new, "repeat": new if repeat is None else repeat}


def unchanged(database: Database, login: str = "annv") -> bool:
    question = "select hash from credential where address = %s"
    return verify(own(login), database.ask("congvu_owner", question, f"{login}@{DOMAIN}")[0][0])


# -- what the page is ------------------------------------------------------------------------------


def test_the_page_is_vietnamese_and_says_every_rule(web_server: Server) -> None:
    page = Browser(web_server).get()
    assert page.reply.status == 200
    assert page.reply.text.startswith('<!doctype html>\n<html lang="vi">')
    assert f"Đổi mật khẩu – {ORGANISATION}" in page.text
    for rule in (
        "từ 8 đến 128 ký tự",
        "chữ số",
        "chữ hoa",
        "chữ thường",
        "ký tự đặc biệt",
        "P@ssw0rd",
        "họ tên",
    ):
        assert rule in page.text
    autocomplete = {name: found.get("autocomplete") for name, found in page.fields.items()}
    assert autocomplete == {
        "token": None,
        "login": "username",
        "present": "current-password",
        "code": "one-time-code",
        "new": "new-password",
        "repeat": "new-password",
    }
    assert [page.fields[name]["type"] for name in ("present", "new", "repeat")] == ["password"] * 3
    assert not any("maxlength" in found for found in page.fields.values())  # it would cut a pasted password


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("lan-dau", "Đây là lần đăng nhập đầu tiên"),
        ("het-han", "quá 6 tháng"),
        ("cap-lai", "quản trị viên cấp lại"),
    ],
)
def test_it_says_why_you_are_here(web_server: Server, reason: str, said: str) -> None:
    page = Browser(web_server).get(f"/mat-khau?ly-do={reason}")
    assert said in page.text
    assert f"/mat-khau?ly-do={reason}" in page.loads  # and still does after a fault
    assert said not in Browser(web_server).get().text


def test_an_unknown_reason_says_nothing(web_server: Server) -> None:
    plain = Browser(web_server)
    for query in ("ly-do=<script>alert(1)</script>", "ly-do=khac", "x=1"):
        page = plain.get(f"/mat-khau?{query.replace('<', '%3C').replace('>', '%3E')}")
        assert "/mat-khau" in page.loads
        assert "script>alert" not in page.reply.text


def test_it_loads_nothing_from_elsewhere_and_nothing_inline(web_server: Server) -> None:
    for path in ("/mat-khau", "/mat-khau/xong"):
        page = Browser(web_server).get(path)
        assert page.inline == []
        assert all(url in ("/", "/trang-cua-toi") or url.startswith("/mat-khau") for url in page.loads)


def test_its_headers_shut_everything_else_out(web_server: Server) -> None:
    for path in ("/mat-khau", "/mat-khau/xong", "/mat-khau/static/page.css", "/elsewhere"):
        headers = Browser(web_server).get(path).reply.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        # `no-referrer` would make browsers send `Origin: null` with the form
        assert headers["Referrer-Policy"] == "same-origin"
        assert ("no-store" in headers["Cache-Control"]) == ("static" not in path)


def test_what_browsers_may_keep_is_named_by_its_content(web_server: Server) -> None:
    page = Browser(web_server).get()
    kept = [url for url in page.loads if "/static/" in url]
    assert len(kept) >= 3
    for url in kept:
        assert re.search(r"\?v=[0-9a-f]{12}$", url)
        assert web_server.send("GET", url).status == 200


# -- the change ------------------------------------------------------------------------------------


def test_a_change_leads_to_the_webmail(browser: Browser, people: Database) -> None:
    done = browser.post(**form("hoalt"))
    assert done.reply.status == 303
    assert done.reply.headers["Location"] == "/mat-khau/xong"
    assert "Max-Age=0" in done.reply.headers["Set-Cookie"]
    page = browser.get("/mat-khau/xong")
    assert "Đã đổi mật khẩu" in page.text
    assert "/" in page.loads
    assert not unchanged(people, "hoalt")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (form(new="P@ssw0rd"), ["dễ bị đoán ra"]),
        (form(new="Kq7$mzR"), ["ít nhất 8 ký tự (mới có 7)", "quá giống"]),
        (form(new="Tbw4xlla"), ["ký tự đặc biệt"]),
        (form(new="x"), ["ít nhất 8 ký tự", "một chữ số", "một chữ hoa", "ký tự đặc biệt"]),
        (form(repeat=""), ["không giống nhau"]),
        (form(repeat=NEW + "x"), ["không giống nhau"]),
        (form(login=" "), ["Hãy nhập địa chỉ thư."]),
        (form(present=""), ["Hãy nhập mật khẩu hiện tại."]),
        (form(new=""), ["Hãy nhập mật khẩu mới."]),
        ({}, ["Hãy nhập địa chỉ thư.", "Hãy nhập mật khẩu hiện tại.", "Hãy nhập mật khẩu mới."]),
    ],
)
def test_a_fault_is_told_where_it_is(
    browser: Browser, people: Database, sent: dict[str, str], said: list[str]
) -> None:
    page = browser.post(**sent)
    assert page.reply.status == 422
    assert "Chưa đổi được mật khẩu" in page.text
    faults = " ".join(re.findall(r'<ul class="faults".*?</ul>', page.reply.text, re.S))
    assert all(words in faults for words in said)
    marked = {name for name, found in page.fields.items() if found.get("aria-invalid") == "true"}
    named = {name for name in page.fields if f'id="{name}-faults"' in page.reply.text}
    assert marked == named != set()
    assert all(f"{name}-faults" in (page.fields[name]["aria-describedby"] or "") for name in marked)
    assert unchanged(people)


def test_no_password_comes_back(browser: Browser) -> None:
    for sent in (form(new="P@ssw0rd"), form(repeat="Khác-hẳn-9"), form(present="Sai-rồi-1")):
        page = browser.post(**sent)
        assert page.fields["login"]["value"] == "annv"
        assert all("value" not in page.fields[name] for name in ("present", "new", "repeat"))
        for secret in (sent["present"], sent["new"], sent["repeat"]):
            if secret != "P@ssw0rd":  # the page warns of that one
                assert secret not in page.reply.text


def test_refusals_cannot_be_told_apart(browser: Browser, people: Database) -> None:
    logins = {"annv": "Sai-rồi-1", "nghiptt": PASSWORD, "tccb": PASSWORD, "nobody": PASSWORD}
    pages = [browser.post(**form(login, present)) for login, present in logins.items()]
    assert {page.reply.status for page in pages} == {403}
    assert len({page.text for page in pages}) == 1
    assert "không đúng" in pages[0].text
    assert unchanged(people)


def test_a_login_is_shown_as_text(browser: Browser) -> None:
    for login in ('"><script>alert(1)</script>', "{{ 7 * 7 }}", "' onfocus='x"):
        page = browser.post(**form(login))
        assert page.fields["login"]["value"] == login
        assert page.inline == []


def test_who_fails_too_often_is_told_to_wait(browser: Browser, people: Database) -> None:
    for _ in range(5):
        browser.post(**form(present="Sai-rồi-1"))
    page = browser.post(**form())
    assert page.reply.status == 429
    assert 0 < int(page.reply.headers["Retry-After"]) <= 900
    assert re.search(r"sau khoảng 1[45] phút", page.text)
    assert unchanged(people)


def test_the_client_is_who_nginx_says(page: Server, people: Database) -> None:
    Browser(page, "198.51.100.7").post(**form(present="Sai-rồi-1"))
    assert people.ask("congvu_owner", "select client from attempt") == [("198.51.100.7",)]


def test_without_the_service_nothing_is_promised(host_files: Path, tmp_path: Path) -> None:
    settings = json.loads((host_files / "web.json").read_text())
    settings["service_socket"] = str(tmp_path / "nobody.sock")
    (tmp_path / "web.json").write_text(json.dumps(settings))
    with gunicorn(f'congvu.web.app:create_app("{tmp_path}/web.json")', tmp_path, "web") as server:
        page = Browser(server).post(**form())
    assert page.reply.status == 503
    assert "gián đoạn" in page.text


def test_without_the_directory_nothing_is_promised(web_server: Server, password_server: Server) -> None:
    assert password_server.socket.exists()
    page = Browser(web_server).post(**form())
    assert page.reply.status == 503
    assert "gián đoạn" in page.text


# -- forms from elsewhere --------------------------------------------------------------------------


def raw_post(server: Server, cookie: str, token: str, **headers: str) -> int:
    sent = {
        "Host": HOST,
        "X_Forwarded_Proto": "https",
        "X_Real_IP": CLIENT,
        "Content_Type": "application/x-www-form-urlencoded",
        "Origin": ORIGIN,
        "Cookie": cookie,
        **headers,
    }
    body = urlencode({"token": token, **form()})
    return server.send(
        "POST", "/mat-khau", body, **{name: value for name, value in sent.items() if value}
    ).status


def test_a_form_from_elsewhere_changes_nothing(browser: Browser, people: Database) -> None:
    token = browser.token()
    cookie, other = browser.cookie, "x" * 43
    forged = {
        "without the cookie": raw_post(browser.server, "", token),
        "without the token": raw_post(browser.server, cookie, ""),
        "with neither": raw_post(browser.server, "", ""),
        "with an empty cookie": raw_post(browser.server, "__Host-mat-khau=", ""),
        "with another token": raw_post(browser.server, cookie, other),
        "with a token that is no ASCII": raw_post(browser.server, cookie, "ế" * 43),
        "without an origin": raw_post(browser.server, cookie, token, Origin=""),
        "from nowhere": raw_post(browser.server, cookie, token, Origin="null"),
        "from a stranger": raw_post(browser.server, cookie, token, Origin="https://evil.example"),
        "from a neighbour": raw_post(browser.server, cookie, token, Origin=f"https://www.{DOMAIN}"),
        "from a look-alike": raw_post(browser.server, cookie, token, Origin=f"{ORIGIN}.evil.example"),
        "from another port": raw_post(browser.server, cookie, token, Origin=f"{ORIGIN}:8443"),
        "in clear text": raw_post(browser.server, cookie, token, Origin=f"http://{HOST}"),
        "by way of clear text": raw_post(browser.server, cookie, token, X_Forwarded_Proto="http"),
    }
    assert forged == dict.fromkeys(forged, 403)
    assert unchanged(people)
    assert people.ask("congvu_owner", "select count(*) from attempt") == [
        (0,)
    ]  # it never reached the service
    assert raw_post(browser.server, cookie, token) == 303


def test_a_form_cannot_be_sent_again(browser: Browser, people: Database) -> None:
    token = browser.token()
    assert browser.post(token, **form()).reply.status == 303
    browser.cookie = ""  # as the answer asked
    browser.get()
    assert browser.post(token, **form()).reply.status == 403
    assert "hết hiệu lực" in browser.post(token, **form()).text
    assert people.ask("congvu_owner", "select count(*) from audit_record where verb = 'password.change'") == [
        (1,)
    ]


def test_two_tabs_share_a_token(browser: Browser) -> None:
    first, second = browser.token(), browser.token()
    assert first == second
    assert browser.post(first, **form()).reply.status == 303


def test_each_browser_has_its_own_token(web_server: Server) -> None:
    assert len({Browser(web_server).token() for _ in range(20)}) == 20


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(web_server: Server, method: str) -> None:
    assert web_server.send(method, "/mat-khau", Host=HOST).status == 405


def test_a_flood_of_text_is_refused(web_server: Server) -> None:
    browser = Browser(web_server)
    assert browser.post(browser.token(), **form(new="x" * 200_000)).reply.status == 413


def test_nothing_typed_reaches_the_log(browser: Browser) -> None:
    for login in PEOPLE:
        browser.post(**form(login, new="Lộ-mất-rồi-1"))
    browser.post(**form(new="x" * 100_000))
    written = browser.server.output.read_text()
    for secret in (PASSWORD, NEW, "Lộ-mất", "annv"):
        assert secret not in written
