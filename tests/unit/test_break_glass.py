"""Somebody reads another person's mailbox: the rules, database, mail store, and what owners are told."""

from __future__ import annotations

import email
import email.policy
import json
import stat
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from directories import converge, give_password
from fix_database import Database
from hypothesis import given
from hypothesis import strategies as st
from organisations import DOMAIN, at, organisation, person
from psycopg import errors

from congvu import accounts, clock, store
from congvu.accounts import Access
from congvu.letters import Sender
from congvu.notices import Opened, message
from congvu.services import boxes, cli
from congvu.store.break_glass import notices_due, record_notice

NOW = datetime(2026, 11, 26, 14, 0, tzinfo=clock.TIMEZONE)
MOST = timedelta(hours=24)
ASKED = Access("12/QĐ-SNV", "CB1", "CB2", "CB3", "Tìm hồ sơ đang giải quyết", NOW + timedelta(hours=3))
STAFF = organisation(*(person(f"CB{n}", name) for n, name in enumerate(("An", "Bình", "Cúc", "Dung"), 1)))
BOX, READER = at("an"), at("binh")


def faults(asked: Access, *made: Access, staff: Any = STAFF) -> set[str]:
    with pytest.raises(accounts.InputError) as told:
        accounts.plan_access(asked, staff, made, NOW, MOST)
    return {fault.column for fault in told.value.faults}


def test_what_is_in_order_is_opened_once() -> None:
    assert accounts.plan_access(ASKED, STAFF, [], NOW, MOST) == ASKED
    assert accounts.plan_access(ASKED, STAFF, [ASKED], NOW, MOST) is None
    assert accounts.plan_access(ASKED, STAFF, [ASKED], ASKED.ends_at + timedelta(days=9), MOST) is None


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"ticket": " "}, "ticket"),
        ({"ticket": "12\nBcc: ai@khac.test"}, "ticket"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"owner": "CB9"}, "owner"),
        ({"reader": "CB9"}, "reader"),
        ({"reader": "CB1"}, "reader"),
        ({"approver": "CB1"}, "approver"),
        ({"approver": "CB2"}, "approver"),
        ({"approver": "CB9"}, "approver"),
        ({"ends_at": NOW}, "ends_at"),
        ({"ends_at": NOW + MOST + timedelta(seconds=1)}, "ends_at"),
    ],
)
def test_what_is_refused(change: dict[str, Any], column: str) -> None:
    assert column in faults(replace(ASKED, **change))


def test_all_faults_come_together() -> None:
    assert faults(Access("", "CB9", "CB8", "CB9", "", NOW)) == {
        "ticket", "owner", "reader", "approver", "reason", "ends_at",
    }  # fmt: skip


def test_by_the_same_ticket_nothing_else_is_opened() -> None:
    assert faults(replace(ASKED, ends_at=NOW + timedelta(hours=4)), ASKED) == {"ticket"}
    other = replace(ASKED, reader="CB4")
    assert accounts.plan_access(other, STAFF, [ASKED], NOW, MOST) == other


@pytest.mark.parametrize("role", ["reader", "approver"])
def test_who_has_left_neither_reads_nor_approves(role: str) -> None:
    left = replace(STAFF.people[getattr(ASKED, role)], end=clock.day(NOW) - timedelta(days=1))
    assert faults(ASKED, staff=replace(STAFF, people={**STAFF.people, left.staff_id: left})) == {role}


def test_the_mailbox_of_somebody_who_has_left_can_be_read() -> None:
    left = replace(STAFF.people["CB1"], end=clock.day(NOW) - timedelta(days=1))
    staff = replace(STAFF, people={**STAFF.people, "CB1": left})
    assert accounts.plan_access(ASKED, staff, [], NOW, MOST) == ASKED


PEOPLE = st.sampled_from(["CB1", "CB2", "CB3", "CB4", "CB9"])


@given(PEOPLE, PEOPLE, PEOPLE, st.integers(-100, 100), st.sampled_from(["", "12"]))
def test_whatever_is_opened_has_three_people_a_ticket_and_an_end(
    owner: str, reader: str, approver: str, hours: int, ticket: str
) -> None:
    asked = Access(ticket, owner, reader, approver, "vì", NOW + timedelta(hours=hours))
    sound = len({owner, reader, approver} - {"CB9"}) == 3 and bool(ticket) and 0 < hours <= 24
    try:
        opened = accounts.plan_access(asked, STAFF, [], NOW, MOST) is not None
    except accounts.InputError:
        opened = False
    assert opened == sound


# -- the directory ---------------------------------------------------------------------------------


@pytest.fixture
def directory(database: Database) -> Database:
    database.set_now("2026-11-26 14:00+07")
    converge(database, STAFF)
    for local in ("an", "binh", "cuc", "dung"):
        give_password(database, at(local), "2026-11-20T08:00:00+07:00", "self")
    return database


def make(database: Database, access: Access = ASKED) -> None:
    with database.store() as db:
        store.open_access(db, access, BOX, "test")


def groups(database: Database) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = database.ask("dovecot", "select login, name from box_group")
    return found


def shown(database: Database) -> list[str]:
    return [box for (box,) in database.ask("dovecot", "select box from box_share where name like '%:reader'")]


def test_it_opens_at_once_to_the_reader_alone_and_ends_by_itself(directory: Database) -> None:
    make(directory)
    assert groups(directory) == [(READER, f"{BOX}:reader")]
    assert shown(directory) == [BOX]
    directory.set_now("2026-11-26 16:59:59+07")
    assert groups(directory) == [(READER, f"{BOX}:reader")]
    directory.set_now("2026-11-26 17:00+07")
    assert groups(directory) == shown(directory) == []


def test_it_gives_no_way_to_send(directory: Database) -> None:
    make(directory)
    assert directory.ask("postfix", "select login from sender where address = %s", BOX) == [(BOX,)]
    assert directory.ask("congvu_webmail", "select * from box_identity") == []


def test_what_is_over_is_written_down_once_and_ends_the_readers_sessions(directory: Database) -> None:
    make(directory)
    with directory.store() as db:
        assert store.settle_accesses(db, "test") == 0
        assert store.opened_boxes(db) == {BOX: True}
    directory.set_now("2026-11-26 17:00:30+07")
    with directory.store() as db:
        assert store.settle_accesses(db, "test") == 1
        assert store.settle_accesses(db, "test") == 0
        assert [login for login, _ in db.ending_sessions()] == [READER]
        assert store.opened_boxes(db) == {BOX: False}
    verbs = directory.ask("congvu_admin", "select verb from audit_record where subject = %s order by id", BOX)
    assert verbs[-2:] == [("break_glass.open",), ("break_glass.end",)]


def test_it_can_be_ended_before_its_time_once(directory: Database) -> None:
    make(directory)
    with directory.store() as db:
        assert store.end_access(db, ASKED, "Cúc", "test")
    with directory.store() as db:
        assert not store.end_access(db, ASKED, "Cúc", "test")
        assert [login for login, _ in db.ending_sessions()] == [READER]
    assert groups(directory) == []


def test_of_two_readers_one_may_be_left(directory: Database) -> None:
    make(directory)
    make(directory, replace(ASKED, reader="CB4"))
    with directory.store() as db:
        store.end_access(db, ASKED, "Cúc", "test")
        assert store.opened_boxes(db) == {BOX: True}
    assert groups(directory) == [(at("dung"), f"{BOX}:reader")]


INSERT = "insert into break_glass (ticket, owner, reader, approver, reason, ends_at) values "
ROW = "('1', '{owner}', '{reader}', '{approver}', 'x', congvu_now() + interval '{hours} hours')"
SOUND = {"owner": "CB1", "reader": "CB2", "approver": "CB3", "hours": 1}


@pytest.mark.parametrize(
    "change",
    [
        {"reader": "CB1"},
        {"approver": "CB1"},
        {"approver": "CB2"},
        {"approver": "CB9"},
        {"hours": 25},
        {"hours": 0},
    ],
)
def test_not_even_the_owner_of_the_database_opens_one_past_the_rules(
    directory: Database, change: dict[str, Any]
) -> None:
    with pytest.raises(errors.IntegrityError):
        directory.change("congvu_owner", INSERT + ROW.format(**SOUND | change))
    directory.change("congvu_owner", INSERT + ROW.format(**SOUND))


@pytest.mark.parametrize(
    "role",
    [
        "dovecot",
        "postfix",
        "congvu_list",
        "congvu_portal",
        "congvu_webmail",
        "congvu_password",
        "congvu_reminder",
    ],
)
def test_no_service_opens_one_or_makes_one_longer(directory: Database, role: str) -> None:
    make(directory)
    for statement in (
        INSERT + ROW.format(**SOUND),
        "update break_glass set ends_at = ends_at + interval '1 hour'",
        "update break_glass set ended_at = null, ended_by = ''",
        "select settle_break_glass('x')",
        "insert into session_end (login) values ('x')",
        "insert into break_glass_notice (access, step, sent_at) values (1, 'opened', congvu_now())",
        "delete from break_glass_notice",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            directory.ask(role, statement)


def test_nobody_takes_it_back_or_makes_it_longer(directory: Database) -> None:
    make(directory)
    for statement in (
        "delete from break_glass",
        "update break_glass set ends_at = ends_at + interval '1 hour'",
        "update break_glass set reader = 'CB4'",
        "truncate break_glass cascade",
    ):
        with pytest.raises(errors.IntegrityError, match="kept as they are"):
            directory.change("congvu_owner", statement)
    with directory.store() as db:
        store.end_access(db, ASKED, "Cúc", "test")
    with pytest.raises(errors.IntegrityError, match="kept as they are"):
        directory.change("congvu_owner", "update break_glass set ended_at = null, ended_by = ''")
    with pytest.raises(errors.IntegrityError, match="without an audit record"):
        directory.ask("congvu_owner", INSERT + ROW.format(**SOUND))


def test_without_the_policys_word_none_opens(directory: Database) -> None:
    directory.change("congvu_owner", "delete from policy_value where key = 'break_glass.max_hours'")
    with pytest.raises(store.StoreError, match="break_glass"):
        make(directory)


# -- the mail store --------------------------------------------------------------------------------


def test_rights_are_taken_out_again_of_every_folder(tmp_path: Path) -> None:
    assert boxes.grant(tmp_path, BOX, {boxes.READER: boxes.READING})
    inbox = tmp_path / DOMAIN / "an" / "Maildir"
    assert (inbox / "dovecot-acl").read_text("utf-8") == f"group={BOX}:reader lr\n"
    (inbox / "Dự án").mkdir()
    (inbox / "Dự án" / "dovecot-acl").write_text(f"group={BOX}:reader lr\n", "utf-8")
    assert boxes.withdraw(tmp_path, BOX)
    assert list(inbox.rglob("dovecot-acl*")) == []
    assert not boxes.withdraw(tmp_path, BOX)
    assert not boxes.withdraw(tmp_path, at("cuc"))  # no mail ever came


# -- what the owner is told ------------------------------------------------------------------------

SENDER = Sender("Sở Nội vụ tỉnh Bình Định", DOMAIN, f"https://mail.{DOMAIN}/mat-khau")


@pytest.fixture
def notify(directory: Database, tmp_path: Path) -> list[str]:
    """The command, with a sendmail that keeps what it gets; it fails as long as there is a file `away`."""
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(f'#!/bin/sh\nset -e\ntest ! -e {tmp_path}/away\ncat >"{tmp_path}/$1.eml"\n')
    sendmail.chmod(stat.S_IRWXU)
    database = {"host": directory.host, "name": directory.name}
    settings = {
        "organisation": SENDER.organisation,
        "domain": DOMAIN,
        "page": SENDER.page,
        "database": database,
    }
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    return ["notify", "--settings", str(tmp_path / "settings.json"), "--sendmail", str(sendmail)]


def test_the_owner_is_told_when_it_opens_and_when_it_is_over_each_time_once(
    directory: Database, notify: list[str], tmp_path: Path
) -> None:
    make(directory)
    told = tmp_path / f"{BOX}.eml"
    for moment, words in (
        ("14:00", ("số 12/QĐ-SNV", "Lý do: Tìm hồ sơ đang giải quyết", "Người được đọc: Bình",
                   "Người phê duyệt: Cúc",
                   "Từ: 14 giờ 00 ngày 26/11/2026", "Đến: 17 giờ 00 ngày 26/11/2026")),
        ("17:01", ("đã chấm dứt lúc 17 giờ 00 ngày 26/11/2026",)),
    ):  # fmt: skip
        directory.set_now(f"2026-11-26 {moment}+07")
        with directory.store() as db:
            store.settle_accesses(db, "test")
        assert cli.main(notify) == 0
        text = email.message_from_bytes(told.read_bytes(), policy=email.policy.default).get_content()
        for each in words:
            assert each in text, (each, text)
        assert max(map(len, text.splitlines())) <= 100
        told.unlink()
        assert cli.main(notify) == 0
        assert not told.exists()


def test_what_could_not_be_handed_over_is_sent_by_the_next_run(
    directory: Database, notify: list[str], tmp_path: Path
) -> None:
    make(directory)
    (tmp_path / "away").touch()
    assert cli.main(notify) == 2
    (tmp_path / "away").unlink()
    assert cli.main(notify) == 0
    assert directory.ask("congvu_admin", "select step from break_glass_notice") == [("opened",)]


def test_its_record_stays_as_it_is(directory: Database) -> None:
    make(directory)
    with directory.store("congvu_reminder") as db:
        (due,) = notices_due(db)
        record_notice(db, due)
        record_notice(db, due)
        assert notices_due(db) == []
    with pytest.raises(errors.IntegrityError, match="kept as they are"):
        directory.ask("congvu_owner", "delete from break_glass_notice")


def test_the_same_notice_is_the_same_mail() -> None:
    opened = Opened(1, "opened", BOX, "An", "Bình", "", "Phòng vp", "Cúc", "Giám đốc", "Phòng vp",
                    "12", "vì", NOW, NOW, None)  # fmt: skip
    first, again = (message(opened, SENDER, NOW)["Message-ID"] for _ in range(2))
    assert first == again != message(replace(opened, step="ended"), SENDER, NOW)["Message-ID"]
