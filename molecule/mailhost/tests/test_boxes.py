"""The mailboxes of units and offices, opened by role under people's own logins, over IMAP in TLS."""

from __future__ import annotations

import imaplib
import json
import smtplib
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from itertools import groupby
from typing import Any

import pytest
from doors import Doors, Imap, Smtp
from testinfra.host import Host

PREFIX = "Hộp thư đơn vị"
OUTSIDE = "citizen@congdan.test"
Account = dict[str, Any]

# What each role can do: letters as in RFC 4314. Of "x" only the head has the right (delete a folder).
WORK = {"read", "flag", "file", "add", "delete", "make folder"}
MAY = {"head": WORK | {"delete folder"}, "deputy": WORK, "clerk": WORK, "member": {"read"}}


def utf7(text: str) -> str:
    """A mailbox's name as IMAP has it (RFC 3501, 5.1.3), in quotes."""
    parts = []
    for ascii_, letters in groupby(text, key=lambda letter: " " <= letter <= "~"):
        part = "".join(letters)
        coded = b64encode(part.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
        parts.append(part.replace("&", "&-") if ascii_ else f"&{coded}-")
    return f'"{"".join(parts)}"'


@pytest.fixture(scope="module")
def roles(demo: dict[str, Any], host: Host) -> dict[tuple[str, str], Account]:
    """Who holds which role in which box: (box, role) -> account with its password."""
    sql = "select json_agg(array[box, role, address]) from box_role join person using (staff_id)"
    rows = json.loads(host.check_output(f"psql -XAtU congvu_admin congvu -c '{sql}'"))
    accounts = {account["address"]: account for account in demo["accounts"]}
    return {(box, role): accounts[address] for box, role, address in rows}


@pytest.fixture(scope="module")
def office(demo: dict[str, Any]) -> str:
    return next(str(each["address"]) for each in demo["accounts"] if each["kind"] == "office")


@contextmanager
def session(doors: Doors, account: Account) -> Iterator[Imap]:
    client = Imap(doors)
    try:
        client.login(account["address"], account["password"])
        yield client
    finally:
        with suppress(imaplib.IMAP4.abort, OSError):  # whoever was put out cannot log out
            client.logout()
        with suppress(OSError):
            client.shutdown()


def listed(client: Imap) -> set[str]:
    """The boxes that LIST shows, by address."""
    start = utf7(PREFIX).strip('"') + "/"
    lines = [line.decode() for line in client.list()[1] if isinstance(line, bytes)]
    names = [line.rpartition(' "/" ')[2].strip('"') for line in lines]
    return {name.removeprefix(start).split("/")[0] for name in names if name.startswith(start)}


def put(host: Host, box: str, subject: str) -> None:
    host.run_expect([0], f"printf 'Subject: {subject}\\n\\nx\\n' | doveadm save -u {box} -m INBOX")


def test_list_shows_exactly_the_boxes_of_ones_roles(
    doors: Doors, demo: dict[str, Any], roles: dict[tuple[str, str], Account]
) -> None:
    people = [
        each for each in demo["accounts"] if each["state"] in ("active", "due") and each.get("password")
    ]
    holders = {account["address"] for account in roles.values()}
    nobody = [each for each in people if each["address"] not in holders][:3]
    for account in [*nobody, *(each for each in people if each["address"] in holders)]:
        with session(doors, account) as client:
            held = {box for (box, _), holder in roles.items() if holder["address"] == account["address"]}
            assert listed(client) == held, account["address"]


@pytest.mark.parametrize("role", MAY)
def test_what_each_role_can_do(
    doors: Doors, host: Host, roles: dict[tuple[str, str], Account], role: str
) -> None:
    box, account = next((box, account) for (box, held), account in roles.items() if held == role)
    word = f"quyen-{role}-{time.time()}"
    put(host, box, word)
    inbox, folder = utf7(f"{PREFIX}/{box}"), utf7(f"{PREFIX}/{box}/Lưu {word}")
    able = set()
    with session(doors, account) as client:
        client.select(inbox, readonly=role == "member")
        number = client.search(None, "SUBJECT", f'"{word}"')[1][0].decode()
        if b"x\r\n" in client.fetch(number, "(BODY.PEEK[TEXT])")[1][0]:
            able.add("read")
        client.store(number, "+FLAGS", "(\\Flagged \\Seen)")
        if b"\\Flagged" in imaplib_flags(client, number):
            able.add("flag")
        tries = {
            "add": lambda: client.append(inbox, None, None, b"Subject: them\r\n\r\nx\r\n"),
            "make folder": lambda: client.create(folder),
            "file": lambda: client._simple_command("MOVE", number, folder),
        }
        able |= {what for what, attempt in tries.items() if attempt()[0] == "OK"}
        client.store("1", "+FLAGS", "(\\Deleted)")
        if b"\\Deleted" in imaplib_flags(client, "1"):
            able.add("delete")
        if client.delete(folder)[0] == "OK":
            able.add("delete folder")
    assert able == MAY[role]


def imaplib_flags(client: Imap, number: str) -> bytes:
    return b" ".join(part for part in client.fetch(number, "(FLAGS)")[1] if isinstance(part, bytes))


def test_what_is_not_ones_own_looks_like_what_does_not_exist(
    doors: Doors, demo: dict[str, Any], roles: dict[tuple[str, str], Account], office: str
) -> None:
    """A box without a role in it, a colleague's mailbox and an address that nobody has: one answer."""
    member = next(account for (_, role), account in roles.items() if role == "member")
    colleague = next(a["address"] for a in demo["accounts"] if a["kind"] == "person" and a != member)
    with session(doors, member) as client:
        for command in ("SELECT", "EXAMINE", "STATUS", "CREATE", "DELETE", "SUBSCRIBE", "APPEND"):
            told = set()
            # To CREATE below an address that nobody has, Dovecot answers with a failure of its own.
            stranger = [f"khongco@{demo['domain']}"] if command != "CREATE" else []
            for address in (office, colleague, *stranger):
                more = {"STATUS": "(MESSAGES)", "APPEND": "{3+}\r\na:b"}.get(command, "")
                name = utf7(f"{PREFIX}/{address}{'/x' if command == 'CREATE' else ''}")
                answer = client._simple_command(command, name, *([more] if more else []))
                said = answer[1][0].decode().replace(address, "ADDRESS").split(" (")[0]
                told.add((answer[0], said))
            assert len(told) == 1, told
            assert next(iter(told))[0] == "NO" or command == "SUBSCRIBE", told


def test_one_state_of_reading_for_all(
    doors: Doors, host: Host, roles: dict[tuple[str, str], Account], office: str
) -> None:
    word = f"da-doc-{time.time()}"
    put(host, office, word)
    box = utf7(f"{PREFIX}/{office}")
    with session(doors, roles[office, "clerk"]) as client:
        client.select(box)
        client.store(client.search(None, "SUBJECT", f'"{word}"')[1][0].decode(), "+FLAGS", "(\\Seen)")
    with session(doors, roles[office, "head"]) as client:
        client.select(box, readonly=True)
        assert client.search(None, "SEEN", "SUBJECT", f'"{word}"')[1][0]


def send(doors: Doors, login: Account, sender: str, recipients: list[str], **headers: str) -> None:
    message = EmailMessage()
    message["From"] = sender
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Kính gửi.\n")
    with Smtp(doors) as client:
        client.login(login["address"], login["password"])
        client.send_message(message, sender, recipients)


def found(client: Imap, folder: str, word: str) -> list[tuple[bytes, Message]]:
    """(flags, headers) of the messages with that subject, as soon as there are any; within 40 seconds."""
    until = time.monotonic() + 40
    while time.monotonic() < until:
        answer = client.select(folder, readonly=True)
        if answer[0] == "OK":
            numbers = client.search(None, "SUBJECT", f'"{word}"')[1][0].split()
            if numbers:
                answers = [
                    client.fetch(number.decode(), "(FLAGS BODY.PEEK[HEADER])")[1] for number in numbers
                ]
                return [
                    (b" ".join([part[0][0], *part[1:]]), BytesHeaderParser().parsebytes(part[0][1]))
                    for part in answers
                ]
        time.sleep(0.5)
    raise AssertionError(f"{folder}: nothing with {word}: {answer}")


def test_a_copy_of_what_is_sent_as_the_office_lies_in_its_sent_once(
    doors: Doors, roles: dict[tuple[str, str], Account], office: str
) -> None:
    clerk, member = roles[office, "clerk"], next(a for (_, role), a in roles.items() if role == "member")
    word = f"cong-van-{time.time()}"
    send(doors, clerk, office, [member["address"], office, OUTSIDE],
         To=member["address"], Subject=word, X_Congvu_Sent_By="somebody@else.test")  # fmt: skip
    with session(doors, member) as client:
        arrived = found(client, "INBOX", word)
        assert len(arrived) == 1
        assert "sent" not in str(arrived[0][1]["To"])
    with session(doors, roles[office, "head"]) as client:
        copies = found(client, utf7(f"{PREFIX}/{office}/Sent"), word)
        assert [(b"\\Seen" in flags, message.get_all("X-Congvu-Sent-By")) for flags, message in copies] == [
            (True, [clerk["address"]])
        ]
        assert copies[0][1]["Bcc"] is None
        assert len(found(client, utf7(f"{PREFIX}/{office}"), word)) == 1  # it was a recipient, too


def test_no_other_server_is_told_whose_login_it_was(
    doors: Doors, host: Host, roles: dict[tuple[str, str], Account], office: str
) -> None:
    word = f"ra-ngoai-{time.time()}"
    send(doors, roles[office, "clerk"], office, [OUTSIDE], To=OUTSIDE, Subject=word)
    partner = host.get_host(f"ssh://partner?ssh_config={host.backend.ssh_config}")
    for _ in range(40):
        file = partner.run(f"grep -rl {word} /home/citizen").stdout.strip()
        if file:
            break
        time.sleep(0.5)
    content = partner.file(file).content_string
    assert word in content
    assert "X-Congvu" not in content
    assert roles[office, "clerk"]["address"] not in content


def test_from_the_office_but_not_by_the_envelope_is_refused(
    doors: Doors, roles: dict[tuple[str, str], Account], office: str
) -> None:
    """It would leave no copy, and no line in the log that names the office."""
    clerk = roles[office, "clerk"]
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = office, office, "x"
    with Smtp(doors) as client:
        client.login(clerk["address"], clerk["password"])
        with pytest.raises(Exception, match="554"):
            client.send_message(message, clerk["address"], [office])


def test_a_tag_is_no_address_for_others(doors: Doors, office: str) -> None:
    with smtplib.SMTP(doors.address, 25, "outside.congdan.test", timeout=60) as client:
        client.ehlo()
        client.mail(OUTSIDE)
        assert client.rcpt(office.replace("@", "+sent@"))[0] == 550


def alive(client: Imap) -> bool:
    try:
        return all(client.noop()[0] == "OK" for _ in range(100))
    except (imaplib.IMAP4.abort, OSError):
        return False


def test_whoever_loses_the_role_is_out_at_once_and_nobody_else(
    doors: Doors, host: Host, roles: dict[tuple[str, str], Account], office: str
) -> None:
    clerk, deputy = roles[office, "clerk"], roles[office, "deputy"]
    box = utf7(f"{PREFIX}/{office}")
    sql = "begin; insert into audit_record (actor, verb, subject) values ('test', 'test', ''); {}; commit"
    psql = 'psql -XqU congvu_admin congvu -c "{}"'
    held = f"box = '{office}' and role = 'deputy'"
    staff = host.check_output(
        f'psql -XAtU congvu_admin congvu -c "select staff_id from box_role where {held}"'
    )
    with session(doors, clerk) as staying, session(doors, deputy) as going:
        for client in (staying, going):
            assert client.select(box, readonly=True)[0] == "OK"
        host.run_expect([0], psql.format(sql.format(f"delete from box_role where {held}")))
        try:
            began = time.monotonic()
            host.run_expect([0], "systemctl start congvu-boxes.service")
            assert not alive(going)
            assert time.monotonic() - began < 5
            assert staying.noop()[0] == "OK"
            with session(doors, deputy) as again:
                assert office not in listed(again)
                assert again.select(box, readonly=True)[0] == "NO"
            with Smtp(doors) as client:
                client.login(deputy["address"], deputy["password"])
                client.mail(office)
                assert client.rcpt(office)[0] == 553
        finally:
            insert = (
                f"insert into box_role (box, kind, staff_id, role) values ('{office}', 'office', '{staff}', "
            )
            insert += "'deputy')"
            host.run_expect([0], psql.format(sql.format(insert)))
        with session(doors, deputy) as back:
            assert back.select(box, readonly=True)[0] == "OK"


def test_every_opening_and_sending_bears_a_name(
    doors: Doors, host: Host, roles: dict[tuple[str, str], Account], office: str
) -> None:
    clerk, word = roles[office, "clerk"], f"nhat-ky-{time.time()}"
    host.check_output("journalctl --sync")
    cursor = host.check_output("journalctl -n 0 --show-cursor -q").split("cursor: ")[1]
    with session(doors, clerk) as client:
        client.select(utf7(f"{PREFIX}/{office}"), readonly=True)
        client.select("INBOX", readonly=True)
    send(doors, clerk, office, [office], To=office, Subject=word)
    time.sleep(1)
    host.check_output("journalctl --sync")
    log = f"journalctl -q -o cat --after-cursor='{cursor}'"
    events = [
        json.loads(line.partition(": ")[2] if not line.startswith("{") else line)
        for line in host.check_output(f"{log} -t dovecot").splitlines()
        if "imap_command_finished" in line
    ]
    opened = [(each["fields"]["user"], each["fields"].get("mailbox")) for each in events]
    # Of their own mailbox it is not told which folder.
    assert opened == [(clerk["address"], f"{PREFIX}/{office}"), (clerk["address"], None)]
    query = f"user: [^,]+, from: <{office}>"
    sent = host.check_output(f"{log} -u rspamd -g '{query}'").splitlines()
    assert len(sent) == 1
    assert f"user: {clerk['address']}/" in sent[0]  # and the name of the key


def test_new_rights_keep_nobody_waiting(host: Host) -> None:
    """Dovecot notes whom they show; refused by the directory, it waits half a minute for each answer."""
    host.run_expect([0], "find /var/vmail -name 'dovecot-acl*' -delete")
    for command in ("systemctl start congvu-boxes", "timeout 20 doveadm quota get -A"):
        host.run_expect([0], command)
