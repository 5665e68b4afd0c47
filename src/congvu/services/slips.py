"""Issued passwords as slips: a letter for each person, A4, folded in three and sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import resources

import jinja2

from congvu.errors import UserError
from congvu.report.pdf import lay_out


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
        return lay_out(to_html(slips, letter))
    except ImportError as error:
        raise UserError(
            "slips need WeasyPrint: install weasyprint and fonts-liberation on the host, or leave "
            "accounts_slips_certificate empty"
        ) from error
