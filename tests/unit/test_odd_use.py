"""Odd logins: what is found, what is not, and that it stays found. The rules, then with the directory."""

from __future__ import annotations

import email
import email.policy
import ipaddress
import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from directories import converge, give_password
from fix_database import Database
from hypothesis import given
from hypothesis import strategies as st
from organisations import DOMAIN, at, organisation, person
from psycopg import errors

from congvu.odd_use import OFFICE, Finding, Login, Rules, findings, fresh, network
from congvu.services import cli, watch
from congvu.store import odd_use

NOON = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)  # in Viet Nam
HOUR = timedelta(hours=1)
RULES = Rules(networks=3, accounts=4, attempts=50, window=HOUR, home=(ipaddress.ip_network("14.160.0.0/11"),))
HOME, ABROAD = [f"14.160.{n}.0/24" for n in range(9)], "8.8.8.0/24"


def row(minutes: float, login: str = "an", place: str = HOME[0], ok: bool = True) -> Login:
    return Login(NOON + timedelta(minutes=minutes), login, place, ok)


def told(*rows: Login, rules: Rules = RULES) -> list[tuple[str, str]]:
    return [(each.kind, each.subject) for each in findings(rows, rules)]


# -- many networks ---------------------------------------------------------------------------------


def test_many_networks_within_the_window_cannot_be_one_person() -> None:
    rows = [row(0), row(30, place=HOME[1]), row(60, place=HOME[2])]
    (found,) = findings(rows, RULES)
    assert (found.kind, found.subject, found.at) == ("networks", "an", rows[-1].at)
    assert found.networks == tuple(HOME[:3])


@pytest.mark.parametrize(
    "rows",
    [
        [row(0), row(30, place=HOME[1]), row(60.1, place=HOME[2])],  # not at once
        [row(0), row(1, place=HOME[1]), row(2, place=HOME[1])],  # at home, and by telephone
        [row(0), row(1, place=HOME[1]), row(2, place=HOME[2], ok=False)],  # somebody else, who did not get in
        [row(0), row(1, place=HOME[1]), row(2, "binh", place=HOME[2])],  # another person
    ],
)
def test_what_can_be_one_person_is_no_finding(rows: list[Login]) -> None:
    assert told(*rows) == []


def test_one_is_told_once_a_day() -> None:
    rows = [row(5 * n, place=HOME[n % 5]) for n in range(60)]
    assert told(*rows) == [("networks", "an")]
    rows += [row(24 * 60 + n, place=HOME[n % 5]) for n in range(5)]
    assert told(*rows) == [("networks", "an")] * 2


# -- spraying --------------------------------------------------------------------------------------


def spray(place: str = HOME[5], count: int = 4) -> list[Login]:
    return [row(n, f"nguoi{n}", place, ok=False) for n in range(count)]


def test_many_logins_tried_from_one_network_are_spraying() -> None:
    (found,) = findings(spray(), RULES)
    assert (found.kind, found.subject, found.accounts) == ("spray", HOME[5], 4)
    assert told(*spray(count=3)) == []
    assert told(*(replace(each, network=HOME[n]) for n, each in enumerate(spray()))) == []


def test_one_login_that_is_tried_many_times_is_no_spraying() -> None:
    assert told(*(row(n, ok=False) for n in range(40))) == []


# -- guessing --------------------------------------------------------------------------------------


def test_one_login_tried_in_vain_again_and_again_is_guessed_at() -> None:
    places = [OFFICE, *HOME[:3]]
    rows = [row(n / 2, place=places[n % 4], ok=False) for n in range(60)]
    (found,) = findings(rows, RULES)
    assert (found.kind, found.subject, found.accounts) == ("guess", "an", 50)
    assert found.networks == tuple(sorted(places))
    assert found.at == rows[49].at


@pytest.mark.parametrize(
    "rows",
    [
        [row(n, ok=False) for n in range(49)],
        [row(n * 1.3, ok=False) for n in range(200)],  # a telephone that asks and asks
        [row(n / 2, ok=n % 2 == 0) for n in range(99)],
        [row(n / 2, f"nguoi{n % 2}", ok=False) for n in range(98)],
    ],
)
def test_fewer_are_no_guessing(rows: list[Login]) -> None:
    assert told(*rows) == []


# -- spraying, again -------------------------------------------------------------------------------


def test_an_office_that_mistypes_on_monday_is_no_spraying() -> None:
    rows = [
        each for n in range(40) for each in (row(n, f"p{n}", OFFICE, ok=False), row(n + 0.5, f"p{n}", OFFICE))
    ]
    assert told(*rows) == []


def test_who_got_in_from_a_network_that_sprays_is_told() -> None:
    rows = [*spray(), row(20, "binh", HOME[5]), row(21, "cuc", HOME[6]), row(-50, "dung", HOME[5])]
    assert told(*rows) == [("sprayed", "dung"), ("spray", HOME[5]), ("sprayed", "binh")]


def test_an_infected_computer_of_the_office_is_found_and_nobody_of_the_office_is_blamed() -> None:
    assert told(*spray(OFFICE), row(5, "binh", OFFICE)) == [("spray", OFFICE)]


# -- from abroad -----------------------------------------------------------------------------------


def test_the_first_login_from_abroad_is_told_for_each_network() -> None:
    rows = [
        row(0, place=ABROAD),
        row(1, place=ABROAD),
        row(2, "binh", ABROAD),
        row(3, place=ABROAD, ok=False),
    ]
    assert told(*rows) == [("abroad", "an"), ("abroad", "binh")]


def test_home_is_the_list_the_office_and_what_is_private() -> None:
    assert (
        told(row(0, place=OFFICE), row(1, place="10.0.0.0/24"), row(2, "binh", place="14.175.9.0/24")) == []
    )
    assert told(row(0, place=ABROAD), rules=replace(RULES, home=())) == []
    assert told(row(0, place="2a00:1450::/48")) == [("abroad", "an")]


def test_what_is_known_is_not_fresh_nor_is_more_of_it_on_the_same_day() -> None:
    first = Finding("abroad", "an", ABROAD, NOON, (ABROAD,))
    second = replace(first, key="9.9.9.0/24", at=NOON + HOUR)
    assert fresh([first, second], []) == [first]
    assert fresh([first, second], [first]) == []
    assert fresh([replace(second, at=NOON + timedelta(days=1))], [first]) != []
    assert fresh([replace(first, at=NOON + timedelta(days=9))], [first]) == []


# -- what holds for any rows -----------------------------------------------------------------------

ROWS = st.lists(
    st.builds(
        row,
        st.integers(0, 240),
        st.sampled_from(["an", "binh", "cuc", "dung", "em"]),
        st.sampled_from([*HOME[:4], ABROAD, OFFICE]),
        st.booleans(),
    ),
    max_size=40,
)


@given(ROWS, st.randoms())
def test_the_order_and_copies_of_rows_do_not_matter(rows: list[Login], rng) -> None:
    shuffled = rows * 2
    rng.shuffle(shuffled)
    assert findings(shuffled, RULES) == findings(rows, RULES)


@given(ROWS, st.integers(0, 240))
def test_what_was_found_stays_found_whatever_follows(rows: list[Login], until: int) -> None:
    """So a run of each five minutes finds what one run over the whole day would."""
    end = NOON + timedelta(minutes=until)
    early = findings([each for each in rows if each.at <= end], RULES)
    assert [each for each in findings(rows, RULES) if each.at <= end and each.kind != "sprayed"] == [
        each for each in early if each.kind != "sprayed"
    ]


@given(ROWS)
def test_many_networks_by_the_letter(rows: list[Login]) -> None:
    """Against the rule itself, worked out the slow way."""
    inside = {
        one.login
        for one in rows
        if len({r.network for r in rows if r.ok and r.login == one.login and one.at - HOUR <= r.at <= one.at})
        >= 3
    }
    assert {each.subject for each in findings(rows, RULES) if each.kind == "networks"} == inside


@given(ROWS)
def test_failures_alone_blame_nobody(rows: list[Login]) -> None:
    failed = [replace(each, ok=False) for each in rows]
    assert {each.kind for each in findings(failed, RULES)} <= {"spray"}


# -- the journal -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("10.20.3.4", OFFICE),
        ("127.0.0.1", None),
        ("::1", None),
        ("", None),
        ("unix", None),
    ],
)
def test_the_network_of_an_address(address: str, said: str | None) -> None:
    assert network(address, (ipaddress.ip_network("10.20.0.0/16"),)) == said


def attempt(login: str, address: str, ok: bool = True) -> str:
    fields = {"user": login, "remote_ip": address, "protocol": "imap", "session": "S1"}
    told = {"event": "auth_request_finished", "fields": fields | ({"success": "yes"} if ok else {})}
    return f"stats: {json.dumps(told)}"


def dovecot(minutes: float, login: str, address: str, ok: bool = True) -> dict[str, str]:
    return entry(minutes, attempt(login, address, ok))


def entry(minutes: float, message: str, unit: str = "dovecot") -> dict[str, str]:
    moment = NOON + timedelta(minutes=minutes)
    return {"__REALTIME_TIMESTAMP": f"{moment.timestamp() * 1e6:.0f}", "MESSAGE": message,
            "_SYSTEMD_UNIT": f"{unit}.service"}  # fmt: skip


def answered(minutes: float, answer: str, login: str | None = "an@x", verb: str = "check") -> dict[str, str]:
    told = {"event": "password", "verb": verb, "client": "203.0.113.9", "answer": answer, "login": login}
    return entry(minutes, json.dumps(told), "congvu-password")


def test_the_entries_of_both_services_are_attempts() -> None:
    entries = [
        dovecot(0, "An@x", "203.0.113.1"),
        dovecot(1, "an@x", "203.0.113.1", ok=False),
        dovecot(1.5, "an@x/1a2b3c4d", "203.0.113.1"),
        answered(2, "refused"),
        answered(3, "refused", None),
        answered(4, "must_change"),
        answered(5, "open", verb="admit"),
        entry(5, "imap-login: Login aborted"),
        entry(6, "{no JSON"),
        {"__REALTIME_TIMESTAMP": "0"},  # a message that was no text
    ]
    assert [(each.login, each.network, each.ok) for each in watch.logins(entries, ())] == [
        ("an@x", "203.0.113.0/24", True),
        ("an@x", "203.0.113.0/24", False),
        ("an@x", "203.0.113.0/24", True),
        ("an@x", "203.0.113.0/24", False),
        ("an@x", "203.0.113.0/24", True),
    ]


def test_a_login_name_forges_no_login_nor_does_another_programs_line() -> None:
    forged = attempt("an@x", "203.0.113.1")
    quoted = forged.replace('"', '\\"')
    entries = [
        entry(0, f"imap-login: Login aborted: user=<{forged}>, rip=198.51.100.7"),
        entry(1, f"auth-worker: unknown user {forged.removeprefix('stats: ')}"),
        entry(2, attempt(f"an@x {quoted}", "198.51.100.7", ok=False)),
        entry(3, forged, "session-7.scope"),
        {**answered(4, "open"), "_SYSTEMD_UNIT": "user@1000.service"},
        {"SYSLOG_IDENTIFIER": "dovecot", **entry(5, forged, "cron")},
    ]
    assert list(watch.logins(entries, ())) == []


# -- the run ---------------------------------------------------------------------------------------


@pytest.fixture
def run(database: Database, tmp_path: Path) -> list[str]:
    """The command, with a journal of one file, which knows nothing of `--since`."""
    database.set_now("2026-11-26 12:30+07")
    converge(database, organisation(person("CB1", "An"), person("CB2", "Bình"), person("CB3", "Cúc")))
    for local in ("an", "binh", "cuc"):
        give_password(database, at(local), "2026-11-20T08:00:00+07:00", "self")
    places = [f"14.160.{n}.7" for n in range(5)]
    entries = [dovecot(n, at("an"), place) for n, place in enumerate(places)]
    entries += [dovecot(n, f"nguoi{n}@{DOMAIN}", "8.8.8.5", ok=False) for n in range(10)]
    entries += [dovecot(n / 9, at("cuc"), "10.1.1.1", ok=False) for n in range(100)]
    entries += [dovecot(20, at("binh"), "8.8.8.6"), dovecot(21, "khong@co", "8.8.8.6")]
    (tmp_path / "journal").write_text("".join(json.dumps(each) + "\n" for each in entries))
    (tmp_path / "cat").write_text(f'#!/bin/sh\ncat "{tmp_path}/journal"\n')
    (tmp_path / "cat").chmod(stat.S_IRWXU)
    settings = {
        "database": {"host": database.host, "name": database.name},
        "home_networks": ["14.160.0.0/11"],
    }
    (tmp_path / "watch.json").write_text(json.dumps(settings))
    return ["watch", "--settings", str(tmp_path / "watch.json"), "--journal", str(tmp_path / "cat")]


def test_a_run_keeps_what_it_finds_once_with_its_record(run: list[str], database: Database) -> None:
    assert cli.main(run) == cli.main(run) == 0
    rows = database.ask("congvu_admin", "select kind, subject, accounts from odd_use order by kind, subject")
    assert rows == [
        ("abroad", at("binh"), 0),
        ("guess", at("cuc"), 100),
        ("networks", at("an"), 0),
        ("spray", "8.8.8.0/24", 10),
        ("sprayed", at("binh"), 10),
    ]
    verbs = database.ask("congvu_admin", "select verb from audit_record where verb like 'odd%' order by verb")
    assert [verb for (verb,) in verbs] == [
        "odd_use.abroad",
        "odd_use.guess",
        "odd_use.networks",
        "odd_use.spray",
        "odd_use.sprayed",
    ]


def test_it_shuts_nobody_out(run: list[str], database: Database) -> None:
    before = database.ask("dovecot", "select login from door_key order by 1")
    assert cli.main(run) == 0
    assert database.ask("dovecot", "select login from door_key order by 1") == before
    assert database.ask("congvu_admin", "select * from session_end") == []


def test_people_are_told_once_in_vietnamese(run: list[str], tmp_path: Path) -> None:
    assert cli.main(run) == 0
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(f'#!/bin/sh\nset -e\ncat >"{tmp_path}/$1.$(date +%N).eml"\n')
    sendmail.chmod(stat.S_IRWXU)
    page = f"https://mail.{DOMAIN}/mat-khau"
    settings = {"organisation": "Sở Nội vụ", "domain": DOMAIN, "page": page}
    settings |= json.loads((tmp_path / "watch.json").read_text())
    del settings["home_networks"]
    (tmp_path / "reminders.json").write_text(json.dumps(settings))
    notify = ["notify", "--settings", str(tmp_path / "reminders.json"), "--sendmail", str(sendmail)]
    assert cli.main(notify) == 0
    mails = [
        email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in tmp_path.glob("*.eml")
    ]
    assert sorted(mail["To"].addresses[0].addr_spec for mail in mails) == [
        at("an"),
        at("binh"),
        at("binh"),
        at("cuc"),
    ]
    texts = " ".join(" ".join(mail.get_content().split()) for mail in mails)
    for words in ("từ 5 mạng khác nhau", "lần đầu từ một mạng ngoài", "dò mật khẩu của nhiều hộp thư",
                  "100 lần nhập sai", "14.160.0.0/24", "Hộp thư không bị khóa", page):  # fmt: skip
        assert words in texts, words
    assert max(len(line) for mail in mails for line in mail.get_content().splitlines()) <= 100
    assert cli.main(notify) == 0
    assert len(list(tmp_path.glob("*.eml"))) == 4


def test_it_is_forgotten_in_time(run: list[str], database: Database, tmp_path: Path) -> None:
    assert cli.main(run) == 0
    (tmp_path / "journal").write_text("")
    database.set_now("2027-12-10 12:30+07")
    assert cli.main(run) == 0
    assert database.ask("congvu_admin", "select * from odd_use") == []


def test_after_a_pause_it_goes_on_where_it_had_stopped(run: list[str], database: Database) -> None:
    assert cli.main(run) == 0
    with database.store() as db:
        assert odd_use.read_until(db) == datetime(2026, 11, 26, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "role", ["dovecot", "postfix", "congvu_password", "congvu_webmail", "congvu_reminder"]
)
def test_no_service_makes_or_forgets_one(run: list[str], database: Database, role: str) -> None:
    assert cli.main(run) == 0
    for statement in ("delete from odd_use", "update odd_use set key = ''", "select * from odd_use"):
        with pytest.raises(errors.InsufficientPrivilege):
            database.ask(role, statement)


def test_a_journal_that_cannot_be_read_is_said(
    run: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cat").write_text("#!/bin/sh\necho no such journal >&2; exit 1\n")
    assert cli.main(run) == 1
    assert "no such journal" in capfd.readouterr().err
