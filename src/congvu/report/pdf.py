"""The official document as PDF: HTML laid out by WeasyPrint, which only hosts that render reports have.

PDF/UA: tagged, in Vietnamese, fonts embedded. The same document gives the same bytes.
"""

from __future__ import annotations

import hashlib
import os
from datetime import UTC
from functools import cache
from importlib import resources
from typing import Any

import jinja2

from congvu.report import words
from congvu.report.paper import Paper

# Of the pieces of a bar; told apart on a black-and-white print, too, since neighbours differ in lightness
_SHADES = {
    "met": "#1f7a4d", "attested": "#7fc4d4", "not_applicable": "#ffffff", "waived": "#5b4bb7",
    "not_assessed": "#cfd4dc", "attestation_missing": "#e0962f", "not_met": "#8f1710",
}  # fmt: skip


def to_html(paper: Paper) -> str:
    """Return the page that WeasyPrint lays out."""
    made = paper.made.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _template().render(
        paper=paper, head=paper.head, made=made, css=_resource("paper.css"), words=words, shades=_SHADES
    )


def to_pdf(paper: Paper) -> bytes:
    """Return ``report.pdf``."""
    page = to_html(paper)
    before = os.environ.get("SOURCE_DATE_EPOCH")
    # fontTools stamps the embedded fonts with it, otherwise with the clock
    os.environ["SOURCE_DATE_EPOCH"] = str(int(paper.made.timestamp()))
    try:
        identifier = hashlib.sha256(page.encode()).digest()[:16]
        return lay_out(page, pdf_variant="pdf/ua-1", pdf_identifier=identifier)
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before


def lay_out(page: str, **options: Any) -> bytes:
    """The PDF of a page that takes nothing from outside, with WeasyPrint's ``options``.

    Raises ImportError where WeasyPrint is not installed.
    """
    import weasyprint  # noqa: PLC0415  (only hosts that render documents have it)

    document: bytes = weasyprint.HTML(string=page, url_fetcher=_refuse).write_pdf(**options)
    return document


def _refuse(url: str) -> None:
    raise ValueError(f"the document takes nothing from outside: {url}")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_resource("paper.html.j2"))


def _resource(name: str) -> str:
    return (resources.files("congvu.report") / name).read_text(encoding="utf-8")
