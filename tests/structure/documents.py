"""Reads the documents for operators as data: their commands, headings and links.

A block of commands begins with a line that says where it runs: on the controller or on the host, or by hand,
with the reason why no test runs it. The convention is explained to readers in docs/operate/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARKS = {
    r"# on the (controller|host)": False,
    r"# by hand on the (controller|host): \S.*": True,
    r"# trên (máy quản trị|máy chủ)": False,
    r"# on the (auditor's computer)": False,
    r"# trên (máy tính của người kiểm tra)": False,
    r"# làm bằng tay trên (máy quản trị|máy chủ): \S.*": True,
}
PLACES = {"máy quản trị": "controller", "máy chủ": "host"}


@dataclass(frozen=True)
class Block:
    """One block of commands. ``where``: controller or host; empty where its first line does not say."""

    place: str
    where: str
    by_hand: bool
    commands: str


def documents(tree: Path) -> list[Path]:
    """What operators read, and whoever audits them."""
    return [*operated(tree), *sorted((tree / "docs" / "audit").glob("*.md"))]


def operated(tree: Path) -> list[Path]:
    """What operators read: tests on hosts run its commands. Those for auditors run in tests/unit."""
    return [*sorted(tree.glob("README*.md")), *sorted((tree / "docs" / "operate").glob("*.md"))]


def blocks(path: Path, tree: Path) -> Iterator[Block]:
    """The blocks of a document that are fenced as sh, also those inside lists."""
    text = path.read_text(encoding="utf-8")
    for fence in re.finditer(r"^( *)```sh\n(.*?)^\1```$", text, re.M | re.S):
        lines = [line.removeprefix(fence[1]) for line in fence[2].splitlines()]
        place = f"{path.relative_to(tree)}:{text.count(chr(10), 0, fence.start()) + 1}"
        marks = [
            (found[1], by_hand) for mark, by_hand in MARKS.items() if (found := re.fullmatch(mark, lines[0]))
        ]
        where, by_hand = marks[0] if marks else ("", False)
        yield Block(place, PLACES.get(where, where), by_hand, "\n".join(lines[1:]))


def headings(path: Path) -> list[int]:
    """The level of each heading, in order; comments of shell are none."""
    text = re.sub(r"^( *)```.*?^\1```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return [len(found[1]) for found in re.finditer(r"^(#+) ", text, re.M)]


def anchors(path: Path) -> set[str]:
    """What GitHub makes of the headings."""
    text = path.read_text(encoding="utf-8")
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def links(path: Path) -> list[str]:
    """The links into the repository."""
    found = re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
    return [link for link in found if not re.match(r"https?:", link)]
