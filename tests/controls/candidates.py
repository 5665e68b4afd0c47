"""Passwords to offer to the password service, each with the fault it has to be told of. None is anybody's."""

from __future__ import annotations

import random
import secrets
import string
from collections.abc import Callable
from typing import Any

_CLASSES = {
    "digit": "3479",
    "upper": "BDFGHKMQRTVXĐ",
    "lower": "bdfghkmqrtvxđ",
    "special": "#%*;~",
}

# The example that the regulation itself prints, and what people make of it.
BANNED = (
    "P@ssw0rd", "p@ssw0rd", "P@SSW0RD", "P@ssw0rd1", "P@ssw0rd123", "P@$$w0rd!", "P@55w0rd2026",
    "Pa$$word1!", "1P@ssw0rd!", "Passw0rd@2026", "MatKhau@123", "Mậtkhẩu1!", "Qwerty@123", "Abc@12345",
    "Admin@123", "Snv@2022",
)  # fmt: skip


def strong(length: int) -> str:
    """Return a random password of this length (at least 4) with every class of characters."""
    rng = random.Random(secrets.token_bytes(16))  # noqa: S311 - nobody's password, and shuffle is wanted
    chosen = [rng.choice(signs) for signs in _CLASSES.values()]
    chosen += [rng.choice("".join(_CLASSES.values())) for _ in range(length - len(chosen))]
    rng.shuffle(chosen)
    return "".join(chosen)


def lacking(name: str, length: int) -> str:
    """Return a random password of this length that has every class but one."""
    spare = next(signs for other, signs in _CLASSES.items() if other != name)
    return "".join(secrets.choice(spare) if sign in _CLASSES[name] else sign for sign in strong(length))


def weak(value: Callable[[str], Any]) -> list[tuple[str, str, str]]:
    """Return (what is wrong with it, the rule, the candidate), one for each rule that the policy sets."""
    least, most = int(value("password.min_length")), int(value("password.max_length"))
    classes = list(value("password.classes"))
    named = {"digit": "không có chữ số", "upper": "không có chữ hoa", "lower": "không có chữ thường",
             "special": "không có ký tự đặc biệt"}  # fmt: skip
    length = max(12, least)
    return [
        (f"ngắn hơn {least} ký tự", "min_length", strong(least - 1)),
        (f"dài hơn {most} ký tự", "max_length", strong(most + 1)),
        *((named[each], each, lacking(each, length)) for each in classes),
        ("có ký tự điều khiển", "control_character", strong(length) + "\x07"),
        *(
            ("chỉ gồm chữ số", each, "".join(secrets.choice(string.digits) for _ in range(length)))
            for each in sorted(classes, reverse=True)[:1]
            if each != "digit"
        ),
    ]
