"""The minutes of a handover (biên bản bàn giao hộp thư điện tử công vụ): what they say, in their order. Pure.

The form is the one for handing files over (NĐ 30/2020, Phụ lục V). Number, day and signatures are left to the
clerk and the parties. No password stands in them: there is none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from congvu import clock
from congvu.policy import Resolved
from congvu.report import words
from congvu.report.document import Letterhead
from congvu.report.paper import Line, Paper, Signature
from congvu.report.tables import Annex, Table
from congvu.words import ROLES

_NONE = "Không phát sinh."
_OTHERS = "các hộp thư khác với vai trò người đứng đầu"
_SIGN = "(Ký, ghi rõ họ tên)"
_DOTS = " ".join(["……"] * 5)  # to be written on; the spaces let a line end within it
# How mail programs name the folders that each mailbox has
_FOLDERS = {
    "INBOX": "Hộp thư đến",
    "Sent": "Đã gửi",
    "Drafts": "Thư nháp",
    "Junk": "Thư rác",
    "Trash": "Thùng rác",
    "Archive": "Lưu trữ",
}


@dataclass(frozen=True)
class Party:
    """One who hands over or takes over, as the directory knows them."""

    staff_id: str
    full_name: str
    position: str
    unit: str


@dataclass(frozen=True)
class Act:
    """A handover that was made. ``unit``: the name of the unit to which the box belongs.

    ``inventory``: what was in the box and who had which role in it when the act was made, at ``made_at``.
    """

    box: str
    kind: str
    unit: str
    decision: str
    decided_on: date
    effective_on: date
    giver: Party | None
    receiver: Party
    acting: bool
    absent: str
    inventory: Mapping[str, Any]
    made_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str

    @property
    def moment(self) -> datetime:
        """When the rights passed: at the beginning of the day, or with the act where that came later."""
        return max(self.made_at, datetime.combine(self.effective_on, datetime.min.time(), clock.TIMEZONE))

    @property
    def office_confirms(self) -> bool:
        """Nobody is there to hand over, or nobody but the receiver."""
        return self.giver is None or bool(self.absent) or self.stays

    @property
    def stays(self) -> bool:
        """Who was in charge is appointed the head."""
        return self.giver is not None and self.giver.staff_id == self.receiver.staff_id

    @property
    def sha256(self) -> str:
        """Of the inventory, as ``jq -jcS`` prints it."""
        text = json.dumps(self.inventory, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def minutes(act: Act, policy: Resolved, head: Letterhead) -> Paper:
    """The document of a handover. ``head``: as for reports; of its symbol only the body's part is used."""
    _, _, body = head.symbol.partition("-")
    office = policy.parties["office"].vi if "office" in policy.parties else "Văn phòng"
    signed = max(clock.day(act.made_at), act.effective_on)
    parts = (
        ("Hộp thư bàn giao", _box(act)),
        ("Thời điểm bàn giao", _time(act, office)),
        ("Số lượng", _contents(act)),
        ("Bộ lọc, chuyển tiếp và trả lời tự động", _filters(act)),
        ("Quyền đối với hộp thư", _roles(act)),
        ("Mật khẩu, thiết bị và việc đang giải quyết", _rest()),
    )
    lines = [*_basis(act, policy), *_parties(act, office)]
    for number, (title, each) in enumerate(parts, start=1):
        lines += [Line("heading", f"{number}. {title}"), *each]
    copies = "Biên bản này được lập thành hai bản có giá trị như nhau, mỗi bên giữ một bản./."
    return Paper(
        head=replace(head, symbol=f"BB-{body}" if body else "BB", addressee="", signer=(), recipients=()),
        kind="Biên bản",
        subject=f"Bàn giao hộp thư điện tử công vụ của {act.unit}",
        year=signed.year,
        body=(*lines, Line("text", copies)),
        annexes=(Annex("", "Danh mục nội dung hộp thư bàn giao", False, _tables(act)),),
        made=act.made_at,
        signing=_signing(act, office),
    )


def _points(texts: Iterable[str]) -> list[Line]:
    return [Line("point", f"- {text}") for text in texts] or [Line("text", _NONE)]


def _named(name: str, staff_id: str) -> str:
    return f"{name} (mã cán bộ {staff_id})"


def _basis(act: Act, policy: Resolved) -> list[Line]:
    """By which decision; the regulation is one more basis once it has been issued. Dots: for the clerk."""
    decision = f"Căn cứ Quyết định số {act.decision} ngày {words.day(act.decided_on)}"
    lines = [Line("text", f"{decision} của {_DOTS} về việc {_DOTS};")]
    basis = policy.legal_basis
    if basis.number and basis.date:
        law = f"{policy.title.vi} ban hành kèm theo Quyết định số {basis.number}"
        lines.append(Line("text", f"Căn cứ {law} ngày {words.day(basis.date)} của {basis.issuer};"))
    return [*lines, Line("text", "Chúng tôi gồm:")]


def _parties(act: Act, office: str) -> list[Line]:
    if act.giver is None:
        giver = [Line("heading", f"BÊN GIAO: đơn vị chưa có người đứng đầu, {office} bàn giao")]
        giver += _by_hand()
    else:
        acting = act.inventory.get("giver_acting", False)
        giver = [Line("heading", f"BÊN GIAO: {_duty(act, acting)}"), *_party(act.giver)]
    if act.giver and act.absent:
        giver += _points([f"Vắng mặt: {act.absent.rstrip('.')}. {office} xác nhận hiện trạng hộp thư."])
    return [
        *giver,
        Line("heading", f"BÊN NHẬN: {_duty(act, act.acting)}"),
        *_party(act.receiver),
        Line("heading", f"NGƯỜI CHỨNG KIẾN: đại diện {office} hoặc quản trị viên"),
        *_by_hand(),
        Line("text", "Thống nhất lập biên bản bàn giao hộp thư điện tử công vụ với những nội dung sau:"),
    ]


def _duty(act: Act, acting: bool) -> str:
    return f"người được giao phụ trách {act.unit}" if acting else f"người đứng đầu {act.unit}"


def _party(party: Party) -> list[Line]:
    place = ", ".join(filter(None, (party.position, party.unit)))
    return _points(
        [f"Ông (bà): {_named(party.full_name, party.staff_id)}.", f"Chức vụ, đơn vị công tác: {place}."]
    )


def _by_hand() -> list[Line]:
    return [Line("blank", "- Ông (bà): "), Line("blank", "- Chức vụ, đơn vị công tác: ")]


def _box(act: Act) -> list[Line]:
    kind = f"hộp thư đơn vị của {act.unit}" if act.kind == "unit" else f"hộp thư chung do {act.unit} quản lý"
    aliases = act.inventory.get("aliases", ())
    return _points(
        [
            f"Địa chỉ: {act.box}.",
            f"Loại: {kind}.",
            *([f"Địa chỉ phụ: {', '.join(aliases)}."] if aliases else []),
        ]
    )


def _time(act: Act, office: str) -> list[Line]:
    begins = words.moment(act.moment)
    text = f"Quyết định có hiệu lực từ ngày {words.day(act.effective_on)}. "
    if act.stays:
        text += (
            f"Bên giao và bên nhận là một người, trước thời điểm bàn giao được giao phụ trách, từ {begins} "
            f"là người đứng đầu; quyền đối với hộp thư không gián đoạn. {office} xác nhận hiện trạng hộp thư."
        )
    elif act.giver:
        text += (
            f"Từ {begins}, bên giao không còn quyền đối với hộp thư, các phiên làm việc đang mở bị ngắt; bên "
            f"nhận bắt đầu có quyền quản lý, sử dụng."
        )
    else:
        text += f"Từ {begins}, bên nhận bắt đầu có quyền quản lý, sử dụng hộp thư."
    late = (clock.day(act.made_at) - act.effective_on).days
    if late > 0:
        text += f" Việc bàn giao chậm {words.number(late)} ngày so với ngày Quyết định có hiệu lực."
    lines = [Line("text", text)]
    for decision in act.inventory.get("same_day", ()):
        again = f"Trong cùng ngày, hộp thư đã được bàn giao một lần theo Quyết định số {decision}"
        lines.append(Line("text", f"{again}; biên bản này ghi lần bàn giao tiếp theo."))
    if act.acting:
        acting = (
            "Bên nhận được giao phụ trách. Khi có quyết định bổ nhiệm người đứng đầu, hộp thư được bàn giao"
        )
        lines.append(Line("text", f"{acting} lần nữa, bằng một biên bản khác."))
    if act.acknowledged_at:
        noted = f"Bên nhận đã xác nhận tiếp nhận lúc {words.moment(act.acknowledged_at)}"
        lines.append(Line("text", f"{noted} (người ghi nhận: {act.acknowledged_by})."))
    return lines


def _contents(act: Act) -> list[Line]:
    folders = act.inventory.get("folders", ())
    messages, unread = (sum(each[what] for each in folders) for what in ("messages", "unread"))
    text = f"Lúc {words.moment(act.made_at)}, hộp thư có {words.number(len(folders))} thư mục, "
    if messages:
        first, last = _span(folders)
        size = _size(sum(each["bytes"] for each in folders))
        text += (
            f"{words.number(messages)} thư (trong đó {words.number(unread)} thư chưa đọc), dung lượng {size}"
            f"; thư sớm nhất ngày {first}, thư mới nhất ngày {last}."
        )
    else:
        text += "chưa có thư."
    if act.made_at < act.moment:
        text += " Thư đến từ lúc đó đến thời điểm bàn giao cũng thuộc hộp thư được bàn giao."
    return [Line("text", f"{text} Chi tiết tại Phụ lục kèm theo.")]


def _filters(act: Act) -> list[Line]:
    found = act.inventory.get("filters", ())
    lines = _points(f"“{each['name']}” ({_state(each)}): {_effect(each)}." for each in found)
    if any(each["active"] for each in found) and not act.stays:
        ended = "Từ thời điểm bàn giao, bộ lọc đang dùng ngừng hoạt động, kể cả việc chuyển tiếp và trả lời"
        again = "Khi cần, bên nhận đề nghị quản trị viên lập lại."
        lines.append(Line("text", f"{ended} tự động. {again}"))
    return lines


def _state(found: Mapping[str, Any]) -> str:
    return "đang dùng" if found["active"] else "không dùng"


def _effect(found: Mapping[str, Any]) -> str:
    said = [f"chuyển tiếp đến {', '.join(found['forwards'])}"] if found["forwards"] else []
    said += ["trả lời tự động"] if found["answers"] else []
    return "; ".join(said) or "không chuyển tiếp, không trả lời tự động"


def _roles(act: Act) -> list[Line]:
    held = act.inventory.get("roles", ())
    lines = [Line("text", "Không có người nào khác giữ vai trò trong hộp thư.")]
    if held:
        lines = [Line("text", "Những người sau giữ nguyên vai trò trong hộp thư:")]
        lines += _points(
            f"{words.sentence(ROLES[each['role']])}: {_named(each['full_name'], each['staff_id'])}."
            for each in held
        )
    if keeps := act.inventory.get("giver_keeps"):
        lines.append(Line("text", f"Bên giao tiếp tục quản lý {_OTHERS}: {', '.join(keeps)}."))
    if heads := act.inventory.get("receiver_heads"):
        lines.append(Line("text", f"Bên nhận đồng thời quản lý {_OTHERS}: {', '.join(heads)}."))
    return lines


def _rest() -> list[Line]:
    return [
        Line(
            "text",
            "Hộp thư không có mật khẩu: mỗi người mở hộp thư bằng tài khoản của chính mình. Không có mật "
            "khẩu nào được bàn giao hoặc ghi trong biên bản này.",
        ),
        Line("blank", "- Thiết bị, chữ ký số bàn giao kèm theo: "),
        Line("blank", "- Việc đang giải quyết, vướng mắc: "),
    ]


def _signing(act: Act, office: str) -> tuple[tuple[Signature, ...], ...]:
    giver = Signature("Đại diện bên giao", _SIGN, act.giver.full_name if act.giver else "")
    if act.office_confirms:
        giver = Signature(f"Xác nhận của {office}", _SIGN)
    receiver = Signature("Đại diện bên nhận", _SIGN, act.receiver.full_name)
    return (giver, receiver), (Signature("Người chứng kiến", _SIGN),)


def _size(count: int) -> str:
    """Return ``1,2 MB``: of 1.024 each, one decimal above bytes."""
    units = ("byte", "KB", "MB", "GB", "TB")
    value, unit = float(count), 0
    while value >= 1000 and unit < len(units) - 1:  # four figures take no less room than a unit more
        value, unit = value / 1024, unit + 1
    return f"{words.number(round(value, 1))} {units[unit]}"


def _day(moment: str | None) -> str:
    return words.day(clock.day(datetime.fromisoformat(moment))) if moment else ""


def _span(folders: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """The days on which the first and the last of all messages came."""
    moments = [
        datetime.fromisoformat(each[end]) for each in folders for end in ("oldest", "newest") if each[end]
    ]
    return words.day(clock.day(min(moments))), words.day(clock.day(max(moments)))


def _tables(act: Act) -> tuple[Table, ...]:
    filters = [
        (words.number(number), each["name"], _state(each).capitalize(), words.sentence(_effect(each)))
        for number, each in enumerate(act.inventory.get("filters", ()), start=1)
    ]
    return (
        _folders(act),
        Table(
            "2. Bộ lọc", ("STT", "Tên", "Tình trạng", "Chuyển tiếp, trả lời tự động"), (8, 27, 17, 48),
            tuple(filters) or (("Không phát sinh",),), frozenset({0, 2}),
        ),
        Table(
            "3. Căn cứ kiểm chứng", ("Nội dung", "Giá trị"), (32, 68),
            (
                ("Hộp thư", act.box),
                ("Quyết định", f"Số {act.decision} ngày {words.day(act.decided_on)}"),
                ("Thời điểm lập danh mục", words.moment(act.made_at)),
                ("Mã băm SHA-256 của danh mục lưu trong danh bạ", act.sha256),
            ),
        ),
    )  # fmt: skip


def _folders(act: Act) -> Table:
    folders = act.inventory.get("folders", ())
    rows = [
        (
            words.number(number),
            f"{_FOLDERS[each['name']]} ({each['name']})" if each["name"] in _FOLDERS else each["name"],
            words.number(each["messages"]),
            words.number(each["unread"]),
            _size(each["bytes"]),
            _day(each["oldest"]),
            _day(each["newest"]),
        )
        for number, each in enumerate(folders, start=1)
    ]
    sums = [sum(each[what] for each in folders) for what in ("messages", "unread")]
    total = ("", "Cộng", *map(words.number, sums), _size(sum(each["bytes"] for each in folders)), "", "")
    return Table(
        title="1. Thư mục",
        columns=("STT", "Thư mục", "Số thư", "Chưa đọc", "Dung lượng", "Thư sớm nhất", "Thư mới nhất"),
        shares=(8, 28, 10, 10, 14, 15, 15),
        rows=(*rows, total) if rows else (("Không phát sinh",),),
        figures=frozenset({0, 2, 3, 4, 5, 6}),
        total=bool(rows),
    )
