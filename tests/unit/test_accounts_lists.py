"""Mailing lists: what a file may say, who gets what, who may send; and the program that hands it out."""

from __future__ import annotations

import email
import email.policy
import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from directories import converge
from fix_database import Database
from organisations import DOMAIN, EMPTY, ORGANISATION, Alias, Box, after, at, organisation, person, read
from psycopg import errors

from congvu import store
from congvu.accounts import InputError, MailingList, Organisation, Rules, plan, preview
from congvu.services import cli
from congvu.store.lists import Route, route

HandOut = Callable[..., tuple[int, str, bytes]]

OFFICE = Box(at("vp"), "office", "vp", frozenset({("CB1", "clerk"), ("CB4", "member")}))
EVERYBODY = MailingList(at("toanso"), "Toàn Sở", frozenset({"all"}), frozenset({at("vp")}), at("vp"))
GROUP = MailingList(at("nhom"), "Nhóm", frozenset({"ccvc", "CB1"}), frozenset({"members"}), "CB2")
LEFT = date(2026, 11, 20)


def files(*lists: MailingList) -> Organisation:
    """CB1 works in the office's box, CB4 only reads in it; CB2 and CB3 are in the unit ccvc, CB3 has left."""
    listed = organisation(
        person("CB1"),
        person("CB2", "Lê Bình", unit="ccvc"),
        person("CB3", "Trần Hoa", unit="ccvc", end=LEFT),
        person("CB4", "Đỗ Út"),
        units=("vp", "ccvc"),
        boxes=[OFFICE],
        aliases=[Alias(at("vanthu"), at("vp"))],
    )
    return replace(listed, lists={each.address: each for each in lists})


def test_a_section_of_the_organisation_file() -> None:
    entry = "lists:\n  - {address: toanso, name: Toàn Sở, members: [all], post: [vp, CB1], moderator: vp}\n"
    (found,) = plan(EMPTY, read(organisation=ORGANISATION + entry)).wanted.lists.values()
    assert found == replace(EVERYBODY, post=frozenset({at("vp"), "CB1"}))


@pytest.mark.parametrize(
    ("entry", "column"),
    [
        ("{address: vp, name: A, members: [all], moderator: vp}", "address"),
        ("{address: vanthu, name: A, members: [all], moderator: vp}", "address"),
        ("{address: giamdoc, name: A, members: [all], moderator: vp}", "address"),
        ("{address: nhom, name: A, members: [], moderator: vp}", "lists"),
        ("{address: nhom, name: A, members: [ttra], moderator: vp}", "members"),
        ("{address: nhom, name: A, members: [CB9], moderator: vp}", "members"),
        ("{address: nhom, name: A, members: [{a: b}], moderator: vp}", "members"),
        ("{address: nhom, name: A, members: [all], post: [ai], moderator: vp}", "post"),
        ("{address: nhom, name: A, members: [all], post: [all], moderator: vp}", "post"),
        ("{address: nhom, name: A, members: [all], moderator: members}", "moderator"),
        ("{address: nhom, name: A, members: [all], moderator: a@b.vn}", "moderator"),
        ("{address: nhom, name: A, members: [all]}", "lists"),
    ],
)
def test_what_is_wrong_with_an_entry_is_told(entry: str, column: str) -> None:
    with pytest.raises(InputError) as told:
        plan(EMPTY, read(organisation=f"{ORGANISATION}lists:\n  - {entry}\n"))
    assert column in {each.column for each in told.value.faults}
    assert all(each.remedy and each.row for each in told.value.faults)


def test_a_list_in_words() -> None:
    current = after(plan(EMPTY, files()))
    made = plan(current, files(EVERYBODY, GROUP))
    assert [item.said for item in preview(made, current)] == [
        "Lập danh sách gửi thư: Nhóm <nhom@snv.example>; gửi đến: Nguyễn Văn An (CB1), Phòng ccvc;"
        " được gửi thẳng: các thành viên; người duyệt: Lê Bình (CB2)",
        "Lập danh sách gửi thư: Toàn Sở <toanso@snv.example>; gửi đến: toàn thể;"
        " được gửi thẳng: vp@snv.example; người duyệt: vp@snv.example",
    ]
    current = after(made, current)
    made = plan(current, files(replace(EVERYBODY, post=frozenset())))
    assert [item.said for item in preview(made, current)] == [
        "Đóng danh sách gửi thư: Nhóm <nhom@snv.example>",
        "Sửa danh sách gửi thư: Toàn Sở <toanso@snv.example>, được gửi thẳng:"
        " từ vp@snv.example thành không ai",
    ]


def test_its_address_is_nobody_elses() -> None:
    current = after(plan(EMPTY, files(replace(GROUP, address=at("binhl")))))
    assert current.organisation.people["CB2"].address == at("binhl2")
    with pytest.raises(InputError, match="never given again"):
        plan(current, files(replace(GROUP, address=at("annv"))))


def test_who_left_long_ago_is_passed_over_but_decides_no_more() -> None:
    rules = Rules(close_before=date(2026, 11, 21), closures_percent=100)
    made = plan(EMPTY, files(replace(GROUP, members=frozenset({"CB1", "CB3"}))), rules)
    assert made.wanted.lists[at("nhom")].members == {"CB1"}
    with pytest.raises(InputError, match="CB3"):
        plan(EMPTY, files(replace(GROUP, moderator="CB3")), rules)


# --- the directory -----------------------------------------------------------------------------------------


@pytest.fixture
def office(database: Database) -> Database:
    database.set_now("2026-11-26 08:00+07")
    converge(database, files(EVERYBODY, GROUP))
    return database


def asked(database: Database, address: str, sender: str) -> Route | None:
    with database.store("congvu_list") as db:
        return route(db, at(address), sender)


def test_it_is_stored_and_read_back(office: Database) -> None:
    with office.store() as db:
        found = store.read_directory(db, DOMAIN)
    assert found.organisation == plan(EMPTY, files(EVERYBODY, GROUP)).wanted
    assert found.holders[at("toanso")].use == "list"


def test_those_who_serve_get_what_is_sent_to_a_list(office: Database) -> None:
    everybody = asked(office, "toanso", at("vp"))
    assert everybody == Route("Toàn Sở", True, at("vp"), [at("annv"), at("binhl"), at("utd")])
    group = asked(office, "nhom", at("annv"))
    assert group == Route("Nhóm", True, at("binhl"), [at("annv"), at("binhl")])
    assert asked(office, "khongco", at("annv")) is None


@pytest.mark.parametrize(
    ("list_", "sender", "accepted"),
    [
        ("toanso", at("vp"), True),  # as the box
        ("toanso", at("vanthu"), True),  # as the box, by another address of it
        ("toanso", at("annv"), True),  # who works in it
        ("toanso", at("utd"), False),  # who only reads in it
        ("toanso", at("binhl"), False),
        ("toanso", "", False),
        ("toanso", "annv@elsewhere.example", False),
        ("nhom", at("annv"), True),  # a member
        ("nhom", at("binhl"), True),
        ("nhom", at("hoat"), False),  # a member who left
        ("nhom", at("vp"), False),
    ],
)
def test_who_may_send(office: Database, list_: str, sender: str, accepted: bool) -> None:
    found = asked(office, list_, sender)
    assert found
    assert found.accepted is accepted


def test_where_a_moderator_has_left_the_unit_decides(office: Database) -> None:
    office.change("congvu_owner", "update person set ends = '2026-11-25' where staff_id = 'CB2'")
    found = asked(office, "nhom", "a@congdan.example")
    assert found
    assert found.moderator == at("box-ccvc")


def test_a_closed_list_takes_nothing(office: Database) -> None:
    converge(office, files(GROUP))
    assert asked(office, "toanso", at("vp")) is None
    assert office.ask("postfix", "select address from list_open") == [(at("nhom"),)]


def test_whoever_may_post_may_do_so_under_each_name_of_the_domain(office: Database) -> None:
    office.change("congvu_admin", "insert into domain_name values ('snv.moi.example', %s, null)", DOMAIN)
    found = asked(office, "nhom", at("annv").replace(DOMAIN, "snv.moi.example"))
    assert found
    assert found.accepted


def test_what_it_may_not_see(office: Database) -> None:
    for relation in ("mailing_list", "list_sender", "person", "account", "door", "credential"):
        with pytest.raises(errors.InsufficientPrivilege):
            office.ask("congvu_list", f"select * from {relation}")


# --- the program -------------------------------------------------------------------------------------------

MAIL = "From: a@b.example\nSubject: Họp\n\nKính gửi anh chị.\n"


@pytest.fixture
def hand_out(office: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HandOut:
    """hand_out(sender, list, mail) -> (exit status, how sendmail was called, what it was given)."""
    settings = tmp_path / "lists.json"
    settings.write_text(json.dumps({"database": {"host": office.host, "name": office.name}}))
    sent, called = tmp_path / "sent", tmp_path / "called"
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(f'#!/bin/sh\necho "$*" >{called}\ncat >{sent}\n')
    sendmail.chmod(0o755)

    def run(sender: str, list_: str, mail: str = MAIL) -> tuple[int, str, bytes]:
        for file in (sent, called):
            file.unlink(missing_ok=True)
        given = io.TextIOWrapper(io.BytesIO(mail.encode()))
        monkeypatch.setattr(sys, "stdin", given)
        options = ["--settings", str(settings), "--sendmail", str(sendmail), f"--sender={sender}"]
        status = cli.main(["lists", *options, "--", at(list_)])
        if not called.exists():
            return status, "", b""
        return status, called.read_text().strip(), sent.read_bytes()

    return run


def test_a_message_goes_to_the_members_as_it_came(hand_out: HandOut) -> None:
    status, called, sent = hand_out(at("annv"), "nhom")
    assert (status, called) == (0, f"-i -f {at('nhom')} -- {at('annv')} {at('binhl')}")
    head, _, rest = sent.partition(b"From: ")
    assert b"From: " + rest == MAIL.encode()
    assert b"List-Id: <nhom.snv.example>\n" in head


@pytest.mark.parametrize("sender", ["citizen@congdan.example", ""])
def test_anybody_elses_goes_to_the_moderator_attached(hand_out: HandOut, sender: str) -> None:
    status, called, sent = hand_out(sender, "toanso")
    assert (status, called) == (0, f"-i -f {sender or '<>'} -- {at('vp')}")
    mail = email.message_from_bytes(sent, policy=email.policy.default)
    text, attached = mail.iter_parts()
    assert at("toanso") in text.get_content()
    assert attached.get_content_type() == "message/rfc822"
    assert MAIL.encode() in sent
    assert mail["To"] == at("vp")
    again = email.message_from_bytes(hand_out(sender, "toanso")[2], policy=email.policy.default)
    other = email.message_from_bytes(hand_out(sender, "toanso", MAIL + "x")[2], policy=email.policy.default)
    assert mail["Message-ID"] == again["Message-ID"] != other["Message-ID"]  # Postfix may ask twice


def test_a_list_hands_nothing_out_twice(hand_out: HandOut) -> None:
    again = "List-Id: <nhom.snv.example>\n" + MAIL
    assert hand_out(at("annv"), "nhom", again)[:2] == (69, "")


def test_what_cannot_be_settled_waits_or_comes_back(hand_out: HandOut, office: Database) -> None:
    assert hand_out(at("annv"), "khongco")[0] == 67
    office.ask("congvu_owner", "revoke select on list_open from congvu_list")
    assert hand_out(at("annv"), "nhom")[:2] == (75, "")
