"""Mail addresses made from Vietnamese names. Pure.

A name is read as it is written: family name first, the name a person is called by last, unless the list
says that it is the other way round, as with Ê-đê and other names (Y Moan Ênuôl). Which it is, is never
guessed. Its letters become ASCII the same way whether they come precomposed (NFC) or as letter and marks
(NFD), with either apostrophe, with a title in front or a remark in brackets behind. The letters of Kinh,
Jrai, Ba Na and Ê-đê names are covered; a letter of another script is refused rather than guessed: a look-
alike would make a second address out of one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# Letters that have no decomposition, in lower case. "ð" is what Eth (U+00D0) becomes: it looks just like "Đ".
_PLAIN = str.maketrans({"đ": "d", "ð": "d", "ɖ": "d", "ƀ": "b"})

# Apostrophes belong to a name (H'Phiên) and stand for no letter. Taken out first: NFKC makes a space of "´".
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼʹ`´′"))

# Degrees and ranks that personnel lists put before a name. With a full stop in any case, without one only as
# spelt here. "Ông" is no title: it is a family name (Ông Ích Khiêm).
_TITLES = "PGS|GS|TSKH|TS|ThS|BS|BSCKI|BSCKII|DS|KS|KTS|CN|LS|NCS"
_TITLE = re.compile(rf"(?:(?i:{_TITLES})\s*\.\s*|(?:{_TITLES})\s+)+")
_REMARK = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])\s*|\s*,.*$")

# RFC 2142 and its kin, then the offices that people expect to find by these names. The codes of units and the
# organisation's own boxes and aliases are added by the caller.
_TECHNICAL = "abuse admin administrator cert dpo hostmaster info mailer-daemon no-reply noreply postmaster"
_OFFICES = "gd giamdoc pgd root security support tchc tckt thanhtra vanphong vanthu vp webmaster"
RESERVED = frozenset(f"{_TECHNICAL} {_OFFICES}".split())

PATTERNS = ("given_initials", "initials_given", "full_joined")
ORDERS = ("family_first", "given_first")

# RFC 5321 allows 64; the rest is room for a number.
_LONGEST = 60


def clean(name: str) -> str:
    """The name in NFC without titles, remarks and needless space; "NGUYỄN VĂN AN" keeps its capitals."""
    name = unicodedata.normalize("NFC", name)
    if not name.isprintable():  # almost every name is: no need to look at each letter
        name = "".join(c for c in name if unicodedata.category(c) != "Cf")
    name = " ".join(_REMARK.sub(" ", name).split())
    return name[match.end() :] if (match := _TITLE.match(name)) else name


@lru_cache(maxsize=10_000)  # people are many, the words of their names are few
def ascii_letters(word: str) -> str:
    """One word in lower-case ASCII letters. Raises ValueError that names the letter that has no such form."""
    lower = unicodedata.normalize("NFKC", word.translate(_APOSTROPHES)).lower()
    bare = "".join(c for c in unicodedata.normalize("NFD", lower) if not unicodedata.combining(c))
    bare = bare.translate(_PLAIN).replace(".", "").replace("-", "")
    for letter in bare:
        if not "a" <= letter <= "z":
            raise ValueError(
                f"{letter!r} ({unicodedata.name(letter, 'no letter')}) is no letter of a Vietnamese name"
            )
    return bare


def local_part(name: str, pattern: str = "given_initials", order: str = "family_first") -> str:
    """The part before the @ that a name asks for, by PATTERNS and ORDERS. Raises ValueError if none."""
    words = [plain for word in clean(name).split() if (plain := ascii_letters(word))]
    if not words:
        raise ValueError("holds no name")
    if order == "given_first":
        # Y and H' say man or woman, and belong to the name that follows them: Y Moan.
        own = 2 if len(words[0]) == 1 else 1
        given, others = "".join(words[:own]), words[own:]
    else:
        *others, given = words
    initials = "".join(word[0] for word in others)
    made = {
        "given_initials": given + initials,
        "initials_given": initials + given,
        "full_joined": "".join(words),
    }[pattern]
    return made[:_LONGEST]


def candidates(base: str) -> Iterator[str]:
    """annv, annv2, annv3, ...: what namesakes are offered, in this order."""
    yield base
    number = 2
    while True:
        yield f"{base}{number}"
        number += 1
