"""What people move into Junk and out of it teaches the mail filter: real moves, its own count."""

from __future__ import annotations

import re
import smtplib
import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

import pytest
from doors import Doors, Imap
from testinfra.host import Host

OUTSIDE = "citizen@congdan.test"
SOCKET = "/run/rspamd/learning.sock"
WAITING = "/var/lib/congvu-learning"
CONFIG = "/etc/rspamd/rspamd.conf"
ENOUGH = 3
SPAM = """Chúc mừng quý khách đã trúng thưởng xe máy và phiếu quà tặng trị giá năm trăm triệu đồng.
Hãy bấm ngay vào liên kết bên dưới để nhận giải trước khi chương trình khuyến mãi kết thúc.
Vay tiền nhanh không cần thế chấp, lãi suất cực thấp, giải ngân trong vòng ba mươi phút. Số hồ sơ {}.
"""
GOOD = """Kính gửi quý cơ quan, Sở gửi dự thảo kế hoạch tuyển dụng viên chức năm nay để lấy ý kiến góp ý.
Đề nghị các phòng chuyên môn nghiên cứu và gửi văn bản góp ý về Văn phòng Sở để tổng hợp báo cáo Giám đốc.
Thời hạn góp ý đến hết ngày làm việc cuối cùng của tháng này theo quy chế làm việc. Số công văn {}.
"""


@pytest.fixture(scope="module")
def doors(demo: dict[str, Any]) -> Doors:
    return Doors(demo)


@pytest.fixture(scope="module")
def person(demo: dict[str, Any]) -> dict[str, str]:
    """Somebody whom the other stories leave alone."""
    people = [a for a in demo["accounts"] if a["kind"] == "person" and a["state"] == "active"]
    found: dict[str, str] = people[5]
    return found


@pytest.fixture
def mailbox(doors: Doors, person: dict[str, str]) -> Iterator[Imap]:
    """The person's mailbox; what a test put there is gone afterwards."""
    with Imap(doors) as client:
        client.login(person["address"], person["password"])
        client.select("INBOX")
        yield client
        for folder in ("INBOX", "Junk", "Trash", "Archive"):
            client.select(folder)
            client.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
            client.expunge()


@pytest.fixture(scope="module")
def quick_learner(host: Host) -> Iterator[None]:
    """A filter that judges after few lessons; afterwards it has forgotten them and is patient again."""
    line = host.check_output(f"grep -o 'min_learns = .*;' {CONFIG}")
    host.run_expect([0], f"sed -i 's/min_learns = .*;/min_learns = {ENOUGH};/' {CONFIG}")
    restart(host)
    yield
    # everything but the counters of sent messages
    forget = (
        "for _, key in ipairs(redis.call('keys', '*')) do "
        "if not key:find('submissions:', 1, true) then redis.call('unlink', key) end end"
    )
    host.run_expect([0], f'redis-cli -s /run/redis/redis-server.sock eval "{forget}" 0')
    host.run_expect([0], f"sed -i 's/min_learns = .*;/{line}/' {CONFIG}")
    restart(host)


def restart(host: Host) -> None:
    host.run_expect([0], "systemctl restart rspamd")
    for _ in range(60):
        if host.run(f"rspamc --connect {SOCKET} stat").succeeded:
            return
        time.sleep(0.5)
    pytest.fail("Rspamd did not come back")


def learned(host: Host) -> dict[str, int]:
    """How many messages of each kind the filter says it has learned."""
    said = host.check_output(f"rspamc --connect {SOCKET} stat")
    counts = re.findall(r"Statfile: BAYES_(SPAM|HAM).*?learned: (\d+)", said)
    assert len(counts) == 2, said
    return {kind.lower(): int(count) for kind, count in counts}


def letter(recipient: str, text: str, number: int) -> EmailMessage:
    """One of many that are alike, but not the same: the filter learns nothing twice."""
    message, number = EmailMessage(), time.time_ns() + number
    message["From"], message["To"] = f"Ban tổ chức <{OUTSIDE}>", recipient
    message["Subject"] = f"{text[:40]} {number}"
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="congdan.test")
    message.set_content(text.format(number))
    return message


def put(mailbox: Imap, folder: str, message: EmailMessage) -> None:
    assert mailbox.append(folder, None, None, message.as_bytes())[0] == "OK"


def move(mailbox: Imap, source: str, target: str) -> float:
    """Move everything; the seconds that it took."""
    mailbox.select(source)
    began = time.monotonic()
    answer, said = mailbox.uid("MOVE", "1:*", target)
    assert answer == "OK", said
    return time.monotonic() - began


def count(mailbox: Imap, folder: str) -> int:
    return int((mailbox.select(folder)[1][0] or b"0").decode())


def until(host: Host, wanted: dict[str, int]) -> bool:
    """Wait up to 75 s for the filter's counts: lessons are given every minute."""
    for _ in range(75):
        if learned(host) == wanted:
            return True
        time.sleep(1)
    return False


@pytest.mark.usefixtures("quick_learner")
def test_moves_teach_the_filter(host: Host, doors: Doors, mailbox: Imap, person: dict[str, str]) -> None:
    address, before = person["address"], learned(host)
    for number in range(ENOUGH):
        put(mailbox, "INBOX", letter(address, SPAM, number))
    move(mailbox, "INBOX", "Junk")
    assert until(host, {**before, "spam": before["spam"] + ENOUGH}), learned(host)

    mailbox.select("Junk")
    mailbox.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
    mailbox.expunge()
    for number in range(ENOUGH):
        put(mailbox, "Junk", letter(address, GOOD, number))
    move(mailbox, "Junk", "INBOX")
    wanted = {kind: before[kind] + ENOUGH for kind in before}
    assert until(host, wanted), learned(host)

    move(mailbox, "INBOX", "Archive")  # no lesson: neither folder is Junk
    put(mailbox, "Junk", letter(address, GOOD, 99))
    move(mailbox, "Junk", "Trash")  # thrown away, not called good
    host.run_expect([0], "systemctl start congvu-learning")
    assert learned(host) == wanted
    assert host.file(WAITING).listdir() == []

    for text, folder in ((SPAM, "Junk"), (GOOD, "INBOX")):
        with smtplib.SMTP(doors.address, 25, "outside.congdan.test", timeout=60) as client:
            client.send_message(letter(address, text, 2026), OUTSIDE)
        for _ in range(40):
            if count(mailbox, folder):
                break
            time.sleep(0.5)
        assert count(mailbox, folder) == 1, folder


def test_a_filter_that_is_away_delays_no_move(host: Host, mailbox: Imap, person: dict[str, str]) -> None:
    host.run_expect([0], "systemctl stop rspamd")
    try:
        put(mailbox, "INBOX", letter(person["address"], GOOD, 7))
        assert move(mailbox, "INBOX", "Junk") < 5
        assert (count(mailbox, "INBOX"), count(mailbox, "Junk")) == (0, 1)
        assert host.run("systemctl start congvu-learning").failed
        assert len(host.file(WAITING).listdir()) == 1, "the lesson is lost"
    finally:
        host.run_expect(
            [0], f"rm -f {WAITING}/*; systemctl reset-failed congvu-learning; systemctl start rspamd"
        )


def test_nobody_else_reaches_the_learning_socket(host: Host) -> None:
    """A controller believes whoever connects: no service of the web or the store may."""
    for user in ("vmail", "www-data", "congvu-web", "postfix", "dovecot"):
        assert host.run(f"runuser -u {user} -- rspamc --connect {SOCKET} stat").failed, user
