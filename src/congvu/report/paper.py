"""The report as an official document: what it says, in its order (NĐ 30/2020, Phụ lục I). Pure.

Composed from the evidence alone; :mod:`congvu.report.pdf` and :mod:`congvu.report.docx` lay it out.
Number, day and signature are left to the clerk; what was not measured is said, and nothing is guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal

from congvu import clock
from congvu.evidence import Finding
from congvu.policy import Status
from congvu.report import basis, words
from congvu.report.annexes import annexes, finding_list
from congvu.report.document import Letterhead, Report, article
from congvu.report.happened import sentences
from congvu.report.period import period_at
from congvu.report.tables import Annex

_NONE = "Không phát sinh."
_SHOWN_FAULTS = 3  # the text stays readable; report.json holds them all


@dataclass(frozen=True)
class Line:
    """One paragraph: a part (I.), a heading (1.), a point (a or a dash), plain text, a notice, or a blank.

    After the words of a blank the rest of the line is dotted, to be written on.
    """

    kind: Literal["part", "heading", "point", "text", "notice", "blank"]
    text: str


@dataclass(frozen=True)
class Signature:
    """Room for one hand: in whose name above it, how to sign, and the name below where it is known."""

    title: str
    note: str
    name: str = ""


@dataclass(frozen=True)
class Paper:
    """A whole document. ``made``: the moment that its files bear; no clock is asked.

    ``signing``: rows of signatures; none where the letterhead's recipients and signer stand below the text.
    """

    head: Letterhead
    subject: str
    year: int  # in which it is signed; day and month are the clerk's
    body: tuple[Line, ...]
    annexes: tuple[Annex, ...]
    made: datetime
    kind: str = "Báo cáo"
    signing: tuple[tuple[Signature, ...], ...] = ()

    @property
    def title(self) -> str:
        return f"{self.kind} {self.subject[:1].lower()}{self.subject[1:]}"


def paper(report: Report) -> Paper:
    """Return the document of a report."""
    made = report.observed_until or report.period.starts
    # A report is signed after its period; an interim one while it runs.
    signed = report.observed_until if report.unfinished and report.observed_until else report.period.ends
    parts = (
        ("Tình hình triển khai", _deployment(report)),
        ("Kết quả thực hiện", _results(report)),
        ("Tồn tại, hạn chế, nguyên nhân", _shortcomings(report)),
        ("Kiến nghị, đề xuất", _proposals(report)),
        ("Phương hướng quý sau", _next_quarter(report)),
    )
    body = list(_opening(report))
    for roman, (title, lines) in zip(words.ROMAN, parts, strict=True):
        body += [Line("part", f"{roman}. {title.upper()}"), *lines]
    return Paper(
        head=report.letterhead,
        subject=f"Kết quả thực hiện {report.policy.title.vi} {words.quarter(report.period)}",
        year=clock.day(signed).year,
        body=(*body, _closing(report)),
        annexes=annexes(report),
        made=made,
    )


def _points(texts: Iterable[str]) -> list[Line]:
    return [Line("point", f"- {text}") for text in texts] or [Line("text", _NONE)]


def _duties(count: int) -> str:
    return f"{words.number(count)} quy định"


def _of(report: Report, status: Status) -> list[Finding]:
    return [finding for finding in report.findings if finding.row.status is status]


def _joined(place: str) -> str:
    """Return ``Điều 4 (2)`` such that no line ends within it."""
    return place.replace(" ", "\u00a0")


def _places(found: Sequence[Finding]) -> str:
    """Return ``Điều 3 (2), Điều 4 (5)``: where they stand, and how many each."""
    counts = Counter(article(finding.row.provision) for finding in found)
    return ", ".join(_joined(f"{place} ({words.number(count)})") for place, count in counts.items())


def _opening(report: Report) -> list[Line]:
    policy, window = report.policy, report.period
    law = policy.legal_basis
    issued = ""
    if law.date is not None and not report.draft:
        decision = f"Quyết định số {law.number} ngày {words.day(law.date)} của {law.issuer}"
        issued = f" ban hành kèm theo {decision}"
    reporter = report.letterhead.reporter or report.letterhead.organisation
    lines = [
        Line(
            "text",
            f"Thực hiện {policy.title.vi}{issued} (sau đây gọi tắt là {report.named}), "
            + (f"{reporter} báo cáo " if reporter else "kính báo cáo ")
            + f"kết quả thực hiện {words.quarter(window)} (từ ngày {words.day(window.first)} đến ngày "
            f"{words.day(window.last)}) như sau:",
        )
    ]
    if report.draft:
        named = report.named
        draft = (
            f"Lưu ý: Quyết định ban hành {named} chưa có số, ngày, tháng nên {named} còn là dự thảo. "
            f"Kết quả nêu trong báo cáo được đối chiếu với bản dự thảo (phiên bản chính sách "
            f"{policy.version}) và chỉ có giá trị tham khảo đến khi {named} được ban hành."
        )
        lines.append(Line("notice", draft))
    if report.observed_until is None:
        lines.append(Line("notice", "Trong kỳ chưa có lần kiểm tra nào được ghi nhận."))
    elif report.unfinished:
        until = f"số liệu tính đến {words.moment(report.observed_until)}"
        lines.append(Line("notice", f"Kỳ báo cáo chưa kết thúc hoặc chưa đủ số liệu; {until}."))
    return [*lines, *(Line("notice", each) for each in basis.notes(report))]


def _deployment(report: Report) -> list[Line]:
    policy = report.policy
    rows = [finding.row.provision for finding in report.findings]
    groups = [_joined(f"{name} ({words.number(len(list(each)))})") for name, each in groupby(rows, article)]
    built = sum(control.built for control in policy.controls)
    seen = {each.control for each in report.observations}
    attesting = [row for row in rows if row.attests is not None]
    hosts = sorted({each.host for each in report.observations})
    checked = sum(each.checked for each in report.observations)
    last = "Trong kỳ chưa có lần kiểm tra nào được ghi nhận."
    if report.observed_until:
        last = (
            f"Lần kiểm tra gần nhất trong kỳ kết thúc lúc {words.moment(report.observed_until)} trên máy chủ "
            f"{', '.join(hosts)}, gồm {words.number(len(seen))} nội dung với "
            f"{words.number(checked)} trường hợp."
        )
    attested = words.number(report.counts["attested"]) if report.counts["attested"] else "không phát sinh"
    return [
        Line("heading", "1. Phạm vi theo dõi"),
        Line(
            "text",
            f"{report.named} được tách thành {_duties(len(rows))} để theo dõi (số trong ngoặc là số quy "
            f"định): {', '.join(groups)}.",
        ),
        Line("heading", "2. Kiểm tra tự động"),
        Line(
            "text",
            f"Đã xây dựng {words.number(built)} trên {words.number(len(policy.controls))} nội dung kiểm tra; "
            f"mỗi nội dung được kiểm tra trực tiếp trên hệ thống đang vận hành, không dựa vào báo cáo của "
            f"quản trị viên. {last}",
        ),
        Line("heading", "3. Xác nhận của người có trách nhiệm"),
        Line(
            "text",
            f"{_duties(len(attesting))} có nội dung không thể kết luận tự động, phải do người có trách "
            f"nhiệm xác nhận. Số quy định đã được xác nhận trong kỳ: {attested}.",
        ),
    ]


def _share(report: Report, status: str) -> str:
    count = report.counts[status]
    label = words.STATUS[status][0]
    if status == Status.NOT_APPLICABLE.value:  # its usual name would say the same twice
        label = "Không có trường hợp để đánh giá"
    if not count:
        return f"{label}: không phát sinh"
    return f"{label}: {_duties(count)} ({words.percent(count / len(report.findings))})"


def _tally(found: Sequence[Finding]) -> str:
    counts = Counter(finding.row.status.value for finding in found)
    return ", ".join(
        f"{words.STATUS[status][0].lower()} {words.number(counts[status])}"
        for status in words.SHOWN
        if counts[status]
    )


def _results(report: Report) -> list[Line]:
    lines = [
        Line("heading", "1. Kết quả chung"),
        Line("text", f"Trong {_duties(len(report.findings))} được theo dõi:"),
    ]
    shares = [_share(report, status) for status in words.SHOWN]
    lines += [Line("point", f"- {text}{'.' if text is shares[-1] else ';'}") for text in shares]
    lines.append(Line("heading", "2. Kết quả theo từng điều"))
    grouped = groupby(report.findings, lambda finding: article(finding.row.provision))
    for index, (name, each) in enumerate(grouped):
        found = list(each)
        lines.append(
            Line(
                "point", f"{words.point(index)} {name}: {_duties(len(found))}; {_tally(found)}.{_seen(found)}"
            )
        )
    lines += [Line("heading", "3. Chỉ tiêu định lượng"), *_points(_figures(report))]
    lines += [Line("heading", "4. Sự việc trong kỳ"), *_points(sentences(report))]
    where = (
        "Kết quả theo điều, khoản tại Phụ lục I; bằng chứng tại Phụ lục II; sự việc trong kỳ tại Phụ lục III"
    )
    lines.append(Line("text", f"{where}; so sánh các quý gần nhất tại Phụ lục IV."))
    return lines


def _seen(found: Sequence[Finding]) -> str:
    """What the cases that were checked came to; a look that serves two rows counts once."""
    looks = {
        (each.control, each.host): each
        for finding in found
        for several in finding.observations.values()
        for each in several
    }.values()
    if not looks:
        return " Không có số liệu kiểm tra tự động."
    faults = sum(len(each.exceptions) for each in looks)
    return f" Đã kiểm tra {words.number(sum(each.checked for each in looks))} trường hợp, " + (
        f"{words.number(faults)} trường hợp không đạt." if faults else "tất cả đều đạt."
    )


def _figures(report: Report) -> list[str]:
    """Rates and figures as they were observed; how a rate is judged says its row."""
    found = []
    for each in report.observations:
        title = report.policy.control(each.control).title.vi.rstrip(".")
        if each.numerator is not None and each.denominator:
            share = words.percent(each.numerator / each.denominator)
            counts = f"{words.number(each.numerator)}/{words.number(each.denominator)}"
            found.append(f"{title}: {share} ({counts}), máy chủ {each.host};")
        elif each.figure is not None:
            found.append(f"{title}: {words.number(each.figure)}, máy chủ {each.host};")
    return [*found[:-1], found[-1][:-1] + "."] if found else []


def _fault(finding: Finding) -> str:
    """One duty that is not met, with the first cases by control."""
    row = finding.row
    broken = [each for each in row.judgements if each.status is Status.NOT_MET and each.judged]
    cases = [
        case
        for judgement in broken
        for each in finding.observations.get(judgement.subject, ())
        for case in each.exceptions
    ]
    shown = "; ".join(f"{case.subject}: {case.found}" for case in cases[:_SHOWN_FAULTS])
    more = (
        f"; và {words.number(len(cases) - _SHOWN_FAULTS)} trường hợp khác"
        if len(cases) > _SHOWN_FAULTS
        else ""
    )
    reasons = " ".join(each.reason.vi for each in broken)
    return f"{words.sentence(row.provision.article)}: {row.provision.duty.vi} {reasons}" + (
        f" Cụ thể: {shown}{more}." if shown else ""
    )


def _shortcomings(report: Report) -> list[Line]:
    faults = _of(report, Status.NOT_MET)
    waived = [
        f"{words.sentence(report.policy.provision(each.provision).article)}: {each.reason.vi} Người duyệt: "
        f"{each.approver}; áp dụng đến hết ngày {words.day(each.expires)}."
        for each in report.policy.exceptions
    ]
    lines = [
        Line("heading", "1. Quy định chưa đạt"),
        *_points(_fault(finding) for finding in faults),
        Line("heading", "2. Quy định chưa đánh giá được và nguyên nhân"),
        *_points(_unassessed(report)),
        Line("heading", "3. Quy định chờ xác nhận"),
        *_points(
            f"{words.sentence(party)}: {_duties(len(found))}, gồm {_places(found)}."
            for party, found in _awaited(report)
        ),
        Line("heading", "4. Trường hợp được miễn áp dụng có thời hạn"),
        *_points(waived),
    ]
    if faults:
        cause = (
            "Báo cáo ghi nhận hiện trạng; nguyên nhân của từng trường hợp do đơn vị có trách nhiệm làm rõ."
        )
        lines.insert(1 + len(faults), Line("text", cause))
    return lines


def _unassessed(report: Report) -> list[str]:
    """Why rows were not assessed. A row with several causes counts with the first."""
    causes: dict[str, list[Finding]] = {}
    for finding in _of(report, Status.NOT_ASSESSED):
        provision = finding.row.provision
        controls = [report.policy.control(control) for control in provision.controls]
        if any(not control.built for control in controls):
            cause = "Nội dung kiểm tra tự động chưa được xây dựng"
        elif controls:
            cause = "Trong kỳ không có kết quả kiểm tra còn giá trị"
        else:
            cause = "Không có nội dung kiểm tra được tự động"
        causes.setdefault(cause, []).append(finding)
    return [f"{cause}: {_duties(len(found))}, gồm {_places(found)}." for cause, found in causes.items()]


def _awaited(report: Report) -> list[tuple[str, list[Finding]]]:
    """Who still has to attest, and which rows."""
    found = _of(report, Status.ATTESTATION_MISSING)
    by_party = {
        party.vi: [each for each in found if each.row.provision.attests == key]
        for key, party in report.policy.parties.items()
    }
    return [(party, several) for party, several in by_party.items() if several]


def _proposals(report: Report) -> list[Line]:
    faults = _of(report, Status.NOT_MET)
    named, parties = report.named, report.policy.parties
    charged = [
        f"{words.sentence(', '.join(parties[who].vi for who in finding.row.provision.who))}: "
        f"khắc phục nội dung chưa đạt tại {finding.row.provision.article}."
        for finding in faults
    ]
    attest = [
        f"{words.sentence(party)}: xác nhận {_duties(len(f))} còn thiếu." for party, f in _awaited(report)
    ]
    defects = finding_list(report)
    lines = [
        Line("heading", "1. Khắc phục quy định chưa đạt"),
        *_points(charged),
        Line("heading", "2. Xác nhận của người có trách nhiệm"),
        *_points(attest),
        Line("heading", f"3. Sửa đổi, bổ sung {named}"),
    ]
    if defects:
        asked = (
            f"Qua thực hiện, có {words.number(len(defects))} nội dung của {named} còn vướng mắc. Đề nghị "
            f"cấp có thẩm quyền xem xét sửa đổi, bổ sung; trong khi chờ, việc theo dõi tạm áp dụng hướng xử "
            f"lý dưới đây:"
        )
        lines.append(Line("text", asked))
    return [*lines, *_points(defects)]


def _next_quarter(report: Report) -> list[Line]:
    following = period_at(report.period.ends, report.period.cutoff)
    counts = report.counts
    unbuilt = [control for control in report.policy.controls if not control.built]
    waivers = [each for each in report.policy.exceptions if each.expires <= following.last]
    plans = [
        f"Khắc phục dứt điểm {_duties(counts['not_met'])} chưa đạt."
        if counts["not_met"]
        else "Duy trì các quy định đã đạt; kiểm tra thường xuyên để phát hiện sớm sai lệch.",
        f"Xây dựng và đưa vào vận hành {words.number(len(unbuilt))} nội dung kiểm tra còn thiếu."
        if unbuilt
        else "",
        f"Lấy đủ xác nhận của người có trách nhiệm đối với {_duties(counts['attestation_missing'])}."
        if counts["attestation_missing"]
        else "",
        f"Rà soát {words.number(len(waivers))} trường hợp miễn áp dụng hết hạn trong quý." if waivers else "",
        f"Trình cấp có thẩm quyền ban hành chính thức {report.named}." if report.draft else "",
        f"Lập báo cáo {words.quarter(following)}, số liệu từ ngày {words.day(following.first)} đến ngày "
        f"{words.day(following.last)}.",
    ]
    return _points(plan for plan in plans if plan)


def _closing(report: Report) -> Line:
    to = report.letterhead.addressee
    said = f", kính trình {to} xem xét, cho ý kiến chỉ đạo" if to else ""
    return Line(
        "text",
        f"Trên đây là báo cáo kết quả thực hiện {report.named} {words.quarter(report.period)}{said}./.",
    )
