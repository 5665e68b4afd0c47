"""What a plan does, said for those who answer for it: items for programs, Vietnamese lines for people.

Pure; from entries of the directory only, which hold no secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from congvu import words
from congvu.accounts.model import (
    ABSENCES,
    KINDS,
    PARTS,
    Absence,
    Directory,
    Entry,
    Holder,
    MailingList,
    Person,
    Service,
)
from congvu.accounts.plan import Change, Plan
from congvu.accounts.services import ended

_NOTHING = "(trống)"
_OF_LISTS = {"members": "gửi đến", "post": "được gửi thẳng", "moderator": "người duyệt"}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happens. ``before`` and ``after``: the whole entry as JSON, or None."""

    kind: str
    verb: str
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    said: str

    def json(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "said"}


def preview(plan: Plan, current: Directory) -> list[Item]:
    """The items of a plan made for ``current``, in its order; a change of several things has one for each."""
    units = {**current.organisation.units, **plan.wanted.units}
    people = {**current.organisation.people, **plan.wanted.people}
    told = _Told({code: unit.name for code, unit in units.items()}, people, current.holders, plan.today)
    return [item for change in plan.changes for item in told.items(change)]


def text(items: list[Item]) -> str:
    """The lines of a preview: what the head of personnel reads before the run."""
    if not items:
        return "Không có thay đổi.\n"
    return "".join([f"Sẽ có {len(items)} thay đổi:\n", *(f"- {item.said}\n" for item in items)])


@dataclass(frozen=True, slots=True)
class _Told:
    """Words for changes. ``units``: names by code; ``people``: whoever is named in roles."""

    units: Mapping[str, str]
    people: Mapping[str, Person]
    holders: Mapping[str, Holder]
    today: date

    def items(self, change: Change) -> Iterator[Item]:
        said = {
            "unit": self._unit,
            "person": self._person,
            "box": self._box,
            "alias": self._alias,
            "absence": self._absence,
            "service": self._service,
            "list": self._list,
        }
        before, after = _plain(change.before), _plain(change.after)
        for verb, line in said[change.noun](change.before, change.after):
            yield Item(change.noun, verb, change.key, before, after, line)

    def _unit(self, before: Any, after: Any) -> Iterator[tuple[str, str]]:
        if before is None:
            yield "open", f"Thêm đơn vị vào danh bạ: {after.name} ({after.code}), hộp thư {after.box}"
        elif after is None:
            yield "close", f"Ngừng sử dụng đơn vị trong danh bạ: {before.name} ({before.code})"
        else:
            yield "rename", f"Đổi tên đơn vị: {before.code}, từ {before.name} thành {after.name}"

    def _person(self, before: Any, after: Any) -> Iterator[tuple[str, str]]:
        if after is None:
            last = f", ngày làm việc cuối cùng {_day(before.end)}" if before.end else ""
            yield "close", f"Đóng hộp thư: {_named(before)}, địa chỉ {before.address}{last}"
        elif before is None:
            again = after.address in self.holders
            words = "Cấp lại" if again else "Cấp mới"
            unit = self.units[after.unit]
            verb = "reopen" if again else "open"
            yield verb, f"{words}: {_named(after)}, {unit}, địa chỉ {after.address}{_until(after)}"
        else:
            yield from self._changed(before, after)

    def _changed(self, before: Person, after: Person) -> Iterator[tuple[str, str]]:
        who = _named(after)
        if before.full_name != after.full_name:
            kept = f"địa chỉ vẫn là {after.address}"
            yield "rename", f"Đổi họ tên: {_named(before)} thành {after.full_name}, {kept}"
        if before.unit != after.unit:
            moved = f"từ {self.units[before.unit]} sang {self.units[after.unit]}"
            yield "move", f"Chuyển đơn vị: {who}, {moved}"
        if before.end != after.end:
            if after.end:
                yield "leave", f"Thôi làm việc tại cơ quan: {who}, ngày làm việc cuối cùng {_day(after.end)}"
            else:
                yield "stay", f"Tiếp tục công tác: {who}, bỏ ngày thôi làm việc {_day(before.end)}"
        kinds = (KINDS.get(each.kind, each.kind) for each in (before, after))
        for verb, title, old, new in (
            ("position", "Đổi chức vụ", before.position, after.position),
            ("kind", "Đổi loại nhân sự", *kinds),
            ("start", "Sửa ngày bắt đầu làm việc", _day(before.start), _day(after.start)),
        ):
            if old != new:
                yield verb, f"{title}: {who}, từ {old or _NOTHING} thành {new or _NOTHING}"

    def _box(self, before: Any, after: Any) -> Iterator[tuple[str, str]]:
        box = after or before
        name = f"{box.address} ({self.units[box.unit]})"
        if before is None:
            yield "open", f"Lập hộp thư dùng chung: {name}"
        elif after is None:
            yield "close", f"Đóng hộp thư dùng chung: {name}"
        elif before.unit != after.unit:
            yield "move", f"Chuyển quản lý hộp thư: {box.address}, sang {self.units[after.unit]}"
        had, has = (each.roles if each else frozenset() for each in (before, after))
        for staff_id, role in sorted(had - has if after else ()):
            yield "release", f"Thôi vai trò: {self._who(staff_id)}, {words.ROLES[role]} của {name}"
        for staff_id, role in sorted(has - had):
            yield "appoint", f"Giao vai trò: {self._who(staff_id)}, {words.ROLES[role]} của {name}"

    def _alias(self, before: Any, after: Any) -> Iterator[tuple[str, str]]:
        if before is None:
            yield "open", f"Thêm địa chỉ phụ: {after.address} của {after.target}"
        elif after is None:
            yield "close", f"Bỏ địa chỉ phụ: {before.address} của {before.target}"
        else:
            yield "move", f"Chuyển địa chỉ phụ: {after.address}, từ {before.target} sang {after.target}"

    def _absence(self, before: Any, after: Any) -> Iterator[tuple[str, str]]:
        who = self._who((after or before).staff_id)
        if before is None:
            yield "open", f"Ghi vắng mặt: {who}, {_away(after)}"
        elif after is None:
            yield "close", f"Bỏ vắng mặt: {who}, {_away(before)}"
        else:
            yield "change", f"Sửa vắng mặt: {who}, từ “{_away(before)}” thành “{_away(after)}”"

    def _service(self, before: Any, after: Any) -> Iterator[tuple[str, str]]:
        name = f"{(after or before).name} <{(after or before).address}>"
        if before is None:
            again = after.address in self.holders
            owner = f"người chịu trách nhiệm {self._who(after.owner)}"
            said = f"{name}, {owner}, dùng đến hết ngày {_day(after.end)}, {_from(after)}"
            words = "Cấp lại" if again else "Cấp mới"
            yield "reopen" if again else "open", f"{words} tài khoản dịch vụ: {said}"
        elif after is None:
            why = ended(before, self.people, self.today)
            yield "close", f"Đóng tài khoản dịch vụ: {name}" + (f", {why}" if why else "")
        else:
            for verb, title, old, new in (
                ("rename", "Đổi tên", before.name, after.name),
                ("owner", "Đổi người chịu trách nhiệm", self._who(before.owner), self._who(after.owner)),
                ("end", "Đổi thời hạn", _day(before.end), _day(after.end)),
                ("networks", "Đổi nơi được gửi", _from(before), _from(after)),
            ):
                if old != new:
                    yield verb, f"{title} của tài khoản dịch vụ: {name}, từ {old} thành {new}"

    def _list(self, before: Any, after: Any) -> Iterator[tuple[str, str]]:
        name = f"{(after or before).name} <{(after or before).address}>"
        if before is None:
            told = "; ".join(f"{title}: {self._words(after, key)}" for key, title in _OF_LISTS.items())
            yield "open", f"Lập danh sách gửi thư: {name}; {told}"
        elif after is None:
            yield "close", f"Đóng danh sách gửi thư: {name}"
        else:
            if before.name != after.name:
                yield "rename", f"Đổi tên danh sách gửi thư: {name}, trước là {before.name}"
            for key, title in _OF_LISTS.items():
                old, new = self._words(before, key), self._words(after, key)
                if old != new:
                    yield key, f"Sửa danh sách gửi thư: {name}, {title}: từ {old} thành {new}"

    def _words(self, entry: MailingList, key: str) -> str:
        said = getattr(entry, key)
        words = {said} if isinstance(said, str) else said
        told = {"all": "toàn thể", "members": "các thành viên", **self.units}
        return ", ".join(sorted(told.get(word) or self._who(word) for word in words)) or "không ai"

    def _who(self, staff_id: str) -> str:
        person = self.people.get(staff_id)
        return _named(person) if person else staff_id


def _named(person: Person) -> str:
    return f"{person.full_name} ({person.staff_id})"


def _until(person: Person) -> str:
    return f", đến hết ngày {_day(person.end)}" if person.end else ""


def _from(service: Service) -> str:
    return f"chỉ từ {', '.join(service.networks)}" if service.networks else "từ mọi nơi"


def _away(absence: Absence) -> str:
    """nghỉ phép, từ ngày 01/12/2026 đến hết ngày 04/12/2026"""
    title = ABSENCES.get(absence.kind, absence.kind)
    if absence.start != absence.end:
        days = f"từ ngày {_day(absence.start)} đến hết ngày {_day(absence.end)}"
    else:
        days = f"{PARTS[absence.part]} ngày {_day(absence.start)}".strip()
    return f"{title[:1].lower()}{title[1:]}, {days}"


def _day(day: date | None) -> str:
    return words.day(day) if day else ""


def _plain(entry: Entry | None) -> dict[str, Any] | None:
    """An entry as JSON: its fields that the directory keeps; dates as text, roles as sorted pairs."""
    if entry is None:
        return None
    kept = {field.name: getattr(entry, field.name) for field in fields(entry) if field.compare}
    return {name: _json(value) for name, value in kept.items()}


def _json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return [list(pair) for pair in sorted(value)] if isinstance(value, frozenset) else value
