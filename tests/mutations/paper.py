"""The pages of a PDF as the reader sees them: what stands where, in millimetres."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pdfplumber

POINT = 25.4 / 72  # mm
UPPER, LOWER = 20.0, 20.0  # mm, the margins that the document is set with
LEFT, RIGHT = 30.0, 20.0
SLACK = 0.6  # mm: letters overhang their boxes


_SERIF = re.compile(r"Liberation-?Serif(-(Bold|Italic|Bold-?Italic))?")


@dataclass
class Line:
    """One line of text: where it lies, and how it is set."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    sizes: set[float]
    fonts: set[str]
    pieces: list[tuple[float, float]]  # left and right of what stands apart, as columns do


@dataclass
class Page:
    """One page: its size, its lines, and the rules drawn on it as (left, right, top)."""

    width: float
    height: float
    lines: list[Line]
    rules: list[tuple[float, float, float]]

    @property
    def head(self) -> list[Line]:
        """What stands in the upper margin."""
        return [line for line in self.lines if line.bottom < UPPER]

    @property
    def body(self) -> list[Line]:
        return [line for line in self.lines if line.bottom >= UPPER]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.body)

    @property
    def landscape(self) -> bool:
        return self.width > self.height


def within_margins(page: Page) -> bool:
    return (
        min(line.left for line in page.body) >= LEFT - SLACK
        and max(line.right for line in page.body) <= page.width - RIGHT + SLACK
        and min(line.top for line in page.body) >= UPPER - SLACK
        and max(line.bottom for line in page.body) <= page.height - LOWER + SLACK
    )


def foreign_letters(pages: list[Page]) -> set[str]:
    """Fonts and letters that are not of our serif, or that no font has had."""
    lines = [line for page in pages for line in page.lines]
    text = "\n".join(line.text for line in lines)
    fonts = {font for line in lines for font in line.fonts if not _SERIF.fullmatch(font)}
    apart = set() if unicodedata.is_normalized("NFC", text) else {"letters apart from their marks"}
    return fonts | apart | {sign for sign in ("\ufffd", "(cid:") if sign in text}


def _line(found: dict[str, Any]) -> Line:
    letters = [letter for letter in found["chars"] if letter["text"].strip()]
    return Line(
        text=found["text"].replace("\u00a0", " ").replace("\u2007", " "),
        left=min(letter["x0"] for letter in letters) * POINT,
        right=max(letter["x1"] for letter in letters) * POINT,
        top=found["top"] * POINT,
        bottom=found["bottom"] * POINT,
        sizes={round(letter["size"], 1) for letter in letters},
        fonts={letter["fontname"].partition("+")[2] for letter in letters},
        pieces=_pieces(letters),
    )


def _pieces(letters: list[dict[str, Any]]) -> list[tuple[float, float]]:
    pieces: list[tuple[float, float]] = []
    for left, right in sorted((letter["x0"] * POINT, letter["x1"] * POINT) for letter in letters):
        if pieces and left - pieces[-1][1] < 5:
            pieces[-1] = (pieces[-1][0], right)
        else:
            pieces.append((left, right))
    return pieces


def read(path: Path) -> list[Page]:
    """Return the pages of a PDF."""
    with pdfplumber.open(path) as document:
        return [
            Page(
                width=float(page.width) * POINT,
                height=float(page.height) * POINT,
                lines=[_line(line) for line in page.extract_text_lines(return_chars=True)],
                rules=[
                    (edge["x0"] * POINT, edge["x1"] * POINT, edge["top"] * POINT)
                    for edge in (*page.lines, *page.rects)
                    if edge["height"] < 2 and edge["width"] > 20
                ],
            )
            for page in document.pages
        ]


def convert(folder: Path, *documents: Path) -> list[Path]:
    """Return DOCX files as LibreOffice prints them."""
    office = shutil.which("soffice")
    assert office, "libreoffice-writer-nogui is missing: make build/.office"
    profile = f"-env:UserInstallation=file://{folder}/profile"
    subprocess.run(
        [office, profile, "--headless", "--convert-to", "pdf", "--outdir", folder, *documents],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return [folder / f"{document.stem}.pdf" for document in documents]
