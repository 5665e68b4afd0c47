"""Sieve scripts of people: what they may not ask for, from whom they answer, and where they send mail on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from doors import Doors
from test_leavers import replies
from test_mail import OUTSIDE, arrived, letter, submit
from testinfra.host import Host

Account = dict[str, str]
NAME = "kiem-thu"
CONFIG = "/etc/dovecot/dovecot.conf"


@pytest.fixture(scope="module")
def doors(demo: dict[str, Any]) -> Doors:
    return Doors(demo)


@pytest.fixture(scope="module")
def people(demo: dict[str, Any]) -> list[Account]:
    """Whoever has the script, who writes to them, and a third."""
    return [
        a for a in demo["accounts"] if a["kind"] == "person" and a["state"] == "active" and a["password"]
    ][:3]


@contextmanager
def script(host: Host, person: Account, text: str) -> Iterator[None]:
    address = person["address"]
    host.check_output("printf %%s %s | doveadm sieve put -u %s -a %s", text, address, NAME)
    try:
        yield
    finally:
        host.check_output(
            "doveadm sieve deactivate -u %s && doveadm sieve delete -u %s %s", address, address, NAME
        )


@pytest.mark.parametrize(
    "extension",
    ["enotify", "editheader", "vnd.dovecot.environment", "vnd.dovecot.pipe", "vnd.dovecot.execute"],
)
def test_what_a_script_may_not_ask_for(doors: Doors, people: list[Account], extension: str) -> None:
    """Notices and altered headers would pass the doors that look at the sender; the rest is the host's."""
    login = people[0]["address"], people[0]["password"]
    for asked, taken in (("vacation", True), (extension, False)):
        text = f'require "{asked}";'
        answer = doors.sieve(*login, f"CHECKSCRIPT {{{len(text)}+}}\r\n{text}")
        assert answer.open is taken, answer.said
    assert extension in answer.said


FORGED = {
    "from": ':from "{other}"',
    "named": ':from "\\"{other}\\" <{own}>"',
    "mime": ":mime text:\nFrom: {other}\nSender: {other}\nX-Sieve-Redirected-From: {own}\n"
    "X-Congvu-Sent-By: {other}\nAuto-Submitted: auto-replied (rejected)\nContent-Type: text/plain\n\nx\n.\n",
}


def test_an_answer_comes_from_the_mailbox_that_answers(
    doors: Doors, host: Host, people: list[Account]
) -> None:
    answering, writing, other = people
    names = {"own": answering["address"], "other": other["address"]}
    rules = {word: form.format(**names) for word, form in FORGED.items()}
    rules = {"plain": f':from "{names["own"]}" "x"'} | {
        word: form if word == "mime" else f'{form} "x"' for word, form in rules.items()
    }
    moment = time.time()
    text = 'require "vacation";\n' + "".join(
        f'if header :contains "subject" "{word}-{moment}" {{ vacation :handle "{word}-{moment}" {form}; }}\n'
        for word, form in rules.items()
    )
    host.check_output("journalctl --sync")
    cursor = host.check_output("journalctl -n 0 --show-cursor -q").split("cursor: ")[1]
    with script(host, answering, text):
        sent = {word: letter(writing["address"], answering["address"], f"{word}-{moment}") for word in rules}
        for word in (*FORGED, "plain"):
            assert submit(doors, writing, sent[word]) == 250
        (reply,) = replies(doors, writing, sent["plain"], wait=20)
    assert answering["address"] in str(reply["From"])
    for word in FORGED:
        assert not replies(doors, writing, sent[word], wait=0)
    host.check_output("journalctl --sync")
    refused = host.check_output(
        "journalctl -q -o cat -u rspamd --after-cursor=%s -g 'task_write_log.*SCRIPT_NOT_ALLOWED'", cursor
    )
    assert len(refused.splitlines()) == len(FORGED)


@contextmanager
def forwarding(host: Host) -> Iterator[None]:
    """As with dovecot_sieve_redirects: 1."""
    host.check_output(f"sed -i.kept 's/^sieve_max_redirects = 0$/sieve_max_redirects = 1/' {CONFIG}")
    try:
        host.check_output("doveadm reload")
        yield
    finally:
        host.check_output(f"mv {CONFIG}.kept {CONFIG} && doveadm reload")


def test_mail_is_sent_on_only_where_the_operator_lets_it(
    doors: Doors, host: Host, people: list[Account]
) -> None:
    """Then from the mailbox's own address, for which we may send (SPF); the message stays as it came."""
    person, writing, _ = people
    partner = host.get_host(f"ssh://partner?ssh_config={host.backend.ssh_config}")
    first, second = (f"chuyen-{number}-{time.time()}" for number in (1, 2))
    with script(host, person, f'redirect "{OUTSIDE}";'):
        assert submit(doors, writing, letter(writing["address"], person["address"], first)) == 250
        assert arrived(doors, person, first)
        with forwarding(host):
            assert submit(doors, writing, letter(writing["address"], person["address"], second)) == 250
            for _ in range(40):
                file = partner.run("grep -rl %s /home/citizen", second).stdout.strip()
                if file:
                    break
                time.sleep(0.5)
    content = partner.file(file).content_string
    assert f"Return-Path: <{person['address']}>" in content
    assert f"From: {writing['address']}" in content
    assert "X-Congvu" not in content
    assert not partner.run("grep -rl %s /home/citizen", first).stdout
