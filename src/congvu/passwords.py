"""Passwords: made, stored, verified and judged. Pure: no I/O but the package's own list of banned words.

Every password is taken in Unicode normal form C before anything looks at it, so that the same keys typed on
two systems are the same password. Lengths are counted in code points, classes by Unicode category: "Đ" is an
upper case letter and "ơ" a lower case one.

`check` compares by *roots*: the letters that remain of a password without diacritics, capitals, the usual
stand-ins ("@" for "a") and the figures and signs around them. "P@ssw0rd1", "PASSWORD@2026" and "pa$$w0rd!"
share one root.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

# What each guess at a stored password, or at its fingerprint, costs.
MEMORY_KIB, PASSES = 19456, 2

with warnings.catch_warnings():
    # passlib 1.7.4 still asks for `crypt` and for argon2's old version attribute; neither matters to us.
    warnings.simplefilter("ignore", DeprecationWarning)
    from passlib.context import CryptContext

    # New hashes are argon2id, at a cost that a webmail which logs in on every request can bear. sha512_crypt
    # is only read: it comes with credentials that are taken over from another mail system.
    _HASHER = CryptContext(
        schemes=["argon2", "sha512_crypt"],
        argon2__type="ID",
        argon2__memory_cost=MEMORY_KIB,
        argon2__time_cost=PASSES,
        argon2__parallelism=1,
    )
    # Nobody's hash, for accounts that do not exist. (It is also the first use, which loads the backend.)
    _NOBODY = str(_HASHER.hash(secrets.token_urlsafe()))

# No password that may be set comes near; a longer one is not worth the work of looking at it.
_LONGEST = 1024

_GENERATED_LENGTH = 14
DEVICE_LENGTH = 24  # nobody types it more than once, and it does not grow old
# Without look-alikes (0 O o, 1 l I, 5 S, 2 Z, 8 B), and without signs that a spreadsheet takes for a formula.
_GENERATED = {
    "upper": "ACDEFGHJKLMNPQRTUVWXY",
    "lower": "abcdefghijkmnpqrstuvwxyz",
    "digit": "34679",
    "special": "#%*!?",
}


@dataclass(frozen=True)
class Fault:
    """One rule that a candidate breaks: the rule's id, and what to tell the person, in Vietnamese."""

    rule: str
    message: str


@dataclass(frozen=True)
class Rules:
    """What the policy asks of a password. `common` holds the roots of words that nobody may lean on."""

    min_length: int
    min_length_with_second_factor: int
    max_length: int
    classes: frozenset[str]
    common: frozenset[str] = frozenset()

    @classmethod
    def from_policy(cls, values: Mapping[str, Any], common: Iterable[str] = ()) -> Rules:
        """Make rules of the policy's values (flat dotted keys); `common`: words of a larger dictionary."""
        return cls(
            min_length=int(values["password.min_length"]),
            min_length_with_second_factor=int(values["password.min_length_with_second_factor"]),
            max_length=int(values["password.max_length"]),
            classes=frozenset(values["password.classes"]),
            common=frozenset(root for word in common if len(root := _letters(_fold(word))) >= 4),
        )

    def too_short_alone(self, password: str) -> bool:
        """Tell whether the password is too short for an account without a second factor."""
        return len(normalise(password)) < self.min_length


@dataclass(frozen=True)
class Context:
    """What an attacker knows about the person, what else guards the account, and the password to replace."""

    full_name: str = ""
    unit: str = ""
    address: str = ""
    organisation: tuple[str, ...] = ()
    present: str | None = field(default=None, repr=False)
    second_factor: bool = False


def generate(length: int = _GENERATED_LENGTH) -> str:
    """Return a random password of 14 characters (about 80 bits) or more: all four classes, a letter first."""
    alphabet = "".join(_GENERATED.values())
    while True:
        password = "".join(secrets.choice(alphabet) for _ in range(length))
        if password[0].isalpha() and all(set(password) & set(signs) for signs in _GENERATED.values()):
            return password


def normalise(password: str) -> str:
    """Return the form in which a password is counted, judged and hashed."""
    return unicodedata.normalize("NFC", password)


def hash_password(password: str) -> str:
    """Return the argon2id hash as Dovecot reads it: `$argon2id$v=19$m=19456,t=2,p=1$salt$digest`."""
    return str(_HASHER.hash(normalise(password)))


def verify(password: str, hashed: str | None) -> bool:
    """Tell whether the password belongs to the hash (argon2id, or sha512-crypt of an imported credential).

    No hash at all (an account that does not exist) is false, and takes as long as a wrong password.
    Raises ValueError for a hash of any other kind.
    """
    possible = len(password) <= _LONGEST and not any(
        sign == "\0" or unicodedata.category(sign) == "Cs" for sign in password
    )
    matches = _HASHER.verify(normalise(password) if possible else "", hashed or _NOBODY)
    return bool(matches) and possible and hashed is not None


def check(candidate: str, context: Context, rules: Rules) -> list[Fault]:
    """List every rule that the candidate breaks, in the order of showing; empty when it is good."""
    candidate = normalise(candidate)
    if len(candidate) > rules.max_length:
        # Nothing else is looked at: the work that a stranger can ask for has a bound.
        return [Fault("max_length", f"Mật khẩu không được dài quá {rules.max_length} ký tự.")]
    return [
        *_length(candidate, context, rules),
        *_classes(candidate, rules),
        *_invisible(candidate),
        *_guessable(candidate, context, rules),
        *_unchanged(candidate, context),
    ]


# -- the form of a password ------------------------------------------------------------------------

_CLASSES = {
    "digit": (("Nd",), "Mật khẩu phải có ít nhất một chữ số."),
    "upper": (("Lu", "Lt"), "Mật khẩu phải có ít nhất một chữ hoa."),
    "lower": (("Ll",), "Mật khẩu phải có ít nhất một chữ thường."),
    "special": (("P", "S"), "Mật khẩu phải có ít nhất một ký tự đặc biệt (như @ hoặc #)."),
}


def _length(candidate: str, context: Context, rules: Rules) -> Iterable[Fault]:
    length = len(candidate)
    least = rules.min_length_with_second_factor if context.second_factor else rules.min_length
    if length < least:
        yield Fault("min_length", f"Mật khẩu phải có ít nhất {least} ký tự (mới có {length}).")


def _classes(candidate: str, rules: Rules) -> Iterable[Fault]:
    present = {unicodedata.category(sign) for sign in candidate}
    for rule, (categories, message) in _CLASSES.items():
        if rule in rules.classes and not any(category.startswith(categories) for category in present):
            yield Fault(rule, message)


def _invisible(candidate: str) -> Iterable[Fault]:
    """Refuse what cannot be seen, hence not be typed again: controls, joiners, unusual and outer spaces."""
    hidden = any(unicodedata.category(sign)[0] in "CZ" and sign != " " for sign in candidate)
    if hidden:
        yield Fault(
            "control_character", "Mật khẩu không được chứa ký tự điều khiển hoặc ký tự không nhìn thấy."
        )
    elif candidate != candidate.strip(" "):
        yield Fault("control_character", "Mật khẩu không được bắt đầu hoặc kết thúc bằng dấu cách.")


# -- what an attacker tries first ------------------------------------------------------------------

_LEET = str.maketrans("@4031!|$5789€(+", "aaoeiiisstbgect")
_LEET_L = str.maketrans("1!|", "lll")
_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_TAIL = re.compile(r"[\W\d_]+$")
_DIGIT_TAIL = re.compile(r"\d+$")
# "PASSWORD@2026a": the one letter that the fourth class cost.
_LETTER_TAIL = re.compile(r"[\W\d_]+[^\W\d_][\W\d_]*$")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_DIGITS = "01234567890123456789"
_PATHS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
)
_LONGEST_WORD = 40
# The generic word that opens a unit's name is often left away: "Phòng Tổ chức" is "tochuc", too.
_KIND_OF_UNIT = re.compile(r"^(phong|ban|van phong|trung tam|chi cuc|so)\s+")


def _plain(text: str) -> str:
    """Return the text without diacritics and compatibility forms, its case kept: "Đỗ Ｖăn" -> "Do Van"."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return bare.replace("đ", "d").replace("Đ", "D")


def _fold(text: str) -> str:
    return _plain(text).casefold()


def _letters(folded: str) -> str:
    return _NOT_LETTERS.sub("", folded)


def _split(text: str) -> list[str]:
    """Return the words of a name, folded: "Lê Văn Đức" -> ["le", "van", "duc"]."""
    return _NOT_LETTERS.sub(" ", _fold(text)).split()


def _joined(words: list[str]) -> set[str]:
    """Return every run of two or more neighbouring words, written together."""
    return {"".join(run) for run in _runs(words)}


def _initials(words: list[str]) -> set[str]:
    return {"".join(word[0] for word in run) for run in _runs(words)}


def _runs(words: list[str]) -> list[list[str]]:
    return [words[i:j] for i in range(len(words)) for j in range(i + 2, len(words) + 1)]


def _roots(password: str) -> set[str]:
    """Return the readings of a password as bare letters: as written, with stand-ins, and backwards."""
    folded = _fold(password)
    # Which signs at the ends are decoration and which stand for a letter ("@dmin", "bos$") cannot be known.
    cores = {folded, *(ends.sub("", folded) for ends in (_ENDS, _TAIL, _DIGIT_TAIL, _LETTER_TAIL))}
    read = {core.translate(table).translate(_LEET) for core in cores for table in ({}, _LEET_L)}
    roots = {_letters(text) for text in read | {folded}}
    return roots | {root[::-1] for root in roots}


@cache
def _banned() -> frozenset[str]:
    """Return the package's banned roots, with every run of three or more along the alphabet or a keyboard."""
    text = resources.files("congvu").joinpath("banned.txt").read_text("utf-8")
    words = {_letters(_fold(line)) for line in text.splitlines() if not line.startswith("#")} - {""}
    for path in _PATHS:
        for way in (path, path[::-1]):
            words |= {way[i:j] for i in range(len(way)) for j in range(i + 3, len(way) + 1)}
    return frozenset(words)


def _made_of(root: str, words: frozenset[str]) -> bool:
    """Tell whether the root is nothing but these words and repeated letters, one after another."""
    reached = {0}
    for end in range(1, len(root) + 1):
        for start in range(max(0, end - _LONGEST_WORD), end):
            part = root[start:end]
            if start in reached and (part in words or (len(part) > 1 and len(set(part)) == 1)):
                reached.add(end)
                break
    return bool(root) and len(root) in reached


def _organisation(context: Context) -> frozenset[str]:
    """Return the names of the organisation and the parts that stand for it: "snv", "noivu", "binhdinh"."""
    forms = set(_split(context.address.partition("@")[2]))
    for name in context.organisation:
        forms |= _joined(_split(name)) | _initials(_split(name))
    return frozenset(forms)


@dataclass(frozen=True)
class _Person:
    """What names a person.

    `inside` may stand nowhere in a password, `words` not as a word of it; and it may not consist of `alone`:
    short things such as "an", which every second passphrase contains by chance.
    """

    inside: frozenset[str]
    words: frozenset[str]
    alone: frozenset[str]

    @classmethod
    def of(cls, context: Context) -> _Person:
        names, unit = _split(context.full_name), _split(context.unit)
        local = context.address.partition("@")[0]
        forms = _joined(names) | {_letters(_fold(local)), *_split(local)}
        forms |= {"".join(unit), "".join(_split(_KIND_OF_UNIT.sub("", _fold(context.unit))))}
        # Initials come about by chance in every thousandth random password: they may only not be all of it.
        short = {*names, *_initials(names), *_initials(unit), *_joined(unit)}
        return cls(
            inside=frozenset(form for form in forms if len(form) >= 4),
            words=frozenset(name for name in names if len(name) >= 3),
            alone=frozenset(forms | short),
        )


def _words(candidate: str) -> set[str]:
    """Return the words that the eye sees: "LinhĐẹp-2026" -> {"linh", "dep"}."""
    return set(_split(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", _plain(candidate))))


def _weak_figures(candidate: str) -> bool:
    """Tell whether it is hardly more than figures that make a run or a repetition: "Aa@123456"."""
    figures = re.sub(r"\D", "", candidate)
    run = figures in _DIGITS or figures in _DIGITS[::-1] or len(set(figures)) <= 2
    return run and len(figures) * 2 >= max(len(candidate), 6) and len(_letters(_fold(candidate))) <= 2


def _guessable(candidate: str, context: Context, rules: Rules) -> Iterable[Fault]:
    roots = _roots(candidate)
    banned = _banned() | _organisation(context)
    person = _Person.of(context)
    if roots & rules.common or any(_made_of(root, banned) for root in roots) or _weak_figures(candidate):
        yield Fault(
            "banned",
            "Mật khẩu này dễ bị đoán ra vì chỉ gồm từ ngữ, dãy phím hoặc tên cơ quan quen thuộc; thêm số hay "
            "thay chữ bằng ký tự (như P@ssw0rd) vẫn chưa đủ an toàn.",
        )
    elif (
        person.words & _words(candidate)
        or any(word in root for root in roots for word in person.inside)
        or any(_made_of(root, banned | person.alone) for root in roots)
    ):
        yield Fault("personal", "Mật khẩu không được chứa họ tên, đơn vị hoặc địa chỉ thư của người sử dụng.")


# -- what changes nothing --------------------------------------------------------------------------


def _distance(one: str, other: str) -> int:
    """Return the number of single-character edits between two texts (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def _unchanged(candidate: str, context: Context) -> Iterable[Fault]:
    if context.present is None:
        return
    present = normalise(context.present)
    if candidate == present:
        yield Fault("same_as_present", "Mật khẩu mới phải khác mật khẩu hiện tại.")
        return
    new, old = _fold(candidate), _fold(present)
    same_letters = len(_letters(new)) >= 4 and _letters(new) == _letters(old)
    contained = min(len(new), len(old)) >= 4 and (new in old or old in new)
    if (
        same_letters
        or contained
        or sorted(new) == sorted(old)
        or _distance(new[:_LONGEST_WORD], old[:_LONGEST_WORD]) <= 2
    ):
        yield Fault(
            "trivial_change",
            "Mật khẩu mới quá giống mật khẩu hiện tại (chỉ thêm, bớt, đảo hoặc đổi vài ký tự).",
        )
