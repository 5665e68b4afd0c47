"""Mailing lists: who gets what is sent to them, who may send, and who decides about what others send.

In the organisation file::

    lists:
      - {address: toanso, name: Toàn Sở, members: [all], post: [vp, SNV001], moderator: vp}

``members``: ``all``, codes of units, staff ids. ``post``: ``members``, boxes (whoever works in them, or sends
as them), staff ids. ``moderator``: a box or a staff id; who moderates may send, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from congvu.accounts.faults import Faults
from congvu.accounts.model import Directory, MailingList, Organisation, Rules, canonical
from congvu.accounts.table import plain
from congvu.names import RESERVED

ALL, MEMBERS = "all", "members"
_KNOWN = {
    "members": "all, the units' codes and the staff ids of these files",
    "post": "members, the boxes and the staff ids of these files",
    "moderator": "the boxes and the staff ids of these files",
}
_TAKEN = ("was given to someone else, and is never given again", "choose another address")


def read_list(entry: Mapping[str, Any], row: int, address: str, faults: Faults) -> MailingList:
    """One entry of the section; what its words stand for is found out beside the people."""
    if address.partition("@")[0] in RESERVED:
        faults.add(row, "address", address, "is reserved for an office or a unit", "choose another address")
    members, post = (frozenset(_words(entry, key, row, faults)) for key in ("members", "post"))
    return MailingList(address, plain(entry["name"]), members, post, entry["moderator"], row)


def _words(entry: Mapping[str, Any], key: str, row: int, faults: Faults) -> Iterator[str]:
    written = entry.get(key) or []
    for word in [written] if isinstance(written, str) else written:
        if isinstance(word, str):
            yield word
        else:
            faults.add(row, key, word, "is no word", "write each as text")


def plan_lists(
    current: Directory, wanted: Organisation, rules: Rules, gone: Collection[str], faults: Faults
) -> dict[str, MailingList]:
    """The lists with the addresses of boxes written out. ``gone``: who left long ago, and is passed over."""
    box = partial(_box, wanted=wanted, rules=rules)
    held: dict[str, set[str]] = {}
    for address, holder in current.holders.items():
        held.setdefault(address.partition("@")[0], set()).add(holder.use)
    found = {}
    for address, each in wanted.lists.items():
        if held.get(address.partition("@")[0], set()) - {"list"}:
            faults.add(each.row, "address", address, *_TAKEN)
        words = {
            "members": (each.members, {ALL, *wanted.units, *wanted.people}),
            "post": ({box(word) for word in each.post}, {MEMBERS, *wanted.people, *wanted.boxes}),
            "moderator": ({box(each.moderator)}, {*wanted.people, *wanted.boxes}),
        }
        for key, (said, known) in words.items():
            for word in sorted(said - known - (set() if key == "moderator" else set(gone))):
                faults.add(each.row, key, word, f"is none of {_KNOWN[key]}", "correct it, or take it out")
        members, post, (moderator, *_) = (said & known or {""} for said, known in words.values())
        found[address] = replace(
            each, members=frozenset(members - {""}), post=frozenset(post - {""}), moderator=moderator
        )
    return found


def _box(word: str, wanted: Organisation, rules: Rules) -> str:
    """The address of a box, which may be written without its domain; any other word as it is."""
    try:
        address = canonical(word, wanted.domain, rules.names)
    except ValueError:
        return word
    return address if address in wanted.boxes and word not in wanted.people else word
