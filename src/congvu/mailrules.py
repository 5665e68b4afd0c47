"""What a Sieve script (RFC 5228) does beyond filing mail: where it sends it on, whether it answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A comment, a text of several lines, a string, a word, or any other sign.
_TOKEN = re.compile(
    r"""(?P<comment> \#[^\n]* | /\*.*?\*/ )
      | text:[ \t]*(?:\#[^\n]*)?\r?\n (?P<lines>.*?) ^\.\r?$
      | "(?P<string> (?:[^"\\]|\\.)* )"
      | (?P<word> :?[A-Za-z_]\w* )
      | (?P<sign> \S )""",
    re.X | re.S | re.M,
)


@dataclass(frozen=True, slots=True)
class Effects:
    """``forwards``: addresses to which mail is sent on, each once, as the script writes them."""

    forwards: tuple[str, ...] = ()
    answers: bool = False


def effects(script: str) -> Effects:
    """What a script may do to some message; which one, only its conditions know."""
    forwards: dict[str, None] = {}
    answers = False
    for command, strings in _commands(script):
        if command == "redirect" and strings:
            forwards[strings[-1]] = None  # tags and their values come before the address
        elif command == "notify":
            forwards |= {each: None for each in strings if each.lower().startswith("mailto:")}
        answers = answers or command == "vacation"
    return Effects(tuple(forwards), answers)


def _commands(script: str) -> Iterator[tuple[str, list[str]]]:
    """(name in lower case, strings) of each command; of what takes a block, with the strings of its tests."""
    name, strings = "", list[str]()
    for token in _TOKEN.finditer(script):
        if token["comment"] is not None:
            continue
        if token["sign"] in (";", "{", "}"):
            yield name, strings
            name, strings = "", []
        elif token["word"] is not None:
            name = name or token["word"].lower()
        elif token["string"] is not None:
            strings.append(re.sub(r"\\(.)", r"\1", token["string"], flags=re.S))
        elif token["lines"] is not None:
            strings.append(token["lines"])
    yield name, strings
