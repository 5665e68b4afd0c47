"""The people's page as a browser behind nginx meets it: who comes in, what they see and put on record."""

from __future__ import annotations

import re
from datetime import date

import pytest
from fix_database import POLICY, Database
from fix_portal import COOKIE, MINE, Visitor, quarter, records, sign, statements, text
from fix_services import DOMAIN, NEW, Server, change
from psycopg import errors

from congvu import policy
from congvu.web import words

VERSION = policy.load(POLICY, "default", date(2026, 11, 23)).version

CLERK = f"linhnhp@{DOMAIN}"

# -- the door --------------------------------------------------------------------------------------


def test_without_a_session_every_page_leads_to_the_entrance(visitor: Visitor) -> None:
    for path in ("", "/quy-che", "/xac-nhan-quy", "/vuong-mac", "/du-lieu", "/dang-nhap-gan-day"):
        reply = visitor.get(path)
        assert (reply.status, reply.headers["Location"]) == (303, "/trang-cua-toi/dang-nhap")


def test_the_right_password_begins_a_session(visitor: Visitor) -> None:
    reply = visitor.login("annv")
    assert (reply.status, reply.headers["Location"]) == (303, "/trang-cua-toi")
    held = next(each for each in reply.headers.get_all("Set-Cookie") if each.startswith(COOKIE))
    assert re.fullmatch(rf"{COOKIE}=[0-9a-f]{{64}}; Secure; HttpOnly; Path=/; SameSite=Strict", held)
    page = visitor.get()
    assert page.status == 200
    assert "no-store" in page.headers["Cache-Control"]
    assert "Nguyễn Văn An" in text(page.text)


@pytest.mark.parametrize(
    ("login", "where"),
    [("hoalt", "lan-dau"), ("dathd", "cap-lai"), ("ducpv", "het-han")],
)
def test_who_must_change_the_password_is_led_there(visitor: Visitor, login: str, where: str) -> None:
    reply = visitor.login(login)
    assert (reply.status, reply.headers["Location"]) == (303, f"/mat-khau?ly-do={where}")
    assert COOKIE not in visitor.cookies


@pytest.mark.parametrize("login", ["annv", "nghiptt", "tccb", "nobody"])
def test_refusals_cannot_be_told_apart(visitor: Visitor, login: str) -> None:
    reply = visitor.login(login, "Sai-rồi-1")
    assert reply.status == 403
    assert "Chưa đăng nhập được" in reply.text
    assert "Sai-rồi-1" not in reply.text
    assert COOKIE not in visitor.cookies


def test_who_fails_too_often_waits(visitor: Visitor) -> None:
    for _ in range(5):
        visitor.login("annv", "Sai-rồi-1")
    reply = visitor.login("annv")
    assert reply.status == 429
    assert "quá nhiều lần" in reply.text


def test_what_the_database_holds_opens_nothing(head: Visitor, roles: Database) -> None:
    """Of the session only the digest is kept: whoever reads the table cannot come in by it."""
    ((token,),) = roles.ask("congvu_owner", "select encode(token, 'hex') from portal_session")
    assert token != head.cookies[COOKIE]
    assert Visitor(head.server, {COOKIE: token}).get().status == 303
    assert Visitor(head.server, {COOKIE: head.cookies[COOKIE]}).get().status == 200


@pytest.mark.parametrize(
    "statement",
    [
        "update portal_session set used_at = now() - interval '31 minutes'",
        "update portal_session set opened_at = now() - interval '9 hours'",
        "update person set ends = congvu_today() - 1 where staff_id = 'annv'",
        "update credential set revoked_at = now()",
        "update credential set set_at = set_at - interval '7 months'",
    ],
)
def test_a_session_ends(head: Visitor, roles: Database, statement: str) -> None:
    token = head.token()
    roles.change("congvu_owner", statement)
    assert head.post("/quy-che", token, known="yes").headers["Location"].endswith("?ly-do=het-phien")
    assert COOKIE not in head.cookies
    assert roles.ask("congvu_owner", "select * from acknowledgement") == []


def test_another_password_ends_every_session(head: Visitor, password_server: Server) -> None:
    assert change(password_server, "annv", NEW).json["answer"] == "changed"
    assert head.get().status == 303


def test_logging_out_ends_the_session_for_good(head: Visitor, roles: Database) -> None:
    held = dict(head.cookies)
    assert head.post("/dang-xuat").status == 303
    assert roles.ask("congvu_owner", "select * from portal_session") == []
    assert Visitor(head.server, held).get().status == 303


# -- what it shows ---------------------------------------------------------------------------------


def test_the_page_tells_the_dates_of_the_password(visitor: Visitor, roles: Database) -> None:
    visitor.login("linhnhp")
    ((due, ends),) = roles.ask(
        "congvu_owner", "select to_char(due_on, 'DD/MM/YYYY'), to_char(expires_on, 'DD/MM/YYYY') "
        "from account where staff_id = 'linhnhp'")  # fmt: skip
    told = text(visitor.get().text)
    assert f"Đến hạn đổi từ {due}" in told
    assert f"Dùng được đến hết ngày {ends}" in told
    assert "Đã đến hạn đổi" in told
    assert f"Đổi mật khẩu trước khi hết ngày {ends}" in told


def test_the_page_tells_the_roles_and_only_ones_own(head: Visitor, clerk: Visitor) -> None:
    assert f"Người đứng đầu – tccb@{DOMAIN}" in text(head.get().text)
    told = text(clerk.get().text)
    assert f"Văn thư – vp@{DOMAIN}" in told
    assert "Nguyễn Văn An" not in told


def test_whose_password_was_guessed_is_told_to_nobody(clerk: Visitor, roles: Database) -> None:
    """Neither to whoever chose it: ADR 0012."""
    for verb, subject in (("password.in_use", CLERK), ("credential.revoke", f"annv@{DOMAIN}")):
        with roles.store() as db:
            db.record(CLERK, verb, subject, {"reason": "password.in_use"})
    told = text(clerk.get("/du-lieu").text)
    assert "không được chấp nhận" not in told
    assert words.ACTS["credential.revoke"] not in told


def test_records_are_ones_own(clerk: Visitor, password_server: Server, roles: Database) -> None:
    change(password_server, "annv", NEW)
    assert "Đổi mật khẩu Bạn" not in text(clerk.get("/du-lieu").text)
    visitor = Visitor(clerk.server)
    visitor.login("annv", NEW)
    told = text(visitor.get("/du-lieu").text)
    assert "Đổi mật khẩu Bạn, từ địa chỉ mạng 203.0.113.9" in told
    with roles.store() as db:
        db.record_bulk("root", "directory.converge", {}, "person linhnhp: Chuyên viên -> Phó phòng\n")
    assert "Cập nhật danh bạ" in text(clerk.get("/du-lieu").text)
    assert "Phó phòng" not in clerk.get("/du-lieu").text
    assert "Cập nhật danh bạ" not in text(visitor.get("/du-lieu").text)


def test_a_reset_by_an_administrator_is_seen_by_whose_it_was(
    clerk: Visitor, head: Visitor, roles: Database
) -> None:
    with roles.store() as db:
        db.record_bulk(
            "root", "password.reset", {"credentials": 1}, f"{CLERK} reset 2026-11-23T08:00:00+07:00\n"
        )
    told = "Quản trị viên cấp lại mật khẩu Hệ thống hoặc quản trị viên"
    assert told in text(clerk.get("/du-lieu").text)
    assert told not in text(head.get("/du-lieu").text)


def test_the_last_logins_are_ones_own(clerk: Visitor, roles: Database) -> None:
    for login, kind, door, peer in (
        (CLERK, "login", "imaps", "203.0.113.7"),
        (CLERK, "login", "imaps", "203.0.113.7"),
        (CLERK, "login_refused", "submissions", "198.51.100.9"),
        (f"annv@{DOMAIN}", "login", "webmail", "192.0.2.44"),
    ):
        roles.ask(
            "congvu_collector",
            "insert into event (happened_at, host, login, kind, door, peer) "
            "values (now(), 'mail', %s, %s, %s, %s)",
            login, kind, door, peer,
        )  # fmt: skip
    told = text(clerk.get("/dang-nhap-gan-day").text)
    assert "Phần mềm thư (đọc thư) 203.0.113.7 Đăng nhập được 2" in told
    assert "Phần mềm thư (gửi thư) 198.51.100.9 Bị từ chối 1" in told
    assert "192.0.2.44" not in told


# -- acknowledging ---------------------------------------------------------------------------------


def test_an_acknowledgement_is_kept_with_version_digest_and_record(head: Visitor, roles: Database) -> None:
    shown = head.shown()
    for _ in range(2):
        assert head.post("/quy-che", known="yes", shown=shown).status == 303
    kept = roles.ask("congvu_owner", "select staff_id, version, sha256 from acknowledgement")
    assert kept == [("annv", VERSION, shown)]
    assert records(roles, "policy.acknowledge") == [{"version": VERSION, "sha256": shown}]
    assert f"Bạn đã xác nhận đã đọc phiên bản {VERSION}" in text(head.get().text)


def test_nobody_acknowledges_what_they_were_not_shown(head: Visitor, roles: Database) -> None:
    shown = head.shown()
    assert head.post("/quy-che", shown=shown).status == 422
    assert head.post("/quy-che", known="yes", shown="0" * 64).status == 409
    roles.change("congvu_owner", "insert into policy_version values (now(), '2027.1', repeat('a', 64))")
    reply = head.post("/quy-che", known="yes", shown=shown)
    assert reply.status == 409
    assert "vừa thay đổi" in reply.text
    assert roles.ask("congvu_owner", "select * from acknowledgement") == []


# -- statements ------------------------------------------------------------------------------------


def test_a_head_signs_for_the_unit(head: Visitor, roles: Database) -> None:
    form = {"said-d8.k1": "yes", "said-d6.k3.1": "no", "remark-d6.k3.1": "Còn hai văn bản chờ duyệt."}
    reply = sign(head, **form)
    assert reply.status == 303
    assert statements(roles) == [
        ("d6.k3.1", "head", "tccb", False, "Còn hai văn bản chờ duyệt.", "annv"),
        ("d8.k1", "head", "tccb", True, "", "annv"),
    ]
    (record,) = records(roles, "statement.make")
    assert (record["attested"], record["not_attested"]) == (["d8.k1"], ["d6.k3.1"])
    page = head.get(reply.headers["Location"].removeprefix("/trang-cua-toi"))
    assert "Nguyễn Văn An ghi nhận: “Xác nhận như trên”" in text(page.text)

    assert sign(head, **form).status == 303  # the same form again says nothing new
    assert len(statements(roles)) == 2
    assert len(records(roles, "statement.make")) == 1
    sign(head, **{"said-d6.k3.1": "yes"})
    assert statements(roles)[-1] == ("d6.k3.1", "head", "tccb", True, "", "annv")


def test_the_office_signs_for_the_department(head: Visitor, roles: Database) -> None:
    assert sign(head, party="office", **{"said-d8.k3.1": "yes"}).status == 303
    assert statements(roles) == [("d8.k3.1", "office", "tccb", True, "", "annv")]
    # a row of the heads is none of the Office's
    assert sign(head, party="office", **{"said-d8.k1": "yes"}).status == 422


@pytest.mark.parametrize(
    "form", [MINE, {"party": "office", "unit": "tccb"}, {"party": "director", "unit": "tccb"}]
)
def test_a_clerk_does_not_sign_for_the_head(clerk: Visitor, roles: Database, form: dict[str, str]) -> None:
    values = {"quarter": quarter(clerk), "shown": clerk.shown(), **form}
    reply = clerk.post("/xac-nhan-quy", **values, **{"said-d8.k1": "yes", "said-d8.k3.1": "yes"})
    assert reply.status == 403
    assert "không thuộc thẩm quyền" in text(reply.text)
    assert statements(roles) == []
    assert [record["unit"] for record in records(roles, "statement.refuse")] == ["tccb"]


def test_nobody_reads_the_statements_of_another_unit(head: Visitor, clerk: Visitor) -> None:
    sign(head, **{"said-d8.k1": "no", "remark-d8.k1": "Chưa họp đơn vị."})
    path = f"/xac-nhan-quy?quy={quarter(clerk)}&vai=head&don-vi=tccb"
    reply = clerk.get(path)
    assert reply.status == 403
    assert "Chưa họp" not in reply.text
    assert "Chưa họp" in head.get(path).text


def test_who_is_head_no_longer_signs_no_longer(head: Visitor, roles: Database) -> None:
    values = {"quarter": quarter(head), "shown": head.shown(), **MINE}
    roles.change("congvu_owner", "delete from box_role where staff_id = 'annv'")
    assert head.post("/xac-nhan-quy", **values, **{"said-d8.k1": "yes"}).status == 403
    assert statements(roles) == []


@pytest.mark.parametrize("other", ["2020-Q1", "2099-Q4", "", "' or 1=1"])
def test_only_the_running_quarter_and_the_one_before(head: Visitor, roles: Database, other: str) -> None:
    reply = sign(head, quarter=other, **{"said-d8.k1": "yes"})
    assert reply.status == 409
    assert "quý đang diễn ra và quý liền trước" in text(reply.text)
    assert statements(roles) == []


def test_whoever_does_not_vouch_says_why(head: Visitor, roles: Database) -> None:
    reply = sign(head, **{"said-d8.k1": "no", "said-d6.k3.1": "yes"})
    assert reply.status == 422
    assert "Hãy nêu lý do" in reply.text
    assert statements(roles) == []
    assert sign(head).status == 422
    assert sign(head, **{"said-d8.k1": "no", "remark-d8.k1": "x" * 1001}).status == 422


# -- handover --------------------------------------------------------------------------------------


def test_the_receiver_of_a_mailbox_says_so_in_person(head: Visitor, clerk: Visitor, roles: Database) -> None:
    box = f"luutru@{DOMAIN}"
    with roles.store("congvu_owner") as db:
        db.record("test", "test", "", {})
        db.connection.execute(
            "insert into handover "
            "(box, kind, decision, decided_on, effective_on, giver, receiver, inventory) "
            "values (%s, 'unit', '45/QĐ-SNV', congvu_today() - 9, congvu_today(), 'linhnhp', 'annv', '{}'), "
            "(%s, 'unit', '46/QĐ-SNV', congvu_today(), congvu_today() + 9, 'annv', 'linhnhp', '{}')",
            [box, box])  # fmt: skip
    ((now,), (later,)) = roles.ask("congvu_owner", "select id from handover order by id")
    assert "Nhận bàn giao hộp thư" in text(head.get().text)
    assert "Nhận bàn giao hộp thư" not in text(clerk.get().text)  # not before its day
    assert clerk.post(f"/ban-giao/{now}").status == 403
    assert clerk.post(f"/ban-giao/{later}").status == 403
    for _ in range(2):
        assert head.post(f"/ban-giao/{now}").status == 303
    acknowledged = "select decision, acknowledged_by from handover where acknowledged_at is not null"
    assert roles.ask("congvu_owner", acknowledged) == [("45/QĐ-SNV", "Nguyễn Văn An")]
    assert records(roles, "handover.acknowledge") == [{"decision": "45/QĐ-SNV", "by": "Nguyễn Văn An"}]
    assert "Nhận bàn giao hộp thư" not in text(head.get().text)


# -- difficulties ----------------------------------------------------------------------------------


def test_a_difficulty_is_reported_once_and_answered_by_the_office(
    head: Visitor, clerk: Visitor, roles: Database
) -> None:
    once = re.findall(r'name="once" value="([0-9a-f]{32})"', clerk.get("/vuong-mac").text)[0]
    form = {"provision": "d4.k3.f", "body": "Đi cơ sở\r\ncả ngày thì kiểm tra thế nào?", "once": once}
    for _ in range(2):
        assert clerk.post("/vuong-mac", **form).status == 303
    assert roles.ask("congvu_owner", "select provision, body, staff_id, unit, version from difficulty") == [
        ("d4.k3.f", "Đi cơ sở\ncả ngày thì kiểm tra thế nào?", "linhnhp", "tccb", VERSION)
    ]
    assert records(roles, "difficulty.report") == [{"provision": "d4.k3.f"}]
    ((number,),) = roles.ask("congvu_owner", "select id from difficulty")
    assert clerk.post(f"/vuong-mac/{number}", answer="Tôi tự trả lời").status == 403
    assert head.post(f"/vuong-mac/{number}", answer=" ").status == 422
    for said in ("Kiểm tra bằng điện thoại.", "Lần thứ hai"):
        assert head.post(f"/vuong-mac/{number}", answer=said).status == 303
    assert "Kiểm tra bằng điện thoại." in clerk.get("/vuong-mac").text
    assert len(records(roles, "difficulty.answer")) == 1


def test_abuse_is_told_to_the_office_and_named_as_such(
    head: Visitor, clerk: Visitor, roles: Database
) -> None:
    form = {"about": "abuse", "provision": "d3.k4.2", "body": "Nhận được thư lừa đảo", "once": "0" * 32}
    assert clerk.post("/vuong-mac", **form).status == 303
    assert roles.ask("congvu_owner", "select about, provision from difficulty") == [("abuse", "d3.k4.2")]
    assert records(roles, "abuse.report") == [{"provision": "d3.k4.2"}]
    assert "Vi phạm, sự cố – " in head.get("/vuong-mac").text
    with pytest.raises(errors.IntegrityError):
        roles.change("congvu_owner", "update difficulty set about = 'difficulty'")


def test_others_difficulties_are_not_ones_business(head: Visitor, clerk: Visitor) -> None:
    body = {"provision": "d8.k1", "body": "Việc riêng của trưởng phòng", "once": "0" * 32}
    assert head.post("/vuong-mac", **body).status == 303
    assert "Việc riêng" not in clerk.get("/vuong-mac").text


@pytest.mark.parametrize(
    "form", [{"provision": "d9.k9", "body": "Có vướng mắc"}, {"provision": "d8.k1", "body": " "},
             {"provision": "d8.k1", "body": "x" * 4001}])  # fmt: skip
def test_a_faulty_report_is_told_where(clerk: Visitor, roles: Database, form: dict[str, str]) -> None:
    reply = clerk.post("/vuong-mac", once="0" * 32, **form)
    assert reply.status == 422
    assert 'aria-invalid="true"' in reply.text
    assert roles.ask("congvu_owner", "select * from difficulty") == []


def test_nobody_floods_the_office(clerk: Visitor) -> None:
    token = clerk.token()
    form = {"provision": "d8.k1", "body": "Có vướng mắc"}
    sent = [clerk.post("/vuong-mac", token, once=f"{number:032x}", **form) for number in range(21)]
    assert [reply.status for reply in sent] == [303] * 20 + [429]


def test_what_is_typed_is_shown_as_text(clerk: Visitor) -> None:
    clerk.post("/vuong-mac", once="0" * 32, provision="d8.k1", body="<script>alert(1)</script>{{ 7 * 7 }}")
    page = clerk.get("/vuong-mac").text
    assert "<script>alert" not in page
    assert "{{ 7 * 7 }}" in page
