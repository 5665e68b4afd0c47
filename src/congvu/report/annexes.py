"""The annexes of the report as an official document. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import groupby

from congvu.evidence import Finding
from congvu.policy import Law
from congvu.report import sealed, words
from congvu.report.document import Report, article, observed, shown, source, to_json
from congvu.report.happened import bars, compared, happened
from congvu.report.tables import Annex, Table


def annexes(report: Report) -> tuple[Annex, ...]:
    """Return the annexes: by article and paragraph, the evidence, what arose, the last quarters."""
    values = [_values(report)] if report.policy.norms else []
    laws = [_laws(report, 3 + len(values))] if report.policy.laws else []
    evidence = (_sources(report), _looks(report), *values, *laws)
    return (
        Annex("I", "Bảng tổng hợp theo điều, khoản", True, (_summary(report), _provisions(report))),
        Annex("II", "Bằng chứng", False, evidence),
        Annex("III", "Sự việc trong kỳ", False, happened(report)),
        Annex("IV", "So sánh các quý gần nhất", False, compared(report), bars(report)),
    )


def finding_list(report: Report) -> list[str]:
    """Each defect of the regulation in a sentence: where, what, and how it is handled meanwhile."""
    return [
        f"{words.sentence(each.article)} ({each.id}): {each.problem.vi} Hướng xử lý: {each.handling.vi}"
        for each in report.policy.findings
    ]


def _by_article(report: Report) -> list[tuple[str, list[Finding]]]:
    grouped = groupby(report.findings, lambda finding: article(finding.row.provision))
    return [(name, list(found)) for name, found in grouped]


def _counted(name: str, found: Sequence[Finding]) -> tuple[str, ...]:
    counts = Counter(finding.row.status.value for finding in found)
    return (name, *(words.number(number) for number in (len(found), *(counts[each] for each in words.SHOWN))))


def _summary(report: Report) -> Table:
    rows = [_counted(name, found) for name, found in _by_article(report)]
    return Table(
        title="1. Tổng hợp theo điều",
        columns=("Điều", "Tổng số", *(words.STATUS[status][0] for status in words.SHOWN)),
        shares=(16, 9, 9, 11, 11, 11, 11, 11, 11),
        rows=(*rows, _counted("Cộng", report.findings)),
        figures=frozenset(range(1, 9)),
        total=True,
    )


def _provisions(report: Report) -> Table:
    rows: list[tuple[str, ...]] = []
    number = 0
    for name, found in _by_article(report):
        rows.append((f"{name} ({words.number(len(found))} quy định)",))
        for finding in found:
            number += 1
            provision = finding.row.provision
            rows.append(
                (
                    words.number(number),
                    f"{words.sentence(provision.article)} ({provision.id})",
                    provision.duty.vi,
                    words.sentence(", ".join(report.policy.parties[who].vi for who in provision.who)),
                    words.STATUS[finding.row.status.value][0],
                    observed(report.policy, finding.row),
                )
            )
    return Table(
        title="2. Kết quả theo điều, khoản, điểm",
        columns=(
            "STT",
            "Điều, khoản, điểm",
            "Nội dung quy định",
            "Trách nhiệm",
            "Kết quả",
            "Ghi nhận trong kỳ",
        ),
        shares=(5, 13, 29, 14, 10, 29),
        rows=tuple(rows),
        figures=frozenset({0, 4}),
    )


def _sources(report: Report) -> Table:
    policy, basis = report.policy, report.policy.legal_basis
    decided = (
        "Quyết định chưa có số, ngày (dự thảo)"
        if basis.date is None or report.draft
        else f"Quyết định số {basis.number} ngày {words.day(basis.date)}"
    )
    hosts = sorted({each.host for each in report.observations})
    digest = hashlib.sha256(to_json(report).encode()).hexdigest()
    until = words.moment(report.observed_until) if report.observed_until else "Không phát sinh"
    return Table(
        title="1. Căn cứ kiểm chứng",
        columns=("Nội dung", "Giá trị"),
        shares=(32, 68),
        rows=(
            ("Văn bản ban hành", f"{decided}; cơ quan, người ban hành: {basis.issuer}"),
            ("Phiên bản chính sách", policy.version),
            ("Mã băm SHA-256 của chính sách", policy.sha256),
            *(
                ("Chính sách có hiệu lực trong kỳ (mã băm SHA-256)", f"Phiên bản {version}: {sha256}")
                for version, sha256 in report.then
            ),
            ("Mã băm SHA-256 của số liệu gốc (tệp report.json kèm theo)", digest),
            *_working_time(report),
            ("Máy chủ được kiểm tra", ", ".join(hosts) or "Không phát sinh"),
            ("Lần kiểm tra gần nhất", until),
            *sealed.rows(report.seal, report.speaks_until),
        ),
    )


def _working_time(report: Report) -> list[tuple[str, str]]:
    """By which calendar and hours working days were counted, where the policy has them."""
    period = report.period
    years = [each for each in report.policy.calendar if period.first.year <= each.year <= period.last.year]
    if not years:
        return []
    told = [
        f"năm {each.year}: {'lịch dự kiến' if each.status == 'estimated' else 'đã có quyết định'}"
        for each in years
    ]
    hours = [each for each in report.policy.working_hours if each.since <= period.last]
    spans = "; ".join(
        f"từ {words.day(each.since)}: {each.morning}, {each.afternoon} ({each.decision})" for each in hours
    )
    return [("Lịch làm việc", words.sentence("; ".join(told))), ("Giờ làm việc", words.sentence(spans))]


def _looks(report: Report) -> Table:
    rows = [
        (
            words.number(number),
            f"{report.policy.control(each.control).title.vi} ({each.control})",
            each.host,
            words.moment(each.observed_at),
            words.number(each.checked),
            words.number(len(each.exceptions)),
        )
        for number, each in enumerate(report.observations, start=1)
    ]
    return Table(
        title="2. Các lần kiểm tra được dùng trong báo cáo",
        columns=("STT", "Nội dung kiểm tra", "Máy chủ", "Thời điểm", "Số trường hợp", "Không đạt"),
        shares=(8, 42, 12, 16, 11, 11),
        rows=tuple(rows) or (("Không phát sinh",),),
        figures=frozenset({0, 3, 4, 5}),
    )


def _values(report: Report) -> Table:
    """The numbers of the policy, each with the text that it comes from."""
    rows = [
        (words.number(number), rule.title.vi, shown(rule), words.sentence(source(report.policy, rule)))
        for number, rule in enumerate(report.policy.value_rules.values(), start=1)
    ]
    return Table(
        title="3. Các giá trị được áp dụng",
        columns=("STT", "Nội dung", "Giá trị áp dụng", "Căn cứ"),
        shares=(8, 46, 22, 24),
        rows=tuple(rows),
        figures=frozenset({0}),
    )


def _laws(report: Report, number: int) -> Table:
    """The laws that the regulation leads to, and how they stand on the last day of the period."""
    laws = report.policy.laws
    rows = [
        (
            words.number(place),
            _named(law),
            words.day(law.in_force_from) if law.in_force_from else "Cần kiểm tra",
            words.day(law.in_force_until) if law.in_force_until else "",
            _state(law, laws.get(law.superseded_by or ""), report.period.last),
        )
        for place, law in enumerate(laws.values(), start=1)
    ]
    return Table(
        title=f"{number}. Văn bản luật được viện dẫn",
        columns=("STT", "Văn bản", "Có hiệu lực từ ngày", "Đến hết ngày", "Tình trạng trong kỳ"),
        shares=(8, 38, 15, 15, 24),
        rows=tuple(rows),
        figures=frozenset({0, 2, 3}),
    )


def _named(law: Law) -> str:
    return f"{law.title.vi} số {law.number}" if law.number else law.title.vi


def _state(law: Law, follower: Law | None, day: date) -> str:
    if law.in_force_until and law.in_force_until < day:
        return f"Đã được thay thế bằng {_named(follower)}" if follower else "Đã hết hiệu lực"
    return "Chưa có hiệu lực" if law.in_force_from and day < law.in_force_from else "Còn hiệu lực"
