"""The mail that the system sends to itself: whom it reaches, how it is known again, what counts as lost."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from directories import converge
from fix_database import Database
from organisations import DOMAIN, at, organisation, person
from psycopg import errors

from congvu import canary, clock
from congvu.services import cli

OWN, ECHO = at("kiem-tra"), "echo@congdan.test"
SENDMAIL = r"""#!/bin/sh
# Delivers as the store does, and answers as a provider does.
set -eu
for recipient; do :; done
message=$(cat)
printf '%s %s\n' "$*" "$recipient" >>{folder}/sent
test ! -e {folder}/away || exit 75
case $recipient in
  echo@*) subject=$(printf '%s' "$message" | sed -n 's/^Subject: //p'); message="Subject: Re: $subject" ;;
esac
mkdir -p {folder}/box/Junk/new {folder}/box/new
folder=new
case $recipient in echo@*) folder=Junk/new ;; esac
printf '%s\n\nOK\n' "$message" >"{folder}/box/$folder/$(date +%s).M$(date +%N | cut -c1-6)P$$.mail"
"""


@pytest.fixture
def office(database: Database) -> Database:
    converge(database, organisation(person("CB1")))
    return database


@pytest.fixture
def command(office: Database, tmp_path: Path) -> list[str]:
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(SENDMAIL.replace("{folder}", str(tmp_path)))
    sendmail.chmod(stat.S_IRWXU)
    settings = {
        "database": {"host": office.host, "name": office.name},
        "box": str(tmp_path / "box"),
        "echoes": [ECHO],
    }
    (tmp_path / "canary.json").write_text(json.dumps(settings))
    return [
        "canary",
        "--settings",
        str(tmp_path / "canary.json"),
        "--sendmail",
        str(sendmail),
        "--patience=1",
    ]


def declare(command: list[str], address: str = OWN) -> int:
    return cli.main([*command, "--declare", address])


def runs(office: Database) -> list[tuple[str, bool]]:
    rows = office.ask(
        "congvu_admin", "select way, arrived_at >= sent_at from canary_run order by sent_at, way"
    )
    return [(way, bool(arrived)) for way, arrived in rows]


def test_a_message_is_known_again_by_what_an_answer_keeps_of_it() -> None:
    token = "0123456789abcdef" * 2
    sent = canary.message(token, OWN, ECHO, clock.now())
    assert canary.tokens(sent.items()) == {token}
    assert canary.tokens([("subject", f"Re: {sent['Subject']}")]) == {token}
    assert canary.tokens([("In-Reply-To", sent["Message-ID"])]) == {token}
    assert canary.tokens([("Subject", "Thư kiểm tra"), ("X-Other", token)]) == set()


def test_it_goes_both_ways_and_leaves_nothing_behind(
    command: list[str], office: Database, tmp_path: Path
) -> None:
    assert declare(command) == 0
    assert cli.main(command) == 0
    assert sorted(runs(office)) == [("inside", True), ("outside", True)]
    assert [path for path in (tmp_path / "box").glob("**/*") if path.is_file()] == []
    recipients = [line.split()[-1] for line in (tmp_path / "sent").read_text().splitlines()]
    assert recipients == [OWN, ECHO]
    assert all(f"-f {OWN} --" in line for line in (tmp_path / "sent").read_text().splitlines())


def test_what_was_not_sent_counts_as_sent_and_lost(
    command: list[str], office: Database, tmp_path: Path
) -> None:
    declare(command)
    (tmp_path / "away").touch()
    assert cli.main(command) == 0
    assert sorted(runs(office)) == [("inside", False), ("outside", False)]


def test_what_comes_after_the_run_is_counted_by_the_next_at_its_own_time(
    command: list[str], office: Database, tmp_path: Path
) -> None:
    declare(command)
    (tmp_path / "away").touch()
    cli.main(command)
    [[token]] = office.ask("congvu_admin", "select token from canary_run where way = 'inside'")
    late = tmp_path / "box/new/message"
    late.parent.mkdir(parents=True)
    late.write_text(f"Message-ID: <{token}@{DOMAIN}>\n\n.\n")
    os.utime(late, (clock.now().timestamp() + 100,) * 2)
    spam = tmp_path / "box/new/spam"
    spam.write_text("Subject: Trúng thưởng\n\n.\n")
    cli.main(command)
    [[took]] = office.ask(
        "congvu_admin",
        "select extract(epoch from arrived_at - sent_at) from canary_run where token = %s",
        token,
    )
    assert 90 < took < 110
    assert not late.exists()
    assert not spam.exists()


def test_its_address_is_its_own(
    command: list[str], office: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert declare(command, at("annv")) == 1
    assert f'canary_address: "{at("annv")}" is taken (person)' in capsys.readouterr().err
    assert cli.main(command) == 1  # none was declared
    assert cli.main([*command, "--declare", OWN, "--check"]) == 0
    assert office.ask("congvu_admin", "select count(*) from canary") == [(0,)]
    for address, said in ((OWN, "changed"), (OWN, "unchanged"), (at("kt"), "changed"), (OWN, "changed")):
        capsys.readouterr()
        assert declare(command, address) == 0
        assert capsys.readouterr().out.strip() == said
    assert office.ask("postfix", "select address from delivery where address like 'k%%'") == [(OWN,)]
    with pytest.raises(errors.UniqueViolation):
        office.change("congvu_admin", "insert into address (address, use) values (%s, 'alias')", at("kt"))


def test_it_opens_no_door_and_its_role_sees_nothing_else(command: list[str], office: Database) -> None:
    declare(command)
    assert office.ask("dovecot", "select * from door_key where login = %s", OWN) == []
    assert office.ask("postfix", "select * from sender where address = %s", OWN) == []
    for statement in (
        "select * from account",
        "select * from mailbox",
        "update canary_run set sent_at = now()",
        "insert into canary (address) values ('x@y.z')",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            office.ask("congvu_canary", statement)
