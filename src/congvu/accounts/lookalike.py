"""Domains that are not foreign but misspelt: near to ours by a slip of the fingers or of the eye. Pure.

The regulation itself has one: snnv.binhdingh.gov.vn, where snv.binhdinh.gov.vn is meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

_BETWEEN = r"[^\s@<>()\[\]{}\"',;:|]"
_ADDRESS = re.compile(rf"{_BETWEEN}+@({_BETWEEN}+)")

# Letters of other scripts and figures that look like ours, and pairs that look like one letter.
_LOOKS = str.maketrans("авсԁеһіјкӏмпорԛѕтԝхуνɡαοιρτυ01đ", "abcdehijklmnopqstwxyvgaoiptuold")
_PAIRS = (("rn", "m"), ("vv", "w"))

# What is a letter or two away from us, and still somebody else: provinces, before and after the mergers of
# 2025, and the departments of a province as their domains call them.
_PROVINCES = """
angiang bacgiang backan baclieu bacninh baria bentre binhdinh binhduong binhphuoc binhthuan camau cantho
caobang daklak daknong danang dienbien dongnai dongthap gialai hagiang haiduong haiphong hanam hanoi hatinh
haugiang hoabinh hochiminh hue hungyen khanhhoa kiengiang kontum laichau lamdong langson laocai longan
namdinh nghean ninhbinh ninhthuan phutho phuyen quangbinh quangnam quangngai quangninh quangtri soctrang
sonla tayninh thaibinh thainguyen thanhhoa thuathienhue tiengiang tphcm travinh tuyenquang vinhlong vinhphuc
yenbai
"""
_DEPARTMENTS = """
bdt bqlkkt sct sdl sgd sgddt sgtvt skhcn skhdt sldtbxh sngv snnmt snnptnt snv stc stnmt stp stttt svhtt
svhttdl sxd syt thanhtra ttra ubnd vpub vpubnd
"""
_OTHERS = frozenset(f"{_PROVINCES} {_DEPARTMENTS}".split())

# Hosts of a mail system, which have no addresses of their own.
_HOSTS = frozenset(["imap", "mail", "mx", "smtp", "webmail", "www"])


def misspelt(text: str, hosted: Collection[str]) -> Iterator[tuple[str, str]]:
    """(address, the domain that is meant) for each address in a text that misspells a hosted domain."""
    if "@" in text:
        for match in _ADDRESS.finditer(unicodedata.normalize("NFKC", text)):
            if domain := meant(match[1], hosted):
                yield match[0], domain


def meant(written: str, hosted: Collection[str]) -> str | None:
    """The hosted domain that a misspelt one stands for; None for a hosted one and for one that is foreign."""
    domain = written.casefold().rstrip(".")
    if domain in hosted:
        return None
    return next((ours for ours in sorted(hosted) if _is_near(_seen(domain), _seen(ours))), None)


def _seen(domain: str) -> str:
    """What the eye takes a domain for."""
    if "xn--" in domain:
        try:
            domain = domain.encode("ascii").decode("idna")
        except UnicodeError:
            return domain
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", domain).casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(_LOOKS)
    for pair, letter in _PAIRS:
        bare = bare.replace(pair, letter)
    return bare


def _is_near(theirs: str, ours: str) -> bool:
    if theirs == ours or (theirs.partition(".")[0] in _HOSTS and theirs.partition(".")[2] == ours):
        return True
    their_labels, our_labels = theirs.split("."), ours.split(".")
    if len(their_labels) != len(our_labels):  # a full stop was lost or doubled
        return slips(theirs, ours) < 2
    found = [slips(*pair) for pair in zip(their_labels, our_labels, strict=True)]
    return sum(found) < 3 and all(
        slip == 0 or (label not in _OTHERS and slip <= (2 if len(label) > 5 else 1))
        for slip, label in zip(found, their_labels, strict=True)
    )


def slips(one: str, other: str) -> int:
    """Letters left out, put in, mistaken, or swapped with their neighbour between two words; 3 for more."""
    if abs(len(one) - len(other)) > 2:
        return 3
    above: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, above, row = above, row, [i]
        for j, wanted in enumerate(other, 1):
            best = min(above[j] + 1, row[-1] + 1, above[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                best = min(best, before[j - 2] + 1)
            row.append(best)
    return min(row[-1], 3)
