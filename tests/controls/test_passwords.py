"""Passwords: how they are kept, which are taken, and whom the doors let in by them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta

import pytest
from answers import Answers
from conftest import Observe
from hostfacts import HostFacts
from visits import Visits

from congvu import clock

_ARGON2ID = re.compile(r"\$argon2id\$v=19\$m=(?P<memory>\d+),t=(?P<time>\d+),p=\d+$")
_LEAST_MEMORY, _LEAST_TIME = 19456, 2  # KiB and passes: OWASP's minimum for argon2id
# Who may read hashes: the owner, administration (which can always reset), the two that check passwords.
_READERS = {"congvu_owner", "congvu_admin", "congvu_password", "dovecot"}
_CHANGED_BY_PERSON = ("self", "imported")


@pytest.mark.control("password-storage")
def test_password_storage(observe: Observe, facts: HostFacts, visits: Visits) -> None:
    directory = facts.directory
    for address, credential in directory.newest_credentials.items():
        form = _ARGON2ID.match(credential["form"] or "")
        strong = (
            form is not None and int(form["memory"]) >= _LEAST_MEMORY and int(form["time"]) >= _LEAST_TIME
        )
        subject = directory.subject(directory.by_address[address])
        observe.check(subject, strong, f"băm dạng {credential['form'] or 'không rõ'}")
    observe.check_each(directory.readers, set(directory.readers) - _READERS, "đọc được chuỗi băm")
    for form, count in sorted(Counter(c["form"] for c in directory.credentials).items()):
        observe.fact(f"{count} mật khẩu ở dạng {form}.")
    if visits.login is None:
        observe.fact("Không thử mật khẩu sai: địa chỉ kiểm tra không nằm trong mạng được bộ chặn bỏ qua.")
        return
    visits.log_ins_done()
    secrets = "".join(f"{secret}\n" for secret in (visits.secret, visits.secret_base64))
    traces = facts.ask({"traces": (_TRACES, secrets)})["traces"]
    observe.check("nhật ký sau hai lần đăng nhập sai", traces[1].strip() == "0", "ghi lại mật khẩu vừa nhập")
    observe.fact("Một mật khẩu ngẫu nhiên được nhập sai ở cổng 465 và 993, rồi tìm trong mọi nhật ký.")


# The secrets come by standard input, so that they stand in no command line.
_TRACES = r"""
secrets=$(cat)
{ journalctl -q -o cat --since=-3min
  find /var/log -type f -mmin -3 ! -path '/var/log/journal/*' ! -name '?tmp*' ! -name lastlog -exec cat {} +
} | grep -c -a -F "$secrets" || true
"""


@pytest.mark.control("password-rules")
def test_password_rules(observe: Observe, answers: Answers) -> None:
    for what, rule, named in answers.assessed:
        if rule == "banned":
            continue
        if rule:
            observe.check(f"mật khẩu {what}", rule in named, f"không bị báo lỗi “{rule}”")
        else:
            observe.check(f"mật khẩu {what}", not named, f"bị từ chối: {sorted(named)}")
        observe.fact(f"Mật khẩu {what}: {', '.join(sorted(named)) or 'được nhận'}.")


@pytest.mark.control("banned-example")
def test_banned_example(observe: Observe, answers: Answers) -> None:
    for what, rule, named in answers.assessed:
        if rule == "banned":
            observe.check(f"mật khẩu {what}", "banned" in named, "không bị từ chối vì là mật khẩu bị cấm")
        elif not rule:
            observe.check(f"mật khẩu {what}", "banned" not in named, "bị nhầm là mật khẩu cấm")


@pytest.mark.control("initial-password-closed")
def test_initial_password_closed(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    directory = facts.directory
    issued = 0
    for box in directory.open_mailboxes("person"):
        credential = directory.newest_credentials.get(box["address"])
        if credential is not None and credential["origin"] in _CHANGED_BY_PERSON:
            continue
        issued += 1
        observe.check(
            directory.subject(box),
            box["address"] not in answers.logins,
            "đăng nhập được bằng mật khẩu do quản trị viên cấp"
            if credential
            else "đăng nhập được khi chưa có mật khẩu",
        )
    _somebody_comes_in(observe, facts, answers)
    observe.fact(
        f"{issued} tài khoản chưa tự đổi mật khẩu; {len(answers.logins)} tài khoản đang đăng nhập được."
    )


def _somebody_comes_in(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    """Check that the store lets in those who must be let in: where nobody is, closed doors prove nothing."""
    directory = facts.directory
    fresh = [
        person["address"]
        for person in directory.serving
        if (credential := directory.newest_credentials.get(person["address"]))
        and credential["origin"] in _CHANGED_BY_PERSON
        and directory.today < clock.add_months(clock.day(datetime.fromisoformat(credential["set_at"])), 1)
    ]
    observe.check(
        "người đã đổi mật khẩu (đối chứng)", not fresh or bool(answers.logins), "không ai đăng nhập được"
    )


@pytest.mark.control("password-age")
def test_password_age(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    directory = facts.directory
    observe.check(
        "đồng hồ của danh bạ", directory.drift < timedelta(minutes=1), f"lệch giờ máy chủ {directory.drift}"
    )
    _somebody_comes_in(observe, facts, answers)
    due, expire = facts.value("rotation.due_months"), facts.value("rotation.expire_months")
    ages: Counter[str] = Counter()
    for login in sorted(answers.logins):
        subject, credential = (
            directory.subject(directory.by_address[login]),
            directory.newest_credentials.get(login),
        )
        if credential is None:
            observe.check(subject, False, "đăng nhập được mà không rõ ngày đặt mật khẩu")
            continue
        set_on = clock.day(datetime.fromisoformat(credential["set_at"]))
        observe.check(
            subject,
            set_on <= directory.today <= clock.add_months(set_on, expire),
            f"mật khẩu đặt ngày {set_on:%d/%m/%Y}, quá {expire} tháng mà vẫn đăng nhập được",
        )
        is_due = directory.today >= clock.add_months(set_on, due)
        ages[f"từ {due} đến {expire} tháng" if is_due else f"dưới {due} tháng"] += 1
    for name, count in sorted(ages.items()):
        observe.fact(f"Mật khẩu {name}: {count} tài khoản.")
    closed = len(directory.open_mailboxes("person")) - len(answers.logins)
    observe.fact(f"{closed} hộp thư cá nhân không đăng nhập được (chưa đổi mật khẩu, hết hạn hoặc tạm khóa).")


@pytest.mark.control("password-single-use")
def test_password_single_use(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    directory = facts.directory
    access, key = facts.section("fingerprint key").splitlines()
    marks = {mark["address"]: mark for mark in directory.fingerprints}
    compared, revoked = 0, []
    for address, credential in directory.newest_credentials.items():
        subject, mark = directory.subject(directory.by_address[address]), marks.get(address)
        if credential["revoked_at"]:
            revoked.append(subject)
            observe.check(subject, address not in answers.logins, "đăng nhập được dù mật khẩu đã bị thu hồi")
        if mark is None or mark["key"] != key:
            continue
        compared += 1
        observe.check(subject, mark["holders"] == 1, "dùng chung mật khẩu với tài khoản khác")
        # by one clock: the mark of the present password is made with it or later
        current = datetime.fromisoformat(mark["set_at"]) >= datetime.fromisoformat(credential["set_at"])
        observe.check(f"{subject}, mã đối sánh", current, "cũ hơn mật khẩu đang dùng")
    observe.check("ràng buộc duy nhất của danh bạ", directory.fingerprint_unique, "không còn")
    readers = directory.fingerprint_readers
    observe.check_each(readers, set(readers) - {"congvu_owner"}, "đọc được mã đối sánh")
    observe.check("khóa của mã đối sánh", access == "root 400", f"chủ và quyền là {access}")
    missing = len(directory.newest_credentials) - compared
    observe.fact(f"{compared} mật khẩu đã có mã đối sánh và được so sánh với nhau.")
    observe.fact(
        f"{missing} mật khẩu chưa có mã đối sánh nên chưa so sánh được, sẽ có khi người sử dụng đăng nhập."
    )
    waiting = f": {', '.join(revoked)}; cần cấp mật khẩu mới" if revoked else ""
    observe.fact(f"{len(revoked)} tài khoản đang bị thu hồi mật khẩu{waiting}.")
