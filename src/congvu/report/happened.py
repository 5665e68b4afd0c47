"""What arose in the period, and the last quarters, as tables: the same in each form of the report. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from congvu.policy import Resolved
from congvu.report import trend, words
from congvu.report.document import Report
from congvu.report.register import Group, Register, totals
from congvu.report.tables import Bar, Table, bar

NONE = (("Không phát sinh",),)
_SHOWN = 40  # rows of units that a page shows; report.json and the workbook hold all of them
INCIDENTS = {
    "propaganda": "Phát tán tài liệu xuyên tạc",
    "virus": "Phát tán mã độc",
    "spam": "Phát tán thư rác",
    "sabotage": "Phá hoại hệ thống",
    "honour": "Ảnh hưởng uy tín, danh dự",
    "other": "Vi phạm khác",
}
OUTCOMES = {
    None: "Đang xử lý",
    "unfounded": "Không có căn cứ",
    "dealt_with": "Đã xử lý",
    "referred": "Đã chuyển cơ quan có thẩm quyền",
}
ODD_LOGINS = {
    "networks": "Một tài khoản đăng nhập cùng lúc từ nhiều mạng",
    "abroad": "Đăng nhập từ mạng ngoài danh sách mạng trong nước",
    "guess": "Nhập sai mật khẩu nhiều lần vào một tài khoản",
    "spray": "Dò mật khẩu hàng loạt từ một mạng",
    "sprayed": "Tài khoản bị dò mật khẩu rồi có đăng nhập",
}
ABOUT = {"difficulty": "Khó khăn, vướng mắc", "abuse": "Phản ánh vi phạm"}


def happened(report: Report, shown: int | None = _SHOWN) -> tuple[Table, ...]:
    """A table for each kind of thing, in the order of the report; of units ``shown`` rows, or all of them."""
    policy, found = report.policy, report.register
    made = (
        _handovers(found),
        _incidents(policy, found),
        _accesses(found),
        _outages(found),
        _signed(policy, found, shown),
        _told(policy, found),
        _odd_logins(found),
        _groups(
            "Kiểm tra hộp thư hằng ngày theo đơn vị",
            ("Số ngày công phải kiểm tra", "Đã kiểm tra đủ"),
            found.checks,
            shown,
        ),
        _groups(
            f"Xác nhận đã đọc {report.named} theo đơn vị",
            ("Phải xác nhận", "Đã xác nhận"),
            found.acknowledged,
            shown,
        ),
    )
    return tuple(_numbered(number, table) for number, table in enumerate(made, start=1))


def compared(report: Report) -> tuple[Table, ...]:
    """Statuses and figures of the last quarters."""
    quarters, controls = report.trend, report.policy.controls
    columns = tuple(f"Quý {trend.short(each.period)}" for each in quarters)
    count = max(1, len(columns))
    statuses = [
        (words.STATUS[status][0], *(_count(each.counts.get(status)) for each in quarters))
        for status in words.SHOWN
    ]
    figures = [
        (control.title.vi, *(trend.shown(each.figures.get(control.id)) for each in quarters))
        for control in controls
        if any(control.id in each.figures for each in quarters)
    ]
    share = 48 // count
    return (
        Table("Số quy định theo kết quả", ("Kết quả", *columns), (100 - share * count, *[share] * count),
              tuple(statuses), frozenset(range(1, count + 1))),
        Table("Chỉ tiêu định lượng", ("Chỉ tiêu", *columns), (100 - share * count, *[share] * count),
              tuple(figures) or NONE, frozenset(range(1, count + 1))),
    )  # fmt: skip


def bars(report: Report) -> tuple[Bar, ...]:
    """The statuses of the last quarters as bars."""
    return tuple(bar(f"Quý {trend.short(each.period)}", each.counts) for each in report.trend)


def sentences(report: Report) -> list[str]:
    """What arose, each kind in a sentence; what did not, is said, too."""
    found = report.register
    late = sum(each.days_late > 0 for each in found.handovers)
    unclosed = sum(each.outcome is None for each in found.incidents)
    told, answered = (sum(getattr(each, name) for each in found.told) for name in ("told", "answered"))
    missing = sum(each.missing > 0 for each in found.signed)
    counted = [
        ("Bàn giao hộp thư", len(found.handovers), "lượt", f"chậm {words.number(late)} lượt"),
        ("Vụ việc vi phạm", len(found.incidents), "vụ", f"đang xử lý {words.number(unclosed)} vụ"),
        ("Mở hộp thư cá nhân cho người khác đọc", len(found.accesses), "lượt", ""),
        ("Gián đoạn", len(found.outages), "lần", ""),
        ("Khó khăn, vướng mắc và phản ánh", told, "lượt", f"đã trả lời {words.number(answered)} lượt"),
        ("Đăng nhập bất thường", sum(found.odd_logins.values()), "lần", ""),
        ("Đơn vị còn thiếu xác nhận", missing, "đơn vị", ""),
    ]
    said = []
    for title, count, unit, more in counted:
        told_of = f"{words.number(count)} {unit}" if count else "không phát sinh"
        said.append(f"{title}: {told_of}{f', {more}' if count and more else ''};")
    sums = totals(found.checks)
    rate = words.percent(sums.kept / sums.due) if sums.due else "chưa có số liệu"
    days = words.number(found.working_days)
    # What a day came to is written down in the night after it: of the last one, after the last look.
    until = "" if report.unfinished else ", tính đến hết kỳ; chỉ tiêu nêu trên chưa gồm ngày cuối kỳ"
    return [*said, f"Kiểm tra hộp thư hằng ngày (số liệu của {days} ngày làm việc{until}): {rate}."]


def _count(value: int | None) -> str:
    return "–" if value is None else words.number(value)


def _numbered(number: int, table: Table) -> Table:
    return replace(table, title=f"{number}. {table.title}")


def _rows(found: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple((words.number(place), *row) for place, row in enumerate(found, start=1)) or NONE


def _place(policy: Resolved, provision: str) -> str:
    """How a row of the regulation is called; one that there is no more, by its id."""
    known = {each.id: each.article for each in policy.provisions}
    return words.sentence(known.get(provision, provision))


def _handovers(found: Register) -> Table:
    rows = [
        (
            f"{each.decision}{' (giao phụ trách)' if each.acting else ''}",
            each.box,
            words.day(each.effective_on),
            f"Chậm {words.number(each.days_late)} ngày" if each.days_late else "Đúng hạn",
            "Đã tiếp nhận" if each.acknowledged else "Chưa xác nhận",
        )
        for each in found.handovers
    ]
    return Table(
        "Bàn giao hộp thư",
        ("STT", "Quyết định số", "Hộp thư", "Có hiệu lực từ ngày", "Thời hạn", "Bên nhận"),
        (8, 23, 27, 15, 13, 14), _rows(rows), frozenset({0, 3}),
    )  # fmt: skip


def _incidents(policy: Resolved, found: Register) -> Table:
    rows = [
        (
            each.number,
            INCIDENTS[each.kind],
            _place(policy, each.provision),
            words.day(each.found_on),
            OUTCOMES[each.outcome] + (f", văn bản số {each.decision}" if each.decision else ""),
        )
        for each in found.incidents
    ]
    return Table(
        "Vụ việc vi phạm",
        ("STT", "Văn bản số", "Loại", "Quy định liên quan", "Ngày phát hiện", "Kết quả"),
        (8, 18, 20, 20, 14, 20), _rows(rows), frozenset({0, 4}),
    )  # fmt: skip


def _accesses(found: Register) -> Table:
    rows = [
        (
            each.ticket,
            words.moment(each.opened_at),
            words.moment(each.ended_at),
            "Trước thời hạn" if each.early else "Đúng thời hạn",
        )
        for each in found.accesses
    ]
    return Table(
        "Hộp thư cá nhân được mở cho người khác đọc",
        ("STT", "Văn bản số", "Từ", "Đến", "Kết thúc"),
        (8, 29, 22, 22, 19), _rows(rows), frozenset({0}),
    )  # fmt: skip


def _outages(found: Register) -> Table:
    rows = [
        (
            words.moment(each.starts),
            words.moment(each.ends),
            each.unit or "Toàn hệ thống",
            "Không có nhật ký" if each.source == "gap" else each.reason,
        )
        for each in found.outages
    ]
    return Table(
        "Thời gian gián đoạn",
        ("STT", "Từ", "Đến", "Phạm vi", "Lý do"),
        (8, 19, 19, 22, 32), _rows(rows), frozenset({0}),
    )  # fmt: skip


def _signed(policy: Resolved, found: Register, shown: int | None) -> Table:
    rows = [
        (
            words.sentence(policy.parties[each.party].vi) if each.party in policy.parties else each.party,
            each.unit,
            *map(words.number, (each.asked, each.confirmed, each.denied, each.missing)),
        )
        for each in found.signed[:shown]
    ]
    more = len(found.signed) - len(rows)
    made = _rows(rows)
    if more:
        left = sum(each.missing for each in found.signed[len(rows) :])
        made += (("", "", f"{words.number(more)} đơn vị khác", "", "", "", words.number(left)),)
    return Table(
        "Xác nhận của người có trách nhiệm",
        ("STT", "Người xác nhận", "Đơn vị", "Số lượng quy định", "Xác nhận", "Chưa thực hiện đầy đủ",
         "Còn thiếu"),
        (8, 22, 26, 11, 10, 13, 10), made, frozenset({0, 3, 4, 5, 6}),
    )  # fmt: skip


def _told(policy: Resolved, found: Register) -> Table:
    rows = [
        (
            _place(policy, each.provision),
            ABOUT[each.about],
            *map(words.number, (each.told, each.answered, each.told - each.answered)),
        )
        for each in found.told
    ]
    return Table(
        "Khó khăn, vướng mắc và phản ánh",
        ("STT", "Quy định", "Loại", "Số lượt", "Đã trả lời", "Chưa trả lời"),
        (8, 32, 24, 12, 12, 12), _rows(rows), frozenset({0, 3, 4, 5}),
    )  # fmt: skip


def _odd_logins(found: Register) -> Table:
    rows = [(text, words.number(found.odd_logins[kind])) for kind, text in ODD_LOGINS.items()
            if found.odd_logins.get(kind)]  # fmt: skip
    return Table(
        "Đăng nhập bất thường", ("STT", "Dấu hiệu", "Số lần"), (8, 74, 18), _rows(rows), frozenset({0, 2})
    )


def _groups(title: str, columns: tuple[str, str], groups: Sequence[Group], shown: int | None) -> Table:
    """Worst first where there are more than ``shown``: the page is read for what has to be done."""
    listed = groups
    if shown is not None and len(groups) > shown:
        listed = sorted(groups, key=lambda each: (each.kept / each.due, each.unit))[:shown]
    rows = _rows([_group(each) for each in listed])
    if len(groups) > len(listed):
        rest = totals([each for each in groups if each not in listed])
        name = f"{words.number(len(groups) - len(listed))} đơn vị có tỷ lệ cao hơn"
        rows += (("", name, *_group(rest)[1:]),)
    if groups:
        rows += (("", *_group(totals(groups))),)
    return Table(
        title,
        ("STT", "Đơn vị", "Số người", *columns, "Tỷ lệ"),
        (8, 40, 12, 14, 14, 12), rows, frozenset({0, 2, 3, 4, 5}), bool(groups),
    )  # fmt: skip


def _group(each: Group) -> tuple[str, ...]:
    return (
        each.unit,
        *map(words.number, (each.people, each.due, each.kept)),
        words.percent(each.kept / each.due) if each.due else "–",
    )
