"""The policy that the host judges by."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from answers import period_began
from conftest import Observe
from hostfacts import HostFacts

from congvu import clock


@pytest.mark.control("policy-integrity")
def test_policy_integrity(observe: Observe, facts: HostFacts) -> None:
    plain = dict(facts.policy_plain)
    printed = plain.pop("sha256")
    # worked out here and not by congvu.policy, as an auditor would with jq and sha256sum
    canonical = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    observe.check("mã băm của tệp chính sách", digest == printed, f"nội dung có mã băm {digest[:12]}…")
    recorded = facts.directory.policy or "không có"
    observe.check("mã băm trong cơ sở dữ liệu", recorded == digest, f"{recorded[:12]}… khác {digest[:12]}…")
    missing = object()
    for key in sorted({*plain["values"], *facts.directory.settings}):
        file, table = plain["values"].get(key, missing), facts.directory.settings.get(key, missing)
        observe.check(f"giá trị {key}", file == table, "trong tệp và trong cơ sở dữ liệu khác nhau")
    observe.fact(f"Phiên bản {plain['version']}, mã băm {digest}.")


@pytest.mark.control("policy-acknowledgement")
def test_policy_acknowledgement(observe: Observe, facts: HostFacts) -> None:
    directory, version = facts.directory, facts.policy.version
    in_force = [clock.day(moment(each["since"])) for each in directory.versions if each["version"] == version]
    if not in_force:
        observe.check(f"phiên bản {version}", False, "cơ sở dữ liệu không có phiên bản này")
        return
    known = {each["staff_id"] for each in directory.acknowledgements if each["version"] == version}
    days = facts.value("acknowledgement.days")
    for person in directory.serving:
        begins = max(min(in_force), date.fromisoformat(person["starts"]))
        overdue = directory.today > begins + timedelta(days=days)
        acknowledged = person["staff_id"] in known
        subject = f"mã cán bộ {person['staff_id']}"
        observe.check(subject, acknowledged or not overdue, f"chưa xác nhận sau {days} ngày")
    serving = {person["staff_id"] for person in directory.serving}
    observe.fact(
        f"{len(serving & known)} trên {len(serving)} người đang công tác đã xác nhận phiên bản {version}."
    )


@pytest.mark.control("difficulty-intake")
def test_difficulty_intake(observe: Observe, facts: HostFacts) -> None:
    directory, days = facts.directory, facts.value("difficulty.answer_days")
    last_quarter = directory.today - timedelta(days=92)
    recent = [each for each in directory.difficulties
              if not each["answered_at"] or clock.day(moment(each["at"])) >= last_quarter]  # fmt: skip
    for each in recent:
        due = clock.day(moment(each["at"])) + timedelta(days=days)
        answered = clock.day(moment(each["answered_at"])) if each["answered_at"] else directory.today
        late = f"chưa được trả lời trong {days} ngày"
        observe.check(f"vướng mắc số {each['id']}, đơn vị {each['unit']}", answered <= due, late)
    for about, name in (("difficulty", "Vướng mắc"), ("abuse", "Vi phạm, sự cố")):
        counts = Counter(each["provision"] for each in recent if each["about"] == about)
        told = ", ".join(f"{row}: {count}" for row, count in sorted(counts.items()))
        nothing = f"Không có {name.lower()} nào được báo."
        observe.fact(f"{name} đã nhận, theo quy định: {told}." if told else nothing)


@pytest.mark.control("incident-register")
def test_incident_register(observe: Observe, facts: HostFacts) -> None:
    directory = facts.directory
    first = period_began(directory.today, facts.value("report.cutoff"))
    latest = directory.today - timedelta(days=facts.value("incident.close_days"))
    cases = [each for each in directory.incidents
             if not each["closed_on"] or date.fromisoformat(each["closed_on"]) >= first]  # fmt: skip
    for each in cases:
        subject = f"vụ việc số {each['number']}"
        records = each["records"] or []
        open_too_long = not each["closed_on"] and date.fromisoformat(each["found_on"]) < latest
        observe.check(subject, not open_too_long, "quá thời hạn mà chưa kết thúc")
        observe.check(f"{subject}, bản ghi khi mở", "incident.open" in records, "không có")
        if each["closed_on"]:
            observe.check(f"{subject}, bản ghi khi kết thúc", "incident.close" in records, "không có")
            decided = each["outcome"] == "unfounded" or bool(each["decision"].strip())
            observe.check(f"{subject}, văn bản xử lý", decided, "không nêu số")
    counts = Counter((CASES[each["kind"]], each["provision"]) for each in cases)
    told = "; ".join(f"{kind} ({row}): {count}" for (kind, row), count in sorted(counts.items()))
    observe.fact(f"Vụ việc trong kỳ: {told}." if told else "Không phát sinh vụ việc nào.")


CASES = {
    "propaganda": "phát tán tài liệu xuyên tạc",
    "virus": "phát tán mã độc",
    "spam": "phát tán thư rác",
    "sabotage": "phá hoại hệ thống",
    "honour": "ảnh hưởng uy tín, danh dự",
    "other": "vi phạm khác",
}


@pytest.mark.control("report-issue")
def test_report_issue(observe: Observe, facts: HostFacts) -> None:
    """The report of the latest quarter for which the time to send it is over, if the system served it all."""
    directory, cutoff = facts.directory, facts.value("report.cutoff")
    due = directory.today - timedelta(days=facts.value("report.issue_days"))
    following = period_began(due, cutoff)
    reported = period_began(following - timedelta(days=1), cutoff)
    since = min((clock.day(moment(each["since"])) for each in directory.versions), default=directory.today)
    if since > reported:
        observe.fact("Chưa có kỳ báo cáo trọn vẹn nào đến hạn gửi.")
        return
    rows = {row.id for row in facts.policy.provisions if "report-issue" in row.controls}
    said = [each for each in directory.statements
            if each["quarter"] == quarter(following, cutoff) and each["provision"] in rows]  # fmt: skip
    subject = f"báo cáo {quarter(reported, cutoff)}"
    observe.check(subject, bool(said) and said[-1]["attested"], "Văn phòng Sở chưa xác nhận đã ký, gửi")
    if said:
        observe.check(f"{subject}, số và ngày", said[-1]["numbered"], "xác nhận không nêu số, ngày văn bản")


def quarter(began: date, cutoff: str) -> str:
    """Return how the quarter that began on a day is called: 2026-Q4 began on 15/09/2026 by nd09."""
    last = clock.add_months(began, 3 if cutoff == "nd09" else 2)
    return f"{last.year}-Q{last.month // 3}"


@pytest.mark.control("legal-basis")
def test_legal_basis(observe: Observe, facts: HostFacts) -> None:
    laws, today = facts.policy_plain["laws"], facts.directory.today
    for name, law in sorted(laws.items()):
        follower, seen = law, {name}
        while _lapsed(follower, today) and follower["superseded_by"] in laws.keys() - seen:
            seen.add(follower["superseded_by"])
            follower = laws[follower["superseded_by"]]
        found = "hết hiệu lực, chưa rõ luật thay thế" if _lapsed(follower, today) else "chưa có hiệu lực"
        observe.check(_named(law), not _lapsed(follower, today) and not _ahead(follower, today), found)
        if follower is not law:
            observe.fact(f"{_named(law)} đã hết hiệu lực; thay thế: {_named(follower)}.")
        elif law["in_force_from"] is None:
            observe.fact(f"{_named(law)}: ngày có hiệu lực cần kiểm tra.")


def _lapsed(law: dict[str, Any], today: date) -> bool:
    return law["in_force_until"] is not None and date.fromisoformat(law["in_force_until"]) < today


def _ahead(law: dict[str, Any], today: date) -> bool:
    return law["in_force_from"] is not None and date.fromisoformat(law["in_force_from"]) > today


def _named(law: dict[str, Any]) -> str:
    return f"{law['title']['vi']}{' số ' + law['number'] if law['number'] else ''}"


def moment(text: str) -> datetime:
    """Return an instant as PostgreSQL writes it in JSON."""
    return datetime.fromisoformat(text)
