"""The mail path: what it delivers, what it refuses, and what it does while a part of it is away."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta

import pytest
from answers import Answers, period_began
from conftest import Observe
from hostfacts import HostFacts
from visits import Visits

from congvu import clock

_MB = 1024 * 1024
LOST = timedelta(hours=4)  # other servers may let a message wait; after so long it is lost


@pytest.mark.control("mail-delivery")
def test_mail_delivery(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    domains, own = set(facts.directory.domains), set(facts.directory.canaries)
    results: Counter[tuple[str, str]] = Counter()
    for (_, recipient), status in answers.deliveries.items():
        if recipient in own:
            continue  # counted below, by whether they arrived
        inside = recipient.rpartition("@")[2] in domains
        results["vào hộp thư" if inside else "ra ngoài", status] += 1
    for (way, status), count in sorted(results.items()):
        observe.fact(f"Thư {way}, kết quả {status}: {count}.")
    tried, arrived = _canary(observe, facts)
    observe.denominator = observe.checked = results.total() + tried
    observe.numerator = arrived + sum(count for (_, status), count in results.items() if status == "sent")


def _canary(observe: Observe, facts: HostFacts) -> tuple[int, int]:
    """Count the messages that the system sent to itself in the period, and those that arrived."""
    now = facts.directory.now
    began = datetime.combine(
        period_began(facts.directory.today, facts.value("report.cutoff")), time(), clock.TIMEZONE
    )
    tried = arrived = 0
    for way, name in (("inside", "trong nội bộ"), ("outside", "ra ngoài rồi trở lại")):
        runs = [(_at(each["sent_at"]), _at(each["arrived_at"] or each["sent_at"]), bool(each["arrived_at"]))
                for each in facts.directory.canary_runs if each["way"] == way]  # fmt: skip
        # What was sent just now is not lost yet.
        runs = [each for each in runs if each[0] >= began and (each[2] or each[0] < now - LOST)]
        took = sorted((came - sent).total_seconds() for sent, came, there in runs if there)
        tried, arrived = tried + len(runs), arrived + len(took)
        if not runs:
            observe.fact(f"Thư kiểm tra {name}: chưa có lượt nào, không đo được.")
        else:
            middle = (
                f", thời gian chuyển trung vị {took[len(took) // 2]:.0f} giây, lâu nhất {took[-1]:.0f} giây"
            )
            observe.fact(f"Thư kiểm tra {name}: {len(took)}/{len(runs)} đến nơi{middle if took else ''}.")
    return tried, arrived


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.control("virus-refused")
def test_virus_refused(observe: Observe, visits: Visits, answers: Answers) -> None:
    code, text = visits.smtp.answers["virus"]
    observe.check("tệp thử EICAR gửi vào cổng 25", code >= 500, f"trả lời {code} {text}")
    observe.fact(f"Cổng 25 trả lời tệp thử EICAR: {code} {text}")
    for name in ("mã độc, từ ngoài", "mã độc, từ tài khoản"):
        verdict = answers.filtered[name]
        observe.check(f"bộ lọc, thư {name}", verdict.startswith("5"), f"bộ lọc đáp: {verdict}")
    clean = answers.filtered["sạch, từ ngoài"]
    observe.check("bộ lọc, thư sạch (đối chứng)", clean in ("accept", "continue"), f"bộ lọc đáp: {clean}")


@pytest.mark.control("virus-scanner-fails-closed")
def test_virus_scanner_fails_closed(observe: Observe, facts: HostFacts) -> None:
    action = facts.postconf["milter_default_action"]
    for service in ("25", "465"):
        own = facts.smtpd(service, "milter_default_action") or action
        observe.check(f"cổng {service}, khi bộ lọc vắng", own == "tempfail", f"milter_default_action = {own}")
        filters = facts.smtpd(service, "smtpd_milters")
        observe.check(f"cổng {service}, bộ lọc", bool(filters), "không qua bộ lọc nào")
    local = facts.postconf["non_smtpd_milters"]
    observe.check("thư gửi từ máy chủ", bool(local), "không qua bộ lọc nào")
    rules = facts.rspamd.get("force_actions", {}).get("rules", {}).values()
    scanners = facts.rspamd.get("antivirus", {})
    observe.check("bộ quét", bool(scanners), "không cấu hình bộ quét nào")
    for name, scanner in scanners.items():
        failed = f"{scanner.get('symbol', name)}_FAIL"
        waits = any(failed in r.get("expression", "") and r.get("action") == "soft reject" for r in rules)
        observe.check(f"bộ lọc, khi bộ quét {name} vắng", waits, "thư không phải chờ")
        observe.check(
            f"bộ quét {name}, hành động", scanner.get("action") == "reject", str(scanner.get("action"))
        )
    for unit in ("rspamd.service", "clamav-daemon.service"):
        state = facts.units.get(unit, "không có")
        observe.check(unit, state == "active", f"trạng thái {state}")


@pytest.mark.control("sending-limits")
def test_sending_limits(observe: Observe, facts: HostFacts, visits: Visits) -> None:
    recipients = facts.value("submission.recipients_per_message")
    limit = facts.submission("smtpd_recipient_limit")
    observe.check(
        "cổng 465, số người nhận", 0 < int(limit) <= recipients, f"{limit} (chính sách: {recipients})"
    )
    observe.fact(f"Cổng 465 nhận nhiều nhất {limit} người nhận một thư.")
    messages = facts.value("submission.messages_per_hour")
    running = facts.rspamd.get("congvu", {}).get("messages_per_hour", 0)
    observe.check("số thư một giờ", 0 < running <= messages, f"{running} (chính sách: {messages})")
    observe.fact(f"Mỗi tài khoản gửi nhiều nhất {running} thư một giờ.")
    counter = facts.units.get("redis-server.service", "không có")
    observe.check("bộ đếm thư (redis)", counter == "active", f"trạng thái {counter}")
    largest = facts.value("message.max_mb") * _MB
    for port, offers in ((25, visits.smtp.offers), (465, visits.submission.offers_tls)):
        size = int(offers.get("size", "0") or 0)
        observe.check(f"cổng {port}, cỡ thư", 0 < size <= largest, f"báo {size} byte (chính sách: {largest})")


@pytest.mark.control("sender-identity")
def test_sender_identity(observe: Observe, facts: HostFacts, visits: Visits, answers: Answers) -> None:
    code, text = visits.submission.answers["mail"]
    observe.check("cổng 465, gửi khi chưa đăng nhập", code >= 500, f"trả lời {code} {text}")
    code, text = visits.smtp.answers["spoof"]
    observe.check("cổng 25, mạo danh hộp thư của cơ quan", code >= 500, f"trả lời {code} {text}")
    rules = facts.submission("smtpd_sender_restrictions").replace(",", " ").split()
    strict = {"reject_sender_login_mismatch", "reject_authenticated_sender_login_mismatch"} & set(rules)
    observe.check(
        "cổng 465, địa chỉ người gửi trên phong bì thư", bool(strict), f"không đối chiếu: {' '.join(rules)}"
    )
    pretended = ("From của người khác", "Sender của người khác", "hai From", "From của cơ quan, từ ngoài")
    for name in pretended:
        verdict = answers.filtered[name]
        observe.check(f"bộ lọc, thư có {name}", verdict.startswith("5"), f"bộ lọc đáp: {verdict}")
    owners = answers.sender
    people = {person["address"] for person in facts.directory.serving}
    for person in people & answers.logins:
        own = [login for login in owners.get(person, []) if login != person]
        observe.check(
            facts.directory.subject(facts.directory.by_address[person]), not own, "người khác gửi được"
        )


@pytest.mark.control("junk-separated")
def test_junk_separated(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    folders = [
        (name, settings)
        for space, contents in facts.doveconf.items()
        if space.startswith("namespace ")
        for name, settings in contents.items()
        if name.startswith("mailbox ") and settings.get("special_use") == r"\Junk"
    ]
    observe.check("thư mục thư rác", len(folders) == 1, f"có {len(folders)} thư mục mang dấu \\Junk")
    wanted = facts.value("junk.retention_days")
    for name, settings in folders:
        folder = name.removeprefix("mailbox ")
        kept = settings.get("autoexpunge", "0").replace("days", "").replace("day", "").strip(" d")
        observe.check(
            f"thư mục {folder}, thời gian giữ", kept == str(wanted), f"{kept} ngày thay vì {wanted}"
        )
        observe.check(
            f"thư mục {folder}, có sẵn", settings.get("auto") in ("create", "subscribe"), "không tự tạo"
        )
        filed = f"store message in folder: {folder}"
        observe.check("thư bị đánh dấu là thư rác", filed in answers.filed(True), "không vào thư mục thư rác")
        observe.check("thư thường (đối chứng)", filed not in answers.filed(False), "vào thư mục thư rác")
    actions = facts.rspamd.get("actions", {})
    least, most = actions.get("add_header"), actions.get("reject")
    observe.check("bộ lọc, mức đánh dấu", bool(least) and least < (most or 1e9), f"{actions}")
    observe.fact(
        f"Bộ lọc đánh dấu thư rác từ điểm {least}, từ chối từ điểm {most}; dấu: {answers.spam_header}."
    )


@pytest.mark.control("mailbox-storage")
def test_mailbox_storage(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    directory, general = facts.directory, facts.value("mailbox.quota_mb")
    warn = facts.value("mailbox.quota_warn_percent")
    filling = 0
    for box in directory.open_mailboxes():
        subject = directory.subject(box)
        if box["address"] not in answers.quotas:
            observe.check(subject, False, "kho thư không báo dung lượng")
            continue
        used, limit = answers.quotas[box["address"]]
        wanted = (box["quota_mb"] or general) * 1024
        observe.check(
            f"{subject}, hạn mức", limit == wanted, f"{limit // 1024} MB thay vì {wanted // 1024} MB"
        )
        observe.check(f"{subject}, còn chỗ", used < limit, "đã đầy")
        filling += used * 100 >= limit * warn
    grace = facts.doveconf.get("quota_storage_grace", "")
    observe.check("mức vượt được bỏ qua", grace in ("0", "0B"), f"quota_storage_grace = {grace}")
    observe.fact(f"{filling} hộp thư đã dùng từ {warn}% dung lượng.")
