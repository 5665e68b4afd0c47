"""Issued passwords as slips: a letter for each person, A4, folded in three and sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import resources

import jinja2

from congvu.errors import UserError


@dataclass(frozen=True, slots=True)
class Slip:
    """One person and the password that was issued."""

    staff_id: str
    full_name: str
    unit: str
    address: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """What stands on every slip. ``last_day``: of the issued passwords; ``page``: where they are replaced."""

    organisation: str
    page: str
    last_day: date


def to_html(slips: Sequence[Slip], letter: Letter) -> str:
    """The page that WeasyPrint lays out."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    text = (resources.files("congvu.services") / "slips.html.j2").read_text("utf-8")
    return environment.from_string(text).render(slips=slips, letter=letter)


def to_pdf(slips: Sequence[Slip], letter: Letter) -> bytes:
    """One page a person. Raises UserError where nothing lays out documents."""
    try:
        import weasyprint  # noqa: PLC0415  (hosts that print no slips have it not)
    except ImportError as error:
        raise UserError(
            "slips need WeasyPrint: install weasyprint and fonts-liberation on the host, or leave "
            "accounts_slips_certificate empty"
        ) from error

    document: bytes = weasyprint.HTML(string=to_html(slips, letter), url_fetcher=_refuse).write_pdf()
    return document


def _refuse(url: str) -> None:
    raise ValueError(f"a slip takes nothing from outside: {url}")
