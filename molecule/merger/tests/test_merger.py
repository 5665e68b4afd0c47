"""The domain gets another name on a living host: mail, logins, senders, before and after its day."""

from __future__ import annotations

import json
import os
import re
import smtplib
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import formatdate, make_msgid
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from doors import Doors, Imap, Smtp
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[3]
SSH = ROOT / "build" / "hosts" / os.environ.get("CONGVU_HOSTS", "demo") / "ssh_config"
NEW = "snv.gialai.test"
OUTSIDE = "citizen@congdan.test"
BEFORE, AFTER = "2099-01-01", "2020-01-01"
Account = dict[str, Any]
Act = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("merged")


@dataclass(frozen=True)
class Site:
    """The host, and two people: a clerk of the office's box `vp`, and somebody else."""

    home: str
    doors: Doors
    host: Host
    clerk: Account
    colleague: Account

    def turn(self, day: str) -> None:
        """The record moves, never the clock."""
        psql(self.host, f"update domain_name set cut_over = '{day}' where name = '{NEW}'")

    def submit(self, login: str, header: str, envelope: str, subject: str = "x") -> tuple[int, str]:
        """Send as the clerk to the colleague over 465; status and words."""
        with Smtp(self.doors) as client:
            client.login(login, self.clerk["password"])
            try:
                client.send_message(letter(header, self.colleague["address"], subject), envelope)
            except smtplib.SMTPRecipientsRefused as refused:
                return next((code, words.decode()) for code, words in refused.recipients.values())
            except smtplib.SMTPResponseException as refused:
                return refused.smtp_code, bytes(refused.smtp_error).decode()
        return 250, ""

    def arrived(self, address: str, subject: str, folder: str = "INBOX") -> Any:
        """The headers of a message once it is in a folder; wait up to 20 s for it."""
        for _ in range(40):
            text = self.host.check_output(
                f"doveadm fetch -u {address} hdr mailbox '{folder}' subject '{subject}'"
            )
            if text:
                return BytesHeaderParser().parsebytes(text.removeprefix("hdr:\n").encode())
            time.sleep(0.5)
        raise AssertionError(f"{subject} is not in {folder} of {address}")


def psql(host: Host, sql: str, database: str = "congvu") -> str:
    """As the databases' superuser, whom no trigger stops."""
    command = f"runuser -u postgres -- psql -XAtq {database} -c"
    return host.check_output(f'{command} "set session_replication_role = replica; {sql}"').strip()


def under(name: str, address: str) -> str:
    return f"{address.partition('@')[0]}@{name}"


def letter(sender: str, recipient: str, subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="client.test")
    message.set_content("Kính gửi anh chị.\n")
    return message


def word() -> str:
    return f"sap nhap {time.time()}"


@pytest.fixture(scope="module")
def site(demo: dict[str, Any], host: Host) -> Site:
    login = psql(host, "select login from sender where address like 'vp@%' limit 1")
    active = [a for a in demo["accounts"] if (a["kind"], a["state"]) == ("person", "active")]
    clerk = next(each for each in demo["accounts"] if each["address"] == login)
    return Site(demo["domain"], Doors(demo), host, clerk, next(a for a in active if a != clerk))


@pytest.fixture(scope="module")
def act(ansible: Act) -> Act:
    """act(playbook, in_use) runs it with the name in the inventory; act(playbook) without it."""

    def run(playbook: str, in_use: dict[str, str] | None = None) -> Any:
        names = [] if in_use is None else [{"name": NEW, "cut_over": BEFORE, "in_use": in_use}]
        more = json.dumps({"mail_domain_names": names})
        return ansible("ansible-playbook", playbook, "-e", more)

    return run


def state(host: Host) -> str:
    files = "/etc/rspamd/rspamd.conf /etc/nginx/nginx.conf /etc/congvu/tls/chain.pem"
    rows = psql(host, "select count(*) from domain_name")
    return rows + host.check_output(f"ls /var/lib/rspamd/dkim; sha256sum {files}")


@pytest.fixture(scope="module")
def merged(act: Act, host: Host, site: Site) -> Iterator[str]:
    """What is at fault is told before anything changes; then the act; at the end it is taken back."""
    before = state(host)
    refused = act("playbooks/domain.yml", {"vp": "vp"})
    assert refused.returncode != 0
    assert f"does not hold autoconfig.{NEW}, autodiscover.{NEW}, mta-sts.{NEW}" in refused.stdout
    assert act("playbooks/authority.yml", {}).returncode == 0
    refused = act("playbooks/domain.yml", {"vp": "SNV001"})
    said = " ".join(refused.stdout.split())
    assert refused.returncode != 0
    assert f"is SNV001's there, and vp@{site.home} is office vp" in said, said
    assert state(host) == before
    done = act("playbooks/domain.yml", {"vp": "vp"})
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        yield done.stdout
    finally:
        site.turn(BEFORE)
        assert act("playbooks/authority.yml").returncode == 0
        back = act("playbooks/domain.yml")
        host.run_expect([0], f"rm -f /var/lib/rspamd/dkim/{NEW}.*")
        assert back.returncode == 0, back.stdout + back.stderr
        assert state(host).splitlines()[:-1] == before.splitlines()[:-1]  # the certificate is another one


def test_the_operator_is_told_what_happens_when(merged: str, site: Site) -> None:
    said = " ".join(merged.split())
    assert f"On {BEFORE}, at midnight in Viet Nam, people send under {NEW}" in said
    assert f"Today people send under {site.home}." in said
    for record in (f"{NEW}. IN MX 10", f"congvu1._domainkey.{NEW}. IN TXT", f"_mta-sts.{NEW}. IN TXT"):
        assert record in merged
    assert f"rua=mailto:postmaster@{NEW}" in merged


def test_a_second_run_changes_nothing(act: Act) -> None:
    again = act("playbooks/domain.yml", {"vp": "vp"})
    assert again.returncode == 0
    assert re.search(r"\bmail\s+: ok=\d+\s+changed=0\s", again.stdout), again.stdout[-3000:]


@pytest.mark.parametrize("local", ["", "vp", "vanthu", "postmaster"])
@pytest.mark.parametrize("new", [False, True])
def test_mail_to_every_name_arrives(site: Site, local: str, new: bool) -> None:
    to = under(NEW if new else site.home, local or site.clerk["address"])
    subject = word()
    text = letter(OUTSIDE, to, subject).as_string()
    send = f"import smtplib\nsmtplib.SMTP('{site.doors.address}').sendmail('{OUTSIDE}', '{to}', {text!r})"
    command = ["ssh", "-F", str(SSH), "partner", "python3 -"]
    subprocess.run(command, input=send.encode(), check=True, timeout=60)
    site.arrived(f"vp@{site.home}" if local else site.clerk["address"], subject)


def test_nobody_gets_mail_for_whom_there_is_not(site: Site) -> None:
    with smtplib.SMTP(site.doors.address, 25, "outside.congdan.test", timeout=60) as client:
        client.ehlo()
        client.mail(OUTSIDE)
        assert client.rcpt(f"khongcoai@{NEW}")[0] == 550
        client.rset()
        client.mail(f"vp@{NEW}")  # nobody outside is one of us
        assert client.rcpt(f"vp@{NEW}")[0] == 554


@pytest.mark.parametrize("day", [BEFORE, AFTER])
def test_a_login_under_every_name_opens_the_same_mailbox(site: Site, day: str) -> None:
    site.turn(day)
    own, password, doors = site.clerk["address"], site.clerk["password"], site.doors
    other = under(NEW, own).upper()
    for login in (own, other):
        for door in (doors.imap, doors.submissions, doors.sieve, doors.webmail, doors.password_page):
            assert door(login, password).open, (login, door)
        assert not doors.imap(login, "Sai-mat-khau-1").open
    subject = word()
    site.host.run_expect([0], f"printf 'Subject: {subject}\\n\\nx\\n' | doveadm save -u {own} -m INBOX")
    with Imap(doors) as client:
        client.login(other, password)
        client.select("INBOX", readonly=True)
        assert client.search(None, "SUBJECT", f'"{subject}"')[1][0]
    users = f"select count(*) from users where username like '{own.partition('@')[0]}@%'"
    assert psql(site.host, users, "roundcube") == "1"


# Day, the name in From, and whether it passes
SENT = [(BEFORE, False, True), (BEFORE, True, True), (AFTER, False, False), (AFTER, True, True)]


@pytest.mark.parametrize("office", [False, True])
@pytest.mark.parametrize(("day", "new", "passes"), SENT)
def test_who_sends_under_which_name(site: Site, day: str, new: bool, passes: bool, office: bool) -> None:
    site.turn(day)
    own = site.clerk["address"]
    domain = NEW if new else site.home
    sender = under(domain, "vp" if office else own)
    for login in (own, under(NEW, own)):
        subject = word()
        code, words = site.submit(login, sender, sender, subject)
        if not passes:
            assert (code, under(NEW, sender) in words) == (553, True), words
            assert "Hãy gửi thư từ địa chỉ" in words
            continue
        assert code == 250, words
        headers = site.arrived(site.colleague["address"], subject)
        assert f" d={domain};" in " ".join(headers["DKIM-Signature"].split())
        assert headers.get_all("X-Congvu-Sent-By", []) == ([own] if office else [])
        if office:
            site.arrived(f"vp@{site.home}", subject, "Sent")


def test_the_header_may_not_keep_the_old_name_either(site: Site) -> None:
    """Before the turn the two may differ; after it both are the new one. And nobody is somebody else."""
    old, new = site.clerk["address"], under(NEW, site.clerk["address"])
    somebody = under(NEW, site.colleague["address"])
    for day, header, envelope, code in (
        (BEFORE, old, new, 250),
        (BEFORE, new, old, 250),
        (BEFORE, somebody, new, 554),
        (BEFORE, somebody, somebody, 553),
        (AFTER, old, new, 554),
        (AFTER, new, new, 250),
        (AFTER, under(NEW, "vp"), new, 554),
        (AFTER, somebody, somebody, 553),
    ):
        site.turn(day)
        assert site.submit(old, header, envelope)[0] == code, (day, header, envelope)


def test_the_webmails_identities_follow(site: Site) -> None:
    own = site.clerk["address"]
    emails = "select email from identities join users using (user_id) where del = 0 and username = '{}'"
    for day, domain in ((BEFORE, site.home), (AFTER, NEW), (BEFORE, site.home)):
        site.turn(day)
        assert site.doors.webmail(under(NEW, own), site.clerk["password"]).open
        found = set(psql(site.host, emails.format(own), "roundcube").split())
        assert {address.partition("@")[2] for address in found} == {domain}
        assert {under(domain, own), f"vp@{domain}"} <= found


@pytest.mark.parametrize(("day", "new"), [(BEFORE, False), (AFTER, True), (AFTER, False)])
def test_who_is_absent_says_so_under_either_name(site: Site, day: str, new: bool) -> None:
    """Dovecot answers for addresses of the mailbox alone; its log says whether it takes this for one."""
    site.turn(day)
    absent, subject = site.colleague["address"], word()
    script = f'require "vacation"; vacation :days 1 :subject "{subject}" "Nghi phep";'
    site.host.run_expect([0], f"printf '%s' '{script}' | doveadm sieve put -u {absent} -a {subject[-6:]}")
    try:
        own = under(NEW, site.clerk["address"]) if day == AFTER else site.clerk["address"]
        with Smtp(site.doors) as client:
            client.login(own, site.clerk["password"])
            message = letter(own, under(NEW if new else site.home, absent), word())
            client.send_message(message, own)
        site.arrived(absent, message["Subject"])
        log = site.host.check_output(
            f"journalctl -u dovecot --since -1min --no-pager -g 'msgid={message['Message-ID']}'"
        )
        assert f"vacation response to <{own}>" in log or f"vacation response to {own}" in log, log
    finally:
        site.host.run_expect([0], f"doveadm sieve deactivate -u {absent}")
        site.host.run_expect([0], f"doveadm sieve delete -u {absent} {subject[-6:]}")


def test_a_name_in_force_is_not_taken_back(site: Site, act: Act) -> None:
    site.turn(AFTER)
    refused = act("playbooks/domain.yml")
    site.turn(BEFORE)
    assert refused.returncode != 0
    assert f"is left out, and people send under it since {AFTER}" in " ".join(refused.stdout.split())


def test_mail_programs_and_servers_find_the_new_name(demo: dict[str, Any]) -> None:
    context = ssl.create_default_context(cafile=demo["ca_file"])
    for name, path, words in (
        (f"mta-sts.{NEW}", "/.well-known/mta-sts.txt", "version: STSv1"),
        (f"autoconfig.{NEW}", "/mail/config-v1.1.xml", f"<domain>{NEW}</domain>"),
    ):
        connection = HTTPSConnection(name, demo["ports"]["https"], timeout=30)
        plain = socket.create_connection((demo["host"], demo["ports"]["https"]), timeout=30)
        connection.sock = context.wrap_socket(plain, server_hostname=name)
        connection.request("GET", path)
        assert words in connection.getresponse().read().decode()
        connection.close()
