"""The directory: who has which mailbox, and what the mail daemons make of it.

Read from the directory's own tables and from Postfix's and Dovecot's answers, not from the views between.
"""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest
from answers import Answers
from conftest import Observe
from hostfacts import HostFacts
from visits import Visits


def canonical(address: str) -> str:
    """Return what an address looks like to a person: one form for all spellings of it."""
    local, _, domain = unicodedata.normalize("NFKC", address).casefold().partition("@")
    return f"{local.split('+')[0]}@{domain}"


@pytest.mark.control("directory-in-scope")
def test_directory_in_scope(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    directory, kinds = facts.directory, facts.value("people.kinds")
    units = {unit["code"] for unit in directory.units if not unit["closed"]}
    people = {person["staff_id"]: person for person in directory.people}
    for box in directory.open_mailboxes():
        subject = directory.subject(box)
        observe.check(subject, box["address"].split("@")[1] in directory.domains, "tên miền ngoài hệ thống")
        if box["kind"] == "person":
            person = people.get(box["staff_id"], {"kind": None, "unit": None})
            observe.check(f"{subject}, loại", person["kind"] in kinds, f"loại nhân sự {person['kind']!r}")
            observe.check(f"{subject}, đơn vị", person["unit"] in units, "đơn vị không còn hoạt động")
        else:
            observe.check(f"{subject}, đơn vị", box["unit"] in units, "đơn vị không còn hoạt động")
    known = {*directory.canaries, *(box["address"] for box in directory.open_mailboxes())}
    strangers = [user for user in answers.users if user not in known]
    observe.check_each(answers.users, strangers, "kho thư phục vụ nhưng danh bạ không có")
    count = Counter(box["kind"] for box in directory.open_mailboxes())
    observe.fact(
        f"Hộp thư đang mở: {count['person']} cá nhân, {count['unit']} đơn vị, {count['office']} chung."
    )


@pytest.mark.control("address-unique")
def test_address_unique(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    directory = facts.directory
    boxes = {box["address"] for box in directory.open_mailboxes()}
    aliases = {alias["address"] for alias in directory.aliases if not alias["closed"]}
    listed = [row["address"] for row in directory.addresses]
    counts = Counter(canonical(address) for address in {*listed, *boxes, *aliases})
    observe.check_each(
        counts, [address for address, n in counts.items() if n > 1], "có hơn một địa chỉ cùng dạng"
    )
    odd = [address for address in listed if not address.isascii() or "+" in address]
    observe.check_each(listed, odd, "không ở dạng chuẩn tắc")
    retired = {row["address"] for row in directory.addresses if row["use"] == "retired"}
    observe.check_each(retired, retired & (boxes | aliases), "đã thôi dùng nhưng được cấp lại")
    both = {address for address in listed if answers.mailbox.get(address) and answers.alias.get(address)}
    observe.check_each(listed, both, "máy chủ thư hiểu theo hai nghĩa: hộp thư và địa chỉ phụ")
    observe.fact(f"{len(boxes)} hộp thư, {len(aliases)} địa chỉ phụ, {len(retired)} địa chỉ đã thôi dùng.")


@pytest.mark.control("personal-mailbox-each")
def test_personal_mailbox_each(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    directory = facts.directory
    boxes = directory.open_mailboxes("person")
    owned = Counter(box["staff_id"] for box in boxes)
    serving = {person["staff_id"]: person for person in directory.serving}
    for staff_id, person in serving.items():
        observe.check(f"mã cán bộ {staff_id}", owned[staff_id] == 1, f"có {owned[staff_id]} hộp thư cá nhân")
        known = answers.mailbox.get(person["address"])
        observe.check(f"mã cán bộ {staff_id}, nhận thư", bool(known), "máy chủ thư không biết hộp thư này")
    everybody = {person["staff_id"] for person in directory.people}
    ownerless = [box["address"] for box in boxes if box["staff_id"] not in everybody]
    observe.check_each([box["address"] for box in boxes], ownerless, "không có người sử dụng")
    observe.fact(f"{len(serving)} người đang công tác, {len(boxes)} hộp thư cá nhân.")


@pytest.mark.control("unit-mailbox-each")
def test_unit_mailbox_each(observe: Observe, facts: HostFacts) -> None:
    directory = facts.directory
    boxes = {box["address"]: box["unit"] for box in directory.open_mailboxes("unit")}
    for unit in directory.units:
        if unit["closed"]:
            continue
        own = [address for address, code in boxes.items() if code == unit["code"]]
        subject = f"đơn vị {unit['code']} ({unit['name']})"
        observe.check(subject, own == [unit["box"]], f"có {len(own)} hộp thư đơn vị thay vì một hộp riêng")
    observe.fact("; ".join(f"{code}: {address}" for address, code in sorted(boxes.items())) + ".")


@pytest.mark.control("unit-mailbox-receives")
def test_unit_mailbox_receives(observe: Observe, facts: HostFacts, visits: Visits) -> None:
    for box in facts.directory.open_mailboxes("unit"):
        code, text = visits.told(f"box:{box['address']}")
        observe.check(box["address"], 200 <= code < 300, f"bên gửi từ ngoài nhận trả lời {code} {text}")
    code, text = visits.told("unknown")
    observe.check("địa chỉ không có thật (đối chứng)", code >= 500, f"được nhận: {code} {text}")


@pytest.mark.control("office-mailbox")
def test_office_mailbox(observe: Observe, facts: HostFacts, visits: Visits, answers: Answers) -> None:
    directory = facts.directory
    offices = directory.open_mailboxes("office")
    units = {unit["code"] for unit in directory.units if not unit["closed"]}
    people = {person["staff_id"]: person for person in directory.people}
    observe.check("hộp thư chung", bool(offices), "danh bạ không có hộp thư chung")
    for box in offices:
        address = box["address"]
        observe.check(f"{address}, đơn vị quản lý", box["unit"] in units, "không có đơn vị quản lý")
        code, text = visits.told(f"box:{address}")
        observe.check(
            f"{address}, nhận thư", 200 <= code < 300, f"bên gửi từ ngoài nhận trả lời {code} {text}"
        )
        holders = [role["staff_id"] for role in directory.roles if role["box"] == address]
        observe.check(f"{address}, người phụ trách", bool(holders), "không ai được giao")
        strangers = [holder for holder in holders if people[holder]["unit"] != box["unit"]]
        for holder in holders:
            observe.check(
                f"{address}, mã cán bộ {holder}", holder not in strangers, "không thuộc đơn vị quản lý"
            )
        only_by_role(observe, facts, answers, address)


def only_by_role(observe: Observe, facts: HostFacts, answers: Answers, address: str) -> None:
    """Whoever holds a role in a box, and may come in, is let into it by the mail store; nobody else is."""
    directory = facts.directory
    serving = {person["staff_id"]: person["address"] for person in directory.serving}
    held = {serving[role["staff_id"]]: role["role"] for role in directory.roles
            if role["box"] == address and role["staff_id"] in serving}  # fmt: skip
    shown = answers.shown.get(address, set())
    for login in sorted(held.keys() & answers.logins):
        subject = f"{address}, mở hộp thư, {directory.subject(directory.by_address[login])}"
        let_in = login in shown and f"{address}:{held[login]}" in answers.granted
        observe.check(subject, let_in, "kho thư không cho mở hộp thư này")
    strangers = {directory.subject(directory.by_address[login]) for login in shown - held.keys()}
    observe.check(
        f"{address}, người không giữ vai trò",
        not strangers,
        f"mở được hộp thư: {', '.join(sorted(strangers))}",
    )


@pytest.mark.control("office-senders")
def test_office_senders(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    directory = facts.directory
    people = {person["address"]: person for person in directory.serving}
    for box in directory.open_mailboxes("office"):
        allowed = {
            role["staff_id"]
            for role in directory.roles
            if role["box"] == box["address"] and role["role"] in ("clerk", "deputy", "head")
        }
        clerks = [r for r in directory.roles if r["box"] == box["address"] and r["role"] == "clerk"]
        observe.check(f"{box['address']}, văn thư", bool(clerks), "chưa giao văn thư")
        names = [box["address"], *(a["address"] for a in directory.aliases if a["target"] == box["address"])]
        for address in names:
            logins = answers.sender.get(address, [])
            for login in logins:
                staff_id = people.get(login, {}).get("staff_id", login)
                observe.check(
                    f"{address}, mã cán bộ {staff_id}",
                    staff_id in allowed,
                    "gửi được dù không được giao vai trò",
                )
        observe.fact(f"{box['address']}: {len(answers.sender.get(box['address'], []))} người gửi được.")


@pytest.mark.control("unit-mailbox-no-password")
def test_unit_mailbox_no_password(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    directory = facts.directory
    boxes = [box["address"] for box in directory.mailboxes if box["kind"] != "person"]
    stored = {credential["address"] for credential in directory.credentials}
    observe.check_each(boxes, stored & set(boxes), "có mật khẩu trong danh bạ")
    for address in boxes:
        observe.check(f"{address}, đăng nhập", address not in answers.logins, "đăng nhập được")
    observe.fact(f"{len(boxes)} hộp thư đơn vị và hộp thư chung đã được tra ở kho thư.")


@pytest.mark.control("unit-mailbox-head")
def test_unit_mailbox_head(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    directory = facts.directory
    serving = {person["staff_id"]: person["address"] for person in directory.serving}
    for box in directory.open_mailboxes("unit"):
        address = box["address"]
        heads = [r["staff_id"] for r in directory.roles if r["box"] == address and r["role"] == "head"]
        present = [serving[head] for head in heads if head in serving]
        observe.check(f"{address}, người đứng đầu", bool(present), "không có người đứng đầu đang công tác")
        for head in present:
            if head in answers.logins:  # who must change the password first comes in afterwards
                allowed = head in answers.sender.get(address, [])
                subject = f"{address}, {directory.subject(directory.by_address[head])}"
                observe.check(subject, allowed, "không gửi được thư của đơn vị bằng tài khoản của mình")
        only_by_role(observe, facts, answers, address)
