"""Statements that nobody has made: who is reminded of which, when, once, until they are signed; the mail."""

from __future__ import annotations

import email
import email.policy
import json
import stat
from dataclasses import replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from directories import converge, give_password
from fix_database import POLICY, Database
from fix_portal import Visitor, quarter, text
from organisations import DOMAIN, Alias, Box, at, organisation, person
from psycopg import errors

from congvu import chase, clock, policy
from congvu.chase import Missing, Moment, Part, message
from congvu.duties import Duties
from congvu.letters import Sender
from congvu.report.period import period
from congvu.services import cli
from congvu.store.reminders import record_statement_reminder, statements_missing

RESOLVED = policy.load(POLICY, "default", date(2026, 11, 23))
DUTIES = Duties(RESOLVED)
SENDER = Sender("Sở Nội vụ tỉnh Bình Định", DOMAIN, f"https://mail.{DOMAIN}{chase.PAGE}")
FIRST, LAST = date(2026, 9, 15), date(2026, 12, 14)  # of the fourth quarter, by the custom of ND 09
HEAD, NEXT, CLERK = at("annv"), at("binhl"), at("cucd")


def heads(head: str = "CB1", **more: str) -> list[Box]:
    """Boxes with roles: who heads the unit `vp`, and what else is given."""
    return [Box(at("box-vp"), "unit", "vp", frozenset({(head, "head"), ("CB3", "clerk")}))] + [
        Box(at(f"box-{unit}"), "unit", unit, frozenset({(staff_id, "head")}))
        for unit, staff_id in more.items()
    ]


PEOPLE = [person("CB1"), person("CB2", "Lê Bình"), person("CB3", "Đỗ Cúc")]


@pytest.fixture
def one(database: Database) -> Database:
    """A head and a clerk of one unit; the version in force since July."""
    database.set_now("2026-09-01 08:00+07")
    converge(database, organisation(*PEOPLE, boxes=heads()))
    for address in (HEAD, NEXT, CLERK):
        give_password(database, address, "2026-08-31T09:00:00+07:00", "imported")
    held = "insert into policy_version values ('2026-09-01', %s, %s)"
    database.ask("congvu_owner", "delete from policy_version")
    database.ask("congvu_owner", held, RESOLVED.version, RESOLVED.sha256)
    return database


def look(database: Database, day: date) -> list[Missing]:
    """What is to be sent on a morning."""
    database.set_now(f"{day} 07:00+07")
    with database.store("congvu_reminder") as db:
        return statements_missing(db, RESOLVED)


def morning(database: Database, day: date) -> list[tuple[str, str, int]]:
    """What is sent on a morning: to whom, of which quarter, at which step."""
    due = look(database, day)
    with database.store("congvu_reminder") as db:
        for each in due:
            record_statement_reminder(db, each)
    return [(each.address, each.moment.period.quarter, each.moment.step) for each in due]


def sign(database: Database, *provisions: str, attested: bool = True, of: str = "2026-Q4") -> None:
    for each in provisions:
        database.change(
            "congvu_owner",
            "insert into statement "
            "(quarter, provision, party, unit, attested, remark, staff_id, version, sha256) "
            "values (%s, %s, 'head', 'vp', %s, %s, 'CB1', %s, '')",
            *(of, each, attested, "" if attested else "Chưa họp.", RESOLVED.version),
        )


def sign_all(database: Database, of: str = "2026-Q4") -> None:
    sign(database, *(row.id for row in DUTIES.rows("head")), of=of)


def test_each_comes_once_and_on_its_day(one: Database) -> None:
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 10)]
    sent = {day: found for day in days if (found := morning(one, day))}
    before = {LAST - timedelta(days=step): [(HEAD, "2026-Q4", step)] for step in (14, 7, 3, 1)}
    third = {FIRST: [(HEAD, "2026-Q3", 0)]}  # the version was in force already
    assert sent == third | before | {LAST + timedelta(days=1): [(HEAD, "2026-Q4", 0)]}


@pytest.mark.parametrize(
    ("mornings", "sent"),
    [
        # days before the end on which the timer ran, and what it sent
        ((15, 10, 9, 2), [14, 3]),
        ((6, 0), [7, 1]),
        ((3, 3), [3]),
        ((-1, -2, -80), [0]),
    ],
)
def test_of_those_that_were_missed_only_the_latest_is_sent(
    one: Database, mornings: tuple[int, ...], sent: list[int]
) -> None:
    sign_all(one, of="2026-Q3")
    found = [each for days in mornings for each in morning(one, LAST - timedelta(days=days))]
    assert [step for _, of, step in found if of == "2026-Q4"] == sent


def test_it_names_what_is_missing_and_nothing_once_all_is_said(one: Database) -> None:
    rows = [row.id for row in DUTIES.rows("head")]
    sign(one, rows[0])
    sign(one, rows[2], attested=False)  # a word, too
    sign(one, rows[3], of="2026-Q3")
    (due,) = [each for each in look(one, LAST) if each.moment.period.quarter == "2026-Q4"]
    assert [row.id for row in due.parts[0].rows] == [rows[1], *rows[3:]]
    sign_all(one)
    assert [each.moment.period.quarter for each in look(one, LAST)] == ["2026-Q3"]
    assert look(one, LAST + timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("day", "until", "days_left"),
    [(date(2026, 12, 8), LAST, 6), (LAST, LAST, 0), (date(2026, 12, 15), date(2027, 3, 14), 89)],
)
def test_it_knows_the_last_day_on_which_the_word_counts(
    one: Database, day: date, until: date, days_left: int
) -> None:
    sign_all(one, of="2026-Q3")
    assert [(each.moment.until, each.moment.days_left) for each in look(one, day)] == [(until, days_left)]


def test_it_follows_the_cut_off_of_the_policy(one: Database) -> None:
    calendar = replace(RESOLVED, values={**RESOLVED.values, "report.cutoff": "calendar"})
    one.set_now("2026-12-17 07:00+07")
    with one.store("congvu_reminder") as db:
        ours, theirs = (statements_missing(db, each) for each in (RESOLVED, calendar))
    assert {(each.moment.period.quarter, each.moment.step) for each in ours} == {("2026-Q4", 0)}
    assert ("2026-Q4", 14) in {(each.moment.period.quarter, each.moment.step) for each in theirs}


def test_another_version_asks_anew_for_the_running_quarter_alone(one: Database) -> None:
    sign_all(one)
    newer = replace(RESOLVED, version="2099.1")
    changed = "insert into policy_version values ('2026-12-10', '2099.1', repeat('a', 64))"
    one.set_now("2026-12-11 07:00+07")
    with one.store("congvu_reminder") as db:
        assert statements_missing(db, newer) == []  # not in force yet
    one.ask("congvu_owner", changed)
    with one.store("congvu_reminder") as db:
        assert [(each.version, each.moment.step) for each in statements_missing(db, newer)] == [("2099.1", 3)]
        assert statements_missing(db, RESOLVED) == []


@pytest.mark.parametrize("why", ["left", "lost the role", "closed", "expired"])
def test_who_cannot_sign_is_not_reminded_and_the_next_head_is(one: Database, why: str) -> None:
    sign_all(one, of="2026-Q3")
    next_head: list[str] = []
    match why:
        case "left":
            one.change("congvu_owner", "update person set ends = '2026-11-30' where staff_id = 'CB1'")
        case "lost the role":
            converge(one, organisation(*PEOPLE, boxes=heads("CB2")))
            next_head = [NEXT]
        case "closed":
            converge(one, organisation(*PEOPLE[1:], boxes=heads("CB2")))
            next_head = [NEXT]
        case "expired":
            one.change("congvu_owner", "update credential set set_at = '2026-01-01' where address = %s", HEAD)
    assert [address for address, _, _ in morning(one, LAST)] == next_head


def test_whoever_signs_for_several_has_one_mail(one: Database) -> None:
    office = Box(at("vp"), "office", "vp", frozenset({("CB3", "clerk")}))
    converge(
        one,
        organisation(
            *PEOPLE,
            units=("vp", "ttra"),
            boxes=[*heads(ttra="CB1"), office],
            aliases=[Alias(at("giamdoc"), "CB2")],
        ),
    )
    found = {
        each.address: [(part.role, part.unit_name, len(part.rows)) for part in each.parts]
        for each in look(one, LAST)
        if each.moment.period.quarter == "2026-Q4"
    }
    head, office_role, director = (RESOLVED.parties[each].vi for each in ("head", "office", "director"))
    rows = {party: len(DUTIES.rows(party)) for party in ("head", "office", "director")}
    assert found == {
        HEAD: [
            (head, "Phòng ttra", rows["head"]),
            (head, "Phòng vp", rows["head"]),
            (office_role, "Phòng vp", rows["office"]),
        ],
        NEXT: [(director, "Phòng vp", rows["director"])],
    }


def test_its_role_sees_that_something_was_said_and_not_what(one: Database) -> None:
    sign(one, "d8.k1", attested=False)
    made = [("2026-Q4", RESOLVED.version, "d8.k1", "head", "vp")]
    assert one.ask("congvu_reminder", "select * from statement_made") == made
    for statement in (
        "select * from statement",
        "select * from signatory",
        "select * from policy_version",
        "delete from statement_reminder",
        "update statement_reminder set step = 1",
        "insert into statement_reminder values ('x', '2026-Q4', '1', 1, now())",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            one.ask("congvu_reminder", statement)


# -- the mail --------------------------------------------------------------------------------------


def written(days_left: int = 7, step: int = 7, until: date = LAST) -> EmailMessage:
    office, head = (RESOLVED.parties[each].vi for each in ("office", "head"))
    parts = (
        Part("Phòng Công chức, viên chức", head, tuple(DUTIES.rows("head")[:2])),
        Part("Văn phòng Sở", office, tuple(DUTIES.rows("office")[:1])),
    )
    moment = Moment(period("2026-Q4", "nd09"), step, until, days_left)
    missing = Missing(HEAD, "Nguyễn Văn An", RESOLVED.version, moment, parts)
    made = message(missing, SENDER, datetime(2026, 12, 7, 7, tzinfo=clock.TIMEZONE))
    read = email.message_from_bytes(made.as_bytes(), policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def test_it_names_the_sentences_the_quarter_the_last_day_and_the_page() -> None:
    mail = written()
    assert mail["To"] == f"Nguyễn Văn An <{HEAD}>"
    assert mail["Subject"] == "Nhắc ký xác nhận quý IV năm 2026 trước khi hết ngày 14/12/2026 (còn 7 ngày)"
    body = mail.get_content()
    plain = " ".join(body.split())
    for words in (
        "Còn 3 nội dung dưới đây chưa được ký xác nhận cho quý IV năm 2026 "
        "(từ ngày 15/09/2026 đến ngày 14/12/2026).",
        "Xác nhận ký đến hết ngày 14/12/2026 (còn 7 ngày) được đưa vào báo cáo quý",
        "Phòng Công chức, viên chức (với vai trò người đứng đầu cơ quan, đơn vị): "
        "- Hộp thư của đơn vị chỉ được dùng để trao đổi công tác. (điểm a khoản 2 Điều 4) - Tôi trực tiếp",
        "Văn phòng Sở (với vai trò Văn phòng Sở): - Danh sách tên miền",
    ):
        assert words in plain, words
    assert f"\n    {SENDER.page}\n" in body
    assert body.count("http") == 1
    assert "?" not in body
    assert max(map(len, body.splitlines())) <= 100


def test_on_the_last_day_it_says_so() -> None:
    assert "ký đến hết ngày 14/12/2026 (hôm nay là ngày cuối)" in " ".join(
        written(0, 1).get_content().split()
    )


def test_after_the_end_it_says_what_became_of_them_and_until_when_they_are_taken() -> None:
    mail = written(90, 0, date(2027, 3, 14))
    assert mail["Subject"] == "Đề nghị ký bổ sung xác nhận quý IV năm 2026: còn thiếu 3 nội dung"
    plain = " ".join(mail.get_content().split())
    assert "Quý IV năm 2026 (từ ngày 15/09/2026 đến ngày 14/12/2026) đã kết thúc" in plain
    assert "ký bổ sung đến hết ngày 14/03/2027;" in plain


def test_sent_twice_it_is_the_same_mail() -> None:
    assert written()["Message-ID"] == written()["Message-ID"] != written(3, 3)["Message-ID"]


def test_the_page_of_the_mail_shows_its_sentences(head: Visitor) -> None:
    where = chase.PAGE.removeprefix("/trang-cua-toi")
    page = text(head.get(f"{where}?quy={quarter(head)}&vai=head&don-vi=tccb").text)
    lines = " ".join(written().get_content().split()).split(" - ")
    assert lines[1] in page


# -- the run ---------------------------------------------------------------------------------------


@pytest.fixture
def remind(one: Database, tmp_path: Path) -> list[str]:
    """The command on the last day; its sendmail keeps what it gets, and fails while there is `away`."""
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(f'#!/bin/sh\nset -e\ntest ! -e {tmp_path}/away\ncat >"{tmp_path}/$1.eml"\n')
    sendmail.chmod(stat.S_IRWXU)
    database = {"host": one.host, "name": one.name}
    settings = {"organisation": SENDER.organisation, "domain": DOMAIN, "database": database}
    (tmp_path / "reminders.json").write_text(
        json.dumps({**settings, "page": f"https://mail.{DOMAIN}/mat-khau"})
    )
    (tmp_path / "policy.json").write_text(json.dumps(policy.dump(RESOLVED)))
    sign_all(one, of="2026-Q3")
    for address in (HEAD, NEXT, CLERK):
        give_password(one, address, "2026-12-01T09:00:00+07:00", "imported")
    one.set_now(f"{LAST} 07:00+07")
    files = ["--settings", str(tmp_path / "reminders.json"), "--policy", str(tmp_path / "policy.json")]
    return ["remind", *files, "--sendmail", str(sendmail)]


def test_a_run_sends_and_records(remind: list[str], one: Database, tmp_path: Path) -> None:
    assert cli.main(remind) == 0
    sent = tmp_path / f"{HEAD}.eml"
    mail = email.message_from_bytes(sent.read_bytes(), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert f"\n    {SENDER.page}\n" in mail.get_content()
    recorded = "select address, quarter, version, step from statement_reminder"
    assert one.ask("congvu_admin", recorded) == [(HEAD, "2026-Q4", RESOLVED.version, 1)]
    sent.unlink()
    assert cli.main(remind) == 0
    assert not sent.exists()


def test_what_could_not_be_handed_over_is_sent_by_the_next_run(
    remind: list[str], one: Database, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "away").touch()
    assert cli.main(remind) == 2
    assert "1 reminders of statements could not be handed to Postfix" in capfd.readouterr().err
    assert one.ask("congvu_admin", "select * from statement_reminder") == []
    (tmp_path / "away").unlink()
    assert cli.main(remind) == 0
    assert one.ask("congvu_admin", "select count(*) from statement_reminder") == [(1,)]


def test_passwords_are_reminded_without_a_policy_that_can_be_read(
    remind: list[str], one: Database, tmp_path: Path
) -> None:
    one.change("congvu_owner", "update credential set set_at = '2026-08-31' where address = %s", CLERK)
    (tmp_path / "policy.json").unlink()
    assert cli.main(remind) == 1
    sent = (tmp_path / f"{CLERK}.eml").read_bytes()
    mail = email.message_from_bytes(sent, policy=email.policy.default)
    assert "mật khẩu" in mail["Subject"]
