"""The organisation file: units, boxes of units and offices with their roles, aliases, services and lists.

::

    units:
      - {code: vp, name: Văn phòng Sở, box: vanphong}
    boxes:
      - {address: vanphong, roles: {head: [CB001], clerk: [CB005]}}   # a unit's box: kind and unit are known
      - {address: vp, kind: office, unit: vp, roles: {clerk: [CB005]}}
    aliases:
      - {address: vanthu, target: vp}                                 # or the staff id of a person
    services:
      - {address: mayquet, name: Máy quét tầng 2, owner: CB005, end: 2027-06-30}   # services.py
    lists:
      - {address: toanso, name: Toàn Sở, members: [all], post: [vp], moderator: vp}                # lists.py

Addresses may leave the domain out. A line of the file is known by every entry, for the faults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

import yaml

from congvu.accounts.faults import Faults
from congvu.accounts.lists import read_list
from congvu.accounts.lookalike import misspelt
from congvu.accounts.model import ROLES, Alias, Box, Organisation, Unit, canonical
from congvu.accounts.services import read_service
from congvu.accounts.table import decode, plain

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_KEYS = {
    "units": ({"code", "name", "box"}, {"code", "name", "box"}),
    "boxes": ({"address", "kind", "unit", "roles"}, {"address"}),
    "aliases": ({"address", "target"}, {"address", "target"}),
    "services": ({"address", "name", "owner", "end", "networks"}, {"address", "name", "owner", "end"}),
    "lists": (
        {"address", "name", "members", "post", "moderator"},
        {"address", "name", "members", "moderator"},
    ),
}
_ADDRESSES = {"address", "box"}  # keys whose domains are judged where they are read
_LISTS = {"roles", "networks", "members", "post"}  # keys of more than one value
_LINE = "\0line"

Full = Callable[[str], str]  # the full address of what was written
Entry = TypeVar("Entry")
Read = Callable[[dict[str, Any], int, str, Faults], Entry]  # makes an entry of its mapping, line and address


class _Loader(yaml.SafeLoader):
    """Notes the line of each mapping, reads every scalar as text, and refuses a key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            problem = f"key {twice!r} stands twice"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        made: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        made[_LINE] = node.start_mark.line + 1
        return made


# A staff id such as 0012 or a code such as NO is text, whatever YAML 1.1 thinks of it.
_Loader.yaml_implicit_resolvers = {}


def read_organisation(
    data: bytes, domain: str, faults: Faults, hosted: Collection[str] = (), names: Collection[str] = ()
) -> Organisation:
    """The organisation without its people: staff ids are checked later, beside them.

    ``hosted``: our domains; whoever misspells one, in whichever value, is told. ``names``: further names of
    the domain.
    """
    full = partial(canonical, domain=domain, names=names)
    sections = _sections(data, faults)
    _look_at_domains(sections, hosted, faults)
    units = _units(sections["units"], full, faults)
    boxes = _boxes(sections["boxes"], units, full, faults)
    taken = set(boxes)
    aliases = _further(sections["aliases"], taken, full, faults, _alias)
    services = _further(sections["services"], taken, full, faults, read_service)
    lists = _further(sections["lists"], taken, full, faults, read_list)
    return Organisation(domain, units, {}, boxes, aliases, services=services, lists=lists)


def _sections(data: bytes, faults: Faults) -> dict[str, list[dict[str, Any]]]:
    """The entries of each section, those only that are mappings with the right keys."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in _KEYS}
    text = decode(data, faults, "save it as UTF-8")
    if text is None:
        return found
    try:
        loaded = yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", error)
        faults.add(mark.line + 1 if mark else 0, "", "", f"is no YAML ({problem})", "correct this line")
        return found
    if not isinstance(loaded, dict):
        faults.add(0, "", "", "holds no organisation", f"write {', '.join(_KEYS)}")
        return found
    for name, entries in loaded.items():
        if name == _LINE:
            continue
        if name not in _KEYS:
            faults.add(0, str(name), "", "is no part of an organisation", f"use {', '.join(_KEYS)}")
        elif not isinstance(entries, list):
            if entries:
                faults.add(0, name, entries, "is no list", "begin each entry with a dash")
        else:
            found[name] = [entry for entry in entries if _entry(name, entry, faults)]
    if not found["units"] and not faults.found:
        faults.add(0, "units", "", "is empty", "an organisation has at least one unit")
    return found


def _entry(section: str, entry: Any, faults: Faults) -> bool:
    allowed, required = _KEYS[section]
    if not isinstance(entry, dict):
        faults.add(0, section, entry, "is no entry", f"write {{{', '.join(sorted(allowed))}}}")
        return False
    before = len(faults.found)
    for key, value in entry.items():
        if key == _LINE:
            continue
        if key not in allowed:
            faults.add(entry[_LINE], section, key, "is unknown here", f"use {', '.join(sorted(allowed))}")
        elif key not in _LISTS and not isinstance(value, str):
            faults.add(entry[_LINE], f"{section}.{key}", value, "is no text", "write one value")
    for key in sorted(required):
        if not entry.get(key):
            faults.add(entry[_LINE], section, "", f"{key} is missing", f"add {key}")
    return len(faults.found) == before


def _look_at_domains(
    sections: Mapping[str, list[dict[str, Any]]], hosted: Collection[str], faults: Faults
) -> None:
    for section, entries in sections.items():
        for entry in entries:
            rest = {key: value for key, value in entry.items() if key not in _ADDRESSES}
            for text in _texts(rest):
                for address, domain in misspelt(text, hosted):
                    rule = f"has a misspelt domain, {domain} is meant"
                    faults.add(entry[_LINE], section, address, rule, "correct it")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _address(entry: Mapping[str, Any], key: str, full: Full, faults: Faults) -> str:
    try:
        return full(entry[key])
    except ValueError as error:
        faults.add(entry[_LINE], key, entry[key], str(error), "correct it")
        return ""


def _units(entries: list[dict[str, Any]], full: Full, faults: Faults) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    said: dict[str, str] = {}
    for entry in entries:
        line, code, name = entry[_LINE], entry["code"], plain(entry["name"])
        box = _address(entry, "box", full, faults)
        if not _CODE.fullmatch(code):
            faults.add(line, "code", code, "is no code", "use 1 to 32 letters a-z, figures, - and _")
        for key in {f"code {code.casefold()}", f"name {name.casefold()}", f"box {box}"}:
            if key in said:
                faults.add(line, "units", key, f"belongs to unit {said[key]} too", "give each unit its own")
            said[key] = code
        units[code] = Unit(code, name, box, line)
    return units


def _boxes(
    entries: list[dict[str, Any]], units: Mapping[str, Unit], full: Full, faults: Faults
) -> dict[str, Box]:
    owner = {unit.box: unit for unit in units.values()}
    boxes = {unit.box: Box(unit.box, "unit", unit.code, row=unit.row) for unit in units.values()}
    listed: set[str] = set()
    for entry in entries:
        line, address = entry[_LINE], _address(entry, "address", full, faults)
        unit = owner.get(address)
        kind = entry.get("kind", "unit" if unit else "office")
        code = entry.get("unit", unit.code if unit else "")
        if address in listed:
            faults.add(line, "address", address, "is listed twice", "keep one of them")
        if unit and (kind, code) != ("unit", unit.code):
            faults.add(line, "boxes", address, f"is the box of unit {unit.code}", "leave kind and unit out")
        elif not unit and kind != "office":
            faults.add(
                line, "kind", kind, "is no kind for this box", "use office, or name it as a unit's box"
            )
        elif code not in units:
            faults.add(line, "unit", code, "is no unit of this file", "name the unit that manages this box")
        listed.add(address)
        boxes[address] = Box(address, kind, code, _roles(entry, faults), line)
    return boxes


def _roles(entry: Mapping[str, Any], faults: Faults) -> frozenset[tuple[str, str]]:
    line, roles = entry[_LINE], entry.get("roles") or {}
    if not isinstance(roles, dict):
        faults.add(line, "roles", roles, "is no list of roles", "write {head: [staff id], ...}")
        return frozenset()
    found: dict[str, str] = {}
    for role, holders in roles.items():
        if role == _LINE:
            continue
        if role not in ROLES:
            faults.add(line, "roles", role, "is no role", f"use {', '.join(ROLES)}")
            continue
        for holder in [holders] if isinstance(holders, str) and holders else holders or []:
            if not isinstance(holder, str):
                faults.add(line, f"roles.{role}", holder, "is no staff id", "write staff ids")
            elif found.setdefault(holder, role) != role:
                faults.add(line, f"roles.{role}", holder, f"is {found[holder]} too", "give them one role")
    return frozenset(found.items())


def _further(
    entries: list[dict[str, Any]], taken: set[str], full: Full, faults: Faults, read: Read[Entry]
) -> dict[str, Entry]:
    """The entries of a section by address; ``taken``: all addresses so far, to which these come."""
    found: dict[str, Entry] = {}
    for entry in entries:
        address = _address(entry, "address", full, faults)
        if address in taken:
            faults.add(entry[_LINE], "address", address, "is another entry's address", "choose another")
        taken.add(address)
        found[address] = read(entry, entry[_LINE], address, faults)
    return found


def _alias(entry: Mapping[str, Any], row: int, address: str, _: Faults) -> Alias:
    return Alias(address, entry["target"], row)
