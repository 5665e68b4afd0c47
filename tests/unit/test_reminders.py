"""Reminders of passwords that are due: which, when, once, and what they say."""

from __future__ import annotations

import email
import email.policy
import json
import stat
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from directories import converge, give_password, revoke
from fix_database import POLICY, Database
from organisations import DOMAIN, at, organisation, person
from psycopg import errors

from congvu import clock, policy
from congvu.letters import Sender
from congvu.reminders import Reminder, message
from congvu.services import cli
from congvu.store.reminders import record_reminder, reminders_due

ANNV = at("annv")
PAGE = f"https://mail.{DOMAIN}/mat-khau"
SENDER = Sender("Sở Nội vụ tỉnh Bình Định", DOMAIN, PAGE)
SET = date(2026, 8, 31)
DUE, LAST = date(2026, 11, 30), date(2027, 2, 28)


@pytest.fixture
def one(database: Database) -> Database:
    """A person whose password was set on 31 August 2026: due from 30 November, good until 28 February."""
    database.set_now("2026-09-01 08:00+07")
    converge(database, organisation(person("CB1")))
    give_password(database, ANNV, "2026-08-31T09:00:00+07:00", "imported")
    return database


def morning(database: Database, day: date) -> list[int]:
    """What is sent on a morning: the steps of the reminders."""
    database.set_now(f"{day} 07:00+07")
    with database.store("congvu_reminder") as db:
        due = reminders_due(db)
        for each in due:
            record_reminder(db, each)
    return [each.step for each in due]


def test_each_comes_once_and_on_its_day(one: Database) -> None:
    days = [DUE + timedelta(days=n) for n in range(-2, (LAST - DUE).days + 3)]
    sent = {day: steps for day in days if (steps := morning(one, day))}
    assert sent == {DUE: [0]} | {LAST - timedelta(days=step): [step] for step in (30, 14, 7, 3, 1)}
    assert one.ask("congvu_admin", "select count(*) from reminder") == [(6,)]


@pytest.mark.parametrize(
    ("mornings", "sent"),
    [
        # days before the end on which the timer ran, and what it sent
        ((40, 20, 2, 1), [0, 30, 3, 1]),
        ((31, 30, 29), [0, 30]),
        ((13, 8, 7), [14, 7]),
        ((0,), [1]),
        ((-1,), []),
    ],
)
def test_of_those_that_were_missed_only_the_latest_is_sent(
    one: Database, mornings: tuple[int, ...], sent: list[int]
) -> None:
    found = [step for days in mornings for step in morning(one, LAST - timedelta(days=days))]
    assert found == sent


def test_a_new_password_begins_anew(one: Database) -> None:
    assert morning(one, DUE) == [0]
    give_password(one, ANNV, "2026-12-02T09:00:00+07:00", "self")
    assert morning(one, date(2026, 12, 3)) == []
    assert morning(one, date(2027, 3, 2)) == [0]


@pytest.mark.parametrize("why", ["issued", "revoked", "suspended", "closed"])
def test_who_cannot_use_it_is_not_reminded(one: Database, why: str) -> None:
    one.set_now("2026-12-01 08:00+07")
    match why:
        case "issued":
            give_password(one, ANNV, "2026-08-31T09:00:00+07:00", "issued")
        case "revoked":
            revoke(one, ANNV)
        case "suspended":
            one.change("congvu_owner", "update person set ends = '2026-11-30'")
        case "closed":
            converge(one, organisation(person("CB2", "Lê Bình")))
    assert morning(one, date(2026, 12, 1)) == []


def test_its_role_can_do_nothing_else(one: Database) -> None:
    one.set_now("2026-12-01 07:00+07")
    assert len(one.ask("congvu_reminder", "select * from reminder_due")) == 1
    for statement in (
        "select * from account",
        "select * from credential",
        "select * from reminder",
        "delete from reminder",
        "update reminder set step = 1",
        "insert into reminder (address, password_set_at, step, sent_at) values ('x', now(), 1, now())",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            one.ask("congvu_reminder", statement)


# -- the mail --------------------------------------------------------------------------------------


def written(days_left: int = 14, step: int = 14) -> EmailMessage:
    due = Reminder(
        ANNV, "Nguyễn Văn An", datetime(2026, 8, 31, tzinfo=clock.TIMEZONE), DUE, LAST, days_left, step
    )
    made = message(due, SENDER, datetime(2027, 2, 14, 7, tzinfo=clock.TIMEZONE))
    read = email.message_from_bytes(made.as_bytes(), policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def test_it_names_the_exact_day_and_the_page() -> None:
    mail = written()
    assert mail["From"] == f"Sở Nội vụ tỉnh Bình Định <no-reply@{DOMAIN}>"
    assert mail["To"] == f"Nguyễn Văn An <{ANNV}>"
    assert mail["Subject"] == "Nhắc đổi mật khẩu thư công vụ: dùng được đến hết ngày 28/02/2027 (còn 14 ngày)"
    assert (mail["Auto-Submitted"], mail["Date"]) == ("auto-generated", "Sun, 14 Feb 2027 07:00:00 +0700")
    text = mail.get_content()
    assert (mail.get_content_charset(), mail["Content-Language"]) == ("utf-8", "vi")
    for words in ("từ ngày 30/11/2026", "đến hết ngày 28/02/2027 (còn 14 ngày)", f"\n    {PAGE}\n"):
        assert words in text, words
    assert text.count("http") == 1
    assert "?" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_on_the_last_day_it_says_so() -> None:
    assert written(0, 1)["Subject"].endswith("(hôm nay là ngày cuối)")


def test_sent_twice_it_is_the_same_mail() -> None:
    assert written()["Message-ID"] == written()["Message-ID"] != written(7, 7)["Message-ID"]


# -- the run ---------------------------------------------------------------------------------------


@pytest.fixture
def remind(one: Database, tmp_path: Path) -> list[str]:
    """The command with a sendmail that keeps what it gets; it fails as long as there is a file `away`."""
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(f'#!/bin/sh\nset -e\ntest ! -e {tmp_path}/away\ncat >"{tmp_path}/$1.eml"\n')
    sendmail.chmod(stat.S_IRWXU)
    database = {"host": one.host, "name": one.name}
    settings = {"organisation": SENDER.organisation, "domain": DOMAIN, "page": PAGE, "database": database}
    (tmp_path / "reminders.json").write_text(json.dumps(settings))
    resolved = policy.load(POLICY, "default", date(2026, 11, 23))
    (tmp_path / "policy.json").write_text(json.dumps(policy.dump(resolved)))
    one.set_now("2026-12-01 07:00+07")
    files = ["--settings", str(tmp_path / "reminders.json"), "--policy", str(tmp_path / "policy.json")]
    return ["remind", *files, "--sendmail", str(sendmail)]


def test_a_run_sends_and_records(remind: list[str], one: Database, tmp_path: Path) -> None:
    assert cli.main(remind) == 0
    sent = tmp_path / f"{ANNV}.eml"
    assert "28/02/2027" in email.message_from_bytes(sent.read_bytes(), policy=email.policy.default)["Subject"]
    assert one.ask("congvu_admin", "select address, step from reminder") == [(ANNV, 0)]
    sent.unlink()
    assert cli.main(remind) == 0
    assert not sent.exists()


def test_what_could_not_be_handed_over_is_sent_by_the_next_run(
    remind: list[str], one: Database, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "away").touch()
    assert cli.main(remind) == 2
    assert "tried again" in capfd.readouterr().err
    assert one.ask("congvu_admin", "select * from reminder") == []
    (tmp_path / "away").unlink()
    assert cli.main(remind) == 0
    assert one.ask("congvu_admin", "select count(*) from reminder") == [(1,)]


def test_killed_before_it_is_recorded_it_is_sent_again_and_not_lost(
    remind: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("congvu.services.remind.record_reminder", killed)
    with pytest.raises(KeyboardInterrupt):
        cli.main(remind)
    first = (tmp_path / f"{ANNV}.eml").read_bytes()
    monkeypatch.undo()
    assert cli.main(remind) == 0
    again = (tmp_path / f"{ANNV}.eml").read_bytes()
    ids = [email.message_from_bytes(each)["Message-ID"] for each in (first, again)]
    assert ids[0] == ids[1]
