"""Who tries to get in where they have no business, and what stops them."""

from __future__ import annotations

import ipaddress
import json
import re
import shlex
import time

import pytest
from answers import Answers, holds
from conftest import Observe
from hostfacts import HostFacts, NotAnswered
from test_access import read_by_others
from visits import Visits


@pytest.mark.control("intrusion-defence")
def test_intrusion_defence(observe: Observe, facts: HostFacts, visits: Visits, answers: Answers) -> None:
    most, window = facts.value("login.max_failures"), facts.value("login.window_minutes") * 60
    for door, words in _GUARDED.items():
        guards = {name: jail for name, jail in facts.jails.items() if any(word in name for word in words)}
        observe.check(f"bộ chặn cho {door}", bool(guards), "không có")
        for name, jail in guards.items():
            retries, span = int(jail["maxretry"]), int(jail["findtime"])
            observe.check(
                f"bộ chặn {name}, số lần sai", 0 < retries <= most, f"{retries} (chính sách: {most})"
            )
            observe.check(
                f"bộ chặn {name}, khoảng đếm", span >= window, f"{span} giây (chính sách: {window})"
            )
            wide = [each for each in jail["ignoreip"] if _wide(each)]
            observe.check(f"bộ chặn {name}, ngoại lệ", not wide, f"bỏ qua cả {', '.join(wide)}")
    for unit in ("fail2ban.service", "congvu-password.service"):
        state = facts.units.get(unit, "không có")
        observe.check(unit, state == "active", f"trạng thái {state}")
    for key, wanted in _SSHD.items():
        value = facts.sshd.get(key, "")
        observe.check(f"quản trị từ xa, {key}", value in wanted, f"{value} thay vì {' hoặc '.join(wanted)}")
    _guards_notice(observe, facts, visits, answers)
    observe.fact(f"Bộ chặn đang chạy: {', '.join(sorted(facts.jails)) or 'không có'}.")


def _guards_notice(observe: Observe, facts: HostFacts, visits: Visits, answers: Answers) -> None:
    """Check that one refused log-in at each door of the mail host is noticed by a jail.

    It came from an address that is never banned, and fail2ban says so of each failure that it recognises.
    """
    if visits.login is None:
        observe.fact("Không thử đăng nhập sai: địa chỉ kiểm tra không nằm trong mạng được bỏ qua.")
        return
    visits.log_ins_done()
    answers.section("check")
    began = int(facts.section("banned"))
    pattern = rf"\[([^]]+)\] Ignore {re.escape(facts.controller)} by"
    waiting = {door: words for door, words in _GUARDED.items() if door != "quản trị từ xa"}
    for _ in range(30):  # a jail reads the journal every second or so; a busy host takes longer
        log = facts.ask({"log": (f"tail -c +{began + 1} /var/log/fail2ban.log", "")})["log"][1]
        jails = set(re.findall(pattern, log))
        waiting = {
            door: words
            for door, words in waiting.items()
            if not any(w in jail for w in words for jail in jails)
        }
        if not waiting:
            break
        time.sleep(0.5)
    for door in _GUARDED.keys() - {"quản trị từ xa"}:
        observe.check(f"{door}, một lần đăng nhập sai", door not in waiting, "bộ chặn không nhận ra")


# Each door at which a password or key can be guessed, and what a jail for it is called
_GUARDED = {
    "quản trị từ xa": ("sshd",),
    "kho thư (993, 4190)": ("dovecot",),
    "gửi thư (465)": ("postfix",),
    "thư trên web": ("congvu-password", "roundcube", "nginx"),
}
_SSHD = {
    "passwordauthentication": ("no",),
    "kbdinteractiveauthentication": ("no",),
    "permitemptypasswords": ("no",),
    "permitrootlogin": ("no", "without-password", "prohibit-password", "forced-commands-only"),
}


@pytest.mark.control("logs-kept")
def test_logs_kept(observe: Observe, facts: HostFacts, visits: Visits, answers: Answers) -> None:
    settings = dict(
        re.findall(r"^(\w+)=(.*)$", facts.section("journald"), re.MULTILINE)
    )  # the last one counts
    storage, limit = settings.get("Storage", "auto"), settings.get("RateLimitIntervalSec", "30s")
    observe.check("nhật ký, nơi giữ", storage == "persistent", f"Storage={storage}, mất khi khởi động lại")
    observe.check(
        "nhật ký, giới hạn số dòng", limit == "0", f"RateLimitIntervalSec={limit}, có thể bị bỏ bớt"
    )
    if visits.login is None:
        observe.fact("Không thử đăng nhập sai: địa chỉ kiểm tra không nằm trong mạng được bỏ qua.")
        return
    visits.log_ins_done()
    answers.section("check")
    # The password service names nobody whom it does not know: somebody might have typed a password there.
    traces = shlex.quote(f'{visits.stranger}|"answer": "refused"')
    since = int(facts.directory.now.timestamp())
    asked = f"journalctl -q -o json --output-fields=SYSLOG_IDENTIFIER --since=@{since} -g {traces}"
    for _ in range(5):
        lines = facts.ask({"traces": (f"{asked} || true", "")})["traces"][1].splitlines()
        found = {json.loads(line).get("SYSLOG_IDENTIFIER", "") for line in lines}
        missing = {door for door, word in _LOGGED.items() if not any(name.startswith(word) for name in found)}
        if not missing:
            break
        time.sleep(0.3)
    for door in _LOGGED:
        observe.check(f"{door}, một lần đăng nhập sai", door not in missing, "không có trong nhật ký")
    observe.fact("Mỗi cách đăng nhập được thử một lần với tên không có thật, rồi tìm tên đó trong nhật ký.")


# Each door, and the name under which its daemon writes
_LOGGED = {
    "kho thư (993)": "dovecot",
    "gửi thư (465)": "postfix/submissions",
    "thư trên web": "congvu-password",
}


def _wide(network: str) -> bool:
    """Return whether an exempt network is more than an office: half the internet, say."""
    try:
        parsed = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return True  # a name: whoever owns the DNS entry is exempt
    return not parsed.is_loopback and parsed.prefixlen < (8 if parsed.version == 4 else 32)


@pytest.mark.control("no-master-access")
def test_no_master_access(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    settings = facts.doveconf
    if "auth_master_user_separator" not in settings:
        raise NotAnswered("doveconf does not know auth_master_user_separator")
    separator = settings["auth_master_user_separator"]
    observe.check("đăng nhập thay (auth_master_user_separator)", not separator, f"dấu tách {separator!r}")
    sources = {name: block for name, block in settings.items() if name.startswith("passdb ")}
    observe.check("nguồn mật khẩu", bool(sources), "không có nguồn mật khẩu nào")
    for name, block in sources.items():
        observe.check(f"nguồn mật khẩu {name}", block.get("master", "no") != "yes", "cho đăng nhập thay")
        observe.check(f"nguồn mật khẩu {name}, loại", name == "passdb sql", "nằm ngoài danh bạ")
    for key in ("doveadm_password", "doveadm_api_key"):
        observe.check(f"quản trị kho thư từ xa, {key}", not settings.get(key), "đang mở")
    boxes = [box["address"] for box in facts.directory.open_mailboxes("unit", "office")]
    approved = read_by_others(facts)
    for path, right in answers.rights:
        mine = any(_is_role(right, box) and holds(path, box) for box in boxes)
        mine |= any(right == f"group={box}:reader lr" and holds(path, box) for box in approved)
        observe.check(f"quyền trong {path}", mine, f"giao cho người khác: {right}")
    observe.fact(f"{len(answers.users)} hộp thư, {len(answers.rights)} quyền, theo vai trò hoặc phê duyệt.")


def _is_role(right: str, box: str) -> bool:
    """Tell whether a right is one of a role in this box, and hands none on (a)."""
    return (
        re.fullmatch(rf"group={re.escape(box)}:(head|deputy|clerk|member) [lrwstipekx]+", right) is not None
    )
