"""Second factor and app passwords: from the page through the password service to what the mail store sees."""

from __future__ import annotations

import html
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import zxingcpp
from fix_database import Database
from fix_portal import COOKIE, Visitor, begin, code, records, text
from fix_services import DOMAIN, KEY, ORGANISATION, PASSWORD, Server, answer, check
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from congvu import second_factor
from congvu.fingerprints import Key
from congvu.passwords import verify
from congvu.second_factor import Seal
from congvu.store.second_factor import remove_factor

ME = f"annv@{DOMAIN}"


def door(database: Database) -> list[tuple[str, str]]:
    return database.ask("dovecot", "select selector, password from door_key where login = %s order by 1", ME)


def picture(page: str) -> Image.Image:
    """The page's QR code, drawn: strokes of one module's height from left to right, ten points a module."""
    ((side, strokes),) = re.findall(r'<svg viewBox="0 0 (\d+) \1".*?stroke="#000" d="([^"]+)"', page)
    drawn = Image.new("1", (int(side), int(side)), 1)
    x, y = 0, 0
    for act, right, down in re.findall(r"([Mmh])(-?\d+)(?: (\d+))?", strokes):
        if act == "h":
            drawn.paste(0, (x, y, x + int(right), y + 1))
        x, y = x + int(right), y + int(down or 0)
    return drawn.resize((drawn.width * 10, drawn.height * 10))


@pytest.fixture
def secret(head: Visitor) -> str:
    """annv has turned the factor on, with the code of a moment ago."""
    made = begin(head)
    assert head.post("/bao-mat", act="confirm", code=code(made, -1)).status == 303
    return made


def app_password(visitor: Visitor, label: str = "Điện thoại") -> str:
    page = visitor.post("/bao-mat", act="make", label=label).text
    return re.findall(r'id="app-password">([a-z2-7-]+)<', page)[0]


def test_until_it_is_confirmed_it_guards_nothing(head: Visitor, roles: Database, service: Server) -> None:
    made = begin(head)
    assert answer(service, "annv") == "open"
    assert [selector for selector, _ in door(roles)] == [""]
    assert head.post("/bao-mat", act="confirm", code="000000").status == 422
    assert made not in str(roles.ask("congvu_owner", "select * from second_factor"))
    assert head.post("/bao-mat", act="confirm", code=code(made)).status == 303
    assert door(roles) == []


def test_a_telephone_reads_the_key_off_the_page(head: Visitor) -> None:
    """The QR code holds what the link does, and the link the key that stands beside it."""
    page = head.post("/bao-mat", act="begin").text
    uri = html.unescape(re.findall(r'href="(otpauth:[^"]+)"', page)[0])
    assert [each.text for each in zxingcpp.read_barcodes(picture(page))] == [uri]
    shown = re.sub(r"\s", "", re.findall(r'id="secret">([A-Z2-7 ]+)<', page)[0])
    read = pyotp.parse_uri(uri)
    assert (read.name, read.issuer) == (ME, ORGANISATION)
    assert read.now() in {code(shown), code(shown, -1)}


def test_with_it_the_password_alone_opens_nothing(
    visitor: Visitor, secret: str, service: Server, roles: Database
) -> None:
    assert answer(service, "annv") == "code_needed"
    assert answer(service, "annv", "Sai-rồi-1") == "refused"
    other = Visitor(visitor.server)
    assert other.login("annv").status == 403
    assert "Cần mã xác thực" in text(other.post("/dang-nhap", login="annv", password=PASSWORD).text)
    entered = other.post("/dang-nhap", login="annv", password=PASSWORD, code=code(secret))
    assert entered.status == 303
    assert roles.ask("congvu_owner", "select login from session_end") == [(ME,)]  # mail sessions had to end


def test_a_code_works_once(visitor: Visitor, secret: str) -> None:
    form = {"login": "annv", "password": PASSWORD, "code": code(secret)}
    assert Visitor(visitor.server).post("/dang-nhap", **form).status == 303
    assert Visitor(visitor.server).post("/dang-nhap", **form).status == 403
    form["code"] = code(secret, -1)  # an earlier one neither
    assert Visitor(visitor.server).post("/dang-nhap", **form).status == 403


def test_a_session_of_the_webmail_gets_a_password_of_its_own(
    secret: str, service: Server, roles: Database
) -> None:
    told = service.post("check", login="annv", password=PASSWORD, client="203.0.113.9", code=code(secret))
    assert told.json["answer"] == "open"
    session = told.json["password"]
    ((selector, hashed),) = door(roles)
    assert session.startswith(selector + "-")
    assert verify(session, hashed)
    roles.change("congvu_owner", "update app_password set expires_at = now()")
    assert door(roles) == []


def test_an_app_password_opens_until_it_is_revoked(head: Visitor, secret: str, roles: Database) -> None:
    assert secret
    phone, desk = app_password(head), app_password(head, "Thunderbird")
    assert {selector for selector, _ in door(roles)} == {phone[:8], desk[:8]}
    assert all(re.fullmatch(r"[a-z2-7]{8}(-[a-z2-7]{4}){5}", each) for each in (phone, desk))
    page = head.get("/bao-mat").text
    assert phone not in page  # told once
    roles.ask("congvu_owner", "delete from session_end")
    app = re.findall(r"/bao-mat/(\d+)", page)[0]
    assert head.post(f"/bao-mat/{app}").status == 303
    assert [selector for selector, _ in door(roles)] == [desk[:8]]
    assert roles.ask("congvu_owner", "select login from session_end") == [(ME,)]
    assert [each["label"] for each in records(roles, "app_password.revoke")] == ["Điện thoại"]


def test_a_changed_password_ends_no_session_that_an_app_password_opened(secret: str, roles: Database) -> None:
    assert secret
    roles.ask("congvu_owner", "delete from session_end")
    other = "update credential set hash = overlay(hash placing 'AAAA' from length(hash) - 5), origin = 'self'"
    roles.change("congvu_owner", f"{other} where address = %s", ME)
    assert roles.ask("congvu_owner", "select login from session_end") == []


def keys(database: Database) -> set[str]:
    """What Postfix is told that opens the login now."""
    return {name for (name,) in database.ask("postfix", "select key_names(%s)", ME)}


def test_a_connection_is_known_by_the_key_that_opened_it(head: Visitor, roles: Database) -> None:
    ((by_password,),) = roles.ask("dovecot", "select name from door_key where login = %s", ME)
    assert re.fullmatch(rf"{ME}/[0-9a-f]{{8}}", by_password)
    assert keys(roles) == {by_password}
    head.post("/bao-mat", act="confirm", code=code(begin(head), -1))
    assert keys(roles) == set()
    phone, desk = app_password(head), app_password(head, "Thunderbird")
    assert keys(roles) == {f"{ME}/{phone[:8]}", f"{ME}/{desk[:8]}"}
    app = re.findall(r"/bao-mat/(\d+)", head.get("/bao-mat").text)[0]
    head.post(f"/bao-mat/{app}")
    assert keys(roles) == {f"{ME}/{desk[:8]}"}
    roles.change("congvu_owner", "update person set ends = congvu_today() - 1 where address = %s", ME)
    assert keys(roles) == set()


def test_another_password_is_another_key(head: Visitor, roles: Database) -> None:
    """What the old one opened stays shut, also when the account opens again."""
    assert head.cookies
    (before,) = keys(roles)
    other = "origin = 'self', hash = overlay(hash placing 'AAAA' from length(hash) - 5)"
    roles.change("congvu_owner", f"update credential set {other} where address = %s", ME)
    assert len(keys(roles) - {before}) == 1
    assert before not in keys(roles)


def test_nobody_revokes_anothers(head: Visitor, clerk: Visitor, secret: str, roles: Database) -> None:
    assert secret
    app_password(head)
    ((app,),) = roles.ask("congvu_owner", "select id from app_password")
    assert clerk.post(f"/bao-mat/{app}").status == 303
    assert len(door(roles)) == 1


def test_sessions_that_a_password_alone_has_opened_end_with_it(head: Visitor, roles: Database) -> None:
    """Whoever knows the password, and was in before, could make an app password without any code."""
    before = Visitor(head.server)
    assert before.login("annv").status == 303
    made = begin(head)
    assert head.post("/bao-mat", act="confirm", code=code(made, -1)).status == 303
    assert before.post("/bao-mat", token="x", act="make", label="Điện thoại").status != 200
    assert before.get("/bao-mat").status == 303  # to the entrance
    assert head.get("/bao-mat").status == 200
    assert door(roles) == []


def test_a_factor_in_force_is_not_begun_anew(secret: str, head: Visitor, roles: Database) -> None:
    """Not by a form that another browser confirmed in between either."""
    assert secret
    kept = roles.ask("congvu_owner", "select secret, confirmed_at from second_factor")
    roles.change("congvu_owner", "update second_factor set confirmed_at = null")
    with roles.store("congvu_owner") as other, roles.store("congvu_password") as slow:
        other.record("test", "test", "", {})
        other.connection.execute("update second_factor set confirmed_at = now()")
        held = bytes.fromhex(head.cookies[COOKIE])
        with ThreadPoolExecutor(1) as pool:
            begun = pool.submit(
                lambda: slow.connection.execute(
                    "select begin_factor(%s, 'other', repeat('0', 16))", [held]
                ).fetchone()
            )
            time.sleep(0.5)  # it waits for the row
            other.connection.commit()
            assert begun.result() == {"begin_factor": False}
    ((secret_now, confirmed),) = roles.ask("congvu_owner", "select secret, confirmed_at from second_factor")
    assert (secret_now, bool(confirmed)) == (kept[0][0], True)


AWAY = {
    "reset": "update credential set origin = 'reset', hash = hash || 'x'",
    "revoke": "update credential set revoked_at = now()",
}


@pytest.mark.parametrize("act", AWAY)
def test_keys_end_with_a_password_that_is_taken_away(
    head: Visitor, secret: str, roles: Database, act: str
) -> None:
    assert secret
    app_password(head)
    roles.change("congvu_owner", f"{AWAY[act]} where address = %s", ME)
    assert roles.ask("congvu_owner", "select label from app_password") == []


def test_a_changed_password_ends_the_webmails_keys_and_no_device(
    head: Visitor, secret: str, roles: Database
) -> None:
    assert secret
    app_password(head)
    roles.change(
        "congvu_owner",
        "insert into app_password (address, selector, hash, label, expires_at)"
        " select address, 'aaaaaaaa', hash, 'webmail', now() + interval '1 hour' from app_password",
    )
    roles.change(
        "congvu_owner", "update credential set origin = 'self', hash = hash || 'x' where address = %s", ME
    )
    assert roles.ask("congvu_owner", "select label from app_password") == [("Điện thoại",)]


def test_whoever_comes_back_begins_without_a_factor(secret: str, roles: Database) -> None:
    assert secret
    roles.change("congvu_owner", "delete from credential where address = %s", ME)
    assert roles.ask("congvu_owner", "select address from second_factor") == []


def test_turning_it_off_needs_a_code_and_ends_every_app_password(
    head: Visitor, secret: str, roles: Database, service: Server
) -> None:
    app_password(head)
    assert head.post("/bao-mat", act="end", code="123456").status == 422
    assert head.post("/bao-mat", act="end", code=code(secret)).status == 303
    assert [selector for selector, _ in door(roles)] == [""]
    assert answer(service, "annv") == "open"


def test_an_administrator_recovers_with_a_record(secret: str, roles: Database, service: Server) -> None:
    assert secret
    with roles.store() as db:
        assert remove_factor(db, ME, "root", "Mất điện thoại")
    assert answer(service, "annv") == "open"
    assert records(roles, "factor.remove") == [{"reason": "Mất điện thoại"}]


def test_guessing_codes_is_slow(secret: str, head: Visitor, service: Server) -> None:
    wrong = f"{(int(code(secret)) + 1) % 10**6:06d}"
    for _ in range(5):
        service.post("check", login="annv", password=PASSWORD, client="203.0.113.9", code=wrong)
    assert check(service, "annv").status == 429
    for _ in range(5):
        head.post("/bao-mat", act="end", code=wrong)
    assert head.post("/bao-mat", act="end", code=code(secret)).status == 422


@given(st.binary(min_size=32, max_size=32), st.text())
def test_a_secret_opens_under_its_key_for_its_address_only(other: bytes, address: str) -> None:
    sealed = Seal(KEY).close("JBSWY3DPEHPK3PXP", ME)
    assert Seal(KEY).open(sealed, ME) == "JBSWY3DPEHPK3PXP"
    assert address == ME or Seal(KEY).open(sealed, address) is None
    assert other == KEY.secret or Seal(Key(other)).open(sealed, ME) is None


@pytest.mark.parametrize(
    ("when", "expected"),  # RFC 6238, appendix B, the last six of eight digits
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_of_the_standard(when: int, expected: str) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    now = datetime.fromtimestamp(when, UTC)
    assert second_factor.step_of(expected, secret, now) == when // 30
    assert second_factor.step_of(f" {expected[:3]} {expected[3:]} ", secret, now) == when // 30
    assert second_factor.step_of(expected, secret, now + timedelta(seconds=30)) == when // 30
    assert second_factor.step_of(expected, secret, now + timedelta(seconds=90)) is None
    for wrong in ("", "12345", "abcdef", "١٢٣٤٥٦", expected + "0"):
        assert second_factor.step_of(wrong, secret, now) is None
